from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.inference.faults import Unusable
from consumer.inference.heads import Heads, Outputs, anger_scores, softmax
from consumer.inference.manifest import Task, Tasks
from consumer.inference.prepared import Prepared
from consumer.inference.tokenizer import TextTokenizer
from consumer.inference.word_pieces import new_tokenizer
from consumer.records import Prediction, Span
from tests.tiny_bundle import INTENTS, TAGS, _vocab

TOKENIZER = TextTokenizer(new_tokenizer(_vocab()).to_str().encode(), 32)
HEADS = Heads(
    Tasks(
        category=Task("g", "category", ("query", "complaint", "suggestion")),
        intent=Task("g", "intent", INTENTS, temperature=2.0),
        tags=Task("g", "tags", TAGS),
        sentiment=Task("g", "sentiment", ("negative", "neutral", "positive")),
        anger=Task("g", "anger", ("1", "2", "3")),
    )
)


def lengths_of(batch: list[Prepared]) -> Any:
    return np.array([one.length for one in batch], np.int32)


def outputs_of(batch: list[Prepared], tags: dict[tuple[int, int], str] | None = None) -> Outputs:
    """Flat logits, and the given tag for (row, word)."""
    rows, width = len(batch), int(lengths_of(batch).max())
    logits = np.zeros((rows, width, len(TAGS)), np.float32)
    logits[:, :, 0] = 5
    for (row, word), tag in (tags or {}).items():
        logits[row, word + 1, TAGS.index(tag)] = 10
    sizes = {"category": 3, "intent": len(INTENTS), "sentiment": 3, "anger": 3}
    flat = {name: np.zeros((rows, size), np.float32) for name, size in sizes.items()}
    return {**flat, "tags": logits}


def predict(batch: list[Prepared], outputs: Outputs) -> list[Prediction | Unusable]:
    return HEADS.predictions(batch, lengths_of(batch), outputs)


def spans_of(text: str, tags: list[str]) -> list[tuple[str, str]]:
    """Types and raw stretches of the spans that word tags give."""
    batch = [TOKENIZER.encode(text)]
    words = {(0, word): tag for word, tag in enumerate(tags)}
    (found,) = predict(batch, outputs_of(batch, words))
    assert isinstance(found, Prediction)
    return [(span.type, text[span.start : span.end]) for span in found.spans]


@settings(deadline=None)
@given(st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=12), st.floats(0.1, 10))
def test_probabilities_sum_to_one_and_keep_the_order(logits: list[float], heat: float) -> None:
    found = softmax(np.array(logits), heat)
    assert float(found.sum()) == pytest.approx(1)
    assert found[int(np.argmax(logits))] == found.max()


def test_a_higher_temperature_is_less_certain() -> None:
    logits = np.array([2.0, 1.0, 0.0])
    assert softmax(logits, 2.0).max() < softmax(logits, 1.0).max()


@pytest.mark.parametrize(
    ("logits", "score"),
    [([0, 0, 0], 0.5), ([99, 99, 99], 1), ([-9e9, -9e9, -9e9], 0), ([99, -99, -99], 1 / 3)],
)
def test_anger_is_the_mean_of_the_cumulative_probabilities(
    logits: list[float], score: float
) -> None:
    assert anger_scores(np.array([logits], np.float64))[0] == pytest.approx(score)


