"""Which metrics a query asks for."""

import re

NAME = re.compile(r"(?:namespace_job:[a-z0-9_:]+|\b(?:chat_router|process)_[a-z0-9_]+|\bup\b)")


def metrics_of(expr: str) -> set[str]:
    """The metrics of a query, without label names and strings."""
    return set(NAME.findall(re.sub(r'"[^"]*"', "", expr)))
