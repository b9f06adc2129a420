"""Answers that are dear to make and may be asked for by many at once: each is made once.

    content = await ctx.cache.json(
        EventView, f"catalog:event:{event_id}", 30, partial(_event, ctx, event_id), [tag]
    )

A value ends after its seconds, or when one of its tags is forgotten. The state of the tags is taken
before a value is made, so one that was read before a change and arrives after it counts for
nothing. Without tags nothing but time ends a value; then every process keeps a copy too.

Keys begin with the service and what it is, `catalog:event:…`; the shape of the model is part of the
key, so versions of the program never read each other's. No personal data, unless it is sealed.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import TypeVar

from prometheus_client import Counter
from pydantic import BaseModel

from quickserve.kernel.db import in_transaction
from quickserve.kernel.deadlines import deadline, seconds_left
from quickserve.kernel.errors import DeadlineExceeded
from quickserve.kernel.shared.port import Away, Look, Store, Wanted

T = TypeVar("T", bound=BaseModel)
Make = Callable[[Sequence[str]], Awaitable[Mapping[str, bytes]]]
_Values = Mapping[str, bytes]

READS = Counter(
    "quickserve_cache_total",
    "Reads by outcome: hit, made, joined (somebody was making it), away (made without the cache).",
    ["name", "outcome"],
)
_WAIT_SECONDS = 0.5  # for what another process makes; then it is made here
_LOOK_AGAIN_SECONDS = 0.01
_MAKE_SECONDS = 10.0


class Cache:
    """One a process, in front of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._flights: dict[tuple[str, str], asyncio.Task[_Values]] = {}
        self._forgotten = 0

    async def json(
        self, kind: type[T], key: str, seconds: float, make: Callable[[], Awaitable[T]],
        tags: Sequence[str] = (),
    ) -> bytes:  # fmt: skip
        """The model as JSON. What `make` raises is raised to everybody who waits, and not kept."""

        async def make_one(_: Sequence[str]) -> _Values:
            return {key: (await make()).model_dump_json().encode()}

        return (await self.jsons(kind, [key], seconds, make_one, tags))[key]

    async def jsons(
        self, kind: type[BaseModel], keys: Sequence[str], seconds: float, make: Make,
        tags: Sequence[str] = (),
    ) -> dict[str, bytes]:  # fmt: skip
        """Many at once: `make` is asked for those that are missing and answers each of them."""
        shape = _shape(kind)

        async def make_shaped(wanted: Sequence[str]) -> _Values:
            made = await make([key.removeprefix(shape) for key in wanted])
            return {shape + key: value for key, value in made.items()}

        name = ":".join(keys[0].split(":", 2)[:2]) if keys else ""
        wanted = Wanted(name, [shape + key for key in dict.fromkeys(keys)], seconds, tags)
        found = await self.get_or_make(wanted, make_shaped)
        return {key: found[shape + key] for key in keys}

    async def forget(self, *tags: str) -> None:
        """After the commit of what changes them. Reads that begin from now on see the change."""
        self._forgotten += 1
        await self._store.forget(tags)

    async def get_or_make(self, wanted: Wanted, make: Make) -> dict[str, bytes]:
        """Bytes by key, whatever they are. Concurrent misses of a key make it once."""
        assert not in_transaction(), "a look into the cache inside a transaction"
        look, away = await self._look(wanted)
        found = dict(look.found)
        _note(wanted, "hit", len(found))
        missing = [key for key in wanted.keys if key not in found]
        flights = {key: self._flights.get((key, look.stamp)) for key in missing}
        own = [key for key, flight in flights.items() if flight is None]
        _note(wanted, "joined", len(missing) - len(own))
        if own:
            if away:
                _note(wanted, "away", len(own))
            task = asyncio.create_task(self._obtain(wanted, own, look, make, away=away))
            self._enter(task, own, look.stamp)
            flights |= dict.fromkeys(own, task)
        for key, flight in flights.items():
            assert flight is not None
            found[key] = (await _landed(flight))[key]
        return found

    async def state(self, *tags: str) -> str:
        """Another one as soon as one of the tags is forgotten. Raises Away."""
        return (await self._store.look([], tags)).stamp

    async def _look(self, wanted: Wanted) -> tuple[Look, bool]:
        try:
            return await self._store.look(wanted.keys, wanted.tags), False
        except Away:
            # Within the process it is still made once, but never by who began before a change.
            return Look(f"away {self._forgotten}", {}, frozenset(wanted.keys)), True

    def _enter(self, task: asyncio.Task[_Values], keys: Sequence[str], stamp: str) -> None:
        for key in keys:
            self._flights[key, stamp] = task

        def leave(_: asyncio.Task[_Values]) -> None:
            for key in keys:
                self._flights.pop((key, stamp), None)
            if not task.cancelled():
                task.exception()  # seen, also where nobody waits any more

        task.add_done_callback(leave)

    async def _obtain(
        self, wanted: Wanted, keys: Sequence[str], look: Look, make: Make, *, away: bool
    ) -> _Values:
        """Makes what is ours; waits for what is another process's, and at worst makes it too."""
        # Of this task only: it works for all, not for who was the first.
        deadline.set(time.monotonic() + _MAKE_SECONDS)
        if away:
            return await make(keys)
        mine = [key for key in keys if key in look.mine]
        others = [key for key in keys if key not in look.mine]
        values = dict(await self._make(wanted, mine, look.stamp, make))
        until = asyncio.get_running_loop().time() + _WAIT_SECONDS
        pause = _LOOK_AGAIN_SECONDS
        while others and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(pause)
            pause *= 1.5
            again, _ = await self._look(Wanted(wanted.name, others, wanted.seconds, wanted.tags))
            values |= again.found
            _note(wanted, "hit", len(again.found))
            mine = [key for key in others if key in again.mine]
            values |= await self._make(wanted, mine, again.stamp, make)
            others = [key for key in others if key not in values]
        return values | dict(await self._make(wanted, others, look.stamp, make))

    async def _make(
        self, wanted: Wanted, keys: Sequence[str], stamp: str, make: Make
    ) -> Mapping[str, bytes]:
        if not keys:
            return {}
        try:
            values = await make(keys)
        except BaseException:
            await self._store.give_up(keys)
            raise
        _note(wanted, "made", len(keys))
        await self._store.keep(stamp, values, wanted.seconds)
        return values


async def _landed(flight: asyncio.Task[_Values]) -> _Values:
    """Who waits may leave, or run out of time; the others stay. Raises DeadlineExceeded."""
    try:
        async with asyncio.timeout(seconds_left(_MAKE_SECONDS)):
            return await asyncio.shield(flight)
    except TimeoutError:
        raise DeadlineExceeded from None


def _note(wanted: Wanted, outcome: str, count: int) -> None:
    if count:
        READS.labels(wanted.name, outcome).inc(count)


@cache
def _shape(kind: type[BaseModel]) -> str:
    return sha256(repr(kind.model_json_schema()).encode()).hexdigest()[:8] + ":"
