"""The fields of the tickets' form: kinds of tickets, and the groups of places they share."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from quickserve.contracts.booking import QuotaChange
from quickserve.contracts.catalog import (
    DateId,
    EventView,
    TicketTypeDraft,
    TicketTypeId,
    TicketTypeView,
)
from quickserve.kernel.errors import Malformed
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.web.forms import Form
from quickserve.web.i18n import Locale
from quickserve.web.pages.organiser import drafts, local_times, quotas
from quickserve.web.pages.organiser.numbers import (
    CAPACITY_MAX,
    amount,
    amount_rule,
    count,
    count_rule,
    rate,
    typed,
)
from quickserve.web.pages.organiser.quotas import Group
from quickserve.web.problems import field_errors

CURRENCIES: Final = ("EUR", "CHF", "GBP", "USD", "SEK", "DKK", "NOK", "PLN", "CZK", "JPY", "CAD")
ROWS_MAX: Final = 100
_NAME_MAX: Final = 100  # of a quota, by booking's contract
_FIELDS: Final = (
    "name", "description", "price", "tax", "from", "until", "min", "max", "places",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ticket:
    """One kind of ticket's fields; `key` is what their names begin with."""

    key: str
    id: TicketTypeId
    values: dict[str, str]
    known: TicketTypeView | None = None
    gone: bool = False

    @property
    def blank(self) -> bool:
        return self.known is None and not (self.values["name"] or self.values["price"])

    @property
    def kept(self) -> bool:
        return not self.gone and not self.blank


@dataclass(frozen=True, slots=True)
class Places:
    """One group's fields. `group` is None for a new one; `mint` makes its quotas' ids."""

    key: str
    name: str
    capacity: str
    mint: str
    group: Group | None = None


@dataclass(frozen=True, slots=True)
class Fields:
    """`currency` is the first of the list where what was sent is not on it: then not `listed`."""

    currency: str
    tickets: list[Ticket]
    places: list[Places]
    groups: list[Group] = field(default_factory=list[Group])
    listed: bool = True

    def labelled(self, locale: Locale) -> list[tuple[str, str]]:
        """The groups as a ticket's choices."""
        told: list[tuple[str, str]] = []
        for number, one in enumerate(self.places, 1):
            unnamed = locale.gettext("Places %(number)s") % {"number": number}
            told.append((one.key, one.name or unnamed))
        return told


def _new_ticket(key: str, places: str) -> Ticket:
    values: dict[str, str] = dict.fromkeys(_FIELDS, "")
    values |= {"tax": "0", "min": "1", "max": "10", "places": places}
    return Ticket(key, TicketTypeId(new_uuid()), values)


def _new_places(key: str) -> Places:
    return Places(key, "", "", str(new_uuid()))


def of_event(event: EventView, groups: Sequence[Group], zone: str, locale: Locale) -> Fields:
    """With a blank row for one more of each; without any tickets, one of each to begin with."""
    places = [
        Places(f"q{n}", g.name, "" if g.capacity is None else str(g.capacity), "", g)
        for n, g in enumerate(groups)
    ]
    tickets = [
        _known_ticket(f"t{n}", kind, _place_of(kind, places), zone, locale)
        for n, kind in enumerate(event.ticket_types)
    ]
    currency = event.ticket_types[0].price.currency if event.ticket_types else CURRENCIES[0]
    fields = Fields(currency, tickets, places, list(groups))
    return fields if tickets and places else with_another(fields)


def with_another(fields: Fields, what: str = "") -> Fields:
    """One more blank row of "tickets" or "places"; of both where there is none yet."""
    places, tickets = list(fields.places), list(fields.tickets)
    if what == "places" or not places:
        places.append(_new_places(_free("q", [one.key for one in places])))
    if (what == "tickets" or not tickets) and len(tickets) < ROWS_MAX:
        tickets.append(_new_ticket(_free("t", [one.key for one in tickets]), places[0].key))
    return replace(fields, places=places, tickets=tickets)


def _free(start: str, taken: list[str]) -> str:
    return next(f"{start}{n}" for n in range(len(taken) + 1) if f"{start}{n}" not in taken)


