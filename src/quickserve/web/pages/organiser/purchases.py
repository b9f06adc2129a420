"""Purchases under way: the list for administrators, one purchase step by step for its organiser."""

import json
import re
from typing import Final
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking import BookingId
from quickserve.contracts.booking_records import BookingRecord
from quickserve.contracts.checkout import StepView
from quickserve.kernel.errors import Conflict, NotFound
from quickserve.web.forms import Submitted, clean
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser.desk import AtDesk, Desk, show
from quickserve.web.patience import optional
from quickserve.web.problems import sentence, sentence_for

router = page_router()

SECTION: Final = "/organiser/purchases"
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TYPED_MAX: Final = 500


@router.get("/organiser/purchases")
async def purchases_page(request: Request, desk: AtDesk, ask: Ask) -> Response:
    typed = clean(request.query_params.get("id", ""))[:_TYPED_MAX]
    found = _UUID.search(typed)
    if found:
        return redirect(request, f"{SECTION}/{found[0].lower()}")
    if typed and (booking := await _of_ticket(typed, desk, ask)):
        return redirect(request, f"/organiser/bookings/{booking.id}")
    state = request.query_params.get("state", "")
    found_sagas = await optional(ask.checkout.sagas(desk.token)) if desk.admin else None
    sagas = found_sagas.sagas if found_sagas else []
    states = list(dict.fromkeys(saga.state for saga in sagas))
    return show(
        request, desk, "purchases.html", section=SECTION, typed=typed,
        away=desk.admin and found_sagas is None,
        sagas=[saga for saga in sagas if state not in states or saga.state == state],
        states=states, state=state if state in states else "", names=_states(locale_of(request)),
        outcomes={s.id: outcome(s.saga, s.outcome, locale_of(request)) for s in sagas},
    )  # fmt: skip


@router.get("/organiser/purchases/{saga_id}")
async def purchase_page(request: Request, saga_id: UUID, desk: AtDesk, ask: Ask) -> Response:
    try:
        saga = await ask.checkout.saga(saga_id, desk.token)
    except NotFound:
        if booking := await _booking(saga_id, desk, ask):
            return redirect(request, f"/organiser/bookings/{booking.id}")
        return show(
            request, desk, "purchases.html", section=SECTION, status=404, typed=str(saga_id),
            away=False, sagas=[], states=[], state="", names={}, outcomes={},
        )  # fmt: skip
    locale = locale_of(request)
    return show(
        request, desk, "purchase_steps.html", section=SECTION,
        saga=saga, steps=[_told(step, locale) for step in saga.steps],
        names=_states(locale), outcome=outcome(saga.saga, saga.outcome, locale),
        retriable=desk.admin and saga.state in ("running", "stuck") and len(saga.attempts) > 0,
        unmoved=sentence(Conflict(), locale) if "unmoved" in request.query_params else None,
    )  # fmt: skip


@router.post("/organiser/purchases/{saga_id}/retry")
async def retry(
    request: Request, saga_id: UUID, desk: AtDesk, _form: Submitted, ask: Ask
) -> Response:
    """Does not wait for the delay before the next attempt."""
    try:
        await ask.checkout.retry_saga(saga_id, desk.token)
    except Conflict:
        return redirect(request, f"{SECTION}/{saga_id}?unmoved=1")
    return redirect(request, f"{SECTION}/{saga_id}?done=retried")


async def _booking(known: UUID, desk: Desk, ask: Services) -> BookingRecord | None:
    """Of the address of the buyer's tickets, say."""
    try:
        return await ask.records.record(BookingId(known), desk.token)
    except NotFound:
        return None


async def _of_ticket(typed: str, desk: Desk, ask: Services) -> BookingRecord | None:
    try:
        return await ask.records.find(typed, desk.token)
    except NotFound:
        return None


def outcome(saga: str, text: str | None, locale: Locale) -> str:
    """How it ended, in words; "" while it goes on."""
    if not text:
        return ""
    kind, _, code = text.partition(": ")
    if kind != "undone":
        ends = {
            "book_tickets": locale.gettext("Booked and paid"),
            "cancel_purchase": locale.gettext("Refunded and cancelled"),
        }
        return ends.get(saga, saga)
    why = sentence_for(code, locale)
    return locale.gettext("Undone: %(why)s") % {"why": why.title if why else code or "–"}


def _told(step: StepView, locale: Locale) -> tuple[StepView, str, str]:
    """The step, what it does, and what came out."""
    words = _steps(locale)
    name = words.get((step.kind, step.name), "")
    if step.kind == "decision":
        name = locale.gettext("Decided: everything is undone")
    result = json.dumps(step.result, ensure_ascii=False) if step.result else ""
    return step, name or f"{step.name} ({step.kind})", result[:300]


def _steps(locale: Locale) -> dict[tuple[str, str], str]:
    gettext = locale.gettext
    return {
        ("do", "reserve"): gettext("Take the places out of the hold"),
        ("undo", "reserve"): gettext("Give the places back"),
        ("do", "authorize"): gettext("Set the money aside"),
        ("wait", "authorize"): gettext("Wait for the bank"),
        ("undo", "authorize"): gettext("Release the money"),
        ("do", "capture"): gettext("Take the money: no way back from here"),
        ("do", "confirm"): gettext("Confirm the booking, issue the tickets"),
        ("do", "begin"): gettext("Begin the refund"),
        ("undo", "begin"): gettext("Let no refund happen any more"),
        ("do", "refund"): gettext("Give the money back: no way back from here"),
        ("do", "cancel"): gettext("Cancel the booking and its tickets"),
    }


def _states(locale: Locale) -> dict[str, tuple[str, str]]:
    """Of sagas, steps and attempts: the word, and the badge's kind."""
    return {
        "waiting": (locale.pgettext("saga", "waits"), ""),
        "running": (locale.pgettext("saga", "under way"), ""),
        "done": (locale.pgettext("saga", "done"), "go"),
        "undone": (locale.pgettext("saga", "undone"), "off"),
        "stuck": (locale.pgettext("saga", "stuck"), "bad"),
        "failed": (locale.pgettext("saga", "failed"), "bad"),
        "pending": (locale.pgettext("saga", "pending"), ""),
        "sleeping": (locale.pgettext("saga", "waits"), ""),
        "completed": (locale.pgettext("saga", "done"), "go"),
        "cancelled": (locale.pgettext("saga", "cancelled"), "off"),
    }
