"""Time zones as strangers name them, mapped to IANA names."""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

_NOT_PLACES = frozenset(("localtime", "Factory", "posixrules"))
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2}):?(00)?", re.IGNORECASE)
_UTC = frozenset(("utc", "gmt", "z", "zulu", "etc/utc", "coordinated universal time"))
_HOURS_MAX = 12  # the Etc zones that exist on both sides


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Every known spelling in lower case, IANA and Windows, with its IANA name."""
    names = {name.lower(): name for name in available_timezones() - _NOT_PLACES}
    windows = {key.lower(): zone for key, zone in WINDOWS_TO_OLSON.items() if zone.lower() in names}
    return {**windows, **names}


def candidates() -> tuple[str, ...]:
    """One zone a region, for guessing which one a set of offsets is."""
    return tuple(dict.fromkeys(zone for zone in WINDOWS_TO_OLSON.values()))


def resolve(name: str) -> str | None:
    """The IANA name: of itself, a Windows name, a path ending in one, or a whole-hour offset."""
    wanted = name.strip().strip('"').lower()
    if wanted in _UTC:
        return "Etc/UTC"
    if found := _names().get(wanted):
        return found
    parts = wanted.split("/")
    for length in (3, 2):  # /citadel.org/20190914_1/America/Argentina/Salta
        found = _names().get("/".join(parts[-length:])) if len(parts) > length else None
        if found:
            return found
    match = _OFFSET.fullmatch(wanted)
    if match and int(match[2]) <= _HOURS_MAX:
        hours = int(match[2]) * (1 if match[1] == "+" else -1)
        return of_offset(timedelta(hours=hours))
    return None


def of_offset(offset: timedelta) -> str | None:
    """The fixed zone of a whole-hour offset; their signs are the wrong way round by POSIX."""
    hours, rest = divmod(offset, timedelta(hours=1))
    if rest or abs(hours) > _HOURS_MAX:
        return None
    return "Etc/UTC" if hours == 0 else f"Etc/GMT{-hours:+d}"


def of_instant(moment: datetime, default_zone: str) -> str:
    """The zone to show an instant in, of which only the offset is known.

    UTC says nothing about the place; an offset that the default zone has then is the default's.
    """
    offset = moment.utcoffset()
    assert offset is not None, "only for aware times"
    if not offset or moment.astimezone(ZoneInfo(default_zone)).utcoffset() == offset:
        return default_zone
    return of_offset(offset) or default_zone