def _place_of(kind: TicketTypeView, places: list[Places]) -> str:
    holds = (one.key for one in places if one.group and kind.id in one.group.ticket_type_ids)
    return next(holds, places[0].key if places else "q0")


def _known_ticket(key: str, kind: TicketTypeView, places: str, zone: str, locale: Locale) -> Ticket:
    values = {
        "name": kind.name, "description": kind.description,
        "price": typed(kind.price.amount, locale),
        "tax": typed(Decimal(kind.tax_rate_bp) / 100, locale),
        "from": local_times.typed(kind.sale_from, zone),
        "until": local_times.typed(kind.sale_until, zone),
        "min": str(kind.min_per_booking), "max": str(kind.max_per_booking), "places": places,
    }  # fmt: skip
    return Ticket(key, kind.id, values, kind)


def groups_as_sent(form: Form) -> list[Group]:
    """By their names alone, while nobody can tell more: what was typed is shown again."""
    fields = [f"{key}-was" for key in form.keys("q", "-id")[:ROWS_MAX]]
    names = dict.fromkeys(form.text(name) for name in fields if form.ticked(name))
    return [Group(name) for name in names]


def sent(form: Form, event: EventView, groups: Sequence[Group]) -> Fields:
    known = {kind.id: kind for kind in event.ticket_types}
    tickets: list[Ticket] = []
    for key in form.keys("t", "-id")[:ROWS_MAX]:
        type_id = TicketTypeId(form.minted(f"{key}-id"))
        values = {name: form.text(f"{key}-{name}") for name in _FIELDS}
        gone = form.ticked(f"{key}-gone")
        tickets.append(Ticket(key, type_id, values, known.get(type_id), gone))
    places = [_sent_places(form, key, groups) for key in form.keys("q", "-id")[:ROWS_MAX]]
    fixed = [kind.price.currency for kind in event.ticket_types]
    currency = fixed[0] if len(fixed) > 1 else form.text("currency")
    offered = [*fixed, *CURRENCIES]
    listed = currency in offered
    return Fields(currency if listed else offered[0], tickets, places, list(groups), listed)


def _sent_places(form: Form, key: str, groups: Sequence[Group]) -> Places:
    mint = form.text(f"{key}-id")
    if form.ticked(f"{key}-was"):
        was = form.text(f"{key}-was")
        group = next((group for group in groups if group.name == was), None)
    else:  # new; or made already, by this very form
        group = next((group for group in groups if group.minted_as(mint)), None)
    return Places(key, form.text(f"{key}-name"), form.text(f"{key}-capacity"), mint, group)


# -- To drafts ------------------------------------------------------------------------------------


def ticket_drafts(
    fields: Fields, zone: str, locale: Locale
) -> list[tuple[Ticket, TicketTypeDraft]]:
    """In the order of the form. Raises Mistakes or Malformed."""
    found: dict[str, str] = {}
    if not fields.listed:
        found["currency"] = locale.gettext("Choose one of the list.")
    made = [
        (ticket, _ticket_draft(ticket, position, fields, zone, found, locale))
        for position, ticket in enumerate(t for t in fields.tickets if t.kept)
    ]
    if not made:
        key = fields.tickets[0].key if fields.tickets else "t0"
        found[f"{key}-name"] = locale.gettext("An event has at least one kind of ticket.")
    if found:
        raise drafts.Mistakes(found)
    return [(ticket, draft) for ticket, draft in made if draft]


