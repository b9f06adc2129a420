"""Publishes to a topic of Event Grid: CloudEvents, in batches as large as it takes."""

from asyncio import timeout
from collections.abc import Iterator, Sequence

from quickserve.kernel.bus.cloudevents import structured
from quickserve.kernel.bus.eventgrid_requests import CLOUDEVENTS_BATCH, Busy, Grid, Refused
from quickserve.kernel.bus.port import BusUnreachable, Outcomes
from quickserve.kernel.events import Message

BATCH_EVENTS_MAX = 5_000
BATCH_BYTES_MAX = 1_000_000
_REQUEST_SECONDS_MAX = 5
_ALL_SECONDS_MAX = 8  # the outbox's claim on the events ends soon after


class Publisher:
    def __init__(self, grid: Grid, path: str, version: str) -> None:
        self._grid = grid
        self._path = path
        self._version = version

    async def publish(self, messages: Sequence[Message]) -> Outcomes:
        """Raises BusUnreachable when none arrived and none was refused."""
        encoded = [structured(message) for message in messages]
        known: dict[int, Exception | None] = {}
        interruption: Exception | None = None
        try:
            async with timeout(_ALL_SECONDS_MAX):
                for places in batches([len(event) for event in encoded]):
                    await self._send(places, encoded, known)
        except Busy as busy:
            interruption = busy
        except (BusUnreachable, TimeoutError) as error:
            interruption = BusUnreachable(str(error) or "Event Grid takes too long")
            if not known:
                raise interruption from None
        return [known.get(place, interruption) for place in range(len(messages))]

    async def _send(
        self, places: Sequence[int], encoded: Sequence[bytes], known: dict[int, Exception | None]
    ) -> None:
        """Raises Busy, BusUnreachable; what became of the others stands in `known`."""
        content = b"[" + b",".join(encoded[place] for place in places) + b"]"
        try:
            await self._grid.post(
                self._path, version=self._version, seconds_max=_REQUEST_SECONDS_MAX,
                content=content, content_type=CLOUDEVENTS_BATCH,
            )  # fmt: skip
        except Refused as refusal:
            if len(places) == 1:
                known[places[0]] = refusal
                return
            # All or none is taken: one bad event must not hold up its neighbours for ever.
            half = len(places) // 2
            await self._send(places[:half], encoded, known)
            await self._send(places[half:], encoded, known)
        else:
            known |= dict.fromkeys(places)


def batches(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Places in a row that fit one request. What is too large travels alone: for them to judge."""
    batch: list[int] = []
    total = 2
    for place, size in enumerate(sizes):
        if batch and (total + size > BATCH_BYTES_MAX or len(batch) == BATCH_EVENTS_MAX):
            yield batch
            batch, total = [], 2
        batch.append(place)
        total += size + 1
    if batch:
        yield batch
