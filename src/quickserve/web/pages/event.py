"""An event's page: what, when, where, and the places that one can take."""

from urllib.parse import urlencode

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from quickserve.contracts.booking import (
    CODES_MAX,
    ITEMS_MAX,
    Availability,
    HoldId,
    HoldView,
    Item,
    NewHold,
    QuantityNotAllowed,
)
from quickserve.contracts.booking_client import BookingClient
from quickserve.contracts.booking_rules import Terms
from quickserve.contracts.catalog import DateId, EventId, EventView, TicketTypeId
from quickserve.contracts.waiting_room import AdmissionRequired
from quickserve.kernel.errors import IdReused, NotFound, Problem, TooManyRequests
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.money import scale
from quickserve.kernel.service import Context, Ctx
from quickserve.kernel.throttle import Takes
from quickserve.web import line, offers, rule_words
from quickserve.web.demand import crowd_of
from quickserve.web.forms import Form, Submitted, parse_id
from quickserve.web.house_plan import has_wheelchair_places
from quickserve.web.i18n import Locale
from quickserve.web.page import (
    Ask,
    Services,
    local_path,
    locale_of,
    page_router,
    redirect,
    settings_of,
)
from quickserve.web.patience import begin_again, optional
from quickserve.web.problems import Sentence, sentence
from quickserve.web.prose import opening, prose
from quickserve.web.seat_choice import ACCESSIBLE
from quickserve.web.sessions import find_session
from quickserve.web.templating import render

router = page_router()

_CODE_LENGTH_MAX = 60


@router.get("/events/{event_id}")
async def event_page(request: Request, event_id: EventId, ask: Ask, ctx: Ctx) -> Response:
    return await _show(request, event_id, ask, ctx)


@router.post("/events/{event_id}")
async def take_places(
    request: Request, event_id: EventId, form: Submitted, ask: Ask, ctx: Ctx
) -> Response:
    """Sets the chosen places aside and leads to the checkout; or shows what a code changes."""
    date_id = form.id("date")
    if any(form.all("code")) and not await _may_guess(request, ctx):
        told = sentence(TooManyRequests(), locale_of(request))
        status = TooManyRequests.status
        blank = Form([pair for pair in form.pairs if pair[0] != "code"])
        return await _show(request, event_id, ask, ctx, form=blank, told=told, status=status)
    if form.ticked("apply") or form.ticked("without") or _entered_a_code(form):
        return await _show(request, event_id, ask, ctx, form=form)
    if form.ticked("plan"):  # which seats, before anything is set aside
        query = urlencode({"date": date_id or "", **_chosen(form)}, doseq=True)
        return redirect(request, f"/events/{event_id}/seats?{query}")
    items, errors = _items(form, locale_of(request))
    if date_id is None or errors:
        return await _show(request, event_id, ask, ctx, form=form, errors=errors, status=422)
    wanted = NewHold(
        date_id=DateId(date_id),
        items=items,
        codes=_codes(form.all("code")),
        accessible=form.ticked(ACCESSIBLE),
    )
    hold_id = HoldId(form.minted("hold"))
    chosen = urlencode({"date": date_id, **_chosen(form)}, doseq=True)
    back = local_path(f"/events/{event_id}?{chosen}", f"/events/{event_id}?date={date_id}")
    try:
        hold = await hold_places(request, ask.booking, hold_id, wanted, back)
    except Problem as problem:
        begin_again(request)
        told = _told(problem, locale_of(request))
        return await _show(request, event_id, ask, ctx, form=form, told=told, status=problem.status)
    return redirect(request, f"/checkout/{hold.id}")


