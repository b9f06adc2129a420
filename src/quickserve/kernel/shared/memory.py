"""What is shared, within one process."""

import asyncio
import time
from collections import OrderedDict, defaultdict, deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from secrets import token_hex

from quickserve.kernel.shared.port import Look, Notice

_BYTES_MAX = 32 * 1024 * 1024
_TAGS_MAX = 50_000
_BUCKETS_MAX = 20_000
_KEYS_MAX = 50_000
_WAITING_MAX = 100


class MemoryStore:
    """Bounded by bytes; what was not looked at for longest goes first."""

    def __init__(self, bytes_max: int = _BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._values: OrderedDict[str, tuple[float, str, bytes]] = OrderedDict()
        self._tags: OrderedDict[str, str] = OrderedDict()

    async def look(self, keys: Sequence[str], tags: Sequence[str]) -> Look:
        return self.look_now(keys, tags)

    def look_now(self, keys: Sequence[str], tags: Sequence[str]) -> Look:
        stamp = " ".join(self._stamp(tag) for tag in tags)
        found: dict[str, bytes] = {}
        for key in keys:
            until, stamped, value = self._values.get(key, (0.0, "", b""))
            if time.monotonic() < until and stamped == stamp:
                found[key] = value
                self._values.move_to_end(key)
        return Look(stamp, found, frozenset(keys) - found.keys())

    async def keep(self, stamp: str, values: Mapping[str, bytes], seconds: float) -> None:
        self.keep_now(stamp, values, seconds)

    def keep_now(self, stamp: str, values: Mapping[str, bytes], seconds: float) -> None:
        until = time.monotonic() + seconds
        for key, value in values.items():
            self._drop(key)
            self._values[key] = (until, stamp, value)
            self._bytes += len(key) + len(value)
        while self._bytes > self._bytes_max:
            self._drop(next(iter(self._values)))

    async def give_up(self, keys: Sequence[str]) -> None:
        """Nobody else makes them."""

    async def forget(self, tags: Sequence[str]) -> None:
        for tag in tags:
            self._tags.pop(tag, None)

    def _stamp(self, tag: str) -> str:
        """Drawn anew when it is not there: forgotten or pushed out comes to the same."""
        stamp = self._tags.setdefault(tag, token_hex(8))
        self._tags.move_to_end(tag)
        if len(self._tags) > _TAGS_MAX:
            self._tags.popitem(last=False)
        return stamp

    def _drop(self, key: str) -> None:
        if known := self._values.pop(key, None):
            self._bytes -= len(key) + len(known[2])


class MemoryCounters:
    """Token buckets, the latest twenty thousand."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def admits(self, key: str, per_minute: int) -> bool:
        return self.admits_now(key, per_minute)

    def admits_now(self, key: str, per_minute: int) -> bool:
        if not per_minute:
            return True
        now = time.monotonic()
        left, since = self._left.pop(key, (float(per_minute), now))
        left = min(left + (now - since) * per_minute / 60, float(per_minute))
        admitted = left >= 1
        self._left[key] = (left - 1 if admitted else left, now)
        if len(self._left) > _BUCKETS_MAX:
            self._left.popitem(last=False)
        return admitted


class MemoryLatest:
    """Bounded by how many; who was not heard of for longest goes first."""

    def __init__(self, keys_max: int = _KEYS_MAX) -> None:
        self._keys_max = keys_max
        self._values: OrderedDict[str, tuple[float, float, bytes]] = OrderedDict()

    async def put(self, values: Mapping[str, tuple[float, bytes]], seconds: float) -> None:
        self.put_now(values, seconds)

    def put_now(self, values: Mapping[str, tuple[float, bytes]], seconds: float) -> None:
        now = time.monotonic()
        for key, (order, value) in values.items():
            until, newest, _ = self._values.get(key, (0.0, 0.0, b""))
            if now >= until or order >= newest:
                self._values[key] = (now + seconds, order, value)
                self._values.move_to_end(key)
        while len(self._values) > self._keys_max:
            self._values.popitem(last=False)

    async def get(self, keys: Sequence[str]) -> dict[str, bytes]:
        return self.get_now(keys)

    def get_now(self, keys: Sequence[str]) -> dict[str, bytes]:
        now = time.monotonic()
        known = {key: self._values[key] for key in keys if key in self._values}
        return {key: value for key, (until, _, value) in known.items() if now < until}

    async def forget(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._values.pop(key, None)


class Reader:
    """One subscription. Who is slow loses the oldest notices, and is told so."""

    def __init__(self, waiting_max: int) -> None:
        self._waiting: deque[Notice] = deque(maxlen=waiting_max)
        self._missed = False
        self._ended = False
        self._arrived = asyncio.Event()

    def put(self, notice: Notice) -> None:
        self._missed |= len(self._waiting) == self._waiting.maxlen
        self._waiting.append(notice)
        self._arrived.set()

    def miss(self) -> None:
        """Of what may have been missed nothing before counts: the snapshot will show it."""
        self._waiting.clear()
        self._missed = True
        self._arrived.set()

    def end(self) -> None:
        self._ended = True
        self._arrived.set()

    def __aiter__(self) -> "Reader":
        return self

    async def __anext__(self) -> Notice | None:
        while not (self._missed or self._waiting or self._ended):
            self._arrived.clear()
            await self._arrived.wait()
        if self._ended:
            raise StopAsyncIteration
        if self._missed:
            self._missed = False
            return None
        return self._waiting.popleft()


class MemoryFanout:
    def __init__(self, waiting_max: int = _WAITING_MAX) -> None:
        self._waiting_max = waiting_max
        self._readers: defaultdict[str, set[Reader]] = defaultdict(set)
        self._closed = False

    async def publish(self, channel: str, data: bytes) -> None:
        self.deliver(channel, data)

    def deliver(self, channel: str, data: bytes) -> None:
        for reader in self._readers.get(channel, ()):
            reader.put(Notice(channel, data))

    def miss(self) -> None:
        """Tells everybody that something may be missing."""
        for reader in self._all():
            reader.miss()

    @asynccontextmanager
    async def subscribe(
        self, channels: Sequence[str]
    ) -> AsyncGenerator[AsyncIterator[Notice | None]]:
        reader = Reader(self._waiting_max)
        for channel in channels:
            self._readers[channel].add(reader)
        if self._closed:
            reader.end()
        try:
            yield reader
        finally:
            for channel in channels:
                self._readers[channel].discard(reader)
                if not self._readers[channel]:
                    del self._readers[channel]

    def close(self) -> None:
        self._closed = True
        for reader in self._all():
            reader.end()

    def _all(self) -> set[Reader]:
        return {reader for readers in self._readers.values() for reader in readers}
