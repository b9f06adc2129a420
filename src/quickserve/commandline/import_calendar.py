"""`quickserve import FILE --organiser NAME`: the same import as on the organiser's page."""

import asyncio
import sys
from pathlib import Path

from quickserve.contracts.catalog import CatalogClient, ImportId, ImportLine, ImportView
from quickserve.contracts.identity import IdentityClient
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.laptop import CannotStart, Home, clients


async def run(home: Home, file: Path, organiser: str, zone: str) -> int:
    """Prints the progress and the report. 0 when the file could be read."""
    try:
        content = await asyncio.to_thread(file.read_bytes)
    except OSError as error:
        raise CannotStart(f"{file} cannot be read: {error.strerror}.") from error
    async with clients(home) as client:
        catalog = CatalogClient(client("catalog"))
        organiser_id = await organiser_called(home, IdentityClient(client("identity")), organiser)
        found = await catalog.put_import(
            ImportId(new_uuid()), organiser_id=organiser_id, filename=file.name, zone=zone,
            content=content,
        )  # fmt: skip
        while found.state in ("waiting", "running"):
            _progress(found)
            await asyncio.sleep(0.2)
            found = await catalog.import_(found.id)
    _report(found)
    return 0 if found.state == "done" else 1


async def organiser_called(home: Home, identity: IdentityClient, name: str) -> OrganiserId:
    try:
        return (await identity.find_organiser(name)).id
    except NotFound:
        known = ", ".join((await identity.organiser_names()).names) or "nobody"
        raise CannotStart(
            f"There is no organiser called “{name}” in {home.folder}. There: {known}."
            " Another installation is named by --data."
        ) from None


def _progress(found: ImportView) -> None:
    if sys.stderr.isatty():
        done = found.created + found.updated + found.unchanged + found.skipped
        print(f"\r{done} of {found.total or '…'}", end="", file=sys.stderr, flush=True)  # noqa: T201


def _report(found: ImportView) -> None:
    lines = [""] if sys.stderr.isatty() else []
    if found.refusal:
        lines.append(f"{found.filename} was refused: {found.refusal}")
    else:
        lines.append(
            f"{found.filename}: {found.created} created, {found.updated} updated,"
            f" {found.unchanged} unchanged, {found.skipped} skipped"
        )
    lines += map(_line, found.skipped_entries)
    if found.notes:
        lines.append("taken, with a note:")
    lines += map(_line, found.notes)
    print("\n".join(lines))  # noqa: T201


def _line(one: ImportLine) -> str:
    return f"  line {one.line}: {one.title or '(no title)'}: {one.reason}"
