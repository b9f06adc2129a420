"""What whoever waits may see of who carries their order, and that only while it is carried."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import BaseModel

from quickserve.contracts.ordering import OrderId
from quickserve.contracts.tracking import (
    STALE_SECONDS,
    Arrival,
    Place,
    Position,
    ShiftId,
    Spot,
    TrackStepAt,
    TrackView,
)
from quickserve.tracking.arrivals import arrival
from quickserve.tracking.model import Job

KEPT_SECONDS: Final = 900.0  # a latest position that nobody replaced
_USUAL_SECONDS: Final = (120.0, 480.0)  # to a seat, while nothing is known of the stand


class SeenFix(BaseModel):
    """The newest fix of a shift; `left_m`: what is left of the way of each job it carries."""

    at: datetime
    latitude: float
    longitude: float
    accuracy_m: float | None
    speed_mps: float | None
    left_m: dict[UUID, float] = {}


class SeenPlace(BaseModel):
    """The newest checkpoint."""

    at: datetime
    section: str
    row: str


class Seen(BaseModel):
    fix: SeenFix | None = None
    place: SeenPlace | None = None

    def since(self, moment: datetime) -> "Seen":
        """What was before the pickup is nobody's business afterwards either."""
        return Seen(
            fix=self.fix if self.fix and self.fix.at >= moment else None,
            place=self.place if self.place and self.place.at >= moment else None,
        )

    @property
    def position(self) -> Position | None:
        if self.fix is None and self.place is None:
            return None
        place = self.place and Place(section=self.place.section, row=self.place.row)
        at = max(seen.at for seen in (self.fix, self.place) if seen)
        if self.fix is None:
            return Position(at=at, place=place)
        return Position(
            at=at, latitude=self.fix.latitude, longitude=self.fix.longitude,
            accuracy_m=self.fix.accuracy_m, place=place,
        )  # fmt: skip


def fix_key(shift_id: ShiftId) -> str:
    return f"tracking:fix:{shift_id}"


def place_key(shift_id: ShiftId) -> str:
    return f"tracking:place:{shift_id}"


def read_seen(found: Mapping[str, bytes], shift_id: ShiftId) -> Seen:
    fix, place = found.get(fix_key(shift_id)), found.get(place_key(shift_id))
    return Seen(
        fix=SeenFix.model_validate_json(fix) if fix else None,
        place=SeenPlace.model_validate_json(place) if place else None,
    )


def is_stale(at: datetime, now: datetime) -> bool:
    return (now - at).total_seconds() > STALE_SECONDS


def track_view(
    job: Job, seen: Seen, now: datetime, *, stops: int = 0,
    usual: tuple[float, float] = _USUAL_SECONDS, pin: bool = False,
) -> TrackView:  # fmt: skip
    """`stops`: what the same runner hands over before; `usual`: how long the stand's ones take."""
    carried = job.state == "carried"
    shown = Seen()
    if carried:
        assert job.picked_up_at is not None
        shown = seen.since(job.picked_up_at)
    position = shown.position
    return TrackView(
        order_id=OrderId(job.id), number=job.number, state=job.state,
        runner=job.runner or None if job.state in ("assigned", "carried") else None,
        steps=_steps(job),
        pin=job.pin if pin and job.state in ("waiting", "assigned", "carried") else None,
        position=position, stale=position is not None and is_stale(position.at, now),
        near=carried and job.near,
        arrival=_arrival(job, shown, now, stops, usual) if carried else None,
        stand=job.stand, to=job.to, server_now=now,
    )  # fmt: skip


def _arrival(
    job: Job, seen: Seen, now: datetime, stops: int, usual: Sequence[float]
) -> Arrival | None:
    left_m = seen.fix.left_m.get(job.id) if seen.fix else None
    if seen.fix and left_m is not None and job.moves:
        return arrival(
            left_m, job.moves, speed_mps=seen.fix.speed_mps, fixed_at=seen.fix.at, now=now,
            stops=stops,
        )  # fmt: skip
    if job.target is not None or job.picked_up_at is None:
        return None
    earliest = max(job.picked_up_at + timedelta(seconds=usual[0]), now)
    latest = job.picked_up_at + timedelta(seconds=usual[1] + 60 * stops)
    return Arrival(earliest=earliest, latest=max(latest, earliest + timedelta(seconds=60)))


def _steps(job: Job) -> list[TrackStepAt]:
    ended = "handed-over" if job.state == "done" else "dropped"
    told = [
        TrackStepAt(step="waiting", at=job.made_at),
        job.assigned_at and TrackStepAt(step="assigned", at=job.assigned_at),
        job.picked_up_at and TrackStepAt(step="picked-up", at=job.picked_up_at),
        job.nearby_at and TrackStepAt(step="nearby", at=job.nearby_at),
        job.ended_at and TrackStepAt(step=ended, at=job.ended_at),
    ]
    return [step for step in told if step]


__all__ = [
    "KEPT_SECONDS", "Seen", "SeenFix", "SeenPlace", "Spot", "fix_key", "is_stale", "place_key",
    "read_seen", "track_view",
]  # fmt: skip
