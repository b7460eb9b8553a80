"""Which public sources may train shipped weights, and under what terms. A table; reads nothing.

The model card attributes from this table, so a source that is not in it is refused.
"""

from dataclasses import dataclass
from typing import Literal

from exporters.problems import SettingError
from exporters.rows import ALL_TYPES

Group = Literal["open", "research", "evaluation_only"]
CUSTOM = "custom"
"""Source name of rows that users bring of their own; these train every head."""

NO_LICENCE = "research corpus, no stated licence"


@dataclass(frozen=True, slots=True)
class Source:
    """A public data set. `marked_types` are the entity types that its tags cover."""

    repository: str
    licence: str
    group: Group
    marked_types: frozenset[str] = ALL_TYPES


_BITEXT_TYPES = frozenset({"ORDER_ID", "INVOICE_ID", "AMOUNT", "PERSON", "ADDRESS"})
_TITLE_TYPES = frozenset({"PRODUCT", "BRAND", "MODEL"})
_NEWS_TYPES = frozenset({"ADDRESS", "PERSON", "ORG"})
_ASSISTANT_TYPES = frozenset({"ADDRESS", "DATE", "TIME", "PERSON", "PHONE"})
_REVIEW_TYPES = frozenset({"AMOUNT", "DATE", "TIME"})
_DIALOGUE_TYPES = ALL_TYPES - {"BRAND", "TRACKING_ID", "INVOICE_ID", "ORG"}

SOURCES: dict[str, Source] = {
    CUSTOM: Source("rows of the user who trained it", "the user's own", "open"),
    "banking77": Source("PolyAI-LDN/task-specific-datasets", "CC BY 4.0", "open"),
    "clinc150": Source("clinc/oos-eval", "CC BY 3.0", "open"),
    "bitext": Source(
        "bitext/customer-support-llm-chatbot-training-dataset",
        "CDLA-Sharing-1.0",
        "open",
        _BITEXT_TYPES,
    ),
    "multidogo": Source(
        "awslabs/multi-domain-goal-oriented-dialogues-dataset",
        "CDLA-Permissive-1.0",
        "open",
        _DIALOGUE_TYPES,
    ),
    "goemotions": Source("monologg/GoEmotions-pytorch", "Apache-2.0", "open"),
    "shopping10": Source("SophonPlus/ChineseNlpCorpus", NO_LICENCE, "research", _REVIEW_TYPES),
    "htl_all": Source("SophonPlus/ChineseNlpCorpus", NO_LICENCE, "research"),
    "afqmc": Source("lqfeng/NLPDataset (AFQMC)", NO_LICENCE, "research"),
    "bdci_car": Source("lqfeng/NLPDataset (BDCI_Car_2018)", NO_LICENCE, "research"),
    "ocemotion": Source("d294270681/Pretrain_ (OCEMOTION)", NO_LICENCE, "research"),
    "ecom_ner_allanj": Source(
        "allanj/ner_incomplete_annotation", NO_LICENCE, "research", _TITLE_TYPES
    ),
    "cluener": Source("lqfeng/NLPDataset (CLUENER2020)", NO_LICENCE, "research", _NEWS_TYPES),
    "fewjoint_smp": Source(
        "lqfeng/NLPDataset (SMP2019, SMP2020-ECDT)", NO_LICENCE, "research", _ASSISTANT_TYPES
    ),
    "semeval19t9A": Source("Semeval2019Task9/Subtask-A", "CC BY-NC-SA 4.0", "evaluation_only"),
    "airline": Source(
        "AyushDhatwalia/Twitter-Airline-Sentiment", "non-commercial", "evaluation_only"
    ),
    "tweeteval": Source("cardiffnlp/tweeteval", "unclear terms", "evaluation_only"),
    "lcqmc": Source("lqfeng/NLPDataset (LCQMC)", "on application only", "evaluation_only"),
    "csds_jddc": Source("xiaolinAndy/CSDS", "research agreement", "evaluation_only"),
}


def source_id(name: str) -> str:
    """The table's key of a row's source: `multidogo:media` is of `multidogo`."""
    return name.partition(":")[0]


def trainable_source(name: str) -> Source:
    """The source, if weights may be fitted to it; else raises `SettingError`."""
    source = SOURCES.get(source_id(name))
    if source is None:
        raise SettingError("--data", name, "rows come from a source listed in sources.py")
    if source.group == "evaluation_only":
        rule = f"evaluation only ({source.licence}): it measures models and never fits them"
        raise SettingError("--data", name, rule)
    return source
