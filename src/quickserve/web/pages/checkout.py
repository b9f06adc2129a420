"""The checkout: one page from held places to a purchase, with or without JavaScript."""

import re
from typing import Final

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from quickserve.contracts.booking import Contact, HoldExpired, HoldId, HoldUsed, HoldView, NewHold
from quickserve.contracts.booking import Item as NewItem
from quickserve.contracts.checkout import CheckoutId, CheckoutView, NewCheckout
from quickserve.contracts.payment import SandboxCard, TestCard
from quickserve.kernel.errors import FieldError, IdReused, Malformed, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.web import kept
from quickserve.web.forms import Form, Submitted
from quickserve.web.page import PRIVATE, Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.event import hold_places
from quickserve.web.problems import Sentence, field_errors, sentence
from quickserve.web.receipt import receipt
from quickserve.web.templating import render

router = page_router()

_TYPED: Final = ("email", "name")  # never the card: it is sent once and kept nowhere
_FIELDS: Final = {"contact.email": "email", "contact.name": "name"}
_EXPIRY: Final = re.compile(r"([0-9]{1,2})\s*[/.\- ]\s*(?:20)?([0-9]{2})")


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
    try:
        contact = _contact(request, form)
        method = await _method(ask, form) if hold.total.minor else None
        wanted = NewCheckout(hold_id=hold_id, contact=contact, method=method)
        begun = await _begin(ask, checkout_id, wanted)
    except (HoldExpired, HoldUsed):
        hold = await ask.booking.hold(hold_id)
        return await _show(request, ask, hold, _typed(form), status=409)
    except Problem as problem:
        locale = locale_of(request)
        errors = field_errors(problem, locale, _FIELDS)
        told = None if errors else sentence(problem, locale)
        return await _show(
            request, ask, hold, _typed(form), errors=errors, told=told, status=problem.status,
            # Nobody knows whether it began: sent again, it is the same purchase.
            checkout_id=checkout_id if problem.transient else None,
        )  # fmt: skip
    response = redirect(request, _after(begun))
    kept.keep_answers(
        request, response,
        kept.Answers(
            email=contact.email, name=contact.name, hold_id=hold_id, checkout_id=begun.id
        ),
    )  # fmt: skip
    return response


@router.post("/checkout/{hold_id}/renewal")
async def take_again(request: Request, hold_id: HoldId, form: Submitted, ask: Ask) -> Response:
    """The same places once more, when they went back on sale; what was typed comes along."""
    hold = await ask.booking.hold(hold_id)
    wanted = NewHold(
        date_id=hold.date.date_id,
        items=[
            NewItem(ticket_type_id=item.ticket_type_id, quantity=item.quantity)
            for item in hold.items
        ],
    )
    before = kept.answers(request)
    given = kept.Answers(
        email=form.text("email") or before.email, name=form.text("name") or before.name
    )
    try:
        renewed = await hold_places(ask.booking, HoldId(form.minted("hold")), wanted)
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        typed = {"email": given.email, "name": given.name}
        return await _show(request, ask, hold, typed, told=told, status=problem.status)
    response = redirect(request, f"/checkout/{renewed.id}")
    kept.keep_answers(request, response, given)
    return response


@router.post("/checkout/{hold_id}/release")
async def give_back(request: Request, hold_id: HoldId, _form: Submitted, ask: Ask) -> Response:
    hold = await ask.booking.hold(hold_id)
    if hold.state == "active":
        await ask.booking.release_hold(hold_id)
    return redirect(request, _event_path(hold))


def _contact(request: Request, form: Form) -> Contact:
    """Raises Malformed with the fields `contact.email` and `contact.name`."""
    try:
        return Contact(
            email=form.text("email"), name=form.text("name"), language=locale_of(request).code
        )
    except ValidationError as error:
        raise Malformed(
            errors=[
                FieldError(
                    field=f"contact.{found['loc'][0]}",
                    code="not-an-address" if found["loc"][0] == "email" else found["type"],
                    message="",
                )
                for found in error.errors()
            ]
        ) from error


async def _method(ask: Services, form: Form) -> str:
    """The provider's token of the typed card. Raises CardInvalid or Malformed."""
    try:
        card = SandboxCard(
            number=form.text("number"), expiry=_expiry(form.text("expiry")), cvc=form.text("cvc")
        )
    except ValidationError as error:
        raise Malformed(
            errors=[
                FieldError(field=str(found["loc"][0]), code=found["type"], message="")
                for found in error.errors()
            ]
        ) from error
    return (await ask.payment.sandbox_method(card)).method


def _expiry(typed: str) -> str:
    """`7/29`, `07-2029`, `0729` as `07/29`; anything else as it is."""
    text = f"{typed[:2]}/{typed[2:]}" if re.fullmatch(r"[0-9]{4}", typed, re.ASCII) else typed
    found = _EXPIRY.fullmatch(text)
    return f"{int(found[1]):02}/{found[2]}" if found else text


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
    cards = await _test_cards(ask) if hold.state == "active" and hold.total.minor else []
    return render(
        request, "checkout.html", status=status, headers=PRIVATE,
        hold=hold, receipt=receipt(hold.items, hold.total), values=values, errors=errors or {},
        told=told, cards=cards, checkout_id=checkout_id or new_uuid(), new_hold_id=new_uuid(),
        event_path=_event_path(hold),
    )  # fmt: skip


async def _test_cards(ask: Services) -> list[TestCard]:
    try:
        return (await ask.payment.sandbox_cards()).cards
    except Problem:
        return []  # the form says what is wrong when it is sent