async def hold_places(
    request: Request, booking: BookingClient, hold_id: HoldId, wanted: NewHold, back: str
) -> HoldView:
    """The hold of this id, or another one when the id was used up: somebody came back and chose
    anew on the same page, or the places had gone back on sale meanwhile.

    Where a waiting room is open it leads there, and from there `back`.
    """
    admission = line.admission_of(request, wanted.date_id)
    wanted = wanted.model_copy(update={"admission": admission})
    try:
        with crowd_of(request.app.state.runtime).waits_for(wanted.date_id):
            return await _held(booking, hold_id, wanted)
    except AdmissionRequired:
        raise line.wait_first(request, wanted.date_id, back) from None


async def _held(booking: BookingClient, hold_id: HoldId, wanted: NewHold) -> HoldView:
    try:
        hold = await booking.put_hold(hold_id, wanted)
        if hold.state not in ("expired", "released"):
            return hold
    except IdReused:
        pass
    return await booking.put_hold(HoldId(new_uuid()), wanted)


def _entered_a_code(form: Form) -> bool:
    """Enter was pressed with something in the field for codes, the last of them on the page:
    what it changes is shown before anything is booked.
    """
    return form.ticked("entered") and any(form.all("code")[-1:])


def _chosen(form: Form) -> dict[str, list[str]]:
    """What is carried on in an address: to the seats, or through the waiting room."""
    pairs = [(name, value) for name, value in form.pairs if name.startswith(offers.QUANTITY)]
    found = {name: [value] for name, value in pairs if value.strip() not in ("", "0")}
    found["code"] = _codes(form.all("code"))
    return found | ({ACCESSIBLE: ["1"]} if form.ticked(ACCESSIBLE) else {})


def _items(form: Form, locale: Locale) -> tuple[list[Item], dict[str, str]]:
    """What was chosen, and what is wrong with it by field."""
    items: list[Item] = []
    errors: dict[str, str] = {}
    fields = {name: None for name, _ in form.pairs if name.startswith(offers.QUANTITY)}
    for field in fields:
        ticket_type_id = parse_id(field.removeprefix(offers.QUANTITY))
        quantity = form.whole(field, 0)
        if ticket_type_id is None or quantity == 0:
            continue
        if len(items) == ITEMS_MAX:
            errors[field] = locale.gettext(
                "At most {max} kinds of tickets can be booked at once."
            ).format(max=ITEMS_MAX)
            break
        try:
            items.append(Item(ticket_type_id=TicketTypeId(ticket_type_id), quantity=quantity or 0))
        except ValidationError:
            errors[field] = locale.gettext("Enter a whole number up to 100.")
    if not items and not errors:
        field = next(iter(fields), "tickets")
        errors[field] = locale.gettext("Choose how many you would like.")
    return items, errors


async def _may_guess(request: Request, ctx: Context) -> bool:
    """A form says nothing of its codes to the edge, which limits the links that carry one."""
    peer = request.client.host if request.client else ""
    takes = Takes(settings_of(request), ctx.runtime.shared.counters)
    return await takes.admits_guess(peer)


def _codes(typed: list[str], without: str = "") -> list[str]:
    """As many as one may use at once; a longer text is nobody's code."""
    fine = [text[:_CODE_LENGTH_MAX].strip() for text in typed]
    return [code for code in dict.fromkeys(fine) if code and code != without][:CODES_MAX]


def _told(problem: Problem, locale: Locale) -> Sentence:
    if isinstance(problem, QuantityNotAllowed) and problem.extra.get("name"):
        text = locale.gettext("Between {min} and {max} “{name}” can be booked at once.")
        return Sentence(text.format_map(problem.extra), "")
    return sentence(problem, locale)


