"""Seats are chosen without a line of JavaScript: the best at once, on the plan, or row by row."""

import asyncio
import gzip
import json
import re
from urllib.parse import parse_qsl, urlsplit

from tests.plans import turned
from tests.web.house import House, Visitor
from tests.web.theatres import Theatre, a_plan, put_on_seated, somebody_takes

from quickserve.contracts.booking_seats import is_taken


def ticked(visitor: Visitor) -> list[str]:
    """The seats that the form would send."""
    boxes = re.findall(r'<input type="checkbox" name="seat" value="([^"]+)"([^>]*)>', visitor.page)
    return [seat for seat, more in boxes if " checked" in more]


async def take(visitor: Visitor, theatre: Theatre, *seats: str, **more: str) -> None:
    form = visitor.form("/seats")
    pairs = [(name, value) for name, value in form.fields.items() if name not in ("seat", "more")]
    await visitor.post(form.action, [*pairs, *(("seat", seat) for seat in seats), *more.items()])


async def plan_of(visitor: Visitor, theatre: Theatre, count: int = 2) -> None:
    field = f"q-{theatre.show.tickets['Plein tarif']}"
    await visitor.open(f"/en{theatre.show.path}")
    form = visitor.form("/events/")
    del form.fields["accessible"]  # not ticked
    await visitor.send(form, **{field: str(count), "plan": "1"})


async def test_the_best_seats_are_booked_at_once(house: House, visitor: Visitor):
    theatre = await put_on_seated(house)
    await visitor.open(f"/en{theatre.show.path}")
    assert "The best seats that are free, side by side" in visitor.text()
    assert "We need a wheelchair place" in visitor.text()
    form = visitor.form("/events/")
    del form.fields["accessible"]  # not ticked
    field = f"q-{theatre.show.tickets['Plein tarif']}"
    await visitor.send(form, **{field: "2"})
    assert visitor.url.startswith("/en/checkout/")
    assert "Parterre · A · 5, Parterre · A · 6" in visitor.text()
    await visitor.pay()
    assert "Parterre · A · 5" in visitor.text()
    assert "Parterre · A · 6" in visitor.text()
    paper = await visitor.open(f"{visitor.url}/tickets.pdf")
    assert paper.content.startswith(b"%PDF")


async def test_the_best_are_ticked_and_others_are_chosen_in_a_row(house: House, visitor: Visitor):
    theatre = await put_on_seated(house)
    await plan_of(visitor, theatre)
    assert visitor.url.startswith(f"/en/events/{theatre.show.event_id}/seats?")
    assert ticked(visitor) == ["P-A-5", "P-A-6"]
    assert "These are the best seats that are free" in visitor.text()
    assert "Parterre 32 seats free" in visitor.text()

    area = re.search(r'href="(/en/events/[^"]*area=0[^"]*)"', visitor.page)
    await visitor.open(area[1].replace("&amp;", "&"))
    assert ticked(visitor) == ["P-A-5", "P-A-6"]
    row = re.search(r'href="(/en/events/[^"]*row=2[^"]*)"', visitor.page)
    await visitor.open(row[1].replace("&amp;", "&"))
    assert "Parterre · Row C" in visitor.text()
    await take(visitor, theatre, "P-C-5", "P-C-6", more="1")
    kept = dict(parse_qsl(urlsplit(visitor.url).query))
    assert kept[f"q-{theatre.show.tickets['Plein tarif']}"] == "2"
    assert ticked(visitor) == ["P-C-5", "P-C-6"]
    await take(visitor, theatre, "P-C-5", "P-C-6")
    assert visitor.url.startswith("/en/checkout/")
    assert "Parterre · C · 5, Parterre · C · 6" in visitor.text()


async def test_a_seat_that_somebody_else_took_is_told_and_the_nearest_ticked(house, visitor):
    theatre = await put_on_seated(house)
    await plan_of(visitor, theatre)
    assert ticked(visitor) == ["P-A-5", "P-A-6"]
    await somebody_takes(house, theatre, "P-A-6")
    await take(visitor, theatre, "P-A-5", "P-A-6")
    assert visitor.status == 409
    assert "Somebody else has just taken this seat: Parterre · A · 6." in visitor.text()
    assert "Your other seats are still free." in visitor.text()
    assert ticked(visitor) == ["P-A-5", "P-A-4"]
    await take(visitor, theatre, *ticked(visitor))
    assert visitor.url.startswith("/en/checkout/")


async def test_the_neighbour_is_ticked_also_where_rows_run_aslant(house: House, visitor: Visitor):
    theatre = await put_on_seated(house, turned(a_plan(), 62))
    await plan_of(visitor, theatre)
    await somebody_takes(house, theatre, "P-B-3")
    await take(visitor, theatre, "P-B-2", "P-B-3")
    assert visitor.status == 409
    assert ticked(visitor) == ["P-B-2", "P-B-1"]


def priced(visitor: Visitor) -> dict[str, str]:
    """The ticket that is chosen for each ticked seat."""
    one = r'<select class="seat-kind" name="as-([^"]+)"[^>]*>.*?" selected>([^<]*)</option>'
    found = re.findall(one, visitor.page, re.DOTALL)
    return {seat: text for seat, text in found if seat in ticked(visitor)}


