"""Events that a stand may belong to, as the choices of a form, and their titles."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from quickserve.contracts.catalog import EventId
from quickserve.kernel.errors import NotFound
from quickserve.web.page import Services
from quickserve.web.pages.organiser.desk import Desk

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Choice:
    id: EventId
    title: str
    starts_at: datetime | None = None
    zone: str = "UTC"


async def choices(ask: Services, desk: Desk, chosen: EventId | None) -> list[Choice]:
    """The one that is chosen is among them, however many there are."""
    found = await ask.catalog.events(desk.organiser_id, desk.token, limit=_SHOWN)
    told = [
        Choice(one.id, one.title, one.first_starts_at, one.zone or "UTC")
        for one in found.events
        if one.state != "cancelled"
    ]
    if chosen and all(one.id != chosen for one in told):
        told += [Choice(*pair) for pair in (await titles(ask, desk, [chosen])).items()]
    return told


async def titles(ask: Services, desk: Desk, ids: Iterable[EventId]) -> dict[EventId, str]:
    """Without those that are gone."""
    wanted = list(dict.fromkeys(ids))[:_SHOWN]

    async def title(event_id: EventId) -> str:
        try:
            return (await ask.catalog.event(event_id, desk.token)).title
        except NotFound:
            return ""

    told = await asyncio.gather(*(title(one) for one in wanted))
    return {key: text for key, text in zip(wanted, told, strict=True) if text}
