"""A file of a menu is read, and becomes the next version of a stand's menu."""

import asyncio
from dataclasses import dataclass, replace

from quickserve.catalog import menu_rules, rules
from quickserve.catalog.commands.put_menu import PutMenu, put_menu
from quickserve.catalog.importers import ImportRefused, menus
from quickserve.catalog.importers.menus.model import Finding
from quickserve.catalog.store import stands as store
from quickserve.contracts.menus import (
    Menu,
    MenuDefect,
    MenuHasDefects,
    MenuImport,
    MenuRefused,
    NewMenu,
    StandDraft,
    StandId,
)
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import FieldError, NotFound
from quickserve.kernel.service import Context

TOLD_MAX = 1_000  # of defects, and of notes


@dataclass(frozen=True, slots=True)
class ImportMenu:
    """`leave_out`: what has a defect is left out or mended; else one defect refuses the file.

    `check`: only look, change nothing.
    """

    stand_id: StandId
    filename: str
    content: bytes
    leave_out: bool = False
    check: bool = False
    tax_rate_bp: int | None = None


async def import_menu(ctx: Context, cmd: ImportMenu) -> MenuImport:
    """The same file again is no change. Errors: NotFound, Unauthenticated, Forbidden, Malformed,
    MenuRefused, MenuHasDefects, StandChanged.
    """
    rules.check_line("filename", cmd.filename)
    target, version = await _target(ctx, cmd)
    try:
        built = await asyncio.to_thread(menus.read, cmd.content, target)
    except ImportRefused as refused:
        raise MenuRefused(
            refused.sentence,
            errors=[FieldError(field="file", code=refused.code, message=refused.sentence)],
            reason=refused.code,
        ) from None
    defects = [_told(one) for one in built.findings if one.defect]
    defects += menu_rules.defects(built.menu, target.stand)
    notes = [_told(one) for one in built.findings if not one.defect]
    items = sum(len(section.items) for section in built.menu.sections)
    if not cmd.check and defects and (not cmd.leave_out or not items):
        raise MenuHasDefects(
            f"{len(defects)} to mend, first: {_place(defects[0])}: {defects[0].detail}",
            defects=[one.model_dump() for one in defects[:TOLD_MAX]],
            notes=[one.model_dump() for one in notes[:TOLD_MAX]],
        )
    saved = None
    if not cmd.check:
        new = NewMenu(**built.menu.model_dump(), base_version=version)
        saved = await put_menu(ctx, PutMenu(cmd.stand_id, new))
    return MenuImport(
        filename=cmd.filename, format=built.format, version=saved,
        sections=len(built.menu.sections), items=items, groups=len(built.menu.groups),
        modifiers=sum(len(group.modifiers) for group in built.menu.groups),
        defects=defects[:TOLD_MAX], notes=notes[:TOLD_MAX],
    )  # fmt: skip


async def _target(ctx: Context, cmd: ImportMenu) -> tuple[menus.Target, int]:
    async with ctx.db.read() as tx:
        row = await store.find_stand(tx, cmd.stand_id)
        latest = await store.find_latest_menu(tx, cmd.stand_id)
    if row is None or row.version == 0:
        raise NotFound("There is no such stand.")
    ctx.principal.require(row.organiser_id, Role.ORGANISER)
    target = menus.Target(
        cmd.stand_id, StandDraft.model_validate(row.draft), tax_rate_bp=cmd.tax_rate_bp
    )
    if latest is None:
        return target, row.menu_version
    before = Menu.model_validate_json(latest)
    return replace(target, before=before), before.version


def _told(one: Finding) -> MenuDefect:
    return MenuDefect(
        code=one.code, section=one.section, item=one.item, field=one.field, detail=one.detail,
        repair=one.repair, line=one.line,
    )  # fmt: skip


def _place(one: MenuDefect) -> str:
    return ", ".join(filter(None, (f"line {one.line}" if one.line else "", one.item)))
