"""A group's bill: each pays a share by an own link; the order is placed when all are there."""

from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.ordering import BasketView
from quickserve.contracts.split_payment import (
    PEOPLE_MAX,
    NewSplit,
    ShareId,
    SharePayment,
    ShareView,
    SplitId,
    SplitView,
)
from quickserve.kernel.errors import NotFound, Problem
from quickserve.web import card_form, order_words
from quickserve.web.forms import Form, Submitted
from quickserve.web.page import (
    PRIVATE,
    Ask,
    Services,
    locale_of,
    page_router,
    redirect,
    settings_of,
)
from quickserve.web.pages.ordering.placing import keep_person, person
from quickserve.web.pages.purchase import is_open
from quickserve.web.patience import begin_again, optional
from quickserve.web.problems import Sentence, field_errors, sentence
from quickserve.web.templating import render

router = page_router()

_HEADERS: Final = PRIVATE | {"Referrer-Policy": "no-referrer"}
OWN: Final = "own"


async def begin(request: Request, ask: Services, basket: BasketView, form: Form) -> Response:
    """Of a basket as it was shown. Raises what refuses it, and Malformed."""
    contact = person(request, form, email_needed=True)
    asked = form.text("people")
    people = form.whole("people", 2) or 2
    new = NewSplit(
        basket_id=basket.id, basket_version=basket.version, total=basket.totals.total,
        contact=contact, way="own" if asked == OWN else "equal",
        people=2 if asked == OWN else min(max(people, 2), PEOPLE_MAX),
    )  # fmt: skip
    split = await ask.splits.put(SplitId(form.minted("id")), new)
    response = redirect(request, f"/splits/{split.id}")
    keep_person(request, response, contact)
    return response


@router.get("/splits/{split_id}")
async def split_page(request: Request, split_id: SplitId, ask: Ask) -> Response:
    split = await ask.splits.get(split_id)
    if path := _placed(split):
        return redirect(request, path)
    if split.state == "failed":
        basket = await optional(ask.ordering.basket(split.basket_id))
        stand = await optional(ask.menus.stand(basket.draft.stand_id)) if basket else None
        return render(
            request, "ordering/failed.html", headers=_HEADERS, stand=stand,
            told=order_words.failure(split.failure, locale_of(request)),
            again=basket is not None and basket.order_id is None,
        )  # fmt: skip
    return render(request, "ordering/split.html", headers=_HEADERS, **_shown(request, split))


@router.get("/splits/{split_id}/state")
async def split_state(request: Request, split_id: SplitId, ask: Ask) -> Response:
    """The part of the page that changes."""
    split = await ask.splits.get(split_id)
    path = _placed(split) or (f"/splits/{split_id}" if split.state == "failed" else "")
    if path:
        target = locale_of(request).path(path)
        return Response(headers={"HX-Redirect": target, "Cache-Control": "no-store"})
    shown = _shown(request, split)
    return render(request, "ordering/split_state.html", headers=_HEADERS, **shown)


@router.get("/splits/{split_id}/shares/{share_id}")
async def share_page(request: Request, split_id: SplitId, share_id: ShareId, ask: Ask) -> Response:
    """Its bank leads back here, too."""
    split, share = await _share(ask, split_id, share_id)
    if share.paid or split.state != "collecting":
        return redirect(request, f"/splits/{split_id}")
    path = share.challenge_path
    if path and await optional(is_open(path, ask)):
        return redirect(request, path)
    return await _ask_to_pay(request, ask, split, share)


@router.post("/splits/{split_id}/shares/{share_id}")
async def pay_share(
    request: Request, split_id: SplitId, share_id: ShareId, form: Submitted, ask: Ask
) -> Response:
    split, share = await _share(ask, split_id, share_id)
    try:
        payment = SharePayment(method=await card_form.method(form, ask))
        paid = await ask.splits.pay(share_id, payment)
    except Problem as problem:
        errors = field_errors(problem, locale_of(request))
        told = None if errors else sentence(problem, locale_of(request))
        begin_again(request)
        return await _ask_to_pay(request, ask, split, share, errors, told, problem.status)
    if paid.challenge_path and not paid.paid:
        return redirect(request, paid.challenge_path)
    return redirect(request, f"/splits/{split_id}")


def _placed(split: SplitView) -> str:
    placed = split.state in ("waiting", "confirmed") and split.order_key
    return f"/orders/{split.order_id}/{split.order_key}" if placed else ""


def _shown(request: Request, split: SplitView) -> dict[str, Any]:
    base = settings_of(request).public_url.rstrip("/")
    path = locale_of(request).path(f"/splits/{split.id}")
    return {"split": split, "paths": f"{path}/shares", "links": f"{base}{path}/shares"}


async def _share(
    ask: Services, split_id: SplitId, share_id: ShareId
) -> tuple[SplitView, ShareView]:
    split = await ask.splits.get(split_id)
    share = next((one for one in split.shares if one.id == share_id), None)
    if share is None:
        raise NotFound
    return split, share


async def _ask_to_pay(
    request: Request, ask: Services, split: SplitView, share: ShareView,
    errors: dict[str, str] | None = None, told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    cards = await optional(ask.payment.sandbox_cards())
    return render(
        request, "ordering/share.html", status=status, headers=_HEADERS, split=split, share=share,
        errors=errors or {}, told=told, cards=cards.cards if cards else [],
        behaviours=card_form.behaviours(locale_of(request)),
    )  # fmt: skip
