"""Who carries: on shift, what is in hand, picked up, handed over; without a line of JavaScript."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from tests.web.house import PASSWORD, House, Visitor, until
from tests.web.ordering.test_ordering import Stall, open_stall
from tests.web.test_live import following
from tests.web.tracking.test_following import HOME, deliver, pin_of

from quickserve.contracts.identity import Credentials
from quickserve.contracts.ordering import OrderId
from quickserve.contracts.tracking import JobId
from quickserve.contracts.tracking_client import TrackingClient
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import new_uuid


@pytest.fixture
async def stall(house: House) -> Stall:
    return await open_stall(house)


async def on_shift(house: House, stall: Stall, runner: Visitor) -> None:
    await runner.sign_in(await house.person(stall.stand.draft.organiser_id, Role.RUNNER))
    assert runner.url == "/en/runner"
    await runner.send(runner.form("/runner"), name="Moussa", moves="bike", capacity="2")
    assert re.fullmatch(r"/en/runner/[0-9a-f-]{36}", runner.url), runner.text()


async def made(house: House, stall: Stall, order_id: OrderId) -> None:
    """The kitchen has made it."""
    email = await house.person(stall.stand.draft.organiser_id, Role.KITCHEN)
    credentials = Credentials(email=email, password=SecretStr(PASSWORD))
    token = (await house.identity.sign_in(credentials)).access_token
    await stall.ordering.move(order_id, "preparing", token)
    await stall.ordering.move(order_id, "ready", token)


async def in_hand(house: House, stall: Stall, runner: Visitor, order_id: OrderId) -> None:
    tracking = TrackingClient(house.platform.client("tracking", "web"))
    await made(house, stall, order_id)

    async def is_assigned() -> bool:
        try:
            return (await tracking.job(JobId(order_id))).state == "assigned"
        except NotFound:
            return False

    await until(is_assigned)
    await runner.open(runner.url)


async def test_an_order_is_picked_up_and_handed_over_by_its_code(
    house: House, stall: Stall, visitor: Visitor
) -> None:
    async with house.visitor() as runner:
        await on_shift(house, stall, runner)
        assert "Nothing to carry just now." in runner.text()
        order_id, path = await deliver(visitor, stall)
        await in_hand(house, stall, runner, order_id)
        assert "1, quai de la Marine" in runner.text()
        assert "For Léa" in runner.text()
        assert f"geo:{HOME[0]},{HOME[1]}" in runner.page
        assert "geolocation=(self)" in runner.answer.headers["permissions-policy"]
        await runner.send(runner.form("/pickup"))
        assert "Code that the person says" in runner.text()
        await visitor.open(path)
        pin = pin_of(visitor.page)
        await runner.send(runner.form("/handover"), pin=f"{(int(pin) + 1) % 10_000:04}")
        assert runner.status == 409
        assert "That is not this order’s code." in runner.text()
        await runner.send(runner.form("/ending"))
        assert "There are orders in your hands." in runner.text()
        await runner.send(runner.form("/handover"), pin=pin)
        assert "Nothing to carry just now." in runner.text()
        await runner.send(runner.form("/ending"))
        assert "Go on shift" in runner.text()


async def test_told_late_it_was_when_it_was_tapped_and_twice_is_once(
    house: House, stall: Stall, visitor: Visitor
) -> None:
    tracking = TrackingClient(house.platform.client("tracking", "web"))
    async with house.visitor() as runner:
        await on_shift(house, stall, runner)
        order_id, _ = await deliver(visitor, stall)
        await in_hand(house, stall, runner, order_id)
        await runner.send(runner.form("/pickup"))
        form = runner.form("/handover")
        then = (datetime.now(UTC) + timedelta(milliseconds=1)).isoformat()
        form.fields |= {"handover": str(new_uuid()), "offline": "1", "at": then, "pin": ""}
        for _ in range(3):
            await runner.send(form)
            assert runner.status == 200, runner.text()
        job = await tracking.job(JobId(order_id))
        assert (job.state, job.proof) == ("done", "offline")
        assert job.ended_at
        assert job.ended_at <= datetime.fromisoformat(then)


async def test_the_page_follows_what_comes(house: House, stall: Stall, visitor: Visitor) -> None:
    async with house.visitor() as runner:
        await on_shift(house, stall, runner)
        cookie = f"session={runner.http.cookies['session']}"
        async with following(house, f"{runner.url}/now", cookie) as told:
            assert "Nothing to carry" in await told()
            order_id, _ = await deliver(visitor, stall)
            await made(house, stall, order_id)
            assert "Picked up" in await told()


async def test_checkpoints_are_scanned_and_others_refused(house: House, stall: Stall) -> None:
    async with house.visitor() as runner:
        await on_shift(house, stall, runner)
        await runner.send(runner.form("/scans"), code="QSC:Parterre/F")
        assert runner.status == 200
        await runner.send(runner.form("/scans"), code="https://example.org")
        assert runner.status == 422
        assert "This is no checkpoint’s code." in runner.text()


async def test_a_shift_is_its_runners_own(house: House, stall: Stall, visitor: Visitor) -> None:
    async with house.visitor() as runner:
        await on_shift(house, stall, runner)
        await visitor.open(runner.url)
        assert visitor.url.startswith("/en/sign-in")
        other = await house.person(stall.stand.draft.organiser_id, Role.RUNNER)
        await visitor.sign_in(other)
        await visitor.open(runner.url)
        assert visitor.status == 403
        form = runner.form("/ending")
        form.fields["csrf"] = str(visitor.http.cookies.get("csrf"))
        await visitor.send(form)
        assert visitor.status == 403
