"""The organiser gives a date another plan, and asks who has a seat."""

from collections.abc import AsyncIterator

import pytest
from tests.web.house import House, Visitor, until
from tests.web.theatres import Theatre, a_plan, put_on_seated, save_plan, somebody_takes

from quickserve.contracts.catalog import (
    DateSeating,
    EventSeating,
    SeatsWouldBeLost,
    TicketTypeSeating,
)
from quickserve.contracts.seating import PlanId
from quickserve.kernel.auth import Role


@pytest.fixture
async def olive(house: House) -> AsyncIterator[Visitor]:
    """Of whichever theatre she is hired at."""
    async with house.visitor() as visitor:
        yield visitor


async def manages(house: House, olive: Visitor, theatre: Theatre) -> str:
    await olive.sign_in(await house.person(theatre.show.organiser_id, Role.ORGANISER))
    return f"/en/organiser/events/{theatre.show.event_id}"


async def without_first_row(house: House, theatre: Theatre) -> PlanId:
    plan = a_plan().model_copy(update={"name": "Sans le premier rang"})
    del plan.sections[0].rows[0]
    return await save_plan(house.platform.clients_for("cli")["catalog"], theatre.show, plan)


def seating(theatre: Theatre, plan_id: PlanId, **more: bool) -> EventSeating:
    return EventSeating(
        dates=[DateSeating(date_id=theatre.show.date_id, plan_id=plan_id, plan_version=1)],
        ticket_types=[
            TicketTypeSeating(ticket_type_id=theatre.show.tickets[name], seat_category=category)
            for name, category in theatre.categories.items()
        ],
        **more,
    )  # fmt: skip


async def somebody_has(house: House, theatre: Theatre, *seats: str) -> None:
    """And everybody sees it."""
    date_id = theatre.show.date_id
    free = (await theatre.seats.seats(date_id)).free
    await somebody_takes(house, theatre, *seats)

    async def seen() -> bool:
        return (await theatre.seats.seats(date_id)).free < free

    await until(seen)


async def test_a_plan_without_somebodys_seat_is_refused_unless_confirmed(house: House) -> None:
    theatre = await put_on_seated(house)
    smaller = await without_first_row(house, theatre)
    await somebody_has(house, theatre, "P-A-5", "P-B-1")
    event_id = theatre.show.event_id
    for put in (seating(theatre, smaller), EventSeating(dates=[], ticket_types=[])):
        with pytest.raises(SeatsWouldBeLost) as refused:
            await house.catalog.put_seating(event_id, put)
        assert "Parterre · A · 5" in refused.value.extra["seats"]
    assert refused.value.extra["count"] == 2
    view = await house.catalog.event(event_id)
    assert view.dates[0].plan_id == theatre.plan_id

    same = await house.catalog.put_seating(event_id, seating(theatre, theatre.plan_id))
    assert same.dates[0].plan_id == theatre.plan_id
    changed = await house.catalog.put_seating(event_id, seating(theatre, smaller, lose_seats=True))
    assert changed.dates[0].plan_id == smaller


async def test_a_plan_that_keeps_everybodys_seats_is_taken(house: House) -> None:
    theatre = await put_on_seated(house)
    smaller = await without_first_row(house, theatre)
    await somebody_has(house, theatre, "P-B-1")
    changed = await house.catalog.put_seating(theatre.show.event_id, seating(theatre, smaller))
    assert changed.dates[0].plan_id == smaller


async def test_the_page_asks_before_seats_of_people_go(house: House, olive: Visitor) -> None:
    theatre = await put_on_seated(house)
    smaller = await without_first_row(house, theatre)
    await somebody_has(house, theatre, "P-A-5")
    desk = await manages(house, olive, theatre)
    await olive.open(f"{desk}/seats")
    wanted = {f"date-{theatre.show.date_id}": f"{smaller}:1"} | {
        f"kind-{theatre.show.tickets[name]}": category
        for name, category in theatre.categories.items()
    }
    await olive.send(olive.form("/seats"), **wanted)
    assert olive.status == 409
    assert "Parterre · A · 5" in olive.text()
    assert "1 seat is held or sold" in olive.text()
    assert f'<option value="{smaller}:1" selected>' in olive.page
    await olive.send(olive.form("/seats"), **wanted)
    assert olive.url.endswith("/seats?done=saved")
    assert olive.url.endswith("/seats?done=saved")


async def test_a_seat_is_found_by_what_its_ticket_says(house: House, olive: Visitor) -> None:
    theatre = await put_on_seated(house)
    await somebody_takes(house, theatre, "P-A-5")
    desk = await manages(house, olive, theatre)
    seat = f"{desk}/seat?date={theatre.show.date_id}&seat="
    for called in ("P-A-5", "Parterre · A · 5", "parterre A5", "PARTERRE a-5"):
        await olive.open(seat + called)
        assert olive.status == 200
        assert "Set aside at a checkout" in olive.text()
        assert "Parterre · A · 5" in olive.text()
    for called, status, fix in (
        ("A5", 422, "Several seats are called so: name the section too."),
        ("Parterre Z 5", 404, "This date has no such seat. Type what stands on the ticket."),
        ("x" * 300, 404, "This date has no such seat. Type what stands on the ticket."),
        ("", 404, "Fill this in."),
    ):
        await olive.open(seat + called)
        assert olive.status == status
        assert "The plan of each date" in olive.text()
        assert f'<p class="field-error" id="seat-error">{fix}</p>' in olive.page
        assert f'value="{called}"' in olive.page
