import pytest

from consumer.contract.decision import LanguageGuess
from consumer.inference.language import guess_language, is_supported

BOTH = ("zh", "en")


@pytest.mark.parametrize(
    ("text", "code", "supported"),
    [
        ("where is my order", "en", True),
        ("我的快递呢", "zh", True),
        ("我的iPhone坏了", "zh", True),
        ("please check 订单 for me, it is late", "en", True),
        ("a café in Zürich", "en", True),
        ("où est ma commande, ça fait déjà", "und", False),
        ("注文はどこですか", "und", False),
        ("我要ア・イ・ウ", "und", False),
        ("我的订单。。。", "zh", True),
        ("好ab", "zh", True),
        ("好 thank you", "en", True),
        ("где мой заказ", "und", False),
        ("أين طلبي", "und", False),
        ("สินค้าของฉันอยู่ที่ไหน", "und", False),
        ("12345", "und", True),
        ("😀👍", "und", True),
        ("？？！", "und", True),
        ("", "und", True),
    ],
)
def test_scripts_tell_the_language(text: str, code: str, supported: bool) -> None:
    guess = guess_language(text)
    assert guess.code == code
    assert 0 <= guess.confidence <= 1
    assert is_supported(guess, BOTH) is supported


def test_a_bundle_supports_what_its_manifest_says() -> None:
    assert not is_supported(LanguageGuess("zh", 1.0), ("en",))