@pytest.mark.parametrize(
    ("text", "tags", "spans"),
    [
        ("退款 12 34", [], []),
        ("订单1 2", ["O", "O", "B-ORDER_ID", "I-ORDER_ID"], [("ORDER_ID", "1 2")]),
        ("订单12", ["O", "O", "I-ORDER_ID", "I-ORDER_ID"], [("ORDER_ID", "12")]),
        ("1 2", ["B-DATE", "B-DATE"], [("DATE", "1"), ("DATE", "2")]),
        ("1 2", ["B-DATE", "I-TIME"], [("DATE", "1"), ("TIME", "2")]),
        ("1 2 3", ["B-DATE", "O", "I-DATE"], [("DATE", "1"), ("DATE", "3")]),
        ("１２…１", ["I-DATE", "I-DATE"], [("DATE", "１２")]),
        ("1\u200b2", ["B-DATE", "I-DATE"], [("DATE", "1\u200b2")]),
        ("…1", ["O", "O", "O", "B-DATE"], [("DATE", "1")]),
        ("refunds", ["B-ORG", "I-ORG"], [("ORG", "refunds")]),
        ("1", ["B-DATE", "B-DATE"], [("DATE", "1")]),
    ],
)
def test_tags_become_spans_of_the_raw_text(
    text: str, tags: list[str], spans: list[tuple[str, str]]
) -> None:
    assert spans_of(text, tags) == spans


def test_spans_of_neighbouring_rows_stay_apart() -> None:
    batch = TOKENIZER.encode_batch(["1 2", "", "3 4"])
    words = {(0, 0): "B-DATE", (0, 1): "I-DATE", (2, 0): "I-DATE", (2, 1): "I-DATE"}
    first, second, third = predict(batch, outputs_of(batch, words))
    assert isinstance(first, Prediction)
    assert isinstance(second, Prediction)
    assert isinstance(third, Prediction)
    assert [(one.start, one.end) for one in first.spans] == [(0, 3)]
    assert second.spans == ()
    assert [(one.start, one.end) for one in third.spans] == [(0, 3)]


def test_a_span_is_as_sure_as_its_least_sure_token() -> None:
    batch = [TOKENIZER.encode("1 2")]
    outputs = outputs_of(batch, {(0, 0): "B-DATE", (0, 1): "I-DATE"})
    outputs["tags"][0, 2, TAGS.index("I-DATE")] = 5.1
    (found,) = predict(batch, outputs)
    assert isinstance(found, Prediction)
    (span,) = found.spans
    assert isinstance(span, Span)
    assert 0.4 < span.confidence < 0.6


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("head", ["category", "intent", "sentiment", "anger", "tags"])
def test_a_row_that_is_not_finite_is_unusable_and_its_neighbours_are_not(
    head: str, value: float
) -> None:
    batch = TOKENIZER.encode_batch(["1 2", "3 4", "5 6"])
    outputs = outputs_of(batch)
    outputs[head][1, 1] = value
    found = predict(batch, outputs)
    assert found[1] == Unusable("model_output", "NotFinite")
    assert isinstance(found[0], Prediction)
    assert isinstance(found[2], Prediction)


def test_numbers_in_the_padding_do_not_matter() -> None:
    batch = TOKENIZER.encode_batch(["1", "1 2 3 4"])
    outputs = outputs_of(batch)
    outputs["tags"][0, 4:] = np.nan
    assert all(isinstance(one, Prediction) for one in predict(batch, outputs))


@pytest.mark.parametrize(
    ("head", "shape"),
    [
        ("category", (2, 4)),
        ("category", (1, 3)),
        ("category", (3,)),
        ("anger", (2, 1)),
        ("tags", (2, 2, len(TAGS))),
        ("tags", (2, 4, 9)),
        ("tags", (2, len(TAGS))),
    ],
)
def test_outputs_of_another_shape_are_unusable(head: str, shape: tuple[int, ...]) -> None:
    batch = TOKENIZER.encode_batch(["1 2", "3 4"])
    outputs = outputs_of(batch)
    outputs[head] = np.zeros(shape, np.float32)
    assert predict(batch, outputs) == [Unusable("model_output", "WrongShape")] * 2


def test_a_missing_output_is_unusable() -> None:
    batch = [TOKENIZER.encode("1 2")]
    outputs = outputs_of(batch)
    del outputs["sentiment"]
    assert predict(batch, outputs) == [Unusable("model_output", "WrongShape")]
