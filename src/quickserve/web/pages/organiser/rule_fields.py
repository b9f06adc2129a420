"""What the forms of vouchers and of discounts share: for which event, what is taken off, when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from quickserve.contracts.booking_rules import DiscountTold, DiscountView, VoucherView
from quickserve.contracts.catalog import EventId, EventView, TicketTypeId
from quickserve.kernel.money import Money
from quickserve.web import rule_words
from quickserve.web.format import money, percent
from quickserve.web.forms import Form, parse_id
from quickserve.web.i18n import Locale
from quickserve.web.page import Services
from quickserve.web.pages.organiser import local_times
from quickserve.web.pages.organiser.desk import Desk
from quickserve.web.pages.organiser.numbers import amount, amount_rule, rate

ZONE: Final = "Europe/Paris"  # for what belongs to no event, and so to no place
EVENTS_MAX: Final = 100
TYPE: Final = "t-"  # with a ticket type's id: the name of its box


@dataclass(frozen=True, slots=True)
class Scope:
    """What a code or a discount is for: an event with its dates and tickets, or everything."""

    event: EventView | None
    events: list[tuple[str, str]]  # id and title, to choose from

    @property
    def zone(self) -> str:
        return self.event.dates[0].zone if self.event and self.event.dates else ZONE

    @property
    def currency(self) -> str:
        kinds = self.event.ticket_types if self.event else []
        return kinds[0].price.currency if kinds else "EUR"


async def scope(ask: Services, desk: Desk, asked: str, locale: Locale) -> Scope:
    """Raises NotFound or Forbidden for an event that is not this organiser's."""
    found = await ask.catalog.events(desk.organiser_id, desk.token, limit=EVENTS_MAX)
    every = ("", locale.gettext("All of your events"))
    events = [every, *((str(one.id), one.title) for one in found.events)]
    event_id = parse_id(asked)
    if event_id is None:
        return Scope(None, events)
    event = await ask.catalog.event(EventId(event_id), desk.token)
    desk.at(event.organiser.id, event.organiser.name)
    if all(value != str(event.id) for value, _ in events):
        events.append((str(event.id), event.title))
    return Scope(event, events)


def chosen_types(form: Form, where: Scope) -> list[TicketTypeId]:
    kinds = where.event.ticket_types if where.event else []
    return [kind.id for kind in kinds if form.ticked(f"{TYPE}{kind.id}")]


def moments(
    form: Form, where: Scope, errors: dict[str, str], locale: Locale
) -> tuple[datetime | None, datetime | None]:
    found: list[datetime | None] = []
    for name in ("from", "until"):
        typed = form.text(name)
        moment = local_times.parse(typed, where.zone) if typed else None
        if typed and moment is None:
            errors[name] = local_times.rule(typed, locale)
        found.append(moment)
    begins, ends = found
    if begins and ends and ends <= begins:
        errors["until"] = locale.gettext("Put the end after the start.")
    return begins, ends


def value(form: Form, kind: str, currency: str, errors: dict[str, str], locale: Locale) -> int:
    """Basis points for percent, else minor units."""
    if kind in ("none", "group"):
        return 0
    typed = form.text("value")
    if kind == "percent":
        points = rate(typed) if typed else None
        if points is None:
            errors["value"] = locale.gettext("Enter a rate between 0 and 100, such as 5.5.")
        return points or 0
    found = amount(typed, currency)
    if found is None:
        errors["value"] = amount_rule(currency, locale)
    return found.minor if found else 0


def effect(voucher: VoucherView, locale: Locale) -> str:
    """In short what it does: "−10 % · opens hidden tickets"."""
    gettext = locale.gettext
    sum_of_money = Money(voucher.value, voucher.currency)
    parts = {
        "none": [],
        "set": [gettext("ticket for %(amount)s") % {"amount": money(sum_of_money, locale=locale)}],
        "percent": ["−" + percent(voucher.value, locale=locale)],
        "amount": [
            gettext("−%(amount)s a ticket") % {"amount": money(sum_of_money, locale=locale)}
        ],
    }[voucher.price]
    if voucher.unlock:
        parts.append(gettext("opens hidden tickets"))
    if voucher.reserve:
        parts.append(gettext("places set aside"))
    return " · ".join(parts) or gettext("changes nothing")


async def discount_rows(
    ask: Services, desk: Desk, locale: Locale
) -> list[tuple[DiscountView, str]]:
    found = (await ask.rules.discounts(desk.organiser_id, desk.token)).discounts
    return [
        (one, rule_words.of_discount(DiscountTold(**one.model_dump()), {}, locale)) for one in found
    ]
