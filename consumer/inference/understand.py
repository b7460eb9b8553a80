"""From turns to understood turns: model, entities and language joined. Runs on worker threads.

Holds no queue and no thread. Every turn that goes in comes out, understood or rejected.
"""

from collections.abc import Iterator, Sequence

from consumer.inference.batching import cut
from consumer.inference.bisect import infer_isolating
from consumer.inference.entities import to_entities
from consumer.inference.faults import Unusable
from consumer.inference.language import guess_language, is_supported
from consumer.inference.model import Inferred, Model
from consumer.inference.prepared import Prepared
from consumer.records import Prediction, Rejected, RejectReason, Turn, Understood

Ready = tuple[Turn, Prepared]
_STAGE = "infer"


def prepare(model: Model, turns: Sequence[Turn]) -> list[Ready]:
    """Canonicalises and tokenises."""
    prepared = model.prepare([turn.message.text for turn in turns])
    return list(zip(turns, prepared, strict=True))


def batches(window: Sequence[Ready], token_budget: int) -> Iterator[list[Ready]]:
    """Cuts a window into runs of little padding, shortest first."""
    for run in cut([prepared.length for _, prepared in window], token_budget):
        yield [window[index] for index in run]


def understand(model: Model, batch: Sequence[Ready]) -> list[Understood | Rejected]:
    """One model run, isolating what makes it fail."""
    inferred = infer_isolating(model, [prepared for _, prepared in batch])
    languages = model.languages
    return [
        joined(turn, prepared, result, languages)
        for (turn, prepared), result in zip(batch, inferred, strict=True)
    ]


def joined(
    turn: Turn, prepared: Prepared, inferred: Inferred, languages: tuple[str, ...]
) -> Understood | Rejected:
    """What is known of one turn. A bug that its text meets costs this turn alone."""
    if isinstance(inferred, Unusable):
        return rejected(turn, inferred.reason, inferred.error_class)
    try:
        return _joined(turn, prepared, inferred, languages)
    except MemoryError:
        raise
    except Exception as fault:
        return rejected(turn, "crash", type(fault).__name__)


def _joined(
    turn: Turn, prepared: Prepared, inferred: Prediction, languages: tuple[str, ...]
) -> Understood:
    language = guess_language(prepared.canonical.text)
    flaws = prepared.flaws
    if not is_supported(language, languages):
        flaws = (*flaws, "unsupported_language")
    return Understood(turn, inferred, to_entities(prepared, inferred.spans), language, flaws)


def rejected(turn: Turn, reason: RejectReason, error_class: str, attempts: int = 1) -> Rejected:
    """A turn that the model cannot be given."""
    message = turn.message
    return Rejected(
        turn.record,
        reason,
        _STAGE,
        error_class,
        message.tenant_id,
        message.conversation_id,
        message.message_id,
        turn.event_ms,
        attempts,
    )
