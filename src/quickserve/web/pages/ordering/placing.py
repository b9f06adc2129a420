"""Out of a basket comes an order: placed at once, or paid by card and followed until it is."""

from typing import Final

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from quickserve.contracts.order_checkout import (
    NewOrderCheckout,
    OrderCheckoutId,
    OrderCheckoutView,
)
from quickserve.contracts.ordering import BasketView, NewOrder, OrderContact, OrderId, Payment
from quickserve.kernel.errors import FieldError, IdReused, Malformed, NotFound, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.web import card_form, kept, order_words
from quickserve.web.forms import Form
from quickserve.web.page import PRIVATE, Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.purchase import is_open
from quickserve.web.patience import begin, optional
from quickserve.web.templating import render

router = page_router()

_FIRST_WAIT_MS: Final = 1500
_POLL_WAIT_MS: Final = 8000
_POLL_SECONDS: Final = _POLL_WAIT_MS / 1000 + 2


async def place(request: Request, ask: Services, basket: BasketView, form: Form) -> Response:
    """Raises Malformed with everything that is wrong in the form, and what refuses the order."""
    order_id = OrderId(form.minted("id"))
    payment = _payment(basket, form)
    contact, method = await _person_and_card(request, ask, form, card=payment == "card")
    if payment == "card":
        new = NewOrderCheckout(
            basket_id=basket.id, basket_version=basket.version, total=basket.totals.total,
            contact=contact, method=method,
        )  # fmt: skip
        path = f"/order-checkouts/{(await _begin(ask, OrderCheckoutId(order_id), new)).id}"
    else:
        order = await ask.ordering.place(
            order_id,
            NewOrder(
                basket_id=basket.id, basket_version=basket.version, total=basket.totals.total,
                contact=contact, payment=payment,
            ),
        )  # fmt: skip
        path = f"/orders/{order.id}/{order.key}"
    response = redirect(request, path)
    keep_person(request, response, contact)
    return response


def keep_person(request: Request, response: Response, contact: OrderContact) -> None:
    before = kept.answers(request)
    email = contact.email or before.email
    kept.keep_answers(
        request, response, before.model_copy(update={"name": contact.name, "email": email})
    )


def _payment(basket: BasketView, form: Form) -> Payment:
    if not basket.totals.total.minor:
        return "free"
    return "tab" if basket.on_tab and form.text("payment") == "tab" else "card"


def person(request: Request, form: Form, *, email_needed: bool) -> OrderContact:
    """Raises Malformed with everything that is wrong."""
    errors: list[FieldError] = []
    email = form.text("email")
    contact = None
    try:
        contact = OrderContact(
            name=form.text("name"), email=email or None, phone=form.text("phone"),
            language=locale_of(request).code,
        )  # fmt: skip
    except ValidationError as error:
        errors += card_form.findings(error, {"email": "not-an-address"})
    if email_needed and not email:
        errors.append(FieldError(field="email", code="missing", message=""))
    if errors or contact is None:
        raise Malformed(errors=errors)
    return contact


async def _person_and_card(
    request: Request, ask: Services, form: Form, *, card: bool
) -> tuple[OrderContact, str | None]:
    """All that is wrong is told together."""
    errors: list[FieldError] = []
    contact, method = None, None
    try:
        contact = person(request, form, email_needed=card)
    except Malformed as problem:
        errors += problem.errors
    if card:
        try:
            method = await card_form.method(form, ask)
        except Problem as problem:
            if not problem.errors:
                raise
            errors += problem.errors
    if errors or contact is None:
        raise Malformed(errors=errors)
    return contact, method


async def _begin(
    ask: Services, checkout_id: OrderCheckoutId, new: NewOrderCheckout
) -> OrderCheckoutView:
    try:
        return await ask.order_checkout.put(checkout_id, new)
    except IdReused:
        # Sent again from a page gone back to: a basket is ordered once anyway.
        return await ask.order_checkout.put(OrderCheckoutId(new_uuid()), new)


async def order_of_basket(request: Request, ask: Services, basket: BasketView) -> Response:
    """Sent twice: on to what the first one became."""
    if basket.order_id is None:
        raise NotFound
    try:
        await ask.order_checkout.get(OrderCheckoutId(basket.order_id))
    except NotFound:
        order = await ask.ordering.facts(basket.order_id)
        return redirect(request, f"/orders/{order.id}/{order.key}")
    return redirect(request, f"/order-checkouts/{basket.order_id}")


@router.get("/order-checkouts/{checkout_id}")
async def paying(request: Request, checkout_id: OrderCheckoutId, ask: Ask) -> Response:
    view = await optional(ask.order_checkout.get(checkout_id, wait_ms=_FIRST_WAIT_MS), 2.5)
    path = await _next_path(view, ask)
    if path:
        return redirect(request, path)
    if view is not None and view.state == "failed":
        return await _failed(request, view, ask)
    status = 503 if view is None else 200
    return render(
        request, "paying.html", status=status, headers=PRIVATE, id=checkout_id, view=view,
        part="ordering/paying_state.html", heading=locale_of(request).gettext("Your order"),
        known=view is not None,
    )  # fmt: skip


@router.get("/order-checkouts/{checkout_id}/state")
async def paying_state(request: Request, checkout_id: OrderCheckoutId, ask: Ask) -> Response:
    """The part of the page that changes; answers when there is something new, or after a while."""
    begin(request, _POLL_SECONDS)
    asked = ask.order_checkout.get(checkout_id, wait_ms=_POLL_WAIT_MS)
    view = await optional(asked, _POLL_SECONDS)
    path = await _next_path(view, ask)
    if view is not None and view.state == "failed":
        path = f"/order-checkouts/{checkout_id}"
    if path:
        target = locale_of(request).path(path)
        return Response(headers={"HX-Redirect": target, "Cache-Control": "no-store"})
    return render(request, "ordering/paying_state.html", headers=PRIVATE, id=checkout_id, view=view)


async def _next_path(view: OrderCheckoutView | None, ask: Services) -> str:
    """To the order, or to the bank while it asks; "" to wait here."""
    if view is None:
        return ""
    if view.state in ("confirmed", "waiting") and view.order_key:
        return f"/orders/{view.order_id}/{view.order_key}"
    if view.state == "challenge" and view.challenge_path:
        return view.challenge_path if await optional(is_open(view.challenge_path, ask)) else ""
    return ""


async def _failed(request: Request, view: OrderCheckoutView, ask: Services) -> Response:
    basket = await optional(ask.ordering.basket(view.basket_id))
    stand = await optional(ask.menus.stand(basket.draft.stand_id)) if basket else None
    told = order_words.failure(view.failure, locale_of(request))
    return render(
        request, "ordering/failed.html", headers=PRIVATE, told=told, stand=stand,
        again=basket is not None and basket.order_id is None,
    )  # fmt: skip
