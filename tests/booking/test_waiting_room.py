"""The waiting room: a fair draw, a place that stays, a door that only opens to whom it let in."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quickserve.booking import queueing
from quickserve.booking.commands.enter_waiting_room import record_arrivals
from quickserve.booking.rooms import Arrival, Demand, Turnout
from quickserve.booking.store import waiting_room as store
from quickserve.contracts.booking import FreeBooking, HoldId, HoldView, Item, NewHold
from quickserve.contracts.waiting_room import (
    AdmissionRequired,
    AdmissionSpent,
    NotDrawn,
    RoomSettings,
    VisitorId,
    WaitingRoomClient,
)
from quickserve.contracts.waiting_room import Demand as WaitingElsewhere
from quickserve.kernel.errors import Forbidden, Malformed, NotFound, Problem, Unavailable
from quickserve.kernel.ids import new_uuid
from tests.booking.conftest import AMINA

KEY = b"k" * 32


@pytest.fixture
def room(box):
    return WaitingRoomClient(box.checkout._client)


def visitor():
    return VisitorId(new_uuid())


async def eventually(look, is_so, seconds=8):
    async with asyncio.timeout(seconds):
        while True:
            found = await look()
            if is_so(found):
                return found
            await asyncio.sleep(0.1)


async def hold(gala, admission=None):
    items = [Item(ticket_type_id=gala.seat, quantity=1)]
    new = NewHold(date_id=gala.date_id, items=items, admission=admission)
    return await gala.box.checkout.put_hold(HoldId(new_uuid()), new)


async def test_while_a_room_is_open_only_the_admitted_take_places(gala, room, free_gala):
    await gala.quota(100)
    assert (await hold(gala)).state == "active"
    with pytest.raises(Forbidden):
        await room.put_room(gala.date_id, RoomSettings(open=True), gala.door_token)
    await room.put_room(gala.date_id, RoomSettings(open=True), gala.token)
    for forged in (None, "x", "AAAA" * 18):
        with pytest.raises(AdmissionRequired) as required:
            await hold(gala, forged)
        assert required.value.extra["date_id"] == str(gala.date_id)
    item = Item(ticket_type_id=gala.seat, quantity=1)
    with pytest.raises(AdmissionRequired):
        await gala.box.checkout.book_free(
            new_uuid(), FreeBooking(date_id=gala.date_id, items=[item], contact=AMINA)
        )
    amina = visitor()
    first = await room.enter(gala.date_id, amina)
    assert (first.state, first.number, first.ahead) == ("waiting", 1, 0)
    assert (await room.enter(gala.date_id, amina)).number == 1  # a reload gains and loses nothing
    place = await eventually(
        lambda: room.place(gala.date_id, amina, first.number, first.proof),
        lambda place: place.state == "admitted",
    )
    assert isinstance(await hold(gala, place.admission), HoldView)
    await free_gala.quota(5)
    await room.put_room(free_gala.date_id, RoomSettings(open=True), free_gala.token)
    with pytest.raises(AdmissionRequired):  # of another date
        await hold(free_gala, place.admission)
    for _ in range(4):
        await hold(gala, place.admission)
    with pytest.raises(AdmissionSpent):
        await hold(gala, place.admission)
    await room.put_room(gala.date_id, RoomSettings(open=False), gala.token)
    assert (await hold(gala)).state == "active"
    assert (await room.place(gala.date_id, amina)).state == "none"


async def test_who_comes_before_the_opening_is_drawn_and_anybody_can_check_it(gala, room):
    opens_at = datetime.now(UTC) + timedelta(seconds=2)
    made = await room.put_room(gala.date_id, RoomSettings(open=True, opens_at=opens_at), gala.token)
    assert (made.state, made.seed) == ("pre", None)
    early = [visitor() for _ in range(40)]
    for one in await asyncio.gather(*(room.enter(gala.date_id, v) for v in early)):
        assert (one.state, one.number) == ("drawn", None)
    with pytest.raises(NotDrawn):
        await room.draw(gala.date_id)
    with pytest.raises(AdmissionRequired):
        await hold(gala)
    await eventually(lambda: room.room(gala.date_id), lambda found: found.state == "open")
    late = await room.enter(gala.date_id, visitor())
    assert late.number == 41
    draw = await room.draw(gala.date_id)
    seed = bytes.fromhex(draw.seed)
    assert hashlib.sha256(seed).hexdigest() == made.seed_hash == draw.seed_hash
    assert draw.keys == sorted(draw.keys)
    assert len(draw.keys) == 40
    for one in early:
        place = await room.place(gala.date_id, one)
        key = hashlib.sha256(seed + one.bytes).hexdigest()
        assert draw.keys.index(key) + 1 == place.number


async def test_an_opening_that_is_brought_forward_draws_who_is_there(gala, room):
    opens_at = datetime.now(UTC) + timedelta(hours=1)
    await room.put_room(gala.date_id, RoomSettings(open=True, opens_at=opens_at), gala.token)
    amina = visitor()
    assert (await room.enter(gala.date_id, amina)).state == "drawn"
    await room.put_room(gala.date_id, RoomSettings(open=True), gala.token)
    place = await eventually(lambda: room.place(gala.date_id, amina), lambda p: p.number)
    assert place.number == 1


async def test_an_opening_lies_between_now_and_the_date(gala, room):
    """A slip in the year would close the sale for ever."""
    now, starts_at = datetime.now(UTC), gala.event.dates[0].starts_at
    long_ago, far_away = now.replace(year=1999), now.replace(year=2999)
    for opens_at in (now - timedelta(minutes=3), long_ago, starts_at, far_away):
        wanted = RoomSettings(open=True, opens_at=opens_at)
        with pytest.raises(Malformed) as refused:
            await room.put_room(gala.date_id, wanted, gala.token)
        assert refused.value.errors[0].field == "opens_at"
    with pytest.raises(NotFound):
        await room.room(gala.date_id)
    for opens_at in (now + timedelta(hours=1), starts_at - timedelta(minutes=1), now):
        wanted = RoomSettings(open=True, opens_at=opens_at)
        made = await room.put_room(gala.date_id, wanted, gala.token)
        assert made.opens_at == opens_at
    await eventually(lambda: room.room(gala.date_id), lambda found: found.state == "open")
    assert (await room.put_room(gala.date_id, wanted, gala.token)).state == "open", "a repeat"


async def test_a_room_that_opens_again_begins_a_new_line(gala, room):
    opens_at = datetime.now(UTC) + timedelta(hours=1)
    await room.put_room(gala.date_id, RoomSettings(open=True), gala.token)
    amina, early = visitor(), visitor()
    assert (await room.enter(gala.date_id, amina)).number == 1
    await room.put_room(gala.date_id, RoomSettings(open=False), gala.token)
    await room.put_room(gala.date_id, RoomSettings(open=True, opens_at=opens_at), gala.token)
    with pytest.raises(NotFound):  # a number of the last line is none in this one
        await room.place(gala.date_id, amina)
    assert (await room.enter(gala.date_id, early)).state == "drawn"
    await room.put_room(gala.date_id, RoomSettings(open=False), gala.token)
    await room.put_room(gala.date_id, RoomSettings(open=True), gala.token)
    assert (await room.enter(gala.date_id, early)).number == 2


async def test_numbers_follow_the_order_of_arrival_and_everybody_gets_one(gala, room):
    await room.put_room(gala.date_id, RoomSettings(open=True), gala.token)
    crowd = [visitor() for _ in range(300)]
    places = await asyncio.gather(*(room.enter(gala.date_id, one) for one in crowd * 2))
    numbers = sorted({place.number for place in places})
    assert numbers == list(range(1, 301))
    found = await eventually(
        lambda: room.room(gala.date_id), lambda found: found.admitted >= 300, 20
    )
    assert (found.admitted, found.waiting) == (300, 0)


async def test_one_browser_that_comes_through_two_processes_has_one_place(gala, room, box):
    await room.put_room(gala.date_id, RoomSettings(open=True), gala.token)
    db = box.platform.runtimes["booking"].db
    crowd = [Arrival(gala.date_id, visitor()) for _ in range(60)]
    orders = [crowd, crowd[::-1], crowd[30:], crowd[:30]]
    told = await asyncio.gather(*(record_arrivals(db, order) for order in orders))
    numbers = {}
    for place in (place for places in told for place in places):
        assert numbers.setdefault(place.visitor_id, place.number) == place.number
    assert sorted(numbers.values()) == list(range(1, 61))


async def test_a_place_in_line_needs_its_proof_and_a_stranger_has_none(gala, room):
    await room.put_room(gala.date_id, RoomSettings(open=True), gala.token)
    crowd = [visitor() for _ in range(200)]
    places = await asyncio.gather(*(room.enter(gala.date_id, one) for one in crowd))
    last = max(places, key=lambda place: place.number)
    owner = crowd[places.index(last)]
    shown = await room.place(gala.date_id, owner, last.number, last.proof)
    assert shown.number == last.number
    with pytest.raises(NotFound):
        await room.place(gala.date_id, visitor(), last.number, last.proof)
    forged = await room.place(gala.date_id, owner, last.number + 500, last.proof)
    assert forged.number == last.number  # as the books say


async def test_an_admission_that_nobody_used_lapses_and_the_line_begins_anew(gala, room, box):
    await room.put_room(gala.date_id, RoomSettings(open=True), gala.token)
    amina = visitor()
    await room.enter(gala.date_id, amina)
    await eventually(lambda: room.place(gala.date_id, amina), lambda p: p.state == "admitted")
    await box.sql(
        "UPDATE room_places SET admitted_at = admitted_at - interval '11 minutes'"
        " WHERE visitor_id = %s", (amina,),
    )  # fmt: skip
    assert (await room.place(gala.date_id, amina)).state == "lapsed"
    again = await room.enter(gala.date_id, amina, again=True)
    assert again.number == 2


@pytest.mark.parametrize("fail_open", [True, False])
async def test_while_nobody_can_tell_who_is_let_in_everybody_is_or_nobody(
    gala, room, box, monkeypatch, fail_open
):
    """By the organiser's choice; for ten seconds what was seen last still counts."""
    await gala.quota(5)
    settings = RoomSettings(open=True, fail_open=fail_open)
    await room.put_room(gala.date_id, settings, gala.token)

    async def away(_tx):
        raise Unavailable("The database is away.")

    monkeypatch.setattr(store, "rooms_now", away)
    await asyncio.sleep(1.2)
    with pytest.raises(AdmissionRequired):
        await hold(gala)
    box.platform.runtimes["booking"].resources.rooms._seen_at -= 11
    if fail_open:
        assert (await hold(gala)).state == "active"
    else:
        with pytest.raises(Unavailable):
            await hold(gala)
    monkeypatch.undo()

    async def refusal():
        try:
            return await hold(gala)
        except Problem as problem:
            return problem.code

    await eventually(refusal, lambda code: code == "admission-required")


