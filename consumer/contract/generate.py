"""`python -m consumer.contract.generate`: writes the schemas and the AsyncAPI document.

`--check` writes nothing and fails where a committed file differs from its types.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path

from consumer.contract.asyncapi import SCHEMA_FOLDER, asyncapi_text
from consumer.contract.catalogue import EVENT_TYPES
from consumer.contract.schema import schema_text

CONTRACT_FOLDER = Path(__file__).parent
ASYNCAPI_FILE = "asyncapi.yaml"


def generated() -> Mapping[str, str]:
    """Text by path, relative to the contract's folder."""
    schemas = {
        f"{SCHEMA_FOLDER}/{event_type.schema_file}": schema_text(event_type)
        for event_type in EVENT_TYPES
    }
    return schemas | {ASYNCAPI_FILE: asyncapi_text()}


def write(folder: Path) -> list[str]:
    """Writes what differs and takes away schemas of nothing; the paths touched."""
    touched = drift(folder)
    wanted = generated()
    for name in touched:
        path = folder / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], encoding="utf-8")
        else:
            path.unlink()
    return touched


def drift(folder: Path) -> list[str]:
    """Paths that are missing, different, or of no event type."""
    wanted = generated()
    present = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in [*folder.glob(f"{SCHEMA_FOLDER}/*.json"), *folder.glob(ASYNCAPI_FILE)]
    }
    return sorted(
        name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name)
    )


def main(arguments: Sequence[str]) -> int:
    """Exit status: 1 where `--check` found a difference."""
    parser = ArgumentParser(prog="python -m consumer.contract.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    check: bool = parser.parse_args(arguments).check
    names = drift(CONTRACT_FOLDER) if check else write(CONTRACT_FOLDER)
    for name in names:
        sys.stdout.write(f"{'differs' if check else 'written'}: {name}\n")
    return 1 if check and names else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
