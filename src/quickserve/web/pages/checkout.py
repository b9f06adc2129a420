"""The checkout: one page from held places to a purchase, with or without JavaScript."""

from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from quickserve.contracts.booking import Contact, HoldExpired, HoldId, HoldUsed, HoldView, NewHold
from quickserve.contracts.booking import Item as NewItem
from quickserve.contracts.catalog import TicketTypeId
from quickserve.contracts.checkout import CheckoutId, CheckoutView, NewCheckout
from quickserve.contracts.payment import CardInvalid, TestCard
from quickserve.contracts.seating import SeatId
from quickserve.kernel.errors import (
    DeadlineExceeded,
    FieldError,
    IdReused,
    Malformed,
    Problem,
    Unavailable,
)
from quickserve.kernel.ids import new_uuid
from quickserve.web import card_form, kept
from quickserve.web.forms import Form, Submitted
from quickserve.web.i18n import Locale
from quickserve.web.offers import QUANTITY
from quickserve.web.page import PRIVATE, Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.event import hold_places
from quickserve.web.patience import optional
from quickserve.web.problems import Sentence, field_errors, sentence
from quickserve.web.receipt import receipt
from quickserve.web.templating import render

router = page_router()

_TYPED: Final = ("email", "name")  # never the card: it is sent once and kept nowhere


@router.get("/checkout/{hold_id}")
async def checkout_page(request: Request, hold_id: HoldId, ask: Ask) -> Response:
    hold = await ask.booking.hold(hold_id)
    before = kept.answers(request)
    if hold.state == "used" and before.hold_id == hold_id and before.checkout_id:
        return redirect(request, f"/purchases/{before.checkout_id}")
    return await _show(request, ask, hold, {"email": before.email, "name": before.name})


@router.post("/checkout/{hold_id}")
async def buy(request: Request, hold_id: HoldId, form: Submitted, ask: Ask) -> Response:
    """Starts the purchase and leads to where one can follow it."""
    hold = await ask.booking.hold(hold_id)
    checkout_id = CheckoutId(form.minted("checkout"))
    sent = False
    try:
        wanted = await _wanted(request, hold, form, ask)
        sent = True
        begun = await _begin(ask, checkout_id, wanted)
    except (HoldExpired, HoldUsed):
        hold = await ask.booking.hold(hold_id)
        return await _show(request, ask, hold, _typed(form), status=409)
    except Problem as problem:
        locale = locale_of(request)
        errors = field_errors(problem, locale)
        told = None if errors else _told(problem, locale, sent=sent)
        return await _show(
            request, ask, hold, _typed(form), errors=errors, told=told, status=problem.status,
            # Nobody knows whether it began: sent again, it is the same purchase.
            checkout_id=checkout_id if problem.transient else None,
        )  # fmt: skip
    response = redirect(request, _after(begun))
    kept.keep_answers(
        request, response,
        kept.Answers(
            email=wanted.contact.email, name=wanted.contact.name, hold_id=hold_id,
            checkout_id=begun.id,
        ),
    )  # fmt: skip
    return response


@router.post("/checkout/{hold_id}/renewal")
async def take_again(request: Request, hold_id: HoldId, form: Submitted, ask: Ask) -> Response:
    """The same places once more, when they went back on sale; what was typed comes along."""
    hold = await ask.booking.hold(hold_id)
    if hold.state == "active":
        return redirect(request, f"/checkout/{hold_id}")
    wanted = the_same(hold)
    before = kept.answers(request)
    given = kept.Answers(
        email=form.text("email") or before.email, name=form.text("name") or before.name
    )
    try:
        minted = HoldId(form.minted("hold"))
        renewed = await hold_places(request, ask.booking, minted, wanted, _event_path(hold))
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        typed = {"email": given.email, "name": given.name}
        return await _show(request, ask, hold, typed, told=told, status=problem.status)
    response = redirect(request, f"/checkout/{renewed.id}")
    kept.keep_answers(request, response, given)
    return response


def the_same(hold: HoldView) -> NewHold:
    """What was asked for: bundles whole, the very seats, and the codes that had a part in it."""
    quantities: dict[TicketTypeId, int] = {}
    seats: dict[TicketTypeId, list[SeatId]] = {}
    for item in hold.items:
        if item.bundle:
            quantities[item.bundle.ticket_type_id] = item.bundle.quantity
        else:
            known = quantities.get(item.ticket_type_id, 0)
            quantities[item.ticket_type_id] = known + item.quantity
            seats.setdefault(item.ticket_type_id, []).extend(one.id for one in item.seats)
    return NewHold(
        date_id=hold.date.date_id,
        items=[
            NewItem(ticket_type_id=i, quantity=n, seats=its if len(its) == n else [])
            for i, n in quantities.items()
            for its in [seats.get(i, [])]
        ],
        codes=list(dict.fromkeys(used.code for item in hold.items for used in item.vouchers)),
    )


