"""`tracking` as the others see it: who carries an order, and where it is while it is carried."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, NewType
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from quickserve.contracts.catalog import EventId
from quickserve.contracts.menus import Line, StandId
from quickserve.contracts.ordering import OrderId
from quickserve.kernel.errors import Problem
from quickserve.kernel.events import DomainEvent
from quickserve.kernel.ids import OrganiserId

ShiftId = NewType("ShiftId", UUID)
JobId = NewType("JobId", UUID)  # the order's id: one job carries one order
DeviceId = NewType("DeviceId", UUID)
HandoverId = NewType("HandoverId", UUID)
CheckpointScanId = NewType("CheckpointScanId", UUID)

FIXES_MAX = 1000  # of one call
ROUTE_POINTS_MAX = 2000
CAPACITY_MAX = 20
STALE_SECONDS = 20  # an older position is called old
PIN_ATTEMPTS_MAX = 5

# `waiting`: nobody has it; `dropped`: the order was cancelled.
JobState = Literal["waiting", "assigned", "carried", "done", "dropped"]
Moves = Literal["foot", "bike", "car"]  # how a runner moves: what speeds are possible
# How it is known that it arrived: the person's code; without a connection and with a code that
# turned out wrong, or none; the person was seen to be the right one; the stand says so.
Proof = Literal["pin", "offline", "seen", "stand"]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


# -- Shifts and devices ----------------------------------------------------------------------------


class NewShift(Request):
    """`name` is what buyers read: a first name will do. `capacity`: orders carried at once."""

    organiser_id: OrganiserId
    event_id: EventId | None = None
    name: Line = Field(min_length=1, max_length=60)
    moves: Moves = "foot"
    capacity: int = Field(default=3, ge=1, le=CAPACITY_MAX, strict=True)


class ShiftView(BaseModel):
    id: ShiftId
    organiser_id: OrganiserId
    event_id: EventId | None
    name: str
    moves: Moves
    capacity: int
    began_at: datetime
    ended_at: datetime | None


class NewDevice(Request):
    """`speed_up`: by how much faster than it was a recording is replayed; for the organiser."""

    speed_up: float = Field(default=1, ge=1, le=1000, allow_inf_nan=False)


class DeviceView(BaseModel):
    """`key` opens the device's own ingest and nothing else."""

    id: DeviceId
    shift_id: ShiftId
    key: str


# -- Fixes -----------------------------------------------------------------------------------------


class Fix(Request):
    """WGS 84 degrees. Ranges are judged with the rest: one bad fix does not lose a batch."""

    at: AwareDatetime
    latitude: float
    longitude: float
    accuracy_m: float | None = None


class Fixes(Request):
    """In any order, as late as it may be: those taken on shift count."""

    key: str = Field(max_length=100)
    fixes: list[Fix] = Field(min_length=1, max_length=FIXES_MAX)


class FixesTaken(BaseModel):
    """What became of each. `refused`: in the sea, the future, or no place on earth."""

    accepted: int = 0
    duplicates: int = 0
    jumps: int = 0
    off_shift: int = 0
    refused: int = 0


class CheckpointScan(Request):
    """Inside a venue: the code that hangs at a section or a row, `QSC:<section>/<row>`."""

    code: str = Field(min_length=1, max_length=200)
    at: AwareDatetime


class Place(BaseModel):
    """A checkpoint's; `row` is "" where only the section is known."""

    section: str
    row: str


class Position(BaseModel):
    """By GPS, by a checkpoint, or both; whichever is newer dates it."""

    at: datetime
    latitude: float | None = None
    longitude: float | None = None
    accuracy_m: float | None = None
    place: Place | None = None


# -- Jobs ------------------------------------------------------------------------------------------


class Spot(BaseModel):
    """Where to, in words and degrees as far as known."""

    seat: str = ""
    latitude: float | None = None
    longitude: float | None = None


class JobView(BaseModel):
    """`attempts_left`: of the code. `stand` is where it is picked up."""

    id: JobId
    organiser_id: OrganiserId
    stand_id: StandId
    event_id: EventId | None
    number: str
    stand_name: str
    stand: Spot
    to: Spot
    state: JobState
    ready: bool
    ready_at: datetime
    items: int
    age_min: int | None
    shift_id: ShiftId | None
    runner: str | None
    near: bool
    proof: Proof | None
    attempts_left: int
    assigned_at: datetime | None
    picked_up_at: datetime | None
    ended_at: datetime | None


class JobList(BaseModel):
    jobs: list[JobView]


class ShiftJobs(BaseModel):
    """The runner's page: the shift and what it carries, in the order to go about it."""

    shift: ShiftView
    jobs: list[JobView]
    server_now: datetime


class ShiftList(BaseModel):
    shifts: list[ShiftView]


