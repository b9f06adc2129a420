"""What buyers know for certain: the servers' answers, and what must be theirs at this moment."""

import heapq
import math
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Claim:
    """Places that are surely somebody's until then, by our clock."""

    date_id: UUID
    places: int
    seats: Collection[str]
    until: float


@dataclass(slots=True)
class Bought:
    """confirmed, cancelled, withdrawn: as a server acknowledged it"""

    date_id: UUID
    places: int
    seats: tuple[str, ...]
    state: str


@dataclass
class Ledger:
    """A claim begins with the answer and ends before its release is sent, so that all claims of one
    moment are held by the servers at that moment: more of them than places means oversold.
    """

    capacity: dict[UUID, int]
    attempts_max: int
    until: float = math.inf
    tally: Counter[str] = field(default_factory=Counter[str])
    bought: dict[UUID, Bought] = field(default_factory=dict)
    oversold: list[str] = field(default_factory=list)
    longest_wait: float = 0.0
    _claims: dict[UUID, Claim] = field(default_factory=dict)
    _ends: list[tuple[float, UUID]] = field(default_factory=list)
    _places: Counter[UUID] = field(default_factory=Counter[UUID])
    _seats: dict[tuple[UUID, str], UUID] = field(default_factory=dict)

    @property
    def attempts(self) -> int:
        return self.tally["attempts"]

    @property
    def over(self) -> bool:
        return self.attempts >= self.attempts_max or time.monotonic() > self.until

    def claim(self, claim_id: UUID, claim: Claim) -> None:
        self._end_due()
        self.drop(claim_id)
        self._claims[claim_id] = claim
        if claim.until < math.inf:
            heapq.heappush(self._ends, (claim.until, claim_id))
        self._places[claim.date_id] += claim.places
        if (taken := self._places[claim.date_id]) > self.capacity[claim.date_id]:
            self.oversold.append(f"{taken} places of {claim.date_id} at once")
        for seat in claim.seats:
            other = self._seats.setdefault((claim.date_id, seat), claim_id)
            if other != claim_id:
                self.oversold.append(f"seat {seat} of {claim.date_id}: {other} and {claim_id}")

    def drop(self, claim_id: UUID) -> None:
        """Before whatever may give it back is sent."""
        claim = self._claims.pop(claim_id, None)
        if claim is None:
            return
        self._places[claim.date_id] -= claim.places
        for seat in claim.seats:
            if self._seats.get((claim.date_id, seat)) == claim_id:
                del self._seats[claim.date_id, seat]

    def _end_due(self) -> None:
        now = time.monotonic()
        while self._ends and self._ends[0][0] <= now:
            until, claim_id = heapq.heappop(self._ends)
            claim = self._claims.get(claim_id)
            if claim is not None and claim.until == until:
                self.drop(claim_id)
