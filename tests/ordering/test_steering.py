"""A kitchen that is slower than its menu says: the intake follows its pace, and comes back."""

import pytest

from quickserve.ordering.commands.steer_stands import WIDENED_MAX_S, steered
from quickserve.ordering.store import orders
from quickserve.ordering.store.orders import Figures, Pace
from tests.ordering.conftest import Stall

ON_TIME = Figures(30, 0, 20)


def after(rounds: int, pace: Pace, percent: int = 100) -> list[int]:
    seen: list[int] = []
    for _ in range(rounds):
        percent, _ = steered(ON_TIME, pace, percent)
        seen.append(percent)
    return seen


def test_the_intake_goes_to_the_pace_and_stays_there() -> None:
    assert after(6, Pace(30, 70)) == [90, 80, 70, 70, 70, 70]
    assert after(20, Pace(30, 3))[-1] == 40
    assert after(3, Pace(30, 73), 70) == [70, 70, 70]


def test_it_comes_back_when_nobody_waits_or_the_kitchen_is_as_fast_as_it_should() -> None:
    assert after(4, Pace(2, 40), 85) == [90, 95, 100, 100]
    assert after(4, Pace(30, 130), 85) == [90, 95, 100, 100]


def test_promises_are_as_wide_as_the_last_orders_were_late() -> None:
    assert steered(Figures(30, 60, 240), Pace(0, 100), 100) == (100, 240)
    assert steered(Figures(30, -60, -5), Pace(0, 100), 100) == (100, 0)
    assert steered(Figures(30, 0, 9_000), Pace(0, 100), 100) == (100, WIDENED_MAX_S)
    assert steered(Figures(4, 0, 240), Pace(0, 100), 100) == (100, 0)


@pytest.mark.parametrize(("took", "percent"), [(300, 100), (600, 50), (400, 75)])
async def test_the_pace_is_that_of_orders_that_waited(
    stall: Stall, took: int, percent: int
) -> None:
    """Promised in 300 s at an intake of 100 %."""
    for _ in range(6):
        order = await stall.order(stall.line("Burger", 1, "Rare"))
        await stall.move(order, "preparing", "ready")
        await stall.counter.sql(
            "UPDATE orders SET ready_at = clock_timestamp(), ready_by = clock_timestamp()"
            " + make_interval(secs => %s), placed_at = clock_timestamp()"
            " - make_interval(secs => %s) WHERE id = %s",
            (300 - took, took, order.id),
        )
    db = stall.counter.world.runtimes["ordering"].db
    async with db.read() as tx:
        found = await orders.pace(tx, stall.id, 30)
    assert (found.orders, found.percent) == (6, percent)