async def test_an_admission_is_good_for_five_takes_a_minute_and_a_repeat_is_none(gala, room):
    await gala.quota(100)
    await room.put_room(gala.date_id, RoomSettings(open=True), gala.token)
    amina = visitor()
    await room.enter(gala.date_id, amina)
    place = await eventually(
        lambda: room.place(gala.date_id, amina), lambda place: place.state == "admitted"
    )
    hold_id, items = HoldId(new_uuid()), [Item(ticket_type_id=gala.seat, quantity=1)]
    new = NewHold(date_id=gala.date_id, items=items, admission=place.admission)
    for _ in range(8):  # a browser that got no answer sends it again
        assert (await gala.box.checkout.put_hold(hold_id, new)).state == "active"
    for _ in range(4):
        await hold(gala, place.admission)
    with pytest.raises(AdmissionSpent) as spent:
        await hold(gala, place.admission)
    assert spent.value.status == 429
    refused = HoldId(new_uuid())
    for _ in range(2):  # nor is a way in to send again what was refused
        with pytest.raises(AdmissionSpent):
            await gala.box.checkout.put_hold(refused, new)


async def test_a_date_without_a_room_has_no_places(gala, room):
    with pytest.raises(NotFound):
        await room.enter(gala.date_id, visitor())
    with pytest.raises(NotFound):
        await room.room(gala.date_id)


