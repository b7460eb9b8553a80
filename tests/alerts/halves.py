"""Which half of the written conversations one belongs to. Fixed before anything was tuned.

Thresholds and phrases are tuned on the tuning half only; goals are measured on the other.
"""

import hashlib

from exporters.corpus_format import Conversation

TUNING = "tuning"
UNTOUCHED = "untouched"
HALVES = (TUNING, UNTOUCHED)


def half_of(conversation: Conversation) -> str:
    """By the name alone: an even first byte of its sha256 is for tuning."""
    first = hashlib.sha256(conversation.name.encode()).digest()[0]
    return UNTOUCHED if first % 2 else TUNING
