"""Secrets: where they may come from, and which Kafka properties are some. Shows none."""

from collections.abc import Iterable, Mapping
from pathlib import Path

FILE_SUFFIX = "_file"
REDACTED = "***"
_MAX_SECRET_BYTES = 65_536
_SECRET_WORDS = ("password", "secret", "pem", "token", "sasl.jaas", "userinfo")


def is_secret(name: str) -> bool:
    """Whether a setting or a Kafka property of this name must never be shown."""
    lowered = name.lower()
    return not lowered.endswith(FILE_SUFFIX) and any(word in lowered for word in _SECRET_WORDS)


def with_secret_files(given: Mapping[str, object], secrets: Iterable[str]) -> dict[str, object]:
    """Replaces `<secret>_file` by the content of that file, without its last line end.

    Raises:
        ValueError: both forms are given, or the file cannot be read; holds no content.
    """
    found = dict(given)
    for name in secrets:
        path = found.pop(name + FILE_SUFFIX, None)
        if path is None:
            continue
        if found.get(name) is not None:
            message = f"give {name} or {name}{FILE_SUFFIX}, not both"
            raise ValueError(message)
        found[name] = _content(name, str(path))
    return found


def _content(name: str, path: str) -> str:
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.read(_MAX_SECRET_BYTES).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{name}{FILE_SUFFIX} {path} cannot be read ({type(error).__name__})"
        raise ValueError(message) from None
