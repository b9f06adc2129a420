"""The server goes away and comes back: requests fail politely meanwhile, and nothing is lost."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from quickserve.kernel import db, outbox
from quickserve.kernel.bus.local import LocalBus
from quickserve.kernel.bus.port import Route
from quickserve.kernel.errors import Unavailable
from quickserve.kernel.events import Message
from quickserve.kernel.outbox import Relay
from quickserve.kernel.testing import each

from .own_server import OwnServer
from .world import LOAVES, Bakery, LoafBaked, Packages, baked, eventually, open_bakery

pytestmark = pytest.mark.xdist_group("own server")


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    folder = Path(tempfile.mkdtemp(prefix="quickserve-test-"))
    own = OwnServer(folder)
    own.start()
    yield own
    own.stop()
    shutil.rmtree(folder)


@pytest.fixture
async def bakery(server: OwnServer, packages: Packages) -> AsyncIterator[Bakery]:
    opened = await open_bakery(server.url, packages.schema(loaves_0001=LOAVES), pool_max=3)
    yield opened
    await opened.db.close()


async def bake(bakery: Bakery) -> None:
    async with bakery.db.transaction() as tx:
        await tx.execute("INSERT INTO loaves (id, name) VALUES (%s, %s)", (uuid4(), uuid4().hex))


async def rush(bakery: Bakery) -> list[BaseException | None]:
    return await asyncio.gather(*(bake(bakery) for _ in range(6)), return_exceptions=True)


async def test_after_a_restart_at_most_one_request_notices(
    server: OwnServer, bakery: Bakery
) -> None:
    await rush(bakery)
    server.restart()
    with pytest.raises(Unavailable):
        await bake(bakery)
    assert await rush(bakery) == [None] * 6


async def test_while_the_server_is_away_everything_is_unavailable(
    server: OwnServer, bakery: Bakery, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rush(bakery)
    server.stop()
    try:
        monkeypatch.setattr(db, "_CONNECTION_SECONDS", 0.5)
        for _ in range(2):
            assert {type(outcome) for outcome in await rush(bakery)} == {Unavailable}
    finally:
        server.start()
        monkeypatch.undo()
    async with asyncio.timeout(10):
        while True:
            try:
                await bake(bakery)
            except Unavailable:
                continue
            break
    assert await rush(bakery) == [None] * 6


async def test_a_read_fails_politely_too(server: OwnServer, bakery: Bakery) -> None:
    server.restart()
    with pytest.raises(Unavailable):
        async with bakery.db.read() as tx:
            await tx.value("SELECT 1")
    async with bakery.db.read() as tx:
        assert await tx.value("SELECT 1") == 1


async def test_the_relay_survives_a_restart(server: OwnServer, bakery: Bakery) -> None:
    bus = LocalBus()
    taken: list[str] = []

    async def take(message: Message) -> None:
        taken.append(message.subject)

    bus.subscribe(Route("shelf", (LoafBaked,), each(take)))
    relay = asyncio.create_task(Relay("bakery", bakery.db, bus).run())
    before, after = baked(), baked()
    async with bakery.db.transaction() as tx:
        await outbox.append(tx, before)

    async def one_is_taken() -> bool:
        return len(taken) == 1

    await eventually(one_is_taken)
    server.stop()
    await asyncio.sleep(1.5)
    assert not relay.done()
    server.start()

    async def the_other_is_written() -> bool:
        try:
            async with bakery.db.transaction() as tx:
                await outbox.append(tx, after)
        except Unavailable:
            return False
        return True

    async def both_are_taken() -> bool:
        return taken == [before.subject, after.subject]

    await eventually(the_other_is_written)
    await eventually(both_are_taken)
    relay.cancel()
    await asyncio.gather(relay, return_exceptions=True)