class Assignment(Request):
    """None gives it back to the queue."""

    shift_id: ShiftId | None


class PickUp(Request):
    """`at` is when it was: offline it is told later."""

    at: AwareDatetime


class NewHandover(Request):
    """`offline`: it could not be checked there and then. `seen`: without a code, for a reason."""

    job_id: JobId
    at: AwareDatetime
    pin: str = Field(default="", max_length=12)
    offline: bool = False
    seen: bool = False


class RoutePoint(Request):
    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)


class Route(Request):
    """The way from the stand to the address: arrival is told by how far along it somebody is."""

    points: list[RoutePoint] = Field(min_length=2, max_length=ROUTE_POINTS_MAX)


# -- Following -------------------------------------------------------------------------------------


class Arrival(BaseModel):
    earliest: datetime
    latest: datetime


TrackStep = Literal["waiting", "assigned", "picked-up", "nearby", "handed-over", "dropped"]


class TrackStepAt(BaseModel):
    step: TrackStep
    at: datetime


class TrackView(BaseModel):
    """What a buyer sees. `position` and `arrival` only between pickup and handover.

    `pin` only for the buyer. `stale`: the position is older than 20 s at `server_now`.
    """

    order_id: OrderId
    number: str
    state: JobState
    runner: str | None = None
    steps: list[TrackStepAt]
    pin: str | None = None
    position: Position | None = None
    stale: bool = False
    near: bool = False
    arrival: Arrival | None = None
    stand: Spot
    to: Spot
    server_now: datetime


class TrackLinks(BaseModel):
    """`own` shows the code too: for the buyer's page; `shared` is for whoever waits with them."""

    own: str
    shared: str
    expires_at: datetime


class RunnerOnMap(BaseModel):
    shift: ShiftView
    position: Position | None
    stale: bool
    jobs: list[JobView]


class Fleet(BaseModel):
    """The organiser's map: who is on shift."""

    runners: list[RunnerOnMap]
    waiting: list[JobView]
    server_now: datetime


class Look(BaseModel):
    """`by`: `buyer`, `link`, or the id of the person of the organiser's who looked.

    `staff` where that person is forgotten.
    """

    at: datetime
    by: str
    order_id: OrderId | None


class LookList(BaseModel):
    looks: list[Look]


# -- Events ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OrderPickedUp(DomainEvent):
    """The runner has it and is on the way. Once an order, whoever carries it in the end."""

    TYPE: ClassVar[str] = "quickserve.tracking.order-picked-up.v1"
    order_id: OrderId
    at: datetime


@dataclass(frozen=True)
class OrderHandedOver(DomainEvent):
    """`proof` as in `Proof`; who received it is nobody's business here."""

    TYPE: ClassVar[str] = "quickserve.tracking.order-handed-over.v1"
    order_id: OrderId
    at: datetime
    proof: str


@dataclass(frozen=True)
class RunnerNearby(DomainEvent):
    """Told once an order."""

    TYPE: ClassVar[str] = "quickserve.tracking.runner-nearby.v1"
    order_id: OrderId
    at: datetime


# -- Errors ----------------------------------------------------------------------------------------


class UnknownDevice(Problem):
    status = 404
    code = "unknown-device"
    title = "This device is not known any more: begin a new shift"


class BadDeviceKey(Problem):
    status = 401
    code = "bad-device-key"
    title = "The device's key does not fit"


class ImpossiblePosition(Problem):
    """None of the call's fixes can be used; `errors` names the first ones and why."""

    status = 422
    code = "impossible-position"
    title = "Nobody can be there, or not yet"


class ShiftEnded(Problem):
    status = 409
    code = "shift-ended"
    title = "The shift has ended: nothing is recorded any more"


class AlreadyOnShift(Problem):
    """`extra.shift_id`: the one that goes on."""

    status = 409
    code = "already-on-shift"
    title = "You are on shift already"


class StillCarrying(Problem):
    status = 409
    code = "still-carrying"
    title = "There are orders to hand over first"


class HandsFull(Problem):
    status = 409
    code = "hands-full"
    title = "This runner carries as much as they can"


class JobMoved(Problem):
    """`extra.state`: where the job is."""

    status = 409
    code = "job-moved"
    title = "The order is not where this would be possible"


class WrongPin(Problem):
    """`extra.attempts_left`."""

    status = 409
    code = "wrong-pin"
    title = "That is not this order's code"


class PinLocked(Problem):
    status = 409
    code = "pin-locked"
    title = "The code was wrong too often"


class UnknownCheckpoint(Problem):
    status = 422
    code = "unknown-checkpoint"
    title = "This is no checkpoint's code"


class GpxRefused(Problem):
    status = 422
    code = "gpx-refused"
    title = "This file cannot be read as GPX"


class LinkExpired(Problem):
    status = 410
    code = "link-expired"
    title = "This link has ended"