def _ticket_draft(
    ticket: Ticket, position: int, fields: Fields, zone: str, found: dict[str, str], locale: Locale
) -> TicketTypeDraft | None:
    """None with something in `found`."""
    values = ticket.values
    price, tax = amount(values["price"], fields.currency), rate(values["tax"])
    least, most = count(values["min"], 1, 100), count(values["max"], 1, 100)
    sale_from, from_fine = _sale(values["from"], zone, ticket.known and ticket.known.sale_from)
    sale_until, until_fine = _sale(values["until"], zone, ticket.known and ticket.known.sale_until)
    gettext = locale.gettext
    each = count_rule(1, 100, locale)
    moment = gettext("Enter a date and a time that the clocks there show.")
    wrong = {
        "name": not values["name"] and gettext("Give the ticket a name, such as “Full price”."),
        "price": price is None and amount_rule(fields.currency, locale),
        "tax": tax is None and gettext("Enter a rate between 0 and 100, such as 5.5."),
        "min": least is None and each,
        "max": (most is None and each)
        or ((most or 1) < (least or 1) and gettext("Enter at least the minimum.")),
        "from": not from_fine and moment,
        "until": (not until_fine and moment)
        or (
            sale_from is not None
            and sale_until is not None
            and sale_until <= sale_from
            and gettext("Let the sale end after it begins.")
        ),
    }
    mistakes = {f"{ticket.key}-{name}": str(text) for name, text in wrong.items() if text}
    found.update(mistakes)
    if mistakes:
        return None
    try:
        return drafts.made(
            TicketTypeDraft, name=values["name"], description=values["description"],
            price=price, tax_rate_bp=tax, sale_from=sale_from, sale_until=sale_until,
            min_per_booking=least, max_per_booking=most, position=position,
        )  # fmt: skip
    except Malformed as problem:
        names = {field: f"{ticket.key}-{field}" for field in ("name", "description")}
        found.update(field_errors(problem, locale, names))
        return None


def _sale(text: str, zone: str, known: datetime | None) -> tuple[datetime | None, bool]:
    """The moment, and whether the field is fine: it may be empty."""
    moment = local_times.same_or(text, zone, known) if text else None
    return moment, not text or moment is not None


def quota_changes(
    fields: Fields, organiser_id: OrganiserId, dates: Sequence[DateId], locale: Locale
) -> tuple[list[QuotaChange], list[str]]:
    """The quotas of these dates, and the form field that each came from. Raises Mistakes."""
    found: dict[str, str] = {}
    changes: list[QuotaChange] = []
    names: list[str] = []
    seen: set[str] = set()
    keys = {one.key for one in fields.places}
    for ticket in (t for t in fields.tickets if t.kept and t.values["places"] not in keys):
        found[f"{ticket.key}-places"] = locale.gettext("Choose one of the list.")
    used: list[Group] = []
    for one in fields.places:
        types = [t.id for t in fields.tickets if t.kept and t.values["places"] == one.key]
        if not types:
            continue
        used += [one.group] if one.group else []
        if len(one.name) > _NAME_MAX:
            found[f"{one.key}-name"] = locale.gettext("This is too long: shorten it.")
        if one.name in seen:
            found[f"{one.key}-name"] = locale.gettext("Another group has this name.")
        seen.add(one.name)
        capacity = _capacity(one, found, locale)
        for date_id in () if found else dates:
            change = _change(one, date_id, organiser_id, capacity, types)
            changes.append(change)
            names.append(f"{one.key}-capacity")
    if found:
        raise drafts.Mistakes(found)
    for group in fields.groups:
        if group not in used:
            left = quotas.retired(group, organiser_id, dates)
            changes += left
            names += ["" for _ in left]
    return changes, names


def _capacity(one: Places, found: dict[str, str], locale: Locale) -> int | None:
    """None: the dates keep what they have."""
    if not one.capacity and one.group and one.group.capacity is None:
        return None
    capacity = count(one.capacity, 0, CAPACITY_MAX)
    taken = one.group.taken if one.group else 0
    if capacity is None:
        found[f"{one.key}-capacity"] = count_rule(0, CAPACITY_MAX, locale)
    elif capacity < taken:
        found[f"{one.key}-capacity"] = locale.ngettext(
            "%(count)s place is sold or set aside: enter at least as many.",
            "%(count)s places are sold or set aside: enter at least as many.", taken,
        ) % {"count": taken}  # fmt: skip
    return capacity


def _change(
    one: Places,
    date_id: DateId,
    organiser_id: OrganiserId,
    capacity: int | None,
    types: list[TicketTypeId],
) -> QuotaChange:
    known = one.group.quotas.get(date_id) if one.group else None
    if capacity is None:  # only where the dates of a known group differ
        assert one.group
        usual = max(quota.capacity for quota in one.group.quotas.values())
        capacity = known.capacity if known else usual
    mint = one.group.name if one.group else one.mint
    return QuotaChange(
        id=known.id if known else quotas.derived_id(date_id, mint), organiser_id=organiser_id,
        date_id=date_id, name=one.name, capacity=capacity, ticket_type_ids=types,
    )  # fmt: skip
