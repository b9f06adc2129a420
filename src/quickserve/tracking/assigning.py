"""Who gets which job: the nearest free runner, together with what goes the same way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from quickserve.contracts.tracking import JobId, ShiftId
from quickserve.tracking.geo import Degrees, bearing_deg, between_deg, distance_m
from quickserve.tracking.model import Job, Shift

_SAME_WAY_DEG: Final = 40.0
_NEXT_DOOR_M: Final = 250.0
_TOGETHER_SECONDS: Final = 240.0  # nothing gets cold waiting for the next one
_UNKNOWN_M: Final = 1e7  # behind everybody of whom it is known where they are


@dataclass(slots=True)
class _Runner:
    shift: Shift
    at: Degrees | None
    hand: list[Job] = field(default_factory=list[Job])

    @property
    def away(self) -> bool:
        """On the way with something: what they get now would wait for their return."""
        return any(job.state == "carried" for job in self.hand)

    @property
    def room(self) -> int:
        return self.shift.capacity - len(self.hand)


def give_out(
    due: Sequence[Job], crew: Sequence[Shift], in_hand: Sequence[Job],
    where: Mapping[ShiftId, Degrees],
) -> list[tuple[JobId, ShiftId]]:  # fmt: skip
    """Oldest first. Never more than somebody carries at once."""
    runners = {shift.id: _Runner(shift, where.get(shift.id)) for shift in crew}
    for job in in_hand:
        if job.shift_id and job.shift_id in runners:
            runners[job.shift_id].hand.append(job)
    given: list[tuple[JobId, ShiftId]] = []
    for job in sorted(due, key=lambda one: (one.ready_at, one.id)):
        runner = _choose(job, [r for r in runners.values() if _may(r, job)])
        if runner:
            runner.hand.append(job)
            given.append((job.id, runner.shift.id))
    return given


def _may(runner: _Runner, job: Job) -> bool:
    if runner.shift.organiser_id != job.organiser_id or runner.away or runner.room < 1:
        return False
    return runner.shift.event_id in (None, job.event_id)


def _choose(job: Job, runners: list[_Runner]) -> _Runner | None:
    """Whoever waits for something that goes the same way takes it along; else who is free."""
    along = [r for r in runners if r.hand and all(goes_along(job, other) for other in r.hand)]
    if along:
        return max(along, key=lambda r: (len(r.hand), r.shift.id))
    free = [r for r in runners if not r.hand]
    return min(free, key=lambda r: (_way_m(r, job), r.shift.began_at, r.shift.id), default=None)


def _way_m(runner: _Runner, job: Job) -> float:
    if runner.at is None or job.origin is None:
        return _UNKNOWN_M
    return distance_m(runner.at, job.origin)


def goes_along(job: Job, other: Job) -> bool:
    """From the same stand, at about the same time, to the same row or in the same direction."""
    apart = abs((job.ready_at - other.ready_at).total_seconds())
    if job.stand_id != other.stand_id or apart > _TOGETHER_SECONDS:
        return False
    if job.target and other.target:
        if distance_m(job.target, other.target) <= _NEXT_DOOR_M:
            return True
        if job.origin is None:
            return False
        way, others = (bearing_deg(job.origin, one.target) for one in (job, other) if one.target)
        return between_deg(way, others) <= _SAME_WAY_DEG
    return job.target is other.target is None and row_of(job.seat) == row_of(other.seat) != ""


def row_of(seat: str) -> str:
    """A seat's words without the last one, which is its number: "Parterre, rang F, place 12"."""
    for mark in ",·;/–":
        seat = seat.replace(mark, " ")
    words = seat.casefold().split()
    kept = words[:-1]
    while kept and kept[-1] in _SEAT_WORDS:
        kept.pop()
    return " ".join(kept)


_SEAT_WORDS: Final = frozenset({"seat", "place", "siège", "siege", "n°", "no"})
