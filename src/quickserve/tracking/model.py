"""What the service works with. No I/O."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import StandId
from quickserve.contracts.tracking import (
    PIN_ATTEMPTS_MAX,
    JobId,
    JobState,
    JobView,
    Moves,
    Proof,
    ShiftId,
    ShiftView,
    Spot,
)
from quickserve.kernel.ids import OrganiserId, PersonId

# Nobody moves faster: metres a second, with a bad fix's margin.
FASTEST: Final[dict[Moves, float]] = {"foot": 9.0, "bike": 22.0, "car": 60.0}
# What somebody does on the way with an order, stairs and traffic lights included.
TYPICAL: Final[dict[Moves, float]] = {"foot": 1.2, "bike": 4.0, "car": 7.0}
# By how much streets and stairs are longer than the crow's way.
DETOUR: Final[dict[Moves, float]] = {"foot": 1.3, "bike": 1.35, "car": 1.45}


@dataclass(frozen=True, slots=True)
class Shift:
    id: ShiftId
    organiser_id: OrganiserId
    event_id: EventId | None
    person_id: PersonId | None
    runner: str
    moves: Moves
    capacity: int
    began_at: datetime
    ended_at: datetime | None

    @property
    def view(self) -> ShiftView:
        return ShiftView(
            id=self.id, organiser_id=self.organiser_id, event_id=self.event_id, name=self.runner,
            moves=self.moves, capacity=self.capacity, began_at=self.began_at,
            ended_at=self.ended_at,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """`route` is decoded JSON, pairs of degrees; `runner` and `moves` are its shift's."""

    id: JobId
    organiser_id: OrganiserId
    stand_id: StandId
    event_id: EventId | None
    number: str
    stand_name: str
    seat: str
    latitude: float | None
    longitude: float | None
    from_latitude: float | None
    from_longitude: float | None
    route: Any
    items: int
    age_min: int | None
    state: JobState
    ready: bool
    ready_at: datetime
    made_at: datetime
    shift_id: ShiftId | None
    runner: str | None
    moves: Moves | None
    pin: str
    attempts: int
    near: bool
    nearby_at: datetime | None
    told_picked_up: bool
    proof: Proof | None
    assigned_at: datetime | None
    picked_up_at: datetime | None
    ended_at: datetime | None

    @property
    def target(self) -> tuple[float, float] | None:
        return _degrees(self.latitude, self.longitude)

    @property
    def origin(self) -> tuple[float, float] | None:
        return _degrees(self.from_latitude, self.from_longitude)

    @property
    def stand(self) -> Spot:
        return Spot(latitude=self.from_latitude, longitude=self.from_longitude)

    @property
    def to(self) -> Spot:
        return Spot(seat=self.seat, latitude=self.latitude, longitude=self.longitude)

    @property
    def view(self) -> JobView:
        return JobView(
            id=self.id, organiser_id=self.organiser_id, stand_id=self.stand_id,
            event_id=self.event_id, number=self.number, stand_name=self.stand_name,
            stand=self.stand, to=self.to, state=self.state, ready=self.ready,
            ready_at=self.ready_at, items=self.items, age_min=self.age_min,
            shift_id=self.shift_id, runner=self.runner, near=self.near, proof=self.proof,
            attempts_left=max(0, PIN_ATTEMPTS_MAX - self.attempts),
            assigned_at=self.assigned_at, picked_up_at=self.picked_up_at, ended_at=self.ended_at,
        )  # fmt: skip


def _degrees(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    return None if latitude is None or longitude is None else (latitude, longitude)


def fingerprint(*parts: object) -> bytes:
    return sha256("\n".join(str(part) for part in parts).encode()).digest()


def ids(rows: list[Any]) -> list[UUID]:
    return [row.id for row in rows]
