"""Sales by the hour as a chart's columns: gaps filled, and days where hours would be too many."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from quickserve.contracts.booking_reports import HourFigure
from quickserve.kernel.money import Money
from quickserve.web.format import money
from quickserve.web.i18n import Locale

_HOUR: Final = timedelta(hours=1)
_HOURS_MIN: Final = 24
_HOURS_MAX: Final = 72
_DAYS_MAX: Final = 120
_HOUR_PATTERN: Final = {"fr": "EEE HH 'h'", "en": "EEE HH:00"}


@dataclass(frozen=True, slots=True)
class Columns:
    """One label, one `sold` and one `admitted` a column; `daily` tells what a column is."""

    labels: list[str]
    sold: list[int]
    admitted: list[int]
    daily: bool


def columns(
    hours: Sequence[HourFigure], zone: str, locale: Locale, until: datetime | None = None
) -> Columns | None:
    """None when nothing was sold and nobody came; `until`: the last hour to show, if later."""
    if not hours:
        return None
    last = max(hours[-1].hour, until or hours[-1].hour)
    if last - hours[0].hour < _HOURS_MAX * _HOUR:
        return _hourly(hours, zone, locale, last)
    return _daily(hours, zone, locale)


def _hourly(hours: Sequence[HourFigure], zone: str, locale: Locale, until: datetime) -> Columns:
    known = {figure.hour.astimezone(UTC): figure for figure in hours}
    last = until.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    first = min(*known, last - (_HOURS_MIN - 1) * _HOUR)
    moments = [first + n * _HOUR for n in range(round((last - first) / _HOUR) + 1)]
    found = [known.get(moment) for moment in moments]
    pattern, where = _HOUR_PATTERN[locale.code], ZoneInfo(zone)
    return Columns(
        [format_datetime(m, pattern, tzinfo=where, locale=locale.babel) for m in moments],
        [figure.sold if figure else 0 for figure in found],
        [figure.admitted if figure else 0 for figure in found],
        daily=False,
    )


def _daily(hours: Sequence[HourFigure], zone: str, locale: Locale) -> Columns:
    """The last days; sums of local days."""
    sold: Counter[datetime] = Counter()
    admitted: Counter[datetime] = Counter()
    for figure in hours:
        day = figure.hour.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, tzinfo=None)
        sold[day] += figure.sold
        admitted[day] += figure.admitted
    first, last = min(sold), max(sold)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)][-_DAYS_MAX:]
    return Columns(
        [format_date(day, "d MMM", locale=locale.babel) for day in days],
        [sold[day] for day in days],
        [admitted[day] for day in days],
        daily=True,
    )


def together(amounts: Sequence[Money], locale: Locale) -> str:
    """Revenue in each currency: "1 204,00 € + £20.00"; "–" without any."""
    return " + ".join(money(amount, locale=locale) for amount in amounts) or "–"


def takings(
    revenue: Sequence[Money], fees: Sequence[Money], locale: Locale
) -> tuple[str, str, str]:
    """The figure and what it is made of."""
    note = locale.gettext("confirmed bookings")
    if fees:
        note = locale.gettext("confirmed bookings, and %(fees)s kept of cancelled ones") % {
            "fees": together(fees, locale)
        }
    return locale.gettext("Takings"), together(revenue, locale), note
