"""Somebody waits for what is sold out."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from quickserve.booking import model, selling
from quickserve.booking.model import Offer
from quickserve.booking.resources import resources
from quickserve.booking.store import waiting_list as store
from quickserve.booking.store.waiting_list import Entry, NewEntryRow
from quickserve.contracts.catalog import TicketTypeId
from quickserve.contracts.waiting_list import (
    AlreadyWaiting,
    EntryId,
    ListClosed,
    NeverSoMany,
    NewEntry,
    PlacesLeft,
)
from quickserve.kernel.errors import IdReused, NotFound
from quickserve.kernel.service import Context

_ENDS_BEFORE: Final = timedelta(hours=1)
_LINE_MAX: Final = 20_000  # of one date


async def join_waiting_list(ctx: Context, entry_id: EntryId, new: NewEntry) -> Entry:
    """A repeat answers with the entry as it is.

    Errors: PlacesLeft, ListClosed, also within the hour before the date, AlreadyWaiting for the
    same address, NeverSoMany, IdReused, those of `selling.choose`.
    """
    body_hash = model.fingerprint("waiting", new.model_dump_json())
    if known := await _known(ctx, entry_id, body_hash):
        return known
    offer = await resources(ctx).shelf.fresh_offer(new.date_id)
    if offer is None:
        raise NotFound("There is no such date.")
    wanted = list(dict.fromkeys(new.ticket_type_ids))
    _require_scarce(offer, wanted, new.quantity)
    if offer.date.starts_at < offer.now() + _ENDS_BEFORE:
        raise ListClosed
    async with ctx.db.transaction() as tx:
        if not (await store.find_rules(tx, offer.date.event_id)).open:
            raise ListClosed
        if await store.count_of_date(tx, new.date_id) >= _LINE_MAX:
            raise ListClosed("Too many people wait already.")
        _require_so_many(new.quantity, await store.most_ever(tx, new.date_id, wanted))
        added = await store.insert_entry(
            tx,
            NewEntryRow(
                entry_id, new.date_id, offer.date.event_id, offer.date.organiser_id, wanted,
                new.quantity, new.contact.email, new.contact.name, new.contact.language,
                body_hash,
            ),
        )  # fmt: skip
        if added:  # a place that came back since the look is offered, too
            await store.look_again(tx, [new.date_id])
    resources(ctx).shelf.forget([new.date_id])
    entry = await _known(ctx, entry_id, body_hash)
    if entry is None:
        raise AlreadyWaiting
    return entry


def _require_scarce(offer: Offer, wanted: Sequence[TicketTypeId], quantity: int) -> None:
    for type_id in wanted:
        selling.choose(offer, {type_id: quantity})
        if any(part.id != type_id for part, _ in selling.parts_of(offer, type_id)):
            raise ListClosed("A bundle has none: wait for what is in it.")
        if selling.shortage(offer, {type_id: quantity}) is None:
            raise PlacesLeft


def _require_so_many(quantity: int, most: int | None) -> None:
    """A group that nothing could serve would be told that it is next, for ever. One person may
    wait in any case: the organiser may add places.
    """
    most = max(1, most or 0)
    if quantity > most:
        text = f"There are {most} of these at most: wait for so many, or for other tickets too."
        raise NeverSoMany(text, most=most)


async def _known(ctx: Context, entry_id: EntryId, body_hash: bytes) -> Entry | None:
    async with ctx.db.read() as tx:
        entry = await store.find_entry(tx, entry_id)
    if entry is not None and entry.body_hash != body_hash:
        raise IdReused
    return entry
