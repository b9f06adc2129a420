"""What is shared, in Redis: the only module that imports its client.

Every call has a tenth of a second. One that fails ends the use of Redis until a watch of our own
has reached it again: nobody waits for it twice, and what could not be told meanwhile is told first.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import Any, Final, TypeVar

import structlog
from prometheus_client import Counter, Gauge
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from quickserve.kernel.shared.memory import MemoryCounters, MemoryFanout, MemoryLatest, MemoryStore
from quickserve.kernel.shared.port import Away, Look, Notice

log = structlog.get_logger()
T = TypeVar("T")

CALLS = Counter(
    "quickserve_redis_calls_total",
    "Calls to Redis by outcome: answered, failed, spared (not tried: it was away).",
    ["call", "outcome"],
)
UP = Gauge("quickserve_redis_up", "Whether Redis is used: 1, or 0 while it is away.")

DEADLINE_SECONDS = 0.1
AT_ONCE_MAX = 32
_WATCH_SECONDS = 0.25
_REACH_SECONDS = 1.0
_HEARD_SECONDS = 1.0  # without a word for this long a listener asks whether anybody is there
_LOCK_MS = 3000
_TAG_SECONDS = 24 * 3600
_VALUE_BYTES_MAX = 1024 * 1024
_PREFIX: Final = "quickserve:"
_EVERYTHING: Final = "everything"  # a tag of every value that has tags
_GAP: Final = "gap"

# KEYS: values, their locks, tags. ARGV: how many values, a new stamp, who asks, lock_ms, tag_s.
_LOOK: Final = """
local n = tonumber(ARGV[1])
local stamps = {}
for i = 2 * n + 1, #KEYS do
  local stamp = redis.call('GET', KEYS[i])
  if not stamp then
    stamp = ARGV[2]
    redis.call('SET', KEYS[i], stamp, 'EX', ARGV[5])
  end
  stamps[#stamps + 1] = stamp
end
local stamp = table.concat(stamps, ' ')
local answer = {stamp}
for i = 1, n do
  local value = redis.call('GET', KEYS[i])
  if value and string.sub(value, 1, #stamp + 1) == stamp .. '\\n' then
    answer[#answer + 1] = {string.sub(value, #stamp + 2), redis.call('PTTL', KEYS[i])}
  elseif redis.call('SET', KEYS[n + i], ARGV[3], 'NX', 'PX', ARGV[4])
    or redis.call('GET', KEYS[n + i]) == ARGV[3] then
    answer[#answer + 1] = 1
  else
    answer[#answer + 1] = 0
  end
end
return answer
"""
# KEYS: values, their locks. ARGV: who asks, for how many ms, values; without values only unlocks.
_KEEP: Final = """
local n = #KEYS / 2
for i = 1, n do
  if ARGV[2 + i] then redis.call('SET', KEYS[i], ARGV[2 + i], 'PX', ARGV[2]) end
  if redis.call('GET', KEYS[n + i]) == ARGV[1] then redis.call('DEL', KEYS[n + i]) end
end
"""
# KEYS: a bucket. ARGV: per minute. The server's clock counts.
_ADMIT: Final = """
local most = tonumber(ARGV[1])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local bucket = redis.call('HMGET', KEYS[1], 'left', 'at')
local left = tonumber(bucket[1]) or most
left = math.min(most, left + math.max(0, now - (tonumber(bucket[2]) or now)) * most / 60)
local admitted = left >= 1
if admitted then left = left - 1 end
redis.call('HSET', KEYS[1], 'left', left, 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], 120)
return admitted and 1 or 0
"""
# KEYS: values. ARGV: for how many ms, then an order and a value for each. Newer ones stay.
_NEWEST: Final = """
for i = 1, #KEYS do
  local known = redis.call('HGET', KEYS[i], 'order')
  if not known or tonumber(known) <= tonumber(ARGV[2 * i]) then
    redis.call('HSET', KEYS[i], 'order', ARGV[2 * i], 'value', ARGV[2 * i + 1])
    redis.call('PEXPIRE', KEYS[i], ARGV[1])
  end
end
"""
# KEYS: values.
_ALL: Final = """
local answer = {}
for i = 1, #KEYS do answer[i] = redis.call('HGET', KEYS[i], 'value') end
return answer
"""
_SCRIPTS: Final = (_LOOK, _KEEP, _ADMIT, _NEWEST, _ALL)


class RedisServer:
    """Calls with a deadline, and the watch that finds a lost server again."""

    def __init__(self, url: str, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self.url = url
        self._deadline = deadline_seconds
        self._redis = connect(url)
        self._scripts = {text: self._redis.register_script(text) for text in _SCRIPTS}
        self._at_once = asyncio.Semaphore(AT_ONCE_MAX)
        self._lost = asyncio.Event()
        self.up = False
        self._amends: dict[str, Callable[[Redis], Awaitable[Any]]] = {}
        self._owed: set[str] = set()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Waits a moment for the first contact; without one it begins as lost."""
        await self._reach()
        watch = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            await end(watch)
            await self._redis.aclose()

    async def call(self, name: str, run: Callable[[Redis], Awaitable[T]]) -> T:
        """Raises Away."""
        async with self._at_once:
            if not self.up:
                CALLS.labels(name, "spared").inc()
                raise Away
            try:
                async with asyncio.timeout(self._deadline):
                    answer = await run(self._redis)
            except (RedisError, OSError, TimeoutError) as error:
                CALLS.labels(name, "failed").inc()
                self._lose(error)
                raise Away from error
        CALLS.labels(name, "answered").inc()
        return answer

    async def run(self, name: str, script: str, keys: Sequence[str], *values: Any) -> Any:
        """A script's answer. Raises Away."""
        return await self.call(name, lambda _: self._scripts[script](keys, values))

    def owes(self, what: str, amend: Callable[[Redis], Awaitable[Any]]) -> None:
        """It could not be told: `amend` runs before Redis is used again, once for all of a kind."""
        self._amends[what] = amend
        self._owed.add(what)

    def _lose(self, error: Exception) -> None:
        if self.up:
            log.warning("redis_lost", error=type(error).__name__)
        self.up = False
        UP.set(0)
        self._lost.set()

    async def _watch(self) -> None:
        while True:
            await self._lost.wait()
            await asyncio.sleep(_WATCH_SECONDS)
            if await self._reach():
                log.info("redis_found")

    async def _reach(self) -> bool:
        try:
            async with asyncio.timeout(_REACH_SECONDS):
                # By this very connection and not in the pool's old ones, which may be dead.
                await self._redis.connection_pool.disconnect(inuse_connections=False)
                await self._redis.ping()
                await self._make_good()
        except (RedisError, OSError, TimeoutError) as error:
            self._lose(error)
            return False
        self.up = True
        UP.set(1)
        self._lost.clear()
        return True

    async def _make_good(self) -> None:
        """Until nothing is owed: more may come while this waits."""
        while self._owed:
            what = self._owed.pop()
            try:
                await self._amends[what](self._redis)
            except BaseException:
                self._owed.add(what)
                raise


def connect(url: str) -> Redis:
    """Repeats nothing by itself; deadlines are those of who calls."""
    return Redis.from_url(
        url, socket_timeout=None, socket_connect_timeout=_REACH_SECONDS,
        retry=Retry(NoBackoff(), 0), protocol=2, legacy_responses=True,
    )  # fmt: skip


async def end(task: asyncio.Task[None]) -> None:
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=1)


class RedisStore:
    """What has no tags is also kept in the process, for the rest of its life."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server
        self._here = MemoryStore()
        self._who = token_hex(8)

    async def look(self, keys: Sequence[str], tags: Sequence[str]) -> Look:
        if tags:
            return await self._ask(keys, [_EVERYTHING, *tags])
        here = self._here.look_now(keys, ())
        if not here.mine:
            return here
        try:
            there = await self._ask(list(here.mine), ())
        except Away:
            return here
        return Look("", {**here.found, **there.found}, there.mine)

    async def _ask(self, keys: Sequence[str], tags: Sequence[str]) -> Look:
        names = [*_values(keys), *_locks(keys), *(f"{_PREFIX}tag:{tag}" for tag in tags)]
        stamp, *answers = await self._server.run(
            "look", _LOOK, names, len(keys), token_hex(8), self._who, _LOCK_MS, _TAG_SECONDS
        )
        found: dict[str, bytes] = {}
        mine: set[str] = set()
        for key, answer in zip(keys, answers, strict=True):
            if isinstance(answer, list):
                found[key] = answer[0]
                if not tags:
                    self._here.keep_now("", {key: answer[0]}, answer[1] / 1000)
            elif answer:
                mine.add(key)
        return Look(stamp.decode(), found, frozenset(mine))

    async def keep(self, stamp: str, values: Mapping[str, bytes], seconds: float) -> None:
        fitting = {key: value for key, value in values.items() if len(value) <= _VALUE_BYTES_MAX}
        if not stamp:
            self._here.keep_now("", fitting, seconds)
        head = stamp.encode() + b"\n"
        await self._keep(list(fitting), int(seconds * 1000), *(head + v for v in fitting.values()))

    async def give_up(self, keys: Sequence[str]) -> None:
        await self._keep(keys, 0)

    async def _keep(self, keys: Sequence[str], milliseconds: int, *values: bytes) -> None:
        names = [*_values(keys), *_locks(keys)]
        try:
            await self._server.run("keep", _KEEP, names, self._who, milliseconds, *values)
        except Away:
            return  # it is made again

    async def forget(self, tags: Sequence[str]) -> None:
        """A tag that is gone is drawn anew by the next look, so nothing from before fits it."""
        names = [f"{_PREFIX}tag:{tag}" for tag in tags]
        try:
            await self._server.call("forget", lambda redis: redis.delete(*names))
        except Away:
            everything = f"{_PREFIX}tag:{_EVERYTHING}"
            self._server.owes("forget", lambda redis: redis.delete(everything))


def _values(keys: Sequence[str]) -> list[str]:
    return [f"{_PREFIX}value:{key}" for key in keys]


def _locks(keys: Sequence[str]) -> list[str]:
    return [f"{_PREFIX}lock:{key}" for key in keys]


class RedisCounters:
    """Counted by all processes together; while Redis is away each counts for itself."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server
        self._here = MemoryCounters()

    async def admits(self, key: str, per_minute: int) -> bool:
        if not per_minute:
            return True
        names = [f"{_PREFIX}bucket:{key}"]
        try:
            return bool(await self._server.run("admit", _ADMIT, names, per_minute))
        except Away:
            return self._here.admits_now(key, per_minute)


class RedisLatest:
    """While Redis is away each process knows what it was told itself."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server
        self._here = MemoryLatest()

    async def put(self, values: Mapping[str, tuple[float, bytes]], seconds: float) -> None:
        if not values:
            return
        self._here.put_now(values, seconds)
        names = [f"{_PREFIX}latest:{key}" for key in values]
        told = [part for order, value in values.values() for part in (f"{order:.6f}", value)]
        try:
            await self._server.run("newest", _NEWEST, names, int(seconds * 1000), *told)
        except Away:
            return

    async def get(self, keys: Sequence[str]) -> dict[str, bytes]:
        if not keys:
            return {}
        names = [f"{_PREFIX}latest:{key}" for key in keys]
        try:
            found = await self._server.run("all", _ALL, names)
        except Away:
            return self._here.get_now(keys)
        return {key: value for key, value in zip(keys, found, strict=True) if value}

    async def forget(self, keys: Sequence[str]) -> None:
        await self._here.forget(keys)
        names = [f"{_PREFIX}latest:{key}" for key in keys]
        try:
            await self._server.call("unlink", lambda redis: redis.delete(*names))
        except Away:
            return  # it ends by itself


class RedisFanout:
    """One listening connection a process, however many subscribe; it opens with the first."""

    def __init__(self, server: RedisServer, waiting_max: int | None = None) -> None:
        self._server = server
        self._here = MemoryFanout(waiting_max) if waiting_max else MemoryFanout()
        self._redis = connect(server.url)
        self._listening: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            self.close()
            if self._listening:
                await end(self._listening)
            await self._redis.aclose()

    async def publish(self, channel: str, data: bytes) -> None:
        name = f"{_PREFIX}notice:{channel}"
        try:
            await self._server.call("publish", lambda redis: redis.publish(name, data))
        except Away:
            gap = f"{_PREFIX}notice:{_GAP}"
            self._server.owes("publish", lambda redis: redis.publish(gap, b""))
            self._here.deliver(channel, data)

    @asynccontextmanager
    async def subscribe(
        self, channels: Sequence[str]
    ) -> AsyncGenerator[AsyncIterator[Notice | None]]:
        async with self._here.subscribe(channels) as reader:
            if self._listening is None:
                self._listening = asyncio.create_task(self._listen())
            try:
                async with asyncio.timeout(DEADLINE_SECONDS):
                    await self._connected.wait()
            except TimeoutError:
                pass  # once it listens it tells that something was missed
            yield reader

    def close(self) -> None:
        self._here.close()

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("redis_not_heard", error=type(error).__name__)
            finally:
                self._connected.clear()
            await asyncio.sleep(_WATCH_SECONDS)

    async def _hear(self) -> None:
        """Raises when the connection breaks, and when nobody answers any more."""
        async with self._redis.pubsub() as pubsub:
            async with asyncio.timeout(_REACH_SECONDS):
                await pubsub.psubscribe(f"{_PREFIX}notice:*")
                await pubsub.get_message(timeout=None)  # that it is so
            self._connected.set()
            self._here.miss()
            asked = False
            while True:
                message = await pubsub.get_message(timeout=_HEARD_SECONDS)
                if message is None and asked:
                    raise TimeoutError
                if message is None:
                    await pubsub.ping()
                asked = message is None
                if message and message["type"] == "pmessage":
                    self._take(message["channel"], message["data"])

    def _take(self, name: Any, data: Any) -> None:
        channel = name.decode().removeprefix(f"{_PREFIX}notice:")
        if channel == _GAP:
            self._here.miss()
        else:
            self._here.deliver(channel, data)