def test_a_room_opens_by_itself_where_requests_pile_up():
    demand, busy, calm = Demand(), new_uuid(), new_uuid()
    assert demand.pressed({busy: 500, calm: 3}, 400) == []
    assert demand.pressed({busy: 500}, 400) == []
    assert demand.pressed({busy: 450}, 400) == [busy]
    assert demand.pressed({busy: 10}, 400) == []
    assert demand.pressed({busy: 500}, 0) == []


def test_who_was_just_let_in_is_not_counted_as_missing():
    turnout = Turnout()
    assert turnout.share(1000, 100, 0) == 1  # an earlier rush, seen by nobody here
    assert turnout.share(1400, 110, 60) == 1
    assert turnout.share(1800, 200, 121) == 1  # none of this rush had two minutes yet
    assert turnout.share(2200, 300, 181) == 0.5  # 200 came of the 400
    assert turnout.share(2200, 900, 181) == 1


@given(st.binary(max_size=90), st.integers(0, 10**6))
def test_no_other_text_is_an_admission(noise, seconds):
    date_id, someone = new_uuid(), visitor()
    now = datetime.fromtimestamp(1_800_000_000 + seconds, UTC)
    token = queueing.admission(KEY, date_id, someone, now + timedelta(minutes=1))
    assert queueing.admitted(KEY, token, date_id, now) == someone
    assert queueing.admitted(KEY, token, date_id, now + timedelta(minutes=2)) is None
    assert queueing.admitted(KEY, token, new_uuid(), now) is None
    assert queueing.admitted(b"other" * 8, token, date_id, now) is None
    assert queueing.admitted(KEY, noise.decode("latin-1"), date_id, now) is None


