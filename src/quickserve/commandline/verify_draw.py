"""`quickserve verify-draw`: whether a waiting room's numbers are what its seed says."""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from quickserve.contracts.waiting_room import Draw
from quickserve.laptop import CannotStart

_DESCRIPTION = """\
Checks a draw with nothing but what was published: the seed's fingerprint noted before the opening,
and the draw as anybody gets it afterwards (docs/waiting-room.md). Status 1 when it does not hold.

  curl https://…/api/booking/waiting-rooms/DATE/draw | quickserve verify-draw --noted HASH --id ID -
"""


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "verify-draw",
        help="check the draw of a waiting room",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="the draw as JSON; - reads standard input")
    parser.add_argument(
        "--noted", metavar="HASH", help="fingerprint of the seed, as shown before the opening"
    )
    parser.add_argument("--id", type=UUID, metavar="ID", help="your id, to find your number")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    try:
        drawn = Draw.model_validate(json.loads(_read(arguments.file)))
        lines, holds = check(drawn, arguments.noted, arguments.id)
    except (ValidationError, ValueError, RecursionError):
        lines, holds = ["This is no draw of a waiting room."], False
    print("\n".join(lines))  # noqa: T201
    return 0 if holds else 1


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CannotStart(f"{file} cannot be read: {error.strerror}.") from error


def check(drawn: Draw, noted: str | None, visitor_id: UUID | None) -> tuple[list[str], bool]:
    """What there is to say, and whether all of it holds."""
    seed = bytes.fromhex(drawn.seed)
    told = hashlib.sha256(seed).hexdigest()
    findings = [(told == (noted or drawn.seed_hash).strip().lower(), "The seed has the fingerprint"
                 + (" that was noted before." if noted else " that the room tells."))]  # fmt: skip
    ordered = drawn.keys == sorted(set(drawn.keys))
    findings.append((ordered, f"The {len(drawn.keys)} numbers are in the order of the draw."))
    if visitor_id is not None:
        key = hashlib.sha256(seed + visitor_id.bytes).hexdigest()
        at = drawn.keys.index(key) + 1 if key in drawn.keys else None
        place = f"is number {at} of this draw" if at else "was drawn"
        findings.append((at is not None, f"The id {place}."))
    lines = [f"{'yes' if holds else 'NO '}  {text}" for holds, text in findings]
    return lines, all(holds for holds, _ in findings)
