"""Hours of a day as people write them: `11:30–14:30, 18h–22h`; `until` past midnight is fine."""

import re
from collections.abc import Iterable
from datetime import time
from itertools import pairwise
from typing import Final

Span = tuple[time, time]

_SPANS_MAX: Final = 10  # of one day
_TEXT_MAX: Final = 300
_CLOCK: Final = r"([0-9]{1,2})(?:\s?[:hH.]\s?([0-9]{2})?)?"
_SPAN: Final = re.compile(rf"{_CLOCK}\s*(?:-|–|—|→|to|until|à|a)\s*{_CLOCK}", re.ASCII)
_BETWEEN: Final = re.compile(r"\s*(?:[,;/+&\n]|\bet\b|\band\b)\s*")
_CLOSED: Final = ("", "-", "–", "closed", "fermé", "ferme")
_DAY_HOURS: Final = 24


def parse(text: str) -> list[Span] | None:
    """In their order; none where it is closed. None for what is no hours, or hours that overlap."""
    if text.casefold() in _CLOSED:
        return []
    parts = [part for part in _BETWEEN.split(text[:_TEXT_MAX].strip()) if part]
    found: list[Span] = []
    for part in parts:
        span = _SPAN.fullmatch(part)
        opens, until = (_clock(*span.groups()[:2]), _clock(*span.groups()[2:])) if span else _NONE
        if opens is None or until is None:
            return None
        found.append((opens, until))
    found.sort()
    apart = all(one[1] <= other[0] for one, other in pairwise(found))
    # Only the last of a day reaches past midnight.
    in_day = all(opens < until for opens, until in found[:-1])
    return found if apart and in_day and len(found) <= _SPANS_MAX else None


_NONE: Final[tuple[None, None]] = (None, None)


def _clock(hour: str, minute: str | None) -> time | None:
    hours, minutes = int(hour), int(minute or 0)
    if (hours, minutes) == (_DAY_HOURS, 0):
        hours = 0
    try:
        return time(hours, minutes)
    except ValueError:
        return None


def typed(spans: Iterable[Span]) -> str:
    return ", ".join(f"{opens:%H:%M}–{_end(until)}" for opens, until in sorted(spans))


def _end(until: time) -> str:
    return f"{until:%H:%M}" if until > time.min else "24:00"
