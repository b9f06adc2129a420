"""Amounts, dates and figures as people read them, in the page's language and the event's zone.

Every function takes the value, then what it depends on; `templating` binds the language and makes
each a Jinja filter of the same name. Zones are IANA names; datetimes are aware.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent

from quickserve.kernel.money import Money, scale
from quickserve.web.i18n import ENGLISH, FRENCH, Locale

_NBSP = "\N{NO-BREAK SPACE}"
_THIN = "\N{NARROW NO-BREAK SPACE}"  # between thousands in French; our tight figures swallow it
_TIME = {FRENCH.code: f"H{_NBSP}'h'{_NBSP}mm", ENGLISH.code: "HH:mm"}
_SHORT_DAY = f"EEE d{_NBSP}MMM"
_LONG_DAY = f"EEEE d{_NBSP}MMMM"
_NIGHT_ENDS = 12  # a night that ends before noon of the next day is still told as one evening


@dataclass(frozen=True, slots=True)
class DateStub:
    """The left part of a ticket: `lun.` `14` `DÉC`, the year if it is not this one, and the day for
    machines.
    """

    weekday: str
    day: str
    month: str
    year: str
    iso: str


def money(amount: Money, *, locale: Locale) -> str:
    """With the minor units always: "36,00 €". For totals, receipts and buttons."""
    return format_currency(amount.amount, amount.currency, locale=locale.babel).replace(
        _THIN, _NBSP
    )


def price(amount: Money, *, locale: Locale) -> str:
    """For cards and rows: "gratuit", "18 €" when whole, else "24,50 €"."""
    if amount.minor == 0:
        return locale.pgettext("price", "free")
    if amount.minor % 10 ** scale(amount.currency):
        return money(amount, locale=locale)
    pattern = locale.babel.currency_formats["standard"].pattern.replace(".00", "")
    return format_currency(
        amount.amount, amount.currency, pattern, locale=locale.babel, currency_digits=False
    ).replace(_THIN, _NBSP)


def number(value: int, *, locale: Locale) -> str:
    """Like "1 248"."""
    return format_decimal(value, locale=locale.babel).replace(_THIN, _NBSP)


def percent(rate_bp: int, *, locale: Locale) -> str:
    """Basis points: 550 is "5,5 %"."""
    rate = Decimal(rate_bp) / 10_000
    return format_percent(rate, locale=locale.babel, decimal_quantization=False)


def clock(moment: datetime, zone: str, *, locale: Locale) -> str:
    """Like "18:00" in both languages: cards, boards and receipts."""
    return format_datetime(moment, "HH:mm", tzinfo=ZoneInfo(zone), locale=locale.babel)


def time(moment: datetime, zone: str, *, locale: Locale) -> str:
    """Like "18 h 00", "18:00": within a sentence."""
    pattern = _TIME[locale.code]
    return format_datetime(moment, pattern, tzinfo=ZoneInfo(zone), locale=locale.babel)


def when(moment: datetime, zone: str, *, now: datetime, locale: Locale) -> str:
    """Like "lun. 14 déc., 18 h 00", "Mon 14 Dec, 18:00"; the year if it is not this one."""
    year = "" if _this_year(moment, zone, now) else f"{_NBSP}yyyy"
    pattern = f"{_SHORT_DAY}{year}, {_TIME[locale.code]}"
    return format_datetime(moment, pattern, tzinfo=ZoneInfo(zone), locale=locale.babel)


def when_long(
    start: datetime, end: datetime | None, zone: str, *, now: datetime, locale: Locale
) -> str:
    """Like "Lundi 14 décembre, 18 h 00 – 23 h 30"; the year if it is not this one.

    An end that is the start is one that nobody knows.
    """
    first = start.astimezone(ZoneInfo(zone))
    text = f"{_long_day(first, zone, now, locale)}, {time(start, zone, locale=locale)}"
    if end is not None and end != start:
        last = end.astimezone(ZoneInfo(zone))
        night = last.date() == first.date() + timedelta(days=1) and last.hour < _NIGHT_ENDS
        told = "" if night or last.date() == first.date() else _long_day(last, zone, now, locale)
        text += " – " + (f"{told}, " if told else "") + time(end, zone, locale=locale)
    return text[0].upper() + text[1:]


def day(moment: datetime, zone: str, *, now: datetime, locale: Locale) -> str:
    """Like "aujourd’hui", "demain", else "lundi 14 décembre", judged in the event's zone."""
    away = (_date(moment, zone) - _date(now, zone)).days
    match away:
        case 0:
            return locale.pgettext("day", "today")
        case 1:
            return locale.pgettext("day", "tomorrow")
        case _:
            return _long_day(moment, zone, now, locale)


def stub(moment: datetime, zone: str, *, now: datetime, locale: Locale) -> DateStub:
    local = _date(moment, zone)
    return DateStub(
        weekday=format_date(local, "EEE", locale=locale.babel),
        day=str(local.day),
        month=format_date(local, "MMM", locale=locale.babel).rstrip(".").upper(),
        year="" if _this_year(moment, zone, now) else str(local.year),
        iso=local.isoformat(),
    )


def relative(moment: datetime, *, now: datetime, locale: Locale) -> str:
    """Like "il y a 4 secondes", "dans 24 minutes"."""
    return format_timedelta(moment - now, add_direction=True, locale=locale.babel)


def iso(moment: datetime, zone: str) -> str:
    """For `<time datetime>` and scripts: with the zone's offset, in whole seconds."""
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def _date(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def _this_year(moment: datetime, zone: str, now: datetime) -> bool:
    return _date(moment, zone).year == _date(now, zone).year


def _long_day(moment: datetime, zone: str, now: datetime, locale: Locale) -> str:
    local = _date(moment, zone)
    pattern = _LONG_DAY if _this_year(moment, zone, now) else f"{_LONG_DAY} y"
    return format_date(local, pattern, locale=locale.babel)
