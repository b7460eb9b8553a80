"""One broken promise, with the invariant's number and where it shows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """`where` is a record's coordinates, or a conversation, or a partition."""

    invariant: str
    what: str
    where: object = ""

    def __str__(self) -> str:
        return f"{self.invariant} {self.what} {self.where}".rstrip()
