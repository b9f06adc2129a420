"""A Redis of the test's own, that it may kill and freeze; and the same ports in memory."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from quickserve.kernel.shared.cache import Cache
from quickserve.kernel.shared.memory import MemoryCounters, MemoryFanout, MemoryStore
from quickserve.kernel.shared.port import Counters, Fanout, Store
from quickserve.kernel.shared.redis import (
    RedisCounters,
    RedisFanout,
    RedisServer,
    RedisStore,
)
from tests.servers import Redis

WAITING_MAX = 5


@dataclass
class Part:
    """What one process of the installation sees."""

    store: Store
    cache: Cache
    counters: Counters
    fanout: Fanout
    server: RedisServer | None = None


OpenPart = Callable[..., Awaitable[Part]]


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis() as server:
        yield server


@asynccontextmanager
async def opened(url: str, deadline_seconds: float = 10) -> AsyncIterator[Part]:
    server = RedisServer(url, deadline_seconds)
    store, fanout = RedisStore(server), RedisFanout(server, WAITING_MAX)
    async with server.running(), fanout.running():
        yield Part(store, Cache(store), RedisCounters(server), fanout, server)


@pytest.fixture
async def process(redis: Redis) -> AsyncIterator[OpenPart]:
    """Another process of the installation, each time. Patient, unless the test is about that."""
    async with AsyncExitStack() as stack:

        async def start(deadline_seconds: float = 10) -> Part:
            return await stack.enter_async_context(opened(redis.url, deadline_seconds))

        yield start


@pytest.fixture(params=["memory", "redis"])
async def part(request: pytest.FixtureRequest) -> AsyncIterator[Part]:
    """The same stories in both shapes."""
    if request.param == "memory":
        store = MemoryStore()
        yield Part(store, Cache(store), MemoryCounters(), MemoryFanout(WAITING_MAX))
    else:
        async with opened(request.getfixturevalue("redis").url) as there:
            yield there


@pytest.fixture
async def two(process: OpenPart) -> tuple[Part, Part]:
    return await process(), await process()


async def eventually(true: Callable[[], bool], seconds: float = 5) -> None:
    for _ in range(int(seconds / 0.01)):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")
