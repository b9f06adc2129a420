"""Parts of pages that follow what happens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request
from tests.shape import until_told_anew
from tests.web.house import House

from quickserve.contracts.booking import HoldId, Item, NewHold
from quickserve.edge import Front
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Unauthenticated, Unavailable
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.shared.memory import MemoryFanout
from quickserve.kernel.shared.port import Notice
from quickserve.web import live

Next = Callable[[], Awaitable[str]]


@asynccontextmanager
async def following(house: House, path: str, cookie: str = "") -> AsyncIterator[Next]:
    """What a browser's EventSource gets: each call waits for the next message's data."""
    front = Front(house.platform.platforms["web"])
    sent: asyncio.Queue[bytes] = asyncio.Queue()
    left = asyncio.Event()
    url = urlsplit(path)
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
        "method": "GET", "scheme": "http", "server": ("quickserve.test", 80),
        "client": ("127.0.0.1", 1), "path": url.path, "raw_path": url.path.encode(),
        "query_string": url.query.encode(), "root_path": "",
        "headers": [(b"accept", b"text/event-stream"), (b"cookie", cookie.encode())],
    }  # fmt: skip

    async def receive() -> dict[str, object]:
        if not left.is_set():
            await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200, message
        else:
            await sent.put(bytes(message.get("body", b"")))
            if not message.get("more_body"):
                await sent.put(b"")

    async def next_data() -> str:
        while True:
            async with asyncio.timeout(10):
                content = (await sent.get()).decode()
            if not content:
                raise EOFError
            lines = [line[6:] for line in content.splitlines() if line.startswith("data: ")]
            if lines:
                return " ".join(" ".join(lines).split())

    running = asyncio.create_task(front(scope, receive, send))
    try:
        yield next_data
    finally:
        left.set()
        await running
        await front.close()


async def hold(house: House, show, places: int = 1) -> HoldId:
    hold_id = HoldId(new_uuid())
    items = [Item(ticket_type_id=show.tickets["Plein tarif"], quantity=places)]
    await house.booking.put_hold(hold_id, NewHold(date_id=show.date_id, items=items))
    return hold_id


async def test_places_left_follow_what_others_take(house, visitor):
    show = await house.put_on(capacity=3)
    await visitor.open(f"/en{show.path}")
    path = f"/en/events/{show.event_id}/places/{show.date_id}"
    assert f'data-live="{path}"' in visitor.page
    assert "Only 3 places left" in visitor.text()
    async with following(house, path) as told:
        assert "Only 3 places left" in await told()
        await hold(house, show, 2)
        assert "Only one place left" in await told()
        await hold(house, show)
        assert "Sold out" in await told()


async def test_who_came_too_late_is_told_when_places_come_back(house, visitor):
    show = await house.put_on(capacity=2)
    taken = await hold(house, show, 2)
    await until_told_anew()
    await visitor.open(f"/en{show.path}")
    path = f"/en/events/{show.event_id}/places/{show.date_id}?closed=1"
    assert f'data-live="{path}"' in visitor.page
    async with following(house, path) as told:
        assert await told() == ""
        await house.booking.release_hold(taken)
        assert f'href="/en{show.path}"' in await told()


async def test_the_organisers_figures_follow_until_the_sign_out(house, visitor):
    show = await house.put_on(capacity=30)
    await visitor.sign_in(await house.person(show.organiser_id, Role.ORGANISER))
    await visitor.open(f"/en/organiser/events/{show.event_id}")
    path = f"/en/organiser/events/{show.event_id}/figures"
    assert f'data-live="{path}"' in visitor.page
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.http.cookies.items())
    async with following(house, path, cookie) as told:
        assert '<dd class="figure">0</dd>' in await told()
        await hold(house, show, 7)
        assert '<dd class="figure">7</dd>' in await told()
        await visitor.send(visitor.form("/sign-out"))
        await hold(house, show)
        with pytest.raises(EOFError):
            await told()


async def test_figures_are_for_the_organiser_only(house, visitor):
    show = await house.put_on()
    path = f"/en/organiser/events/{show.event_id}/figures"
    await visitor.open(path, headers={"accept": "text/event-stream"})
    assert visitor.status == 401
    await visitor.sign_in(await house.person(await house.organiser(), Role.ORGANISER))
    await visitor.open(path, headers={"accept": "text/event-stream"})
    assert visitor.status == 403


# -- The stream itself ----------------------------------------------------------------------------


class Part:
    """Shows what it is told, or what is the case."""

    def __init__(self) -> None:
        self.case = "as it was"
        self.problem: Exception | None = None
        self.looks = 0

    async def show(self, notice: Notice | None) -> str:
        self.looks += notice is None
        if self.problem:
            raise self.problem
        return notice.data.decode() if notice else self.case


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Part:
    monkeypatch.setattr(live, "_GAP_SECONDS", 0)
    monkeypatch.setattr(live, "_HEARTBEAT_SECONDS", 0.05)
    return Part()


async def message(parts) -> str:
    async with asyncio.timeout(5):
        async for one in parts:
            if one.startswith("data:"):
                return one
    raise EOFError


async def test_after_a_gap_it_looks_anew(part: Part) -> None:
    fanout = MemoryFanout()
    async with aclosing(live._parts(fanout, ["x"], part.show, 0, None)) as parts:
        assert await message(parts) == "data: as it was\n\n"
        await fanout.publish("x", b"<b>\nother")
        assert await message(parts) == "data: <b>\ndata: other\n\n"
        part.case = "as it is"
        fanout.miss()
        assert await message(parts) == "data: as it is\n\n"
        assert part.looks == 2


async def test_what_is_away_leaves_the_page_as_it_is(part: Part) -> None:
    fanout = MemoryFanout()
    async with aclosing(live._parts(fanout, ["x"], part.show, 0, None)) as parts:
        await message(parts)
        part.problem = Unavailable()
        fanout.miss()
        while (await anext(parts)) != ": still here\n\n":
            pass
        part.problem = None
        await fanout.publish("x", b"news")
        assert await message(parts) == "data: news\n\n"


@pytest.mark.parametrize("end", ["may not look any more", "the process drains"])
async def test_it_ends(part: Part, end: str) -> None:
    fanout = MemoryFanout()
    async with aclosing(live._parts(fanout, ["x"], part.show, 0, None)) as parts:
        await message(parts)
        if end == "the process drains":
            fanout.close()
        part.problem = Unauthenticated()
        fanout.miss()
        with pytest.raises(EOFError):
            await message(parts)


async def test_streams_are_bounded(part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_STREAMS_OF_ADDRESS_MAX", 1)
    fanout = MemoryFanout()

    def ask(address: str):
        request = Request({"type": "http", "client": (address, 1), "headers": []})
        return live.stream(request, fanout, ["x"], part.show)

    first = ask("192.0.2.1")
    async with aclosing(first.body_iterator) as running:
        await anext(running)
        assert ask("192.0.2.1").status_code == 204
        assert ask("192.0.2.2").status_code == 200
    assert ask("192.0.2.1").status_code == 200
