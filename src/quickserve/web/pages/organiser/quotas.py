"""How many places an event's dates have, as groups: quotas of one name, one a date.

A group's name tells its quotas from the others of a date; ids of new ones are derived from the
date, so that a form sent twice makes them once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final
from uuid import uuid5

from quickserve.contracts.booking import QuotaChange, QuotaChanges, QuotaId, QuotaView
from quickserve.contracts.booking_client import BookingClient
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId

_AT_ONCE: Final = 200  # keeps the body below its bound, however many ticket types share a quota


@dataclass(frozen=True, slots=True)
class Group:
    """Quotas of one name, by date."""

    name: str
    quotas: dict[DateId, QuotaView] = field(default_factory=dict[DateId, QuotaView])

    @property
    def capacity(self) -> int | None:
        """What all dates have alike; None where they differ."""
        found = {quota.capacity for quota in self.quotas.values()}
        return found.pop() if len(found) == 1 else None

    @property
    def taken(self) -> int:
        """Places sold or set aside on the fullest date."""
        return max((quota.held + quota.sold for quota in self.quotas.values()), default=0)

    def minted_as(self, mint: str) -> bool:
        """Whether its quotas' ids were derived from this."""
        return any(quota.id == derived_id(date, mint) for date, quota in self.quotas.items())

    @property
    def ticket_type_ids(self) -> list[TicketTypeId]:
        return list({i: None for quota in self.quotas.values() for i in quota.ticket_type_ids})


async def groups(booking: BookingClient, event_id: EventId, token: str) -> list[Group]:
    """Without the retired ones; none while booking has not heard of the event."""
    try:
        found = await booking.quotas(event_id, token)
    except NotFound:
        return []
    by_name: dict[str, Group] = {}
    for quota in (quota for quota in found.quotas if quota.ticket_type_ids):
        # Two of one name at a date are told apart by a number.
        numbered = (f"{quota.name} ({n})".strip() if n > 1 else quota.name for n in count(1))
        name = next(
            n for n in numbered if n not in by_name or quota.date_id not in by_name[n].quotas
        )
        by_name.setdefault(name, Group(name)).quotas[quota.date_id] = quota
    return list(by_name.values())


def derived_id(date_id: DateId, group: object) -> QuotaId:
    return QuotaId(uuid5(date_id, f"quota/{group}"))


async def put_all(
    booking: BookingClient, organiser_id: OrganiserId, changes: Sequence[QuotaChange], token: str
) -> None:
    """In pieces, each all or none; sending everything again is harmless."""
    for start in range(0, len(changes), _AT_ONCE):
        piece = QuotaChanges(quotas=list(changes[start : start + _AT_ONCE]))
        await booking.put_quotas(organiser_id, piece, token)


def retired(
    group: Group, organiser_id: OrganiserId, date_ids: Iterable[DateId]
) -> list[QuotaChange]:
    """The group's quotas without ticket types: nothing is sold from them any more."""
    wanted = set(date_ids)
    return [
        QuotaChange(
            id=quota.id, organiser_id=organiser_id, date_id=date_id, name=quota.name,
            capacity=quota.capacity, ticket_type_ids=[],
        )
        for date_id, quota in group.quotas.items()
        if date_id in wanted
    ]  # fmt: skip
