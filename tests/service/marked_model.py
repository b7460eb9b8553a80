"""A model that does what a marker in the text tells it: answer, fail, die, hang or be angry."""

import os
import re
import threading
from collections.abc import Sequence

from consumer.inference.faults import ModelInputFault, Unusable
from consumer.inference.model import Inferred
from consumer.inference.prepared import Prepared
from consumer.inference.stub import StubModel
from consumer.records import Prediction

POISON = "<poison>"
NAN = "<nan>"
DEADLY = "<deadly>"
HANGING = "<hanging>"
SLOW = "<slow>"
SLOW_S = 0.5
_ANGER = re.compile(r"<anger=(\d+)>")
PER_CENT = 100


class MarkedModel(StubModel):
    """The stub, with markers. `<anger=85>` means a score of 0.85."""

    def infer(self, batch: Sequence[Prepared]) -> list[Inferred]:
        """Fails for the whole batch, as a real model does, if one text is poison."""
        texts = [prepared.canonical.text for prepared in batch]
        if any(DEADLY in text for text in texts):
            os.abort()
        if any(HANGING in text for text in texts):
            threading.Event().wait()
        if any(SLOW in text for text in texts):
            threading.Event().wait(SLOW_S)
        if any(POISON in text for text in texts):
            raise ModelInputFault
        return [
            self._marked(text, one) for text, one in zip(texts, super().infer(batch), strict=True)
        ]

    def _marked(self, text: str, prediction: Inferred) -> Inferred:
        if NAN in text:
            return Unusable("model_output", "NotFinite")
        anger = _ANGER.search(text)
        if anger is None or isinstance(prediction, Unusable):
            return prediction
        score = int(anger.group(1)) / PER_CENT
        return Prediction(
            {"query": 1 - score, "complaint": score, "suggestion": 0.0},
            prediction.intent,
            {"negative": score, "neutral": 1 - score, "positive": 0.0},
            score,
            (),
        )


def open_marked_model() -> MarkedModel:
    """Opens it; a module-level function, so that an isolated child can."""
    return MarkedModel()
