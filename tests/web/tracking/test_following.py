"""A buyer follows who brings the order: words, map, code, and the link for a friend."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from tests.web.house import PASSWORD, House, Visitor, until
from tests.web.ordering.test_ordering import Stall, add, burger_of, open_stall, order
from tests.web.test_live import Next, following

from quickserve.contracts.identity import Credentials
from quickserve.contracts.ordering import OrderId
from quickserve.contracts.tracking import (
    DeviceId,
    DeviceView,
    Fix,
    Fixes,
    HandoverId,
    JobId,
    NewHandover,
    NewShift,
    PickUp,
    ShiftId,
    ShiftView,
)
from quickserve.contracts.tracking_client import TrackingClient
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.web import live

HOME = 43.4010, 3.6950


@dataclass
class Runner:
    tracking: TrackingClient
    token: str
    shift: ShiftView
    device: DeviceView

    async def is_at(self, place: tuple[float, float], seconds_ago: float = 0) -> None:
        at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        fix = Fix(at=at, latitude=place[0], longitude=place[1], accuracy_m=5)
        await self.tracking.put_fixes(self.device.id, Fixes(key=self.device.key, fixes=[fix]))

    async def takes(self, order_id: OrderId) -> None:
        """It is theirs, and they pick it up."""
        job_id = JobId(order_id)

        async def is_known() -> bool:
            try:
                await self.tracking.job(job_id)
            except NotFound:
                return False
            return True

        await until(is_known)
        await self.tracking.assign(job_id, self.shift.id, self.token)
        await self.tracking.pick_up(job_id, PickUp(at=datetime.now(UTC)), self.token)

    async def hands_over(self, order_id: OrderId, pin: str) -> None:
        new = NewHandover(job_id=JobId(order_id), at=datetime.now(UTC), pin=pin)
        await self.tracking.hand_over(HandoverId(new_uuid()), new, self.token)


async def hire(house: House, organiser_id: OrganiserId) -> Runner:
    email = await house.person(organiser_id, Role.RUNNER)
    token = (
        await house.identity.sign_in(Credentials(email=email, password=SecretStr(PASSWORD)))
    ).access_token
    tracking = TrackingClient(house.platform.client("tracking", "web"))
    new = NewShift(organiser_id=organiser_id, name="Moussa", moves="car")
    shift = await tracking.put_shift(ShiftId(new_uuid()), new, token)
    device = await tracking.put_device(shift.id, DeviceId(new_uuid()), token)
    return Runner(tracking, token, shift, device)


@pytest.fixture
async def stall(house: House) -> Stall:
    return await open_stall(house)


async def deliver(visitor: Visitor, stall: Stall) -> tuple[OrderId, str]:
    """Ordered to an address; the order's id and its page."""
    await add(visitor, stall, "Burger", **burger_of(stall))
    answers = {"fulfilment": "delivery", "address": "1, quai de la Marine",
               "position": f"{HOME[0]}, {HOME[1]}"}  # fmt: skip
    await order(visitor, stall, **answers)  # the fee makes another total
    await order(visitor, stall, **answers)
    found = re.fullmatch(r"/en/orders/([0-9a-f-]{36})/[\w-]+", visitor.url)
    assert found, visitor.text()
    return OrderId(type(new_uuid())(found[1])), visitor.url


async def until_told(told: Next, words: str) -> str:
    for _ in range(10):
        if words in (part := await told()):
            return part
    raise AssertionError(part)


def pin_of(page: str) -> str:
    found = re.search(r"Say this code when you get it: <b>(\d{4})</b>", page)
    assert found, page
    return found[1]


@asynccontextmanager
async def on_its_way(
    house: House, stall: Stall, visitor: Visitor
) -> AsyncGenerator[tuple[Runner, OrderId, str]]:
    runner = await hire(house, stall.stand.draft.organiser_id)
    order_id, path = await deliver(visitor, stall)
    await runner.takes(order_id)
    yield runner, order_id, path


async def test_the_page_tells_when_who_and_where(
    house: House, stall: Stall, visitor: Visitor
) -> None:
    async with on_its_way(house, stall, visitor) as (runner, _, path):
        await runner.is_at((43.4, 3.69))
        await visitor.open(path)
        assert re.search(r"There (in \d+ to \d+|within \d+) minutes", visitor.text())
        assert re.search(r"Between \d\d:\d\d and \d\d:\d\d · with Moussa", visitor.text())
        assert "Position of just now" in visitor.text()
        assert 'class="track-runner"' in visitor.page
        assert pin_of(visitor.page)
        await visitor.open(path.replace("/en/", "/fr/"))
        assert "Donnez ce code à la remise" in visitor.text()


