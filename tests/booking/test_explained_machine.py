"""Whatever happens, the explanation of a quota adds up, and its history leads to its figures.

The same random stories as in test_everything_machine. After each step every quota is explained: its
parts make up the capacity, its list of what is neither sold nor free makes up those parts, and
whoever plays its steps again from the first one comes to the same capacity, to as many sold and
under way, and to no fewer held than are.
"""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, rule

from quickserve.contracts.booking import QuotaId
from quickserve.contracts.explanations import ExplanationClient, QuotaExplanation, StockStep
from tests.booking.machines import EXAMPLES, drive
from tests.booking.test_everything_machine import HASTY, EverythingMachine

pytestmark = pytest.mark.one_shape

FEWER = settings(HASTY, max_examples=EXAMPLES or 6, stateful_step_count=30)
_TAKEN = ("held", "offered", "blocked", "reserved")
_HOLDINGS_MAX = 50


def replayed(steps: Sequence[StockStep]) -> Counter[str]:
    """What the steps lead to, oldest first."""
    figures = Counter[str]()
    of_booking: dict[str, tuple[str, int]] = {}
    for step in steps:
        whose = step.number or ""
        state, had = of_booking.get(whose, ("", 0))
        match step.kind:
            case "capacity":
                assert step.before in (None, figures["capacity"]), "sizes follow one another"
                figures["capacity"] = step.places
            case "under-way" | "sold":
                of_booking[whose] = (step.kind, step.places)
            case "given-back":
                of_booking[whose] = (state, had - step.places)
            case "cancelled" | "withdrawn":
                assert step.places == had, "what ends gives back what it still had"
                of_booking[whose] = (step.kind, 0)
            case "returned":
                figures["taken"] -= step.places
            case _:
                figures["taken"] += step.places
    for state, had in of_booking.values():
        figures[state] += had
    return figures


def check(seen: QuotaExplanation, steps: Sequence[StockStep]) -> None:
    """`steps`: all of them, oldest first."""
    aside = seen.held + seen.offered + seen.blocked + seen.reserved
    assert seen.capacity == seen.free + aside + seen.under_way + seen.sold
    assert seen.adds_up
    assert min(seen.free, aside, seen.under_way, seen.sold) >= 0
    if len(seen.holdings) < _HOLDINGS_MAX:
        listed = Counter[str]()
        for one in seen.holdings:
            listed[one.kind] += one.places
        told = {"held": seen.held, "offered": seen.offered, "blocked": seen.blocked}
        told |= {"reserved": seen.reserved, "under-way": seen.under_way}
        assert listed == Counter({kind: count for kind, count in told.items() if count})
    figures = replayed(steps)
    assert figures["capacity"] == seen.capacity
    assert (figures["sold"], figures["under-way"]) == (seen.sold, seen.under_way)
    assert figures["taken"] >= aside, "what is set aside was set aside by some step"


class ExplainedMachine(EverythingMachine):
    @invariant()
    def it_adds_up(self) -> None:
        if not hasattr(self, "gala"):
            return
        ids = self.house.do(
            self.house.box.sql(
                "SELECT id FROM quotas WHERE organiser_id = %s AND date_id IS NOT NULL ORDER BY id",
                (self.gala.organiser_id,),
            )
        )
        for (quota_id,) in ids:
            seen, steps = self.explained(quota_id)
            try:
                check(seen, steps)
            except AssertionError as wrong:
                wrong.add_note(seen.model_dump_json(indent=1))
                raise

    def explained(self, quota_id: QuotaId) -> tuple[QuotaExplanation, list[StockStep]]:
        why = ExplanationClient(self.door(0).booking._client)
        first = page = self.house.do(why.quota(quota_id, self.gala.token))
        steps = list(page.steps)
        while page.next is not None:
            page = self.house.do(why.quota(quota_id, self.gala.token, page.next))
            steps += page.steps
        return first, steps[::-1]


async def test_every_quota_is_explained_at_every_moment(two_processes):
    await drive(two_processes, ExplainedMachine, FEWER)


class ForgetfulMachine(ExplainedMachine):
    """The negative control: the counters stay right, but what led there lost its last size."""

    @rule()
    def forget_a_size(self) -> None:
        self.house.do(
            self.house.box.sql(
                "DELETE FROM quota_changes WHERE ctid IN (SELECT ctid FROM quota_changes"
                " WHERE quota_id = %s ORDER BY changed_at DESC LIMIT 1)",
                (self.quota_id,),
            )
        )


async def test_a_history_that_lost_a_step_is_noticed(two_processes):
    with pytest.raises(AssertionError):
        await drive(two_processes, ForgetfulMachine, FEWER)
