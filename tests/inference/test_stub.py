from consumer.inference.model import Model
from consumer.inference.stub import StubModel
from consumer.records import Prediction


def test_the_stub_is_a_model_and_answers_by_key_word() -> None:
    model: Model = StubModel()
    calm, angry, empty = model.infer(model.prepare(["my refund", "骗子，我要投诉", " "]))
    assert isinstance(calm, Prediction)
    assert isinstance(angry, Prediction)
    assert isinstance(empty, Prediction)
    assert max(calm.intent, key=lambda name: calm.intent[name]) == "refund_return"
    assert (calm.anger, angry.anger) == (0.0, 0.9)


def test_the_stub_flaws_what_a_model_would() -> None:
    prepared = StubModel().prepare(["", "a" * 3_000, "refund"])
    assert [one.flaws for one in prepared] == [("no_content",), ("truncated",), ()]