@router.post("/checkout/{hold_id}/release")
async def give_back(request: Request, hold_id: HoldId, form: Submitted, ask: Ask) -> Response:
    hold = await ask.booking.hold(hold_id)
    if hold.state == "active":
        await ask.booking.release_hold(hold_id)
    if form.ticked("plan"):
        same = the_same(hold)
        counts = [(f"{QUANTITY}{item.ticket_type_id}", item.quantity) for item in same.items]
        codes = [("code", code) for code in same.codes]
        query = urlencode([("date", hold.date.date_id), *counts, *codes])
        return redirect(request, f"/events/{hold.date.event_id}/seats?{query}")
    return redirect(request, _event_path(hold))


def _told(problem: Problem, locale: Locale, *, sent: bool) -> Sentence:
    """While a part of the house is away: what became of the money and of the places.

    `sent`: checkout was asked to begin, so it may have.
    """
    if not isinstance(problem, Unavailable | DeadlineExceeded):
        return sentence(problem, locale)
    if not sent or (isinstance(problem, Unavailable) and problem.unsent):
        return Sentence(
            locale.gettext("This cannot be finished just now: nothing was charged."),
            locale.gettext(
                "Your places stay yours until the time above. Send the form again in a moment."
            ),
        )
    return Sentence(
        locale.gettext("Whether your purchase has begun cannot be told just now."),
        locale.gettext(
            "Send the form again in a moment: it is the same purchase, never paid twice."
        ),
    )


async def _wanted(request: Request, hold: HoldView, form: Form, ask: Services) -> NewCheckout:
    """What to buy, and how to pay where it costs something.

    Raises Malformed with everything that is wrong, so that nobody corrects one field at a time;
    other problems as the payment service tells them.
    """
    errors: list[FieldError] = []
    contact, method = None, None
    try:
        contact = Contact(
            email=form.text("email"), name=form.text("name"), language=locale_of(request).code
        )
    except ValidationError as error:
        errors += card_form.findings(error, {"email": "not-an-address"})
    if hold.total.minor:
        try:
            method = await card_form.method(form, ask)
        except (CardInvalid, Malformed) as problem:
            errors += problem.errors
    if errors or contact is None:
        raise Malformed(errors=errors)
    return NewCheckout(hold_id=hold.id, contact=contact, method=method)


async def _begin(ask: Services, checkout_id: CheckoutId, wanted: NewCheckout) -> CheckoutView:
    try:
        return await ask.checkout.put_checkout(checkout_id, wanted)
    except IdReused:
        # Sent again from a page gone back to, with another card: one hold is bought once anyway.
        return await ask.checkout.put_checkout(CheckoutId(new_uuid()), wanted)


def _after(begun: CheckoutView) -> str:
    if begun.state == "confirmed" and begun.booking_key:
        return f"/tickets/{begun.booking_id}/{begun.booking_key}"
    return f"/purchases/{begun.id}"


def _typed(form: Form) -> dict[str, str]:
    return {name: form.text(name) for name in _TYPED}


def _event_path(hold: HoldView) -> str:
    return f"/events/{hold.date.event_id}?date={hold.date.date_id}"


async def _show(
    request: Request,
    ask: Services,
    hold: HoldView,
    values: dict[str, str],
    *,
    errors: dict[str, str] | None = None,
    told: Sentence | None = None,
    checkout_id: CheckoutId | None = None,
    status: int = 200,
) -> Response:
    cards: list[TestCard] | None = []
    if hold.state == "active" and hold.total.minor:
        found = await optional(ask.payment.sandbox_cards())
        cards = found.cards if found else None
    return render(
        request, "checkout.html", status=status, headers=PRIVATE,
        behaviours=card_form.behaviours(locale_of(request)),
        hold=hold, receipt=receipt(hold.items, hold.total), values=values, errors=errors or {},
        told=told, cards=cards or [], away=cards is None and not told,
        checkout_id=checkout_id or new_uuid(), new_hold_id=new_uuid(),
        event_path=_event_path(hold),
    )  # fmt: skip
