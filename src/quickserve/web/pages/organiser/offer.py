"""One kind of ticket for many events at once, with places, and published: after an import, say."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking import QuotaChange, QuotaView
from quickserve.contracts.catalog import (
    BulkOffer,
    DateId,
    EventId,
    EventSummary,
    Offered,
    TicketTypeDraft,
)
from quickserve.kernel.errors import NotFound, Problem
from quickserve.web.forms import Submitted, parse_id
from quickserve.web.i18n import Locale
from quickserve.web.page import Ask, Services, locale_of, page_router, redirect
from quickserve.web.pages.organiser import drafts, quotas
from quickserve.web.pages.organiser.desk import Desk, Organising, show
from quickserve.web.pages.organiser.events import SECTION, Filter
from quickserve.web.pages.organiser.numbers import (
    CAPACITY_MAX,
    amount,
    amount_rule,
    count,
    count_rule,
    rate,
)
from quickserve.web.pages.organiser.ticket_fields import CURRENCIES
from quickserve.web.problems import Sentence

router = page_router()

EVENTS_MAX: Final = 2000  # of one offer, by the contract
_PAGE: Final = 100
_AT_ONCE: Final = 8
_NAMES: Final = {
    "ticket_type.name": "name", "ticket_type.price.minor": "price",
    "ticket_type.price.currency": "currency", "ticket_type.max_per_booking": "max",
    "name": "name",
}  # fmt: skip
_FIELDS: Final = ("name", "price", "currency", "tax", "places", "max")


@dataclass(frozen=True, slots=True)
class Chosen:
    """`more`: there are others that do not fit into one offer."""

    events: list[EventSummary]
    more: bool = False

    @property
    def titles(self) -> list[str]:
        return [event.title for event in self.events[:5]]

    @property
    def ids(self) -> str:
        return " ".join(event.id.hex for event in self.events)

    @property
    def dates(self) -> int:
        return sum(event.dates for event in self.events)


@router.get("/organiser/events/offer")
async def offer_page(request: Request, desk: Organising, ask: Ask) -> Response:
    query = request.query_params
    wanted = None
    if query.get("all") != "1":
        wanted = {i for text in query.getlist("event") if (i := parse_id(text))}
    chosen = await _choose(ask, desk, Filter.of(request), wanted)
    gettext = locale_of(request).gettext
    values = {
        "name": gettext("Admission"), "price": "0", "currency": "EUR", "tax": "0", "places": "",
        "max": "10", "publish": "1",
    }  # fmt: skip
    return _show(request, desk, chosen, values)


@router.post("/organiser/events/offer")
async def offer(request: Request, desk: Organising, form: Submitted, ask: Ask) -> Response:
    wanted = {i for text in form.text("events").split()[:EVENTS_MAX] if (i := parse_id(text))}
    chosen = await _choose(ask, desk, Filter("", None), wanted)
    values = {name: form.text(name) for name in _FIELDS}
    values["publish"] = "1" if form.ticked("publish") else ""
    try:
        draft, places = _draft(values, locale_of(request))
        await _offer(ask, desk, chosen.events, draft, places, publish=form.ticked("publish"))
    except Problem as problem:
        told, errors = drafts.told(problem, locale_of(request), _NAMES)
        return _show(request, desk, chosen, values, told=told, errors=errors, status=problem.status)
    return redirect(request, f"{SECTION}?done=offered")


async def _choose(ask: Services, desk: Desk, narrowed: Filter, wanted: set[UUID] | None) -> Chosen:
    """Those of the list that are wanted, all of it if None; cancelled events never."""
    found: list[EventSummary] = []
    after = None
    while wanted is None or len(found) < len(wanted):
        page = await ask.catalog.events(
            desk.organiser_id, desk.token, state=narrowed.state, text=narrowed.text,
            after=after, limit=_PAGE,
        )  # fmt: skip
        found += [
            event for event in page.events
            if event.state != "cancelled" and (wanted is None or event.id in wanted)
        ]  # fmt: skip
        after = page.next
        if after is None or len(found) > EVENTS_MAX:
            break
    return Chosen(found[:EVENTS_MAX], more=len(found) > EVENTS_MAX)


def _draft(values: dict[str, str], locale: Locale) -> tuple[TicketTypeDraft, int]:
    """The ticket, and the places of each date. Raises Mistakes or Malformed."""
    found: dict[str, str] = {}
    gettext = locale.gettext
    if not values["name"]:
        found["name"] = gettext("Give the ticket a name, such as “Full price”.")
    if values["currency"] not in CURRENCIES:
        found["currency"] = gettext("Choose one of the list.")
    currency = values["currency"] if values["currency"] in CURRENCIES else CURRENCIES[0]
    price = amount(values["price"], currency)
    if price is None:
        found["price"] = amount_rule(currency, locale)
    tax = rate(values["tax"])
    if tax is None:
        found["tax"] = gettext("Enter a rate between 0 and 100, such as 5.5.")
    places = count(values["places"], 0, CAPACITY_MAX)
    if places is None:
        found["places"] = count_rule(0, CAPACITY_MAX, locale)
    most = count(values["max"], 1, 100)
    if most is None:
        found["max"] = count_rule(1, 100, locale)
    if found:
        raise drafts.Mistakes(found)
    assert places is not None
    draft = drafts.made(
        TicketTypeDraft, name=values["name"], price=price, tax_rate_bp=tax,
        max_per_booking=most,
    )  # fmt: skip
    return draft, places


async def _offer(
    ask: Services,
    desk: Desk,
    events: Sequence[EventSummary],
    draft: TicketTypeDraft,
    places: int,
    *,
    publish: bool,
) -> None:
    """Sent again it changes nothing more: tickets are known by name, places by date."""
    if not events:
        raise NotFound
    known = await _known_quotas(ask, desk, [e.id for e in events if e.ticket_types])
    bulk = BulkOffer(event_ids=[e.id for e in events], ticket_type=draft, publish=publish)
    offered = await ask.catalog.offer_in_bulk(desk.organiser_id, bulk, desk.token)
    changes = [
        _change(desk, one, date_id, draft.name, places, known)
        for one in offered.offers
        for date_id in one.date_ids
    ]
    await quotas.put_all(ask.booking, desk.organiser_id, changes, desk.token)


def _change(
    desk: Desk, one: Offered, date_id: DateId, name: str, places: int,
    known: dict[DateId, list[QuotaView]],
) -> QuotaChange:  # fmt: skip
    """A quota that the ticket has already gets the new capacity; else it gets its own."""
    for quota in known.get(date_id, []):
        if one.ticket_type_id in quota.ticket_type_ids:
            return QuotaChange(
                id=quota.id, organiser_id=desk.organiser_id, date_id=date_id, name=quota.name,
                capacity=places, ticket_type_ids=quota.ticket_type_ids,
            )  # fmt: skip
    return QuotaChange(
        id=quotas.derived_id(date_id, one.ticket_type_id), organiser_id=desk.organiser_id,
        date_id=date_id, name=name, capacity=places, ticket_type_ids=[one.ticket_type_id],
    )  # fmt: skip


async def _known_quotas(
    ask: Services, desk: Desk, event_ids: Sequence[EventId]
) -> dict[DateId, list[QuotaView]]:
    """Of events that had tickets before, by date."""
    known: dict[DateId, list[QuotaView]] = {}
    ids = iter(event_ids)
    while batch := list(islice(ids, _AT_ONCE)):
        found = await asyncio.gather(
            *(quotas.groups(ask.booking, event_id, desk.token) for event_id in batch)
        )
        for group in (group for groups in found for group in groups):
            for date_id, quota in group.quotas.items():
                known.setdefault(date_id, []).append(quota)
    return known


def _show(
    request: Request,
    desk: Desk,
    chosen: Chosen,
    values: dict[str, str],
    *,
    told: Sentence | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    return show(
        request, desk, "offer.html", section=SECTION, status=status,
        chosen=chosen, values=values, told=told, errors=errors or {}, currencies=CURRENCIES,
    )  # fmt: skip
