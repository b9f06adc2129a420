"""A place on the waiting list as its person sees it, and the list as the organiser does."""

from quickserve.booking import signing
from quickserve.booking.store import offers
from quickserve.booking.store import waiting_list as store
from quickserve.booking.store.waiting_list import Entry
from quickserve.contracts.catalog import EventId
from quickserve.contracts.waiting_list import EntryId, EntryList, EntryView
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.service import Context

_ENTRIES_MAX = 500


async def entry(ctx: Context, entry_id: EntryId, key: str) -> EntryView:
    """Errors: NotFound, also when the key does not fit."""
    link = signing.entry_link(entry_id, ctx.settings.key_for("waiting-list-links"))
    if not link.opens(key):
        raise NotFound("There is no such place on a waiting list.")
    async with ctx.db.read() as tx:
        found = await store.find_entry(tx, entry_id)
    if found is None:
        raise NotFound("There is no such place on a waiting list.")
    return await show_entry(ctx, found)


async def show_entry(ctx: Context, found: Entry) -> EntryView:
    link = signing.entry_link(found.id, ctx.settings.key_for("waiting-list-links"))
    async with ctx.db.read() as tx:
        date = await offers.find_date_facts(tx, found.date_id)
        rules = await store.find_rules(tx, found.event_id)
        ahead = await store.ahead(tx, found, lottery=rules.lottery)
        names = await store.type_names(tx, found.ticket_type_ids)
    assert date is not None, "dates are kept"
    waiting = found.state == "waiting"
    return EntryView(
        id=found.id, key=link.key, state=found.state, date=date, ticket_types=names,
        quantity=found.quantity, name=found.name, ahead=ahead.people if waiting else 0,
        places_ahead=ahead.places if waiting else 0, lottery=rules.lottery,
        hold_id=found.hold_id if found.state == "offered" else None,
        offered_until=found.offered_until if found.state == "offered" else None,
        created_at=found.created_at,
    )  # fmt: skip


async def entries(ctx: Context, event_id: EventId) -> EntryList:
    """Errors: NotFound, Forbidden."""
    async with ctx.db.read() as tx:
        organiser_id = await offers.find_event_organiser(tx, event_id)
        if organiser_id is None:
            raise NotFound("There is no such event.")
        ctx.principal.require(organiser_id, Role.ORGANISER)
        counts = await store.count_waiting(tx, event_id)
        return EntryList(
            rules=await store.find_rules(tx, event_id), waiting=counts.waiting,
            places=counts.places, entries=await store.entries_of_event(tx, event_id, _ENTRIES_MAX),
        )  # fmt: skip
