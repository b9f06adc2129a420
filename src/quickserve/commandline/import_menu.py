"""`quickserve import-menu FILE… --stand SLUG`: the same reading as by HTTP."""

import asyncio
import json
from pathlib import Path

from quickserve.contracts.menus import MenuDefect, MenuHasDefects, MenuImport
from quickserve.contracts.menus_client import MenusClient
from quickserve.kernel.errors import NotFound
from quickserve.laptop import CannotStart, Home, clients


async def run(home: Home, files: list[Path], stand: str, *, leave_out: bool, check: bool) -> int:
    """Prints every finding. 0 when the menu was saved, or was only looked at and has no defect."""
    content = await asyncio.to_thread(_content, files)
    async with clients(home) as client:
        menus = MenusClient(client("catalog"))
        try:
            found = await menus.stand_by_slug(stand)
        except NotFound:
            raise CannotStart(f"There is no stand “{stand}” in {home.folder}.") from None
        try:
            made = await menus.import_menu(
                found.id, content, filename=files[0].name, leave_out=leave_out, check=check
            )
        except MenuHasDefects as refused:
            defects = [MenuDefect.model_validate(one) for one in refused.extra["defects"]]
            print("\n".join(_line("defect", one) for one in defects))  # noqa: T201
            print(  # noqa: T201
                f"{files[0].name}: {len(defects)} defects. Nothing is saved: correct the file, or"
                " add --leave-out."
            )
            return 1
    print("\n".join(report(made)))  # noqa: T201
    return 1 if check and made.defects else 0


def report(made: MenuImport) -> list[str]:
    """A line a finding, then what became of the file."""
    lines = [_line("defect", one) for one in made.defects]
    lines += [_line("note", one) for one in made.notes]
    held = (
        f"{made.filename} ({made.format}): {made.items} items in {made.sections} sections,"
        f" {made.modifiers} choices in {made.groups} groups, {len(made.defects)} defects."
    )
    became = f"Saved as version {made.version}." if made.version else "Nothing is saved."
    return [*lines, f"{held} {became}"]


def _line(kind: str, one: MenuDefect) -> str:
    at = f"line {one.line}" if one.line else ""
    place = ", ".join(filter(None, (at, one.section, one.item, one.field)))
    return f"{kind} {one.code}: {place}: {one.detail} {one.repair}"


def _content(files: list[Path]) -> bytes:
    """Several files are one document of JSON, by their names: as TastyIgniter has its data."""
    try:
        parts = {file.stem: file.read_bytes() for file in files}
    except OSError as error:
        raise CannotStart(f"{error.filename} cannot be read: {error.strerror}.") from error
    if len(parts) == 1:
        return next(iter(parts.values()))
    try:
        return json.dumps({name: json.loads(part) for name, part in parts.items()}).encode()
    except (ValueError, RecursionError) as error:
        raise CannotStart(f"Several files must all be JSON: {error}.") from error
