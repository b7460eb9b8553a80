from random import Random

import pytest
import torch

from consumer.inference.tokenizer import TextTokenizer
from exporters.augment import augmented
from exporters.batches import MASK_ID, collated, draw_rows, hidden_at_random, packed
from exporters.encoding import IGNORED, encode_rows, spans_of
from exporters.labels import TAGS
from exporters.losses import losses_of
from exporters.network import MAX_VOCABULARY, MULTIPLIERS, Network, Shape
from exporters.rows import ALL_TYPES, Row, Span
from exporters.vocabulary import train_tokenizer

TEXT = "Ｏrder #A1092 for 张三, 20 boxes by Friday"
ROW = Row(
    text=TEXT,
    language="en",
    source="own",
    category="query",
    spans=(Span(6, 12, "ORDER_ID"), Span(17, 19, "PERSON"), Span(21, 29, "QUANTITY")),
)
TINY = Shape(vocabulary=200, layers=1, width=64, feed_forward=64, bag_buckets=1024, bag_width=16)


@pytest.fixture(scope="module")
def tokenizer() -> TextTokenizer:
    spec = train_tokenizer([TEXT, "order boxes friday 0123456789"] * 3, size=200).to_str()
    return TextTokenizer(spec.encode(), 64)


def test_tags_come_back_as_the_spans_they_were_made_from(tokenizer: TextTokenizer) -> None:
    (example,) = encode_rows([ROW], tokenizer)
    prepared = tokenizer.encode(TEXT)
    assert example.tags is not None
    assert len(example.tags) == len(example.ids)
    assert (example.tags[0], example.tags[-1]) == (IGNORED, IGNORED)
    tags = [TAGS[tag] for tag in example.tags[1:-1]]
    places = [prepared.canonical.raw_span(*place) for place in prepared.offsets()]
    assert spans_of(tags, places) == ROW.spans


@pytest.mark.parametrize("seed", range(40))
def test_a_changed_row_keeps_its_labels_and_its_span_types(seed: int) -> None:
    changed = augmented(ROW, Random(seed))
    assert changed.category == ROW.category
    assert changed.spans is not None
    assert [span.type for span in changed.spans] == ["ORDER_ID", "PERSON", "QUANTITY"]
    assert changed.text[slice(changed.spans[1].start, changed.spans[1].end)] == "张三"


def test_repeated_numbers_of_made_up_sources_are_always_refilled() -> None:
    row = Row("order 12345", "en", "bitext", spans=(Span(6, 11, "ORDER_ID"),))
    assert len({augmented(row, Random(seed)).text for seed in range(20)}) > 15


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_own_rows_have_their_share_of_an_epoch(share: float) -> None:
    own = [Row(f"own {number}", "en", "own") for number in range(7)]
    public = [Row(f"public {number}", "en", "bitext") for number in range(50)]
    drawn = draw_rows(own, public, 40, share, Random(1))
    assert len(drawn) == 40
    assert sum(row.source == "own" for row in drawn) == round(40 * share)


def test_batches_stay_within_rows_and_padded_tokens(tokenizer: TextTokenizer) -> None:
    rows = [Row("order " * (1 + number % 20), "en", "own") for number in range(60)]
    batches = list(packed(encode_rows(rows, tokenizer), 16, 100, Random(3)))
    assert sum(len(batch.ids) for batch in batches) == 60
    assert all(len(batch.ids) <= 16 and batch.ids.numel() <= 100 for batch in batches)


def test_a_head_without_labels_teaches_nothing(tokenizer: TextTokenizer) -> None:
    batch = collated(encode_rows([Row("order 12", "en", "own")], tokenizer))
    losses = losses_of(Network(TINY)(batch.ids, batch.lengths), batch)
    assert {head: float(loss.detach()) for head, loss in losses.items()} == dict.fromkeys(
        losses, 0.0
    )


def test_an_unmarked_word_may_be_of_a_type_that_its_source_does_not_mark(
    tokenizer: TextTokenizer,
) -> None:
    logits = torch.zeros(1, 4, len(TAGS))
    logits[..., TAGS.index("B-BRAND")] = 9.0
    losses = []
    for marked in (ALL_TYPES, ALL_TYPES - {"BRAND"}):
        row = Row("order 1", "en", "bitext", spans=(), marked_types=marked)
        batch = collated(encode_rows([row], tokenizer))
        everything = Network(TINY)(batch.ids, batch.lengths) | {"tags": logits}
        losses.append(float(losses_of(everything, batch)["tags"].detach()))
    assert losses[0] > 1 > 0.01 > losses[1]


def test_padding_and_neighbours_do_not_change_a_message(tokenizer: TextTokenizer) -> None:
    network = Network(TINY).eval()
    short, long = encode_rows([Row("order 12", "en", "own"), ROW], tokenizer)
    alone, both = collated([short]), collated([short, long])
    with torch.inference_mode():
        one = network(alone.ids, alone.lengths)
        other = network(both.ids, both.lengths)
    for head in ("category", "intent", "sentiment", "anger"):
        torch.testing.assert_close(one[head][0], other[head][0], atol=1e-5, rtol=1e-4)


def test_words_are_hidden_but_never_special_tokens_or_padding() -> None:
    ids = torch.tensor([[2, *range(5, 105), 3, 0, 0]])
    hidden = hidden_at_random(ids)
    changed = hidden != ids
    assert changed.any()
    assert not changed[ids < 5].any()
    assert bool((hidden[changed] == MASK_ID).all())


@pytest.mark.parametrize("seed", range(5))
def test_another_entity_of_the_type_may_take_the_place_of_one(seed: int) -> None:
    row = Row("ask 张三 now", "zh", "own", spans=(Span(4, 6, "PERSON"),))
    mentions = {("zh", "PERSON"): ("欧阳小明",), ("zh", "ORG"): ("wrong",)}
    texts = {augmented(row, Random(number + seed * 50), mentions).text for number in range(50)}
    assert any("欧阳小明" in text for text in texts)
    assert not any("wrong" in text for text in texts)


def test_hashes_of_any_ids_fit_the_integers_of_the_graph() -> None:
    for multipliers in MULTIPLIERS:
        assert sum(multipliers) * (MAX_VOCABULARY - 1) < 2**31
