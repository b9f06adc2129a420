"""After the sale: a buyer cancels, passes on, exchanges or sells tickets again, by the link."""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import Path, Request
from starlette.responses import Response

from quickserve.contracts.booking import (
    ITEMS_MAX,
    Availability,
    BookingId,
    HoldId,
    HoldView,
    Item,
    NewHold,
    TicketId,
)
from quickserve.contracts.booking_changes import (
    AmendmentId,
    AmendmentKind,
    BookingChanges,
    ChangeableTicket,
)
from quickserve.contracts.catalog import DateId, EventView, TicketTypeId
from quickserve.contracts.checkout_changes import ChangeId, ChangeView, NewChange
from quickserve.contracts.payment import CardInvalid, ChallengeId
from quickserve.kernel.errors import Malformed, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.service import Ctx
from quickserve.web import card_form, kept, offers
from quickserve.web.forms import Form, Submitted, parse_id
from quickserve.web.page import PRIVATE, Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.checkout import the_same
from quickserve.web.pages.event import hold_places
from quickserve.web.pages.passed_on import pass_on
from quickserve.web.patience import optional
from quickserve.web.problems import Sentence, field_errors, sentence, sentence_for
from quickserve.web.receipt import receipt
from quickserve.web.templating import render

router = page_router()

Key = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{8,100}$")]

_PRIVATE: Final = PRIVATE | {"Referrer-Policy": "no-referrer"}  # the address is the key
_WAIT_MS: Final = 1500


@router.get("/tickets/{booking_id}/{key}/changes")
async def changes_page(request: Request, booking_id: BookingId, key: Key, ask: Ask) -> Response:
    return await _show(request, ask, booking_id, key)


@router.post("/tickets/{booking_id}/{key}/changes")
async def change(
    request: Request, booking_id: BookingId, key: Key, form: Submitted, ask: Ask
) -> Response:
    """Cancels the chosen tickets, or puts one on sale again."""
    chosen = _chosen(form)
    gettext = locale_of(request).gettext
    if not chosen:
        told = Sentence(gettext("Choose at least one ticket."), "")
        return await _show(request, ask, booking_id, key, told=told, status=422)
    kind: AmendmentKind = "resale" if form.text("kind") == "resale" else "cancel"
    wanted = NewChange(booking_id=booking_id, key=key, kind=kind, ticket_ids=chosen)
    try:
        begun = await ask.checkout_changes.put_change(
            ChangeId(form.minted("change")), wanted, wait_ms=_WAIT_MS
        )
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return await _show(request, ask, booking_id, key, told=told, status=problem.status)
    return redirect(request, f"/changes/{begun.id}")


@router.get("/tickets/{booking_id}/{key}/transfer")
@router.get("/tickets/{booking_id}/{key}/resales/{resale_id}/end")
async def form_again(request: Request, booking_id: BookingId, key: Key) -> Response:
    """Both forms stand on the page of changes."""
    return redirect(request, f"/tickets/{booking_id}/{key}/changes")


@router.post("/tickets/{booking_id}/{key}/transfer")
async def transfer(
    request: Request, booking_id: BookingId, key: Key, form: Submitted, ask: Ask
) -> Response:
    """Leads the buyer to what the other person needs: the link of the new ticket."""
    ticket_id = form.id("ticket")
    try:
        return await pass_on(request, ask, form, ticket_id, key)
    except Problem as problem:
        locale = locale_of(request)
        errors = {
            f"{name}-{ticket_id}": text for name, text in field_errors(problem, locale).items()
        }
        told = None if errors else sentence(problem, locale)
        return await _show(
            request, ask, booking_id, key, told=told, errors=errors, form=form,
            status=problem.status,
        )  # fmt: skip


@router.post("/tickets/{booking_id}/{key}/resales/{resale_id}/end")
async def end_resale(
    request: Request, booking_id: BookingId, key: Key, resale_id: AmendmentId, _form: Submitted,
    ask: Ask,
) -> Response:  # fmt: skip
    try:
        await ask.changes.end_resale(resale_id, key)
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return await _show(request, ask, booking_id, key, told=told, status=problem.status)
    return redirect(request, f"/tickets/{booking_id}/{key}/changes")


# -- Exchange -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Exchange:
    """What is given, and what one may have for it."""

    found: BookingChanges
    given: list[ChangeableTicket]
    event: EventView

    @property
    def value(self) -> Money:
        return Money(sum(one.price.minor for one in self.given), self.found.total.currency)


@router.get("/tickets/{booking_id}/{key}/exchange")
async def exchange_page(
    request: Request, booking_id: BookingId, key: Key, ask: Ask, ctx: Ctx
) -> Response:
    chosen = [TicketId(i) for t in request.query_params.getlist("ticket") if (i := parse_id(t))]
    if not chosen:
        gettext = locale_of(request).gettext
        told = Sentence(gettext("Choose at least one ticket."), "")
        return await _show(request, ask, booking_id, key, told=told, status=422)
    wanted = parse_id(request.query_params.get("date", ""))
    return await _show_exchange(request, ask, ctx, booking_id, key, chosen, wanted)


