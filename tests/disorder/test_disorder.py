"""Events of one entity come late, twice and in any order: the copies end as the last version.

Each has a negative control: without the comparison of versions the same deliveries leave an old
copy, or the test would prove nothing.
"""

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from quickserve.booking.store import offers
from quickserve.catalog.store import events as catalog_store
from quickserve.contracts.catalog import EventOffered
from quickserve.contracts.identity import OrganiserSaved
from quickserve.kernel.db import Transaction
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.kernel.money import Money
from tests.booking.conftest import some_event

from .deliveries import Service, consumer_of, disordered

VERSIONS = 9
ENTITIES = 3
SEEDS = range(8)


@pytest.fixture(scope="session")
async def booking(database_url: str) -> AsyncIterator[Service]:
    async with consumer_of("booking", database_url) as service:
        yield service


@pytest.fixture(scope="session")
async def catalog(database_url: str) -> AsyncIterator[Service]:
    async with consumer_of("catalog", database_url) as service:
        yield service


# -- What catalog offers, as booking keeps it ------------------------------------------------------


def offered() -> list[EventOffered]:
    """The history of an event: renamed, repriced, its second ticket type comes and goes."""
    first = some_event()
    history: list[EventOffered] = []
    for n in range(1, VERSIONS + 1):
        types = [replace(k, price=Money(100 * n, "EUR")) for k in first.ticket_types[: 1 + n % 2]]
        state = "cancelled" if n == VERSIONS else "published"
        history.append(
            replace(first, version=n, title=f"Version {n}", state=state, ticket_types=types)
        )
    return history


async def kept(booking: Service, event: EventOffered) -> Any:
    (head,) = await booking.rows(
        "SELECT version, title, state FROM offered_events WHERE id = %s", event.event_id
    )
    types = await booking.rows(
        "SELECT id, price_minor FROM offered_ticket_types WHERE event_id = %s AND offered"
        " ORDER BY position",
        event.event_id,
    )
    return head, types


async def offers_end_as_the_last_version(booking: Service, seed: int) -> None:
    histories = [offered() for _ in range(ENTITIES)]
    everything = [event for history in histories for event in history]
    await booking.take_all(disordered(everything, random.Random(seed)))
    for history in histories:
        last = history[-1]
        types = [(kind.id, kind.price.minor) for kind in last.ticket_types]
        assert await kept(booking, last) == ((VERSIONS, last.title, last.state), types)


@pytest.mark.parametrize("seed", SEEDS)
async def test_offers_end_as_the_last_version(booking: Service, seed: int) -> None:
    await offers_end_as_the_last_version(booking, seed)


async def test_control_offers_without_versions_end_as_an_old_one(
    booking: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def keep_whatever_comes(tx: Transaction, event: EventOffered) -> bool:
        await tx.execute("UPDATE offered_events SET version = -1 WHERE id = %s", (event.event_id,))
        return await compared(tx, event)

    compared = offers.keep_event
    monkeypatch.setattr(offers, "keep_event", keep_whatever_comes)
    assert await fails_somewhere(booking, offers_end_as_the_last_version)


# -- Organisers, as catalog keeps them -------------------------------------------------------------


def renamed() -> list[OrganiserSaved]:
    id_ = OrganiserId(new_uuid())
    return [OrganiserSaved(id_, f"Name {n}", f"slug-{id_}", n) for n in range(1, VERSIONS + 1)]


async def names_end_as_the_last(catalog: Service, seed: int) -> None:
    histories = [renamed() for _ in range(ENTITIES)]
    everything = [event for history in histories for event in history]
    await catalog.take_all(disordered(everything, random.Random(seed)))
    for history in histories:
        assert await name_of(catalog, history) == [(history[-1].name, VERSIONS)]


async def name_of(catalog: Service, history: Sequence[OrganiserSaved]) -> list[tuple[Any, ...]]:
    return await catalog.rows(
        "SELECT name, version FROM organisers WHERE id = %s", history[0].organiser_id
    )


@pytest.mark.parametrize("seed", SEEDS)
async def test_an_organiser_s_name_ends_as_the_last(catalog: Service, seed: int) -> None:
    await names_end_as_the_last(catalog, seed)


async def test_control_names_without_versions_end_as_an_old_one(
    catalog: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def save_whatever_comes(tx: Transaction, *organiser: Any) -> None:
        await tx.execute("UPDATE organisers SET version = -1 WHERE id = %s", (organiser[0],))
        await compared(tx, *organiser)

    compared = catalog_store.save_organiser
    monkeypatch.setattr(catalog_store, "save_organiser", save_whatever_comes)
    assert await fails_somewhere(catalog, names_end_as_the_last)


async def test_events_from_before_versions_are_still_taken(catalog: Service) -> None:
    """They replace each other as they come, and never one that has a version."""
    old, *_, last = renamed()
    before = [replace(old, version=0, name=name) for name in ("Before", "Before, renamed")]
    for event in before:
        await catalog.take_all(disordered([event], random.Random(0)))
    assert await name_of(catalog, [old]) == [("Before, renamed", 0)]
    for event in (last, *before):
        await catalog.take_all(disordered([event], random.Random(0)))
    assert await name_of(catalog, [old]) == [(last.name, VERSIONS)]


async def fails_somewhere(service: Service, story: Any) -> bool:
    for seed in SEEDS:
        try:
            await story(service, seed)
        except AssertionError:
            return True
    return False
