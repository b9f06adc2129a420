"""Somebody waits for what is sold out."""

from quickserve.booking import model, selling
from quickserve.booking.resources import resources
from quickserve.booking.store import waiting_list as store
from quickserve.booking.store.waiting_list import Entry, NewEntryRow
from quickserve.contracts.waiting_list import EntryId, ListClosed, NewEntry, PlacesLeft
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.service import Context


async def join_waiting_list(ctx: Context, entry_id: EntryId, new: NewEntry) -> Entry:
    """A repeat answers with the entry as it is. Who waits already keeps the earlier place.

    Errors: NotFound, UnknownTicketType, NotOnSale when cancelled, PlacesLeft, ListClosed, IdReused.
    """
    body_hash = model.fingerprint("waiting", new.model_dump_json())
    if known := await _known(ctx, entry_id, body_hash):
        return known
    offer = await resources(ctx).shelf.fresh_offer(new.date_id)
    if offer is None:
        raise NotFound("There is no such date.")
    wanted = list(dict.fromkeys(new.ticket_type_ids))
    for type_id in wanted:
        basket = selling.choose_for_staff(offer, {type_id: new.quantity}, free=False)
        if selling.shortage(offer, {type_id: basket.places}) is None:
            raise PlacesLeft
    async with ctx.db.transaction() as tx:
        if not (await store.find_rules(tx, offer.date.event_id)).open:
            raise ListClosed
        await store.insert_entry(
            tx,
            NewEntryRow(
                entry_id, new.date_id, offer.date.event_id, offer.date.organiser_id, wanted,
                new.quantity, new.contact.email, new.contact.name, new.contact.language,
                body_hash,
            ),
        )  # fmt: skip
    resources(ctx).shelf.forget([new.date_id])
    entry = await _known(ctx, entry_id, body_hash)
    assert entry is not None, "it was inserted, now or before"
    return entry


async def _known(ctx: Context, entry_id: EntryId, body_hash: bytes) -> Entry | None:
    async with ctx.db.read() as tx:
        entry = await store.find_entry(tx, entry_id)
    if entry is not None and entry.body_hash != body_hash:
        raise IdReused
    return entry