async def test_an_old_position_is_called_old(house: House, stall: Stall, visitor: Visitor) -> None:
    async with on_its_way(house, stall, visitor) as (runner, order_id, _path):
        tracking = runner.tracking
        await runner.is_at((43.4, 3.69))
        view = await tracking.track(order_id)
        assert view.position
        from quickserve.web import track_words
        from quickserve.web.i18n import ENGLISH

        for seconds, words in (
            (3, "Position of just now"), (13, "Position of 10 seconds ago"),
            (27, "This position is old: nothing was heard for 25 seconds."),
            (130, "This position is old: nothing was heard for 2 minutes."),
        ):  # fmt: skip
            now = view.position.at + timedelta(seconds=seconds)
            told = track_words.following(view, "Europe/Paris", None, now, ENGLISH)
            assert (told.age, told.stale) == (words, seconds > 20)
        now = view.position.at + timedelta(minutes=6)
        assert not track_words.following(view, "UTC", None, now, ENGLISH).between


async def test_it_goes_on_live_with_the_code_to_the_handover(
    house: House, stall: Stall, visitor: Visitor
) -> None:
    async with on_its_way(house, stall, visitor) as (runner, order_id, path):  # noqa: SIM117
        async with following(house, f"{path}/tracking") as told:
            first = await told()
            assert "when it arrives cannot be told" in first
            pin = pin_of(first)
            await runner.is_at((HOME[0] + 0.0016, HOME[1]))
            seen = await told()
            assert "Position of just now" in seen
            assert pin_of(seen) == pin
            await asyncio.sleep(0.7)  # nobody leaps
            await runner.is_at((HOME[0] + 0.0009, HOME[1]))
            await until_told(told, "Moussa is nearby.")
            await runner.hands_over(order_id, pin)
            last = await until_told(told, "Handed over at")
            assert pin not in last
            assert "track-map" not in last


async def test_silence_makes_it_old_without_any_news(
    house: House, stall: Stall, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_STILL_SECONDS", 0.2)
    async with on_its_way(house, stall, visitor) as (runner, _, path):
        await runner.is_at((43.4, 3.69), seconds_ago=-17)  # a phone's clock is a little ahead
        async with following(house, f"{path}/tracking") as told:
            await told()
            monkeypatch.setattr("quickserve.web.track_words.STALE_SECONDS", -60)
            await until_told(told, "This position is old")


async def test_before_it_is_ready_the_page_says_what_will_happen(
    house: House, stall: Stall, visitor: Visitor
) -> None:
    order_id, path = await deliver(visitor, stall)
    tracking = TrackingClient(house.platform.client("tracking", "web"))

    async def is_known() -> bool:
        try:
            return bool(await tracking.job(JobId(order_id)))
        except NotFound:
            return False

    await until(is_known)
    await visitor.open(path)
    assert "A runner brings it to you as soon as it is made." in visitor.text()
    assert "track-map" not in visitor.page


async def test_a_friend_follows_by_a_link_without_the_code(
    house: House, stall: Stall, visitor: Visitor
) -> None:
    async with on_its_way(house, stall, visitor) as (runner, _, path):
        await runner.is_at((43.4, 3.69))
        await visitor.open(path)
        pin = pin_of(visitor.page)
        link = re.search(r'href="[^"]*(/en/follow/[\w=-]+)"', visitor.page)
        assert link
        async with house.visitor() as friend:
            await friend.open(link[1])
            assert friend.status == 200
            assert "Position of just now" in friend.text()
            assert pin not in friend.page
            assert friend.answer.headers["referrer-policy"] == "no-referrer"
            async with following(house, f"{link[1]}/tracking") as told:
                assert "Position of just now" in await told()
            for forged in (f"{link[1][:-3]}AAA", f"/en/follow/{'x' * 50}", "/en/follow/x"):
                await friend.open(forged)
                assert friend.status in (404, 422), forged


async def test_a_page_without_tracking_still_shows_the_order(
    house: House, stall: Stall, visitor: Visitor
) -> None:
    async with on_its_way(house, stall, visitor) as (_, _, path), house.without("tracking"):
        await visitor.open(path)
        assert visitor.status == 200
        assert "1, quai de la Marine" in visitor.text()


async def test_somebody_elses_order_is_followed_by_nobody(
    house: House, stall: Stall, visitor: Visitor
) -> None:
    async with on_its_way(house, stall, visitor) as (_, order_id, _):
        await visitor.open(f"/en/orders/{order_id}/{'x' * 22}/tracking")
        assert visitor.status == 404
