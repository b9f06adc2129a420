"""Orders of a stand: found by their number or state, and what became of one, step by step."""

from typing import Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.ordering import OrderId, OrderState
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import PersonId, new_uuid
from quickserve.web import order_words
from quickserve.web.forms import Submitted, clean
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser.stands.frame import OwnStand, TheStand, show_stand
from quickserve.web.patience import optional
from quickserve.web.problems import Sentence

router = page_router()

_NUMBER_MAX: Final = 20
# What was accepted and paid; before that the stand says no, and nothing is charged.
_CANCELLABLE: Final[tuple[OrderState, ...]] = (
    "accepted", "preparing", "ready", "on-the-way", "delivered", "picked-up",
)  # fmt: skip
# As one asks for them: under way, handed over, not made.
GROUPS: Final[dict[str, list[OrderState]]] = {
    "open": ["pending", "submitted", "accepted", "preparing", "ready", "on-the-way"],
    "done": ["delivered", "picked-up"],
    "refused": ["rejected", "cancelled", "withdrawn"],
}


@router.get("/organiser/stands/{stand_id}/orders")
async def orders_page(
    request: Request, own: TheStand, ask: Ask, number: str = "", state: str = "", after: str = ""
) -> Response:
    typed = clean(number)[:_NUMBER_MAX]
    wanted = typed.zfill(3) if typed.isdigit() else typed
    found = await ask.kitchen.orders(
        own.id, own.desk.token, number=wanted, states=GROUPS.get(state, []), after=after[:100]
    )
    locale = locale_of(request)
    return show_stand(
        request, own, "stand_orders.html", found=found, number=typed,
        state=state if state in GROUPS else "", groups=_groups(locale),
        words={one.id: _word(one.state, locale) for one in found.orders},
    )  # fmt: skip


@router.get("/organiser/stands/{stand_id}/orders/{order_id}")
async def order_page(request: Request, own: TheStand, order_id: OrderId, ask: Ask) -> Response:
    return await show_order(request, own, ask, order_id)


async def show_order(
    request: Request, own: OwnStand, ask: Services, order_id: OrderId, *,
    told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    order = await ask.ordering.order_for_staff(order_id, own.desk.token)
    if order.stand_id != own.id:
        raise NotFound("There is no such order at this stand.")
    steps = (await ask.kitchen.steps(order_id, own.desk.token)).steps
    locale = locale_of(request)
    tab = await optional(ask.tabs.facts(order.tab_id)) if order.tab_id else None
    return show_stand(
        request, own, "stand_order.html", status=status, order=order, steps=steps, told=told,
        tab=tab, own_id=new_uuid(), cancellable=order.state in _CANCELLABLE,
        names=await _names(ask, own), words={one.state: _word(one.state, locale) for one in steps},
        state=_word(order.state, locale), whos=_whos(locale),
        reasons={"other": locale.gettext("For another reason."), **order_words.reasons(locale)},
        allergens=order_words.allergens(locale),
    )  # fmt: skip


@router.post("/organiser/stands/{stand_id}/orders/{order_id}/prints")
async def print_again(
    request: Request, own: TheStand, order_id: OrderId, _form: Submitted, ask: Ask
) -> Response:
    await ask.kitchen.print_again(order_id, own.desk.token)
    return redirect(request, f"{own.path}/orders/{order_id}?done=printing")


async def _names(ask: Services, own: OwnStand) -> dict[PersonId, str]:
    team = await optional(ask.identity.team(own.view.draft.organiser_id, own.desk.token))
    return {one.id: one.name for one in team.people} if team else {}


def _word(state: OrderState, locale: Locale) -> str:
    return order_words.states(locale, "seat")[state]


def _groups(locale: Locale) -> list[tuple[str, str]]:
    pgettext = locale.pgettext
    return [
        ("", pgettext("orders", "All")), ("open", pgettext("orders", "Under way")),
        ("done", pgettext("orders", "Handed over")), ("refused", pgettext("orders", "Not made")),
    ]  # fmt: skip


def _whos(locale: Locale) -> dict[str, str]:
    pgettext = locale.pgettext
    return {
        "buyer": pgettext("who", "the buyer"), "stand": pgettext("who", "the stand"),
        "runner": pgettext("who", "a runner"), "clock": pgettext("who", "the clock"),
        "saga": pgettext("who", "the checkout"),
    }  # fmt: skip
