"""What the processes of one installation share for a short while: copies, counts, notices.

Nothing of it is the truth: whatever is lost here is made again from the databases. Redis carries it
where there are several processes (`redis.py`), memory where there is one (`memory.py`).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol


class Away(Exception):  # noqa: N818 - says what is the case
    """What is shared cannot be reached just now: do without."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a store knows of some keys.

    `stamp` tells which state of the tags this was; `mine` are the missing keys that this process is
    to make, those left over are being made by another one.
    """

    stamp: str
    found: Mapping[str, bytes]
    mine: frozenset[str]


class Store(Protocol):
    """Values that carry the stamp of their tags; one whose tags were forgotten since is no more."""

    async def look(self, keys: Sequence[str], tags: Sequence[str]) -> Look:
        """Raises Away. `stamp` is taken before `found` is looked at, so before anything is made."""
        ...

    async def keep(self, stamp: str, values: Mapping[str, bytes], seconds: float) -> None:
        """Stores what was made after the look that gave `stamp`. Never raises."""
        ...

    async def give_up(self, keys: Sequence[str]) -> None:
        """Somebody else may make them. Never raises."""
        ...

    async def forget(self, tags: Sequence[str]) -> None:
        """Returns when no process is given anything with these tags that was looked up before.

        Never raises: what cannot be told now is told before this process uses the store again.
        """
        ...


class Counters(Protocol):
    async def admits(self, key: str, per_minute: int) -> bool:
        """A token bucket: `per_minute` on average, as many at once. 0 admits everything."""
        ...


@dataclass(frozen=True, slots=True)
class Notice:
    channel: str
    data: bytes


class Fanout(Protocol):
    """Brings notices to whoever listens now, in every process; at most once, and quickly."""

    async def publish(self, channel: str, data: bytes) -> None:
        """Never raises, waits a tenth of a second at most."""
        ...

    def subscribe(
        self, channels: Sequence[str]
    ) -> AbstractAsyncContextManager[AsyncIterator[Notice | None]]:
        """None stands for notices that may have been missed: take a new snapshot.

        Ends when the process is about to stop.
        """
        ...

    def close(self) -> None:
        """Ends every subscription."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """Keys of one name, all with the same tags, each good for `seconds`."""

    name: str
    keys: Sequence[str]
    seconds: float
    tags: Sequence[str] = field(default=())


class Latest(Protocol):
    """The newest value of each key, for everybody to read: what is older never replaces it."""

    async def put(self, values: Mapping[str, tuple[float, bytes]], seconds: float) -> None:
        """A value and its age's measure, which grows. Never raises."""
        ...

    async def get(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Of those that are known. Never raises."""
        ...

    async def forget(self, keys: Sequence[str]) -> None:
        """Never raises."""
        ...