async def test_each_seat_has_its_ticket_where_no_numbers_were_chosen(house, visitor):
    theatre = await put_on_seated(house, reduced=True)
    show = theatre.show
    full, reduced = "Plein tarif · €18", "Tarif réduit · €12"
    await visitor.open(f"/en/events/{show.event_id}/seats?date={show.date_id}&area=0&row=2")
    assert 'aria-label="Ticket for Seat 3"' in visitor.page
    as_reduced = {"as-P-C-4": str(show.tickets["Tarif réduit"])}
    await take(visitor, theatre, "P-C-3", "P-C-4", more="1", **as_reduced)
    assert priced(visitor) == {"P-C-3": full, "P-C-4": reduced}
    assert "€30.00" in visitor.text()

    await somebody_takes(house, theatre, "P-C-4")
    await take(visitor, theatre, "P-C-3", "P-C-4", **as_reduced)
    assert visitor.status == 409
    assert priced(visitor) == {"P-C-3": full, "P-C-2": reduced}, "the other seat, the same ticket"
    await take(visitor, theatre, "P-C-3", "P-C-2", **{"as-P-C-2": as_reduced["as-P-C-4"]})
    assert visitor.url.startswith("/en/checkout/")
    assert "1 × Plein tarif" in visitor.text()
    assert "1 × Tarif réduit" in visitor.text()
    assert "€30.00" in visitor.text()


async def test_numbers_that_were_chosen_say_which_tickets_the_seats_are(house, visitor):
    theatre = await put_on_seated(house, reduced=True)
    show = theatre.show
    query = f"date={show.date_id}&q-{show.tickets['Tarif réduit']}=2"
    balcony = show.tickets["Balcon"]
    await visitor.open(f"/en/events/{show.event_id}/seats?{query}&as-P-A-5={balcony}&as-x=1")
    assert "seat-kind" not in visitor.page
    assert "€24.00" in visitor.text()


async def test_seats_that_went_back_are_taken_again_while_they_are_free(house, visitor):
    theatre = await put_on_seated(house)
    await plan_of(visitor, theatre)
    await take(visitor, theatre, "P-C-5", "P-C-6")
    checkout = visitor.url
    await visitor.send(visitor.form("/release"), plan="1")
    assert ticked(visitor) == ["P-A-5", "P-A-6"]
    await visitor.open(checkout)
    await visitor.send(visitor.form("/renewal"))
    assert "Parterre · C · 5, Parterre · C · 6" in visitor.text()


async def test_another_category_is_another_ticket(house: House, visitor: Visitor):
    theatre = await put_on_seated(house)
    await plan_of(visitor, theatre)
    await take(visitor, theatre, "B-A-3", "B-A-4")
    assert visitor.url.startswith("/en/checkout/")
    assert "2 × Balcon" in visitor.text()
    assert "€18.00" in visitor.text()


async def test_too_many_and_none_are_told(house: House, visitor: Visitor):
    theatre = await put_on_seated(house)
    await plan_of(visitor, theatre)
    await take(visitor, theatre, "P-B-1", "P-B-2", "P-B-3")
    assert visitor.status == 422
    assert "3 seats are ticked, and you asked for 2." in visitor.text()
    assert ticked(visitor) == ["P-B-1", "P-B-2", "P-B-3"]
    await take(visitor, theatre)
    assert "No seat is chosen." in visitor.text()
    await take(visitor, theatre, "nowhere", "<b>")
    assert visitor.status == 422


async def test_a_wheelchair_place_is_proposed_to_who_asks(house: House, visitor: Visitor):
    theatre = await put_on_seated(house)
    field = f"q-{theatre.show.tickets['Plein tarif']}"
    await visitor.open(f"/en{theatre.show.path}")
    answers = {field: "2", "plan": "1", "accessible": "1"}
    await visitor.send(visitor.form("/events/"), **answers)
    assert ticked(visitor)[0] == "P-D-2"
    assert "wheelchair place" in visitor.text()


async def test_the_geometry_is_kept_for_ever_and_the_states_come_live(house, visitor):
    theatre = await put_on_seated(house)
    answer = await visitor.open(f"/plans/{theatre.plan_id}/1/0.json")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    rows = answer.json()
    assert [row[0] for row in rows] == ["A", "B", "C", "D"]
    assert rows[0][1][0] == ["P-A-1", "1", 0, 0, 0, "s"]
    assert (await visitor.open(f"/plans/{theatre.plan_id}/1/9.json")).status_code == 404
    await somebody_takes(house, theatre, "P-A-1")
    await asyncio.sleep(1.1)
    seen = await theatre.seats.seats(theatre.show.date_id)
    assert is_taken(seen.bits(), 0)
    assert len(gzip.compress(json.dumps(rows).encode())) < 1000


async def test_a_date_without_seats_goes_back_to_its_event(house: House, visitor: Visitor):
    show = await house.put_on()
    await visitor.open(f"/en/events/{show.event_id}/seats?date={show.date_id}")
    assert visitor.url.startswith(f"/en/events/{show.event_id}?")
    for strange in ("area=x", "area=99", "row=4", "seat=%00&q-1=3", "q-x=1", "date=x"):
        await visitor.open(f"/en/events/{show.event_id}/seats?{strange}")
        assert visitor.status == 200
