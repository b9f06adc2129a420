"""When a kitchen is done: by the work ahead, the hands there are, and the longest single thing."""

from datetime import UTC, datetime, timedelta

import pytest

from quickserve.contracts.menus import Station
from quickserve.ordering.model import Plan
from quickserve.ordering.pacing import Kitchen, Load

SLOT_START = datetime(2031, 5, 17, 19, 0, tzinfo=UTC)


def kitchen(after_s: int = 0, *, reserved: int = 0, behind: int = 0, intake: int = 100) -> Kitchen:
    """Two cooks; so long after the slot has begun, with so much of it still to be made."""
    capacity = 600 * intake // 100
    return Kitchen(
        SLOT_START + timedelta(seconds=after_s), {"grill": Station(key="grill", name="G", cooks=2)},
        intake, {("grill", SLOT_START): Load(capacity, reserved)}, {"grill": behind},
    )  # fmt: skip


def wait(kitchen: Kitchen, seconds: int, longest: int = 10) -> float:
    """Until it is ready."""
    plan = kitchen.plan({"grill": seconds}, longest, target=None, wait_max_s=5400)
    assert isinstance(plan, Plan)
    return (plan.ready_by - kitchen.now).total_seconds()


def test_nobody_ahead_two_cooks_share_the_work() -> None:
    assert wait(kitchen(), 120) == 60
    assert wait(kitchen(after_s=200), 120) == 60


def test_one_thing_is_made_by_one_cook() -> None:
    assert wait(kitchen(), 90, longest=90) == 90
    assert wait(kitchen(reserved=200), 90, longest=90) == 100 + 90


@pytest.mark.parametrize("after_s", [0, 100, 200, 299])
def test_what_is_not_made_yet_is_ahead_however_old_the_slot_is(after_s: int) -> None:
    """300 make-seconds ahead are 150 s for two cooks, and 60 more are 30 s."""
    assert wait(kitchen(after_s, reserved=300), 60) == pytest.approx(180, abs=1)


def test_the_promise_does_not_jump_where_a_slot_ends() -> None:
    """What was reserved of the old slot is behind in the new one."""
    before = wait(kitchen(299, reserved=400), 60)
    after = wait(kitchen(0, behind=400), 60)
    assert before == pytest.approx(after, abs=1)


def test_a_slower_intake_promises_later() -> None:
    assert wait(kitchen(reserved=200, intake=50), 100) == 300
    assert wait(kitchen(after_s=150, reserved=100, intake=50), 50) == 150


def test_what_is_promised_was_reserved_and_stays_within_every_slot() -> None:
    cooking = kitchen(after_s=120, reserved=250, behind=90)
    for _ in range(40):
        plan = cooking.plan({"grill": 70}, 45, target=None, wait_max_s=20_000)
        assert plan is not None
        assert sum(piece.seconds for piece in plan.pieces) == 70
        cooking.take(plan, "pickup", 0)
    assert all(0 <= one.reserved_s <= one.capacity_s for one in cooking.loads.values())