async def _show(
    request: Request,
    event_id: EventId,
    ask: Services,
    ctx: Ctx,
    *,
    form: Form | None = None,
    errors: dict[str, str] | None = None,
    told: Sentence | None = None,
    hold_id: HoldId | None = None,
    status: int = 200,
) -> Response:
    event = await _event(request, event_id, ask)
    asked = (form.text("date") if form else "") or request.query_params.get("date", "")
    wanted = parse_id(asked)
    now, locale = ctx.clock.now(), locale_of(request)
    typed = form.all("code") if form else request.query_params.getlist("code")
    codes = _codes(typed, form.text("without") if form else request.query_params.get("without", ""))
    dates = offers.choose_date(event, DateId(wanted) if wanted else None, now)
    known = await _availability(ask.booking, [date.id for date in [dates.shown, *dates.near]])
    here = known.get(dates.shown.id) if known is not None else None
    values = form.values if form else dict(request.query_params)
    terms = None
    if here is not None and (codes or here.ruled):
        terms = await optional(ask.rules.terms(dates.shown.id, codes))
    rows = offers.rows(event, dates.shown, here, values, now=now, locale=locale, terms=terms)
    path = f"/events/{event_id}"
    address = settings_of(request).public_url.rstrip("/") + locale.path(path)
    return render(
        request, "event.html", status=status,
        event=event, dates=dates, date=dates.shown, rows=rows, known=known,
        labels={row.field: row.name for row in rows},
        rules=_of_rules(event, terms, here, locale),
        errors=_known_fields(errors or {}, rows),
        told=told, hold_id=hold_id or new_uuid(), path_of_event=path,
        currency=rows[0].price.currency if rows else "",
        scale=scale(rows[0].price.currency) if rows else 2,
        seated=dates.shown.plan_id is not None,
        wheelchairs=await has_wheelchair_places(ask.catalog, [dates.shown]),
        wheelchairs_wanted=ACCESSIBLE in values,
        over=now >= dates.shown.ends_at,
        room=here.room if here else "off", room_opens_at=here.room_opens_at if here else None,
        turn_until=line.turn_until(request, dates.shown.id, now),
        path_of_room=f"/waiting-room/{dates.shown.id}", back=f"{path}?date={dates.shown.id}",
        text=prose(event.description), access=prose(event.access),
        refunds=prose(event.refund_rule), summary=opening(event.description),
        map_link=offers.map_link(dates.shown.venue) if dates.shown.venue else "",
        data=offers.for_machines(event, dates.shown, address, offers.shown(event, here)),
    )  # fmt: skip


def _of_rules(
    event: EventView, terms: Terms | None, known: Availability | None, locale: Locale
) -> dict[str, object]:
    """Discounts, good codes, and why the others are of no use."""
    names = {kind.id: kind.name for kind in event.ticket_types}
    codes = terms.codes if terms else []
    return {
        "discounts": [
            rule_words.of_discount(one, names, locale) for one in (terms.discounts if terms else [])
        ],
        "good_codes": [(one.code, one.left) for one in codes if one.state == "good"],
        "bad_codes": [
            (one.code, rule_words.of_code(one, locale)) for one in codes if one.state != "good"
        ],
        "takes_codes": bool(known and known.codes) or bool(codes),
    }


def _known_fields(errors: dict[str, str], rows: list[offers.Row]) -> dict[str, str]:
    """Errors at fields that the page shows; those of others go to the first open one."""
    open_ones = [row.field for row in rows if not row.closed]
    first = open_ones[0] if open_ones else ""
    placed = {name if name in open_ones else first: text for name, text in errors.items()}
    placed.pop("", None)
    return placed


async def _event(request: Request, event_id: EventId, ask: Services) -> EventView:
    """As visitors see it; its organiser also sees a draft."""
    try:
        return await ask.catalog.event(event_id)
    except NotFound:
        session = await find_session(request, ask.identity)
        if session is None:
            raise
        return await ask.catalog.event(event_id, session.access_token)


async def _availability(
    booking: BookingClient, date_ids: list[DateId]
) -> dict[DateId, Availability] | None:
    """None while nobody can tell: the page then says so instead of "sold out"."""
    found = await optional(booking.availability(list(dict.fromkeys(date_ids))))
    return None if found is None else {date.date_id: date for date in found.dates}