@router.post("/tickets/{booking_id}/{key}/exchange")
async def choose_exchange(
    request: Request, booking_id: BookingId, key: Key, form: Submitted, ask: Ask, ctx: Ctx
) -> Response:
    """Sets the new places aside, and shows what they cost more or less."""
    chosen, date_id = _chosen(form), form.id("date")
    items = _items(form)
    locale = locale_of(request)
    if not items or date_id is None:
        told = Sentence(locale.gettext("Choose how many you would like."), "")
        return await _show_exchange(
            request, ask, ctx, booking_id, key, chosen, date_id, told=told, status=422
        )
    try:
        wanted = NewHold(date_id=DateId(date_id), items=items)
        minted, back = HoldId(form.minted("hold")), f"/tickets/{booking_id}/{key}/changes"
        hold = await hold_places(request, ask.booking, minted, wanted, back)
    except Problem as problem:
        return await _show_exchange(
            request, ask, ctx, booking_id, key, chosen, date_id,
            told=sentence(problem, locale), status=problem.status,
        )  # fmt: skip
    return _to_settle(request, booking_id, key, chosen, hold)


def _to_settle(
    request: Request, booking_id: BookingId, key: str, chosen: list[TicketId], hold: HoldView
) -> Response:
    tickets = "&".join(f"ticket={one}" for one in chosen)
    return redirect(request, f"/tickets/{booking_id}/{key}/exchange/{hold.id}?{tickets}")


@router.post("/tickets/{booking_id}/{key}/exchange/{hold_id}/renewal")
async def take_again(
    request: Request, booking_id: BookingId, key: Key, hold_id: HoldId, form: Submitted, ask: Ask,
    ctx: Ctx,
) -> Response:  # fmt: skip
    """The same places once more, to pay with another card."""
    before, chosen = await ask.booking.hold(hold_id), _chosen(form)
    try:
        minted, back = HoldId(form.minted("hold")), f"/tickets/{booking_id}/{key}/changes"
        hold = await hold_places(request, ask.booking, minted, the_same(before), back)
    except Problem as problem:
        return await _show_exchange(
            request, ask, ctx, booking_id, key, chosen, before.date.date_id,
            told=sentence(problem, locale_of(request)), status=problem.status,
        )  # fmt: skip
    return _to_settle(request, booking_id, key, chosen, hold)


@router.get("/tickets/{booking_id}/{key}/exchange/{hold_id}")
async def settle_page(
    request: Request, booking_id: BookingId, key: Key, hold_id: HoldId, ask: Ask, ctx: Ctx
) -> Response:
    chosen = [TicketId(i) for t in request.query_params.getlist("ticket") if (i := parse_id(t))]
    hold = await ask.booking.hold(hold_id)
    return await _show_settle(request, ask, ctx, booking_id, key, chosen, hold)


@router.post("/tickets/{booking_id}/{key}/exchange/{hold_id}")
async def settle(
    request: Request, booking_id: BookingId, key: Key, hold_id: HoldId, form: Submitted, ask: Ask,
    ctx: Ctx,
) -> Response:  # fmt: skip
    hold, chosen = await ask.booking.hold(hold_id), _chosen(form)
    try:
        exchange = await _exchange(ask, booking_id, key, chosen)
        method = None
        if hold.total.minor > exchange.value.minor:
            method = await card_form.method(form, ask)
        wanted = NewChange(
            booking_id=booking_id, key=key, kind="exchange", ticket_ids=chosen, hold_id=hold_id,
            method=method,
        )  # fmt: skip
        begun = await ask.checkout_changes.put_change(
            ChangeId(form.minted("change")), wanted, wait_ms=_WAIT_MS
        )
    except Problem as problem:
        locale = locale_of(request)
        typed = isinstance(problem, Malformed | CardInvalid)
        errors = field_errors(problem, locale) if typed else {}
        told = None if errors else sentence(problem, locale)
        return await _show_settle(
            request, ask, ctx, booking_id, key, chosen, hold, errors=errors, told=told,
            status=problem.status,
        )  # fmt: skip
    return redirect(request, f"/changes/{begun.id}")


async def _exchange(
    ask: Services, booking_id: BookingId, key: str, chosen: list[TicketId]
) -> _Exchange:
    found = await ask.changes.changes(booking_id, key)
    event = await ask.catalog.event(found.date.event_id)
    given = [one for one in found.tickets if one.id in set(chosen) and one.may_exchange]
    return _Exchange(found, given, event)


