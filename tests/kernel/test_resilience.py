"""Breaker, retry budget and bulkhead by themselves, and what the metrics tell of them."""

import asyncio
import time

import httpx2 as httpx
import pytest
from prometheus_client import REGISTRY

from quickserve.kernel.client import Client
from quickserve.kernel.errors import Unavailable
from quickserve.kernel.resilience import Breaker, Bulkhead, Full, Open, RetryBudget


def test_each_change_is_told_once() -> None:
    told: list[str] = []
    breaker = Breaker(threshold=2, pause_seconds=0.01, told=told.append)
    breaker.succeeded()
    breaker.failed()
    assert told == []
    breaker.failed()
    breaker.failed()
    assert told == ["open"]
    time.sleep(0.02)
    breaker.admit()
    breaker.failed()
    time.sleep(0.02)
    breaker.admit()
    breaker.succeeded()
    assert told == ["open", "half-open", "open", "half-open", "closed"]


def test_looking_does_not_take_the_trial() -> None:
    breaker = half_open(pause_seconds=0.2)
    breaker.check()
    breaker.admit()
    with pytest.raises(Open):
        breaker.check()
    breaker.abandoned()
    breaker.admit()


def test_a_trial_that_hangs_does_not_keep_the_others_out() -> None:
    breaker = half_open(pause_seconds=0.2)
    breaker.admit()
    with pytest.raises(Open):
        breaker.admit()
    time.sleep(0.2)
    breaker.admit()


def half_open(pause_seconds: float) -> Breaker:
    breaker = Breaker(threshold=1, pause_seconds=pause_seconds)
    breaker.failed()
    time.sleep(pause_seconds)
    return breaker


def test_the_budget_is_a_share_and_recovers() -> None:
    budget = RetryBudget(share=0.5, per_second=0)
    assert sum(budget.spend() for _ in range(100)) == 10
    budget.earn()
    assert not budget.spend()
    budget.earn()
    assert budget.spend()
    for _ in range(1000):
        budget.earn()
    assert sum(budget.spend() for _ in range(100)) == 10, "it is not saved up for ever"


def test_rare_calls_may_be_repeated_too() -> None:
    budget = RetryBudget(share=0, per_second=1000)
    while budget.spend():
        pass
    time.sleep(0.005)
    budget.earn()
    assert budget.spend()


async def test_places_are_given_back_whatever_happens() -> None:
    bulkhead = Bulkhead(1, 1)
    until = time.monotonic() + 5

    async def work() -> None:
        async with bulkhead.place(until):
            await asyncio.sleep(60)

    for _ in range(3):
        first, second = asyncio.create_task(work()), asyncio.create_task(work())
        await asyncio.sleep(0.01)
        with pytest.raises(Full):
            await work()
        second.cancel()
        first.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
    async with bulkhead.place(until):
        pass


class _Down(httpx.AsyncBaseTransport):
    up = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self.up:
            raise httpx.ReadError("", request=request)
        return httpx.Response(204)


def _metric(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"quickserve_{name}", labels)


async def test_what_the_metrics_tell() -> None:
    down = _Down()
    pair = {"caller": "kitchen", "target": "cellar"}
    client = Client("cellar", "http://cellar", down, lambda: "t", caller="kitchen")
    assert _metric("breaker_state", **pair) == 0
    for _ in range(3):
        with pytest.raises(Unavailable):
            await client.call("GET", "/")
    assert _metric("breaker_state", **pair) == 2
    assert _metric("calls_total", **pair, outcome="unreachable") == 5
    assert _metric("calls_repeated_total", **pair) == 4
    assert _metric("calls_total", **pair, outcome="open") == 2
    assert _metric("calls_in_flight", **pair) == 0
    down.up = True
    await asyncio.sleep(2.05)
    await client.call("GET", "/")
    assert _metric("breaker_state", **pair) == 0
    assert _metric("calls_total", **pair, outcome="answered") == 1


async def test_callers_of_one_target_have_their_own_breakers() -> None:
    down = _Down()
    one = Client("cellar", "http://cellar", down, lambda: "t", caller="bar")
    other = Client("cellar", "http://cellar", down, lambda: "t", caller="terrace")
    one.breaker = Breaker(threshold=1)
    with pytest.raises(Unavailable):
        await one.call("POST", "/")
    assert one.breaker.state == "open"
    assert other.breaker.state == "closed"
