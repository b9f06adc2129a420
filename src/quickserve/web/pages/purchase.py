"""A purchase under way: what it waits for, how it ended, and the sandbox bank's question."""

import asyncio
import re
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.checkout import CheckoutId, CheckoutView
from quickserve.contracts.payment import ChallengeId
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.web import rule_words
from quickserve.web.forms import Submitted
from quickserve.web.i18n import Locale
from quickserve.web.page import (
    PRIVATE,
    Ask,
    Services,
    local_path,
    locale_of,
    page_router,
    redirect,
    settings_of,
)
from quickserve.web.patience import begin, optional
from quickserve.web.problems import Sentence, sentence_for
from quickserve.web.templating import render

router = page_router()

_FIRST_WAIT_MS: Final = 1500  # most purchases end within it: no waiting page is seen
_POLL_WAIT_MS: Final = 8000
_POLL_SECONDS: Final = _POLL_WAIT_MS / 1000 + 2
_LOOK_SECONDS: Final = 0.1
_LOOKS_MAX: Final = 10
_CHALLENGE: Final = re.compile(r"/pay/challenge/([0-9a-f-]{36})")


@router.get("/purchases/{checkout_id}")
async def purchase(request: Request, checkout_id: CheckoutId, ask: Ask) -> Response:
    view = await _asked(ask, checkout_id, _FIRST_WAIT_MS)
    if view is None:
        return _paying(request, _away(checkout_id), status=503)
    path = await _next_path(view, ask)
    for _ in range(_LOOKS_MAX):
        if view.state != "challenge" or path != "":
            break
        # Answered, but the purchase has not heard of it yet: a matter of milliseconds.
        await asyncio.sleep(_LOOK_SECONDS)
        view = await ask.checkout.checkout(checkout_id, wait_ms=_FIRST_WAIT_MS)
        path = await _next_path(view, ask)
    return redirect(request, path) if path else await _answer(request, view, ask)


@router.get("/purchases/{checkout_id}/state")
async def purchase_state(request: Request, checkout_id: CheckoutId, ask: Ask) -> Response:
    """The part of the page that changes; answers when there is something new, or after a while."""
    begin(request, _POLL_SECONDS)
    view = await _asked(ask, checkout_id, _POLL_WAIT_MS)
    if view is None:
        # 200: the part of the page must ask again, and htmx leaves it as it was otherwise.
        return render(request, "purchase_state.html", headers=PRIVATE, **_away(checkout_id))
    path = await _next_path(view, ask)
    if view.state == "failed":
        path = f"/purchases/{checkout_id}"
    if path:
        target = locale_of(request).path(path)
        return Response(headers={"HX-Redirect": target, "Cache-Control": "no-store"})
    return render(request, "purchase_state.html", headers=PRIVATE, **_under_way(request, view))


@router.get("/pay/challenge/{challenge_id}")
async def challenge(request: Request, challenge_id: ChallengeId, ask: Ask) -> Response:
    question = await ask.payment.challenge(challenge_id)
    if not question.open:
        return redirect(request, local_path(question.return_path))
    return render(request, "challenge.html", headers=PRIVATE, question=question)


@router.post("/pay/challenge/{challenge_id}")
async def answer_challenge(
    request: Request, challenge_id: ChallengeId, form: Submitted, ask: Ask
) -> Response:
    approve = form.text("answer") == "approve"
    question = await ask.payment.answer_challenge(challenge_id, approve=approve)
    return redirect(request, local_path(question.return_path))


async def _answer(request: Request, view: CheckoutView, ask: Services) -> Response:
    if view.state != "failed":
        return _paying(request, _under_way(request, view))
    hold = await optional(ask.booking.hold(view.hold_id))
    return render(
        request, "purchase_failed.html", headers=PRIVATE,
        purchase=view, told=_reason(view, locale_of(request)), hold=hold, new_hold_id=new_uuid(),
        event_path=f"/events/{hold.date.event_id}?date={hold.date.date_id}" if hold else "",
    )  # fmt: skip


def _paying(request: Request, values: dict[str, Any], status: int = 200) -> Response:
    return render(
        request, "paying.html", status=status, headers=PRIVATE, part="purchase_state.html",
        heading=locale_of(request).gettext("Your purchase"), known=values["purchase"] is not None,
        **values,
    )  # fmt: skip


async def _asked(ask: Services, checkout_id: CheckoutId, wait_ms: int) -> CheckoutView | None:
    """None while nobody can tell how it stands."""
    try:
        return await ask.checkout.checkout(checkout_id, wait_ms=wait_ms)
    except Problem as problem:
        if problem.transient:
            return None
        raise


def _under_way(request: Request, view: CheckoutView) -> dict[str, Any]:
    minutes = -(-settings_of(request).payment_wait_seconds // 60)
    return {"id": view.id, "purchase": view, "minutes": minutes}


def _away(checkout_id: CheckoutId) -> dict[str, Any]:
    return {"id": checkout_id, "purchase": None}


async def _next_path(view: CheckoutView, ask: Services) -> str | None:
    """Where the buyer goes on: to the tickets, or to the bank while it asks.

    "" to wait here; None to wait because the bank cannot be reached.
    """
    if view.state == "confirmed" and view.booking_key:
        return f"/tickets/{view.booking_id}/{view.booking_key}"
    if view.state == "challenge" and view.challenge_path:
        asks = await optional(is_open(view.challenge_path, ask))
        return None if asks is None else view.challenge_path if asks else ""
    return ""


async def is_open(challenge_path: str, ask: Services) -> bool:
    """Answered already, the bank's page would only send the buyer back here."""
    found = _CHALLENGE.fullmatch(challenge_path)
    if found is None:
        return False
    try:
        return (await ask.payment.challenge(ChallengeId(UUID(found[1])))).open
    except (NotFound, ValueError):
        return False


def _reason(view: CheckoutView, locale: Locale) -> Sentence:
    """Why it failed: the narrowest reason that is known."""
    failure = view.failure
    if failure and (told := rule_words.broken(failure.code, failure.extra, locale)):
        return Sentence(told, locale.gettext("Nothing was charged. You can try again."))
    for code in (failure.reason, failure.code) if failure else ():
        found = sentence_for(code, locale) if code else None
        if found:
            return found
    return Sentence(
        locale.gettext("The purchase could not be completed."),
        locale.gettext("Nothing was charged. You can try again."),
    )
