"""`quickserve import-plan FILE --organiser NAME`: the same reading as on the organiser's page."""

import asyncio
from pathlib import Path

from quickserve.commandline.import_calendar import organiser_called
from quickserve.contracts.identity import IdentityClient
from quickserve.contracts.seating import Acceptance, PlanId, SeatingImportId, SeatingImportView
from quickserve.contracts.seating_client import SeatingClient
from quickserve.kernel.ids import new_uuid
from quickserve.laptop import CannotStart, Home, clients


async def run(home: Home, file: Path, organiser: str, *, accept_repairs: bool) -> int:
    """Prints every finding. 0 when the plan was saved: it has no defects, or all are accepted."""
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
    print("\n".join(report(found)))  # noqa: T201
    return 0 if found.plan_id else 1


def report(found: SeatingImportView) -> list[str]:
    """A line a finding, then what became of the file."""
    lines: list[str] = []
    for one in found.findings:
        place = ", ".join(filter(None, (one.section, one.row, one.seat))) or one.at
        lines.append(f"{one.code}: {place} ({one.at}): {one.message} {one.repair}".rstrip())
    if sum(found.counts.values()) > len(found.findings):
        lines.append(f"… and {sum(found.counts.values()) - len(found.findings)} more")
    held = f"{found.filename}: {found.seats} seats, {found.defects} defects"
    if found.plan_id:
        return [*lines, f"{held}. Saved as plan {found.plan_id}."]
    return [*lines, f"{held}. Nothing is saved: correct the file, or add --accept-repairs."]
