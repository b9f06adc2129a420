"""Times as a form has them: local, without a zone, to the minute (`2026-12-14T18:00`)."""

import re
from datetime import UTC, datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from quickserve.web.i18n import Locale

_TYPED: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{1,2}):([0-9]{2})(?::00)?", re.ASCII
)
_YEAR_FIRST, _YEAR_LAST = 1970, 2099


def typed(moment: datetime | None, zone: str) -> str:
    """For `<input type="datetime-local">`."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") if moment else ""


def parse(text: str, zone: str) -> datetime | None:
    """None for what is no time there, also the hour that a clock skips in spring.

    Of the hour that comes twice in autumn it is the first.
    """
    found = _TYPED.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute = map(int, found.groups())
    if not _YEAR_FIRST <= year <= _YEAR_LAST:
        return None
    try:
        local = datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone))
    except ValueError:
        return None
    there_and_back = local.astimezone(UTC).astimezone(ZoneInfo(zone))
    return local if there_and_back.replace(tzinfo=None) == local.replace(tzinfo=None) else None


def rule(text: str, locale: Locale) -> str:
    """What to enter instead of what is no time."""
    found = _TYPED.fullmatch(text)
    if found and not _YEAR_FIRST <= int(found[1]) <= _YEAR_LAST:
        return locale.gettext("Enter a year from 1970 to 2099.")
    return locale.gettext("Enter a date and a time.")


def same_or(text: str, zone: str, known: datetime | None) -> datetime | None:
    """The known moment when the field still shows it: its seconds and its autumn hour stay."""
    return known if known and typed(known, zone) == text else parse(text, zone)


@cache
def zones() -> list[str]:
    """IANA names by continent, and UTC."""
    return ["UTC", *sorted(z for z in available_timezones() if _is_place(z))]


def _is_place(zone: str) -> bool:
    continent, slash, _ = zone.partition("/")
    return bool(slash) and continent not in ("Etc", "SystemV", "US", "posix", "right")
