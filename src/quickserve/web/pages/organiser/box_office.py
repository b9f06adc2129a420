"""The box office of an event: sales by staff, groups that pay later, the till; guests are next."""

from typing import Final

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from quickserve.contracts.booking import BookingId, HoldId, Item
from quickserve.contracts.box_office import (
    NAME_MAX,
    DeskContact,
    NewDeskSale,
    NewReservation,
    ReservationView,
)
from quickserve.contracts.catalog import DateId, TicketTypeId
from quickserve.kernel.errors import Malformed, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.web import card_form, offers
from quickserve.web.forms import Form, Submitted, parse_id
from quickserve.web.house_plan import has_wheelchair_places
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser import drafts, local_times
from quickserve.web.pages.organiser.desk import OwnEvent, TheEvent, show
from quickserve.web.pages.organiser.events import SECTION
from quickserve.web.pages.organiser.guest_list import Sent
from quickserve.web.patience import begin_again
from quickserve.web.problems import Sentence, sentence
from quickserve.web.seat_choice import ACCESSIBLE

router = page_router()

_KINDS: Final = ("cash", "complimentary", "reservation")
_QUANTITY_MAX: Final = 100
_NAMES: Final = {name: name for name in ("name", "email", "until", "note")}
_NOTHING_SENT: Final = Sent()


@router.get("/organiser/events/{event_id}/box-office")
async def box_office_page(request: Request, own: TheEvent, ask: Ask) -> Response:
    return await show_counter(request, own, ask)


@router.post("/organiser/events/{event_id}/box-office")
async def sell(request: Request, own: TheEvent, form: Submitted, ask: Ask) -> Response:
    """Leads to the tickets, or back to the list where places were reserved."""
    locale = locale_of(request)
    errors = _missing(form, own, request)
    if errors:
        return await show_counter(request, own, ask, form=form, errors=errors, status=422)
    date_id, items = DateId(form.minted("date")), _items(form)
    try:
        if form.text("kind") == "reservation":
            until = local_times.parse(form.text("until"), own.zone)
            assert until is not None, "looked at already"
            wanted = drafts.made(
                NewReservation, date_id=date_id, items=items, name=form.text("name"), until=until,
                accessible=form.ticked(ACCESSIBLE),
            )  # fmt: skip
            await ask.box_office.reserve(HoldId(form.minted("hold")), wanted, own.desk.token)
            return redirect(request, f"{own.path}/box-office?done=reserved")
        kind = "complimentary" if form.text("kind") == "complimentary" else "cash"
        sale = drafts.made(
            NewDeskSale, kind=kind, contact=_contact(form, request), date_id=date_id, items=items,
            note=form.text("note"), accessible=form.ticked(ACCESSIBLE),
        )  # fmt: skip
        booking = await ask.box_office.sell(BookingId(form.minted("sale")), sale, own.desk.token)
    except Problem as problem:
        begin_again(request)
        told, errors = drafts.told(problem, locale, _NAMES)
        return await show_counter(
            request, own, ask, form=form, errors=errors, told=told, status=problem.status
        )
    return redirect(request, f"/tickets/{booking.id}/{booking.key}")


@router.post("/organiser/events/{event_id}/box-office/reservations/{hold_id}")
async def settle(
    request: Request, own: TheEvent, hold_id: HoldId, form: Submitted, ask: Ask
) -> Response:
    """The group paid at the desk, or does not come."""
    try:
        if form.text("action") == "release":
            await ask.booking.release_hold(hold_id)
            return redirect(request, f"{own.path}/box-office?done=released")
        name = form.text("name")[:NAME_MAX] or "?"
        contact = DeskContact(name=name, language=locale_of(request).code)
        sale = NewDeskSale(kind="cash", contact=contact, hold_id=hold_id)
        booking = await ask.box_office.sell(BookingId(form.minted("sale")), sale, own.desk.token)
    except Problem as problem:
        begin_again(request)
        told = sentence(problem, locale_of(request))
        return await show_counter(request, own, ask, told=told, status=problem.status)
    return redirect(request, f"/tickets/{booking.id}/{booking.key}")


def _items(form: Form) -> list[Item]:
    items: list[Item] = []
    for name in dict.fromkeys(n for n, _ in form.pairs if n.startswith(offers.QUANTITY)):
        type_id, quantity = parse_id(name.removeprefix(offers.QUANTITY)), form.whole(name, 0)
        if type_id and quantity and quantity <= _QUANTITY_MAX:
            items.append(Item(ticket_type_id=TicketTypeId(type_id), quantity=quantity))
    return items


def _missing(form: Form, own: OwnEvent, request: Request) -> dict[str, str]:
    gettext = locale_of(request).gettext
    errors: dict[str, str] = {}
    for name in dict.fromkeys(n for n, _ in form.pairs if n.startswith(offers.QUANTITY)):
        quantity = form.whole(name, 0)
        if quantity is None or quantity > _QUANTITY_MAX:
            errors[name] = gettext("Enter a whole number up to 100.")
    if not errors and not _items(form):
        first = next((n for n, _ in form.pairs if n.startswith(offers.QUANTITY)), "date")
        errors[first] = gettext("Choose how many.")
    if not form.text("name"):
        errors["name"] = gettext("Fill this in.")
    if form.id("date") is None:
        errors["date"] = gettext("Choose one of the list.")
    if form.text("kind") not in _KINDS:
        errors["kind"] = gettext("Choose one of the list.")
    late = form.text("kind") == "reservation"
    if late and local_times.parse(form.text("until"), own.zone) is None:
        errors["until"] = local_times.rule(form.text("until"), locale_of(request))
    return errors


def _contact(form: Form, request: Request) -> DeskContact:
    """Raises Malformed."""
    try:
        return DeskContact(
            name=form.text("name"), email=form.text("email") or None,
            language=locale_of(request).code,
        )  # fmt: skip
    except ValidationError as error:
        raise Malformed(errors=card_form.findings(error, {"email": "not-an-address"})) from error


async def show_counter(
    request: Request, own: OwnEvent, ask: Services, *, form: Form | None = None,
    errors: dict[str, str] | None = None, told: Sentence | None = None,
    status: int = 200, guests: Sent = _NOTHING_SENT,
) -> Response:  # fmt: skip
    """`guests`: what became of a list of them, for `macros/guests.html`."""
    reserved: list[ReservationView] = []
    till = None
    try:
        found = await ask.box_office.reservations(own.view.id, own.desk.token)
        reserved = found.reservations
        till = await ask.box_office.till(own.view.id, own.desk.token)
    except Problem as problem:
        told = told or sentence(problem, locale_of(request))
    dates = [date for date in own.view.dates if date.state != "cancelled"]
    return show(
        request, own.desk, "box_office.html", section=SECTION, own=own, status=status,
        values=form.values if form else {}, errors=errors or {}, told=told, reservations=reserved,
        till=till, guests=guests,
        dates=dates, wheelchairs=await has_wheelchair_places(ask.catalog, dates),
        quantity=offers.QUANTITY, sale_id=new_uuid(), hold_id=new_uuid(),
        list_id=new_uuid(),
    )  # fmt: skip
