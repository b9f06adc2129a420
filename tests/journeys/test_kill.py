"""Pulling the plug: no purchase is lost or half done, and no program is left behind."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from quickserve.contracts.booking import Contact, HoldId
from quickserve.contracts.checkout import CheckoutId, CheckoutView, NewCheckout
from quickserve.kernel.errors import Problem
from quickserve.kernel.ids import new_uuid
from tests.journeys.product import Product, folder, free_port, start
from tests.journeys.shows import House, Show, house_of, until

BUYERS = 40
# Two of three cards are answered at once; the third kind is still asked about when it happens.
METHODS = ("sandbox-success", "sandbox-late", "sandbox-success")
SETTINGS = {
    "QUICKSERVE_HOLD_MINUTES": "0.3", "QUICKSERVE_SAGA_LEASE_SECONDS": "2",
    "QUICKSERVE_SANDBOX_DELAY_MS": "1500",
}  # fmt: skip


@dataclass(frozen=True)
class Purchase:
    """What a buyer's browser knows, and sends again when no answer came."""

    hold_id: HoldId
    checkout_id: CheckoutId
    body: NewCheckout


async def prepare(house: House, show: Show) -> list[Purchase]:
    holds = await asyncio.gather(*(house.hold(show, 1 + n % 3) for n in range(BUYERS)))
    return [
        Purchase(
            hold_id, CheckoutId(new_uuid()),
            NewCheckout(
                hold_id=hold_id, method=METHODS[n % len(METHODS)],
                contact=Contact(email=f"buyer{n}@journey.example", name=f"Buyer {n}"),
            ),
        )
        for n, hold_id in enumerate(holds)
    ]  # fmt: skip


async def buy(house: House, purchase: Purchase) -> CheckoutView:
    begun = await house.checkout.put_checkout(purchase.checkout_id, purchase.body)
    while begun.state == "processing":
        begun = await house.checkout.checkout(begun.id, wait_ms=5000)
    return begun


async def buy_until_the_plug_is_pulled(house: House, purchases: list[Purchase]) -> int:
    """Kills the program once a few have their tickets. Returns how many had an answer by then."""
    answered = 0
    killed = asyncio.Event()

    async def one(purchase: Purchase) -> None:
        nonlocal answered
        await buy(house, purchase)
        answered += not killed.is_set()
        if answered == BUYERS // 8:
            killed.set()
            house.product.process.kill()

    found = await asyncio.gather(*map(one, purchases), return_exceptions=True)
    assert all(isinstance(failure, Problem) for failure in found if failure), found
    assert killed.is_set()
    house.product.process.wait()
    return answered


async def test_kill_in_the_middle_of_forty_purchases_loses_none():
    with folder() as data:
        first = start(data, "--no-demo", **SETTINGS)
        async with house_of(first) as house:
            show = await house.put_on("Panne de courant", capacity=BUYERS * 3)
            purchases = await prepare(house, show)
            answered = await buy_until_the_plug_is_pulled(house, purchases)
        first.end_of_output()
        assert answered < BUYERS, "it happened after the last purchase: too late to prove anything"
        again = start(data, "--no-demo", **SETTINGS)
        try:
            async with house_of(again) as house:
                await everything_is_settled(house, show, purchases)
        finally:
            again.end()


async def everything_is_settled(house: House, show: Show, purchases: list[Purchase]) -> None:
    """Each buyer asks once more, as a browser does; then every side tells the same story."""
    ended = await asyncio.gather(
        *(settled(lambda one=purchase: buy(house, one)) for purchase in purchases)
    )
    states = Counter(view.state if view else "failed" for view in ended)
    assert set(states) <= {"confirmed", "failed"}
    bookings = [
        await house.booking.booking(view.booking_id, view.booking_key)
        for view in ended
        if view and view.booking_key
    ]
    assert len(bookings) == states["confirmed"] > 0
    assert all(booking.state == "confirmed" for booking in bookings)
    assert all(
        len(booking.tickets) == sum(item.quantity for item in booking.items) for booking in bookings
    )
    charges = await house.charges(show)
    assert {state for state, _ in charges} <= {"captured", "declined", "voided"}
    captured = sorted(amount for state, amount in charges if state == "captured")
    assert captured == sorted(booking.total.minor for booking in bookings)
    sold = sum(len(booking.tickets) for booking in bookings)

    async def no_place_is_held() -> bool:
        return await house.places_left(show) == show.capacity - sold

    await until(no_place_is_held, 30)
    report = await house.sales(show)
    assert (report.sold, report.held) == (sold, 0)
    assert await house.product.rows(
        "booking",
        "SELECT state, count(*) FROM booking.bookings GROUP BY state HAVING state = 'pending'"
    ) == []  # fmt: skip
    assert (await house.payment.check_ledger()).findings == []


async def settled(
    ask: Callable[[], Coroutine[Any, Any, CheckoutView]],
) -> CheckoutView | None:
    """None where the hold had run out before the purchase ever began."""
    for attempt in range(20):
        try:
            return await ask()
        except Problem as problem:
            if problem.code in ("hold-expired", "hold-used"):
                return None
            if not problem.transient or attempt == 19:
                raise
            await asyncio.sleep(0.5)
    return None


# -- Nothing is left behind -----------------------------------------------------------------------


def alive(pid: int) -> bool:
    """Zombies are dead: nobody may have collected them yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


async def gone(*pids: int) -> None:
    async def none_alive() -> bool:
        return not any(map(alive, pids))

    await until(none_alive, 20)


linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc and prctl")


@pytest.mark.one_shape
@linux
async def test_ctrl_c_and_kill_leave_no_postgresql_behind():
    with folder() as data:
        running = start(data, "--no-demo")
        postgres = running.postgres_pid()
        assert alive(postgres)
        running.end()
        assert not alive(postgres)
        running = start(data, "--no-demo")
        postgres = running.postgres_pid()
        running.process.kill()
        running.process.wait()
        running.end_of_output()
        await gone(postgres)


@pytest.mark.one_shape
@linux
async def test_killing_the_shell_that_started_it_stops_everything():
    with folder() as data:
        shell = started_by_a_shell(data)
        postgres = Product(data, "", shell).postgres_pid()
        (quickserve,) = children(shell.pid)
        os.kill(shell.pid, signal.SIGKILL)
        shell.wait()
        await gone(quickserve, postgres)
        assert shell.stdout is not None
        shell.stdout.close()


def started_by_a_shell(data: Path) -> subprocess.Popen[str]:
    """As `make up` does it, until it is ready."""
    shell = subprocess.Popen(
        ["/bin/sh", "-c", '"$@"; exit', "sh", sys.executable, "-m", "quickserve", "up",
         "--data", str(data), "--port", str(free_port()), "--no-demo", "--stop-with-parent"],
        stdout=subprocess.PIPE, text=True,
        env={**os.environ, "QUICKSERVE_LOG_LEVEL": "warning"},
    )  # fmt: skip
    assert shell.stdout is not None
    assert shell.stdout.readline().startswith("ready ")
    return shell


def children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
