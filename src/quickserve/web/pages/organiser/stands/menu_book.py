"""A stand's menu as it is edited: one part at a time, each save a new version of the whole.

Two people may edit at once. What was begun from an older version goes into the newest as long as
nobody changed the same part meanwhile; else `Overtaken` tells what is there now.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from quickserve.contracts.menus import (
    Menu,
    MenuDraft,
    MenuItem,
    MenuSection,
    ModifierGroup,
    NewMenu,
    StandChanged,
    StandId,
)
from quickserve.kernel.errors import NotFound
from quickserve.web.page import Services

_TRIES: Final = 5
Part = TypeVar("Part")


class Sheet(MenuDraft):
    """`version` is 0 before the first."""

    version: int

    def section(self, section_id: UUID | None) -> MenuSection | None:
        return next((one for one in self.sections if one.id == section_id), None)

    def group(self, group_id: UUID | None) -> ModifierGroup | None:
        return next((one for one in self.groups if one.id == group_id), None)

    def item(self, item_id: UUID | None) -> MenuItem | None:
        some = (one for section in self.sections for one in section.items if one.id == item_id)
        return next(some, None)

    def section_of(self, item_id: UUID | None) -> MenuSection | None:
        for section in self.sections:
            if any(item.id == item_id for item in section.items):
                return section
        return None

    @property
    def items(self) -> list[MenuItem]:
        return [item for section in self.sections for item in section.items]


Edit = Callable[[Sheet], None]


@dataclass
class Overtaken(Exception):  # noqa: N818 - a state of affairs, not a fault
    """`now` is the newest menu, `began` the one that the form was made from."""

    now: Sheet
    began: Sheet


async def latest(ask: Services, stand_id: StandId) -> Sheet:
    try:
        return _sheet(await ask.menus.latest_menu(stand_id))
    except NotFound:
        return Sheet(sections=[], groups=[], version=0)


async def at(ask: Services, stand_id: StandId, version: int) -> Sheet:
    """Raises NotFound."""
    if version == 0:
        return Sheet(sections=[], groups=[], version=0)
    return _sheet(await ask.menus.menu(stand_id, version))


def _sheet(menu: Menu) -> Sheet:
    return Sheet(sections=menu.sections, groups=menu.groups, version=menu.version)


async def save(
    ask: Services, stand_id: StandId, token: str, began: int, edit: Edit,
    part: Callable[[Sheet], Part] | None = None,
) -> int:  # fmt: skip
    """The version that has it. `part`: what `edit` changes, to tell whether somebody else did.

    Raises Overtaken, and what catalog finds: MenuHasDefects, Forbidden.
    """
    for attempt in range(_TRIES):
        sheet = await latest(ask, stand_id)
        if part is not None and began != sheet.version:
            older = await _began(ask, stand_id, began, sheet)
            if part(older) != part(sheet):
                raise Overtaken(sheet, older)
        edit(sheet)
        menu = NewMenu(sections=sheet.sections, groups=sheet.groups, base_version=sheet.version)
        try:
            return (await ask.menus.put_menu(stand_id, menu, token)).version
        except StandChanged:
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("the last attempt returns or raises")


async def _began(ask: Services, stand_id: StandId, began: int, now: Sheet) -> Sheet:
    """A version that never was counts as the newest: there is nothing to compare with."""
    try:
        return await at(ask, stand_id, began)
    except NotFound:
        return now
