"""`quickserve import-plan FILE --organiser NAME`: the same reading as on the organiser's page."""

import asyncio
from pathlib import Path

from quickserve.commandline.import_calendar import organiser_called
from quickserve.contracts.identity import IdentityClient
from quickserve.contracts.seating import (
    Acceptance,
    PlanFinding,
    PlanId,
    SeatingImportId,
    SeatingImportView,
)
from quickserve.contracts.seating_client import SeatingClient
from quickserve.kernel.ids import new_uuid
from quickserve.laptop import CannotStart, Home, clients


async def run(
    home: Home, file: Path, organiser: str, *, accept_repairs: bool, verbose: bool
) -> int:
    """Prints every defect. 0 when the plan was saved: it has no defects, or all are accepted."""
    try:
        content = await asyncio.to_thread(file.read_bytes)
    except OSError as error:
        raise CannotStart(f"{file} cannot be read: {error.strerror}.") from error
    async with clients(home) as client:
        organiser_id = await organiser_called(home, IdentityClient(client("identity")), organiser)
        seating = SeatingClient(client("catalog"))
        found = await seating.put_import(
            organiser_id, SeatingImportId(new_uuid()), filename=file.name, content=content
        )
        if accept_repairs or not found.defects:
            accepted = Acceptance(repairs=["all"], plan_id=PlanId(new_uuid()))
            found = await seating.accept(organiser_id, found.id, accepted)
    print("\n".join(report(found, verbose=verbose)))  # noqa: T201
    return 0 if found.plan_id else 1


def report(found: SeatingImportView, *, verbose: bool = False) -> list[str]:
    """A line a defect, a line a kind of notes (all with `verbose`), then what became of the file.

    A sold-out house's map has a note for each seat: nobody finds a defect among those.
    """
    lines = [_line(one) for one in found.findings if one.defect]
    if len(lines) < found.defects:
        lines.append(f"… and {_counted(found.defects - len(lines), 'more defect')}")
    lines += _notes(
        [one for one in found.findings if not one.defect], found.counts, verbose=verbose
    )
    held = f"{found.filename}: {_counted(found.seats, 'seat')}, {_counted(found.defects, 'defect')}"
    if found.plan_id:
        return [*lines, f"{held}. Saved as plan {found.plan_id}."]
    return [*lines, f"{held}. Nothing is saved: correct the file, or add --accept-repairs."]


def _line(one: PlanFinding) -> str:
    place = ", ".join(filter(None, (one.section, one.row, one.seat))) or one.at
    return f"{one.code}: {place} ({one.at}): {one.message} {one.repair}".rstrip()


def _notes(notes: list[PlanFinding], counts: dict[str, int], *, verbose: bool) -> list[str]:
    lines: list[str] = []
    for code in dict.fromkeys(one.code for one in notes):
        some = [_line(one) for one in notes if one.code == code]
        lines += some if verbose else some[:1]
        if left := counts[code] - (len(some) if verbose else 1):
            told = "" if verbose else " (--verbose tells them)"
            lines.append(f"{code}: … and {_counted(left, 'more such note')}{told}")
    return lines


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