async def _show_exchange(
    request: Request, ask: Services, ctx: Ctx, booking_id: BookingId, key: str,
    chosen: list[TicketId], date_id: UUID | None, *, told: Sentence | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    exchange = await _exchange(ask, booking_id, key, chosen)
    now, locale = ctx.clock.now(), locale_of(request)
    dates = offers.choose_date(
        exchange.event, DateId(date_id) if date_id else exchange.found.date.date_id, now
    )
    known = await optional(ask.booking.availability([dates.shown.id]))
    here: Availability | None = known.dates[0] if known and known.dates else None
    values = dict(request.query_params)
    rows = offers.rows(exchange.event, dates.shown, here, values, now=now, locale=locale)
    return render(
        request, "exchange.html", status=status, headers=_PRIVATE,
        exchange=exchange, event=exchange.event, dates=dates, date=dates.shown, rows=rows,
        told=told, hold_id=new_uuid(), path_of_tickets=f"/tickets/{booking_id}/{key}",
        chosen="&".join(f"ticket={one.id}" for one in exchange.given),
    )  # fmt: skip


async def _show_settle(
    request: Request, ask: Services, ctx: Ctx, booking_id: BookingId, key: str,
    chosen: list[TicketId], hold: HoldView, *, errors: dict[str, str] | None = None,
    told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    if hold.state != "active":
        gettext = locale_of(request).gettext
        told = told or Sentence(
            gettext("Your places went back on sale."), gettext("Choose other places")
        )
        return await _show_exchange(
            request, ask, ctx, booking_id, key, chosen, hold.date.date_id, told=told,
            status=max(status, 409),
        )  # fmt: skip
    exchange = await _exchange(ask, booking_id, key, chosen)
    more = hold.total.minor - exchange.value.minor
    cards = await optional(ask.payment.sandbox_cards()) if more > 0 else None
    return render(
        request, "exchange_settle.html", status=status, headers=_PRIVATE,
        exchange=exchange, hold=hold, receipt=receipt(hold.items, hold.total),
        due=Money(max(0, more), hold.total.currency),
        refund=Money(max(0, -more), hold.total.currency), errors=errors or {}, told=told,
        cards=cards.cards if cards else [], behaviours=card_form.behaviours(locale_of(request)),
        change_id=new_uuid(), path_of_tickets=f"/tickets/{booking_id}/{key}",
    )  # fmt: skip


# -- A change under way ---------------------------------------------------------------------------


@router.get("/changes/{change_id}")
async def change_state(request: Request, change_id: ChangeId, ask: Ask) -> Response:
    """Reloads by itself while it is under way; works without JavaScript."""
    view = await ask.checkout_changes.change(change_id, wait_ms=_WAIT_MS)
    if view.state == "challenge" and view.challenge_path:
        question = await optional(ask.payment.challenge(_challenge_id(view)))
        if question is None or question.open:
            return redirect(request, view.challenge_path)
    failure = None
    if view.failure:
        locale = locale_of(request)
        failure = sentence_for(view.failure.code, locale) or Sentence(view.failure.title, "")
    response = render(
        request, "change.html", headers=_PRIVATE, change=view, failure=failure,
        again=_again(request, view), hold_id=new_uuid(),
    )  # fmt: skip
    if view.new_booking_id and view.new_booking_key:
        new = kept.Key(id=view.new_booking_id, key=view.new_booking_key)
        kept.TICKETS.keep(request, response, new)
    return response


def _again(request: Request, view: ChangeView) -> str:
    """Where an exchange that was not paid is tried anew, if this browser has the booking's key."""
    keys = [one.key for one in kept.TICKETS.of(request) if one.id == view.booking_id]
    if view.state != "failed" or not view.hold_id or not view.due.minor or not keys:
        return ""
    return f"/tickets/{view.booking_id}/{keys[0]}/exchange/{view.hold_id}/renewal"


def _challenge_id(view: ChangeView) -> ChallengeId:
    assert view.challenge_path is not None
    return ChallengeId(UUID(view.challenge_path.rpartition("/")[2]))


def _chosen(form: Form) -> list[TicketId]:
    found = dict.fromkeys(i for text in form.all("ticket") if (i := parse_id(text)))
    return [TicketId(one) for one in found]


def _items(form: Form) -> list[Item]:
    """Of the fields that are quantities; what is none of them, booking would refuse anyway."""
    items: list[Item] = []
    names = dict.fromkeys(n for n, _ in form.pairs if n.startswith(offers.QUANTITY))
    for name in list(names)[:ITEMS_MAX]:
        type_id, quantity = parse_id(name.removeprefix(offers.QUANTITY)), form.whole(name, 0)
        if type_id and quantity and quantity <= _QUANTITY_MAX:
            items.append(Item(ticket_type_id=TicketTypeId(type_id), quantity=quantity))
    return items


_QUANTITY_MAX: Final = 100


async def _show(
    request: Request, ask: Services, booking_id: BookingId, key: str, *,
    told: Sentence | None = None, errors: dict[str, str] | None = None, form: Form | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    found = await ask.changes.changes(booking_id, key)
    return render(
        request, "changes.html", status=status, headers=_PRIVATE,
        found=found, date=found.date, told=told, errors=errors or {},
        values=form.values if form else {}, change_id=new_uuid(),
        successors={one.id: new_uuid() for one in found.tickets},
        path_of_tickets=f"/tickets/{booking_id}/{key}",
    )  # fmt: skip
