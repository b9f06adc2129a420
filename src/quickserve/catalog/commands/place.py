"""Venues come with the dates that name them."""

from collections.abc import Iterable

from quickserve.catalog.model import SavedVenue, VenueKey
from quickserve.catalog.store import events as store
from quickserve.contracts.catalog import VenueId
from quickserve.kernel.db import Transaction


async def place_venues(tx: Transaction, venues: Iterable[SavedVenue]) -> dict[VenueKey, VenueId]:
    """The ids of one organiser's venues by name and city; unknown ones are made."""
    wanted = list({venue.key: venue for venue in venues}.values())
    if not wanted:
        return {}
    await store.save_venues(tx, wanted)
    return {(v.name, v.city): v.id for v in await store.find_venues(tx, wanted)}