@given(st.floats(1, 2000), st.floats(0.5, 5), st.floats(0, 1), st.integers(0, 10**6))
def test_never_more_are_let_in_than_wait(rate, seconds, came, waiting):
    more = queueing.to_admit(rate, seconds, came, waiting)
    assert 0 <= more <= waiting
    assert more == waiting or more >= rate * seconds


@given(st.floats(1, 2000), st.one_of(st.none(), st.floats(0, 10_000)))
def test_the_rate_falls_when_the_checkout_is_slow_and_rises_else(rate, latency):
    after = queueing.next_rate(rate, latency)
    assert queueing.RATE_LEAST <= after <= queueing.RATE_MOST
    slow = latency is not None and latency > queueing.LATENCY_AIM_MS
    assert after <= rate if slow else after >= min(rate, queueing.RATE_MOST)


def test_what_waits_in_other_processes_counts_while_it_is_told():
    demand, date = Demand(), new_uuid()
    one, other = new_uuid(), new_uuid()
    demand.told(date, one, 150)
    demand.told(date, one, 300)
    demand.told(date, other, 100)
    assert demand.elsewhere() == {date: 400}
    demand._told[date, one] = (demand._told[date, one][0] - 4, 300)
    assert demand.elsewhere() == {date: 100}


async def test_only_the_web_tells_of_demand(gala, room):
    told = room.tell_demand(gala.date_id, new_uuid(), WaitingElsewhere(waiting=500))
    with pytest.raises(Forbidden):  # checkout speaks here
        await told
