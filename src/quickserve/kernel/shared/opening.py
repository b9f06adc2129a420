"""Which of the two carries what is shared: the settings say it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from quickserve.kernel.settings import Settings
from quickserve.kernel.shared.cache import Cache
from quickserve.kernel.shared.memory import (
    MemoryCounters,
    MemoryFanout,
    MemoryLatest,
    MemoryStore,
)
from quickserve.kernel.shared.port import Counters, Fanout, Latest


@dataclass(frozen=True)
class Shared:
    """One a process, for all its services; without a word it is the process's own."""

    cache: Cache = field(default_factory=lambda: Cache(MemoryStore()))
    counters: Counters = field(default_factory=MemoryCounters)
    fanout: Fanout = field(default_factory=MemoryFanout)
    latest: Latest = field(default_factory=MemoryLatest)


@asynccontextmanager
async def open_shared(settings: Settings) -> AsyncGenerator[Shared]:
    """In QUICKSERVE_REDIS_URL, else in memory. A Redis that is away holds nothing up."""
    url = settings.redis_url.get_secret_value()
    if not url:
        yield Shared()
        return
    # Its client takes a tenth of a second to import: only who uses it waits for that.
    from quickserve.kernel.shared.redis import (  # noqa: PLC0415
        RedisCounters,
        RedisFanout,
        RedisLatest,
        RedisServer,
        RedisStore,
    )

    server = RedisServer(url)
    fanout = RedisFanout(server)
    shared = Shared(Cache(RedisStore(server)), RedisCounters(server), fanout, RedisLatest(server))
    async with server.running(), fanout.running():
        yield shared
