"""Sold out: a place on the waiting list, what it waits for, and the offer when it comes."""

from typing import Annotated, Final

from fastapi import Path, Request
from pydantic import ValidationError
from starlette.responses import Response

from quickserve.contracts.booking import Contact
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.contracts.waiting_list import EntryId, NeverSoMany, NewEntry
from quickserve.kernel.errors import FieldError, Malformed, Problem
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.service import Ctx
from quickserve.web import card_form, kept, offers
from quickserve.web.forms import Form, Submitted, parse_id
from quickserve.web.i18n import Locale
from quickserve.web.page import PRIVATE, Ask, Services, locale_of, page_router, redirect
from quickserve.web.problems import Sentence, field_errors, sentence
from quickserve.web.templating import render

router = page_router()

Key = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{8,100}$")]

_PRIVATE: Final = PRIVATE | {"Referrer-Policy": "no-referrer"}  # the address is the key
_QUANTITY_MAX: Final = 100


@router.get("/events/{event_id}/waiting-list")
async def join_page(request: Request, event_id: EventId, ask: Ask, ctx: Ctx) -> Response:
    return await _show_form(request, event_id, ask, ctx)


@router.post("/events/{event_id}/waiting-list")
async def join(
    request: Request, event_id: EventId, form: Submitted, ask: Ask, ctx: Ctx
) -> Response:
    try:
        wanted = _wanted(form, locale_of(request).code)
        entry = await ask.waiting_list.join(EntryId(form.minted("entry")), wanted)
    except Problem as problem:
        locale = locale_of(request)
        errors = _errors(problem, locale)
        told = None if errors else sentence(problem, locale)
        return await _show_form(
            request, event_id, ask, ctx, form=form, errors=errors, told=told,
            status=problem.status,
        )  # fmt: skip
    return redirect(request, f"/waiting-list/{entry.id}/{entry.key}")


@router.get("/waiting-list/{entry_id}/{key}")
async def entry_page(request: Request, entry_id: EntryId, key: Key, ask: Ask) -> Response:
    return await _show(request, ask, entry_id, key)


@router.get("/waiting-list/{entry_id}/{key}/state")
async def entry_state(request: Request, entry_id: EntryId, key: Key, ask: Ask) -> Response:
    """The part of the page that changes; leads to the whole page once there is an offer."""
    entry = await ask.waiting_list.entry(entry_id, key)
    path = f"/waiting-list/{entry_id}/{key}"
    if entry.state != "waiting":
        target = locale_of(request).path(path)
        return Response(headers={"HX-Redirect": target, "Cache-Control": "no-store"})
    return render(
        request, "waiting_list_state.html", headers=_PRIVATE, entry=entry, path_of_entry=path
    )


@router.post("/waiting-list/{entry_id}/{key}/acceptance")
async def accept(
    request: Request, entry_id: EntryId, key: Key, _form: Submitted, ask: Ask
) -> Response:
    """The places are kept for the checkout from now on."""
    try:
        entry = await ask.waiting_list.accept(entry_id, key)
    except Problem as problem:
        told = sentence(problem, locale_of(request))
        return await _show(request, ask, entry_id, key, told=told, status=problem.status)
    return redirect(request, f"/checkout/{entry.hold_id}")


@router.post("/waiting-list/{entry_id}/{key}/leaving")
async def leave(
    request: Request, entry_id: EntryId, key: Key, _form: Submitted, ask: Ask
) -> Response:
    await ask.waiting_list.leave(entry_id, key)
    return redirect(request, f"/waiting-list/{entry_id}/{key}")


def _errors(problem: Problem, locale: Locale) -> dict[str, str]:
    if isinstance(problem, NeverSoMany):
        most = problem.extra.get("most", 1)
        text = locale.ngettext(
            "There is one of these at most: wait for one, or for other tickets too.",
            "There are %(count)s of these at most: wait for so many, or for other tickets too.",
            most,
        )
        return {"quantity": text % {"count": most}}
    return field_errors(problem, locale, {"contact.email": "email", "contact.name": "name"})


def _wanted(form: Form, language: str) -> NewEntry:
    """Raises Malformed with everything that is wrong."""
    errors: list[FieldError] = []
    types = [TicketTypeId(i) for text in form.all("ticket") if (i := parse_id(text))]
    if not types:
        errors.append(FieldError(field="ticket", code="not-ticked", message=""))
    quantity = form.whole("quantity", 1)
    if quantity is None or not 1 <= quantity <= _QUANTITY_MAX:
        errors.append(FieldError(field="quantity", code="not-up-to-100", message=""))
    date_id = form.id("date")
    if date_id is None:
        errors.append(FieldError(field="date", code="missing", message=""))
    try:
        contact = Contact(
            email=form.text("email"), name=form.text("name"),
            language="en" if language == "en" else "fr",
        )  # fmt: skip
    except ValidationError as error:
        errors += card_form.findings(error, {"email": "not-an-address"})
        raise Malformed(errors=errors) from error
    if errors or date_id is None or quantity is None:
        raise Malformed(errors=errors)
    return NewEntry(
        date_id=DateId(date_id), ticket_type_ids=types, quantity=quantity, contact=contact
    )


async def _show_form(
    request: Request, event_id: EventId, ask: Services, ctx: Ctx, *, form: Form | None = None,
    errors: dict[str, str] | None = None, told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    event = await ask.catalog.event(event_id)
    asked = (form.text("date") if form else "") or request.query_params.get("date", "")
    wanted = parse_id(asked)
    shown = offers.choose_date(event, DateId(wanted) if wanted else None, ctx.clock.now()).shown
    return render(
        request, "waiting_list_form.html", status=status, headers=PRIVATE,
        event=event, date=shown, values=form.values if form else {},
        chosen=form.all("ticket") if form else [], errors=errors or {}, told=told,
        entry_id=new_uuid(),
    )  # fmt: skip


async def _show(
    request: Request, ask: Services, entry_id: EntryId, key: str, *,
    told: Sentence | None = None, status: int = 200,
) -> Response:  # fmt: skip
    entry = await ask.waiting_list.entry(entry_id, key)
    response = render(
        request, "waiting_list_entry.html", status=status, headers=_PRIVATE, entry=entry,
        date=entry.date, told=told, path_of_entry=f"/waiting-list/{entry_id}/{key}",
    )  # fmt: skip
    over = entry.state not in ("waiting", "offered")
    if over:
        kept.WAITING.forget(request, response, entry_id)
    else:
        kept.WAITING.keep(request, response, kept.Key(id=entry_id, key=key))
    return response
