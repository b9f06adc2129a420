"""The waiting rooms as this process saw them last."""

import time
from typing import Final

from quickserve.contracts.booking import DateFacts
from quickserve.contracts.catalog import DateId
from quickserve.contracts.waiting_room import RoomView

ROOM_SECONDS: Final = 1.0
_ROOMS_MAX: Final = 1000


class RoomLooks:
    def __init__(self) -> None:
        self._rooms: dict[DateId, tuple[float, RoomView]] = {}

    def note(self, room: RoomView) -> None:
        if len(self._rooms) >= _ROOMS_MAX:
            self._rooms.clear()
        self._rooms[room.date_id] = time.monotonic(), room

    def recent(self, date_id: DateId) -> RoomView | None:
        seen, room = self._rooms.get(date_id, (0.0, None))
        return room if time.monotonic() - seen < ROOM_SECONDS else None

    def date_of(self, date_id: DateId) -> DateFacts | None:
        """However long ago it was seen: what the line is for hardly ever changes."""
        seen = self._rooms.get(date_id)
        return seen[1].date if seen else None
