"""When a stand takes orders: weekly hours, exceptions, and the programme of its event. No I/O."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from quickserve.contracts.menus import Served, StandDate, StandDraft

TimeKind = Literal["time", "start", "break", "last-call"]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opening:
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that the programme names."""

    at: datetime
    kind: TimeKind
    label: str | None


def openings(
    stand: StandDraft, dates: Sequence[StandDate], since: datetime, until: datetime
) -> list[Opening]:
    """In order, without overlaps. A stand without hours and programme never closes."""
    if not stand.hours and not stand.exceptions and stand.programme is None:
        return [Opening(since, until)]
    found = [
        one
        for one in (*_weekly(stand, since, until), *_of_programme(stand, dates))
        if one.closes > since and one.opens < until
    ]
    joined: list[Opening] = []
    for one in sorted(found, key=lambda opening: opening.opens):
        if joined and one.opens <= joined[-1].closes:
            joined[-1] = Opening(joined[-1].opens, max(joined[-1].closes, one.closes))
        else:
            joined.append(one)
    return joined


def open_at(stand: StandDraft, dates: Sequence[StandDate], at: datetime) -> bool:
    return bool(openings(stand, dates, at, at + timedelta(seconds=1)))


def next_opening(stand: StandDraft, dates: Sequence[StandDate], after: datetime) -> datetime | None:
    """Within two weeks, or of any later date of the event."""
    until = max([one.ends_at for one in dates] + [after]) + 14 * _DAY
    return next(
        (one.opens for one in openings(stand, dates, after, until) if one.opens > after), None
    )


def moments(stand: StandDraft, dates: Sequence[StandDate]) -> list[Moment]:
    """What orders are wanted for: before the start, each interval, the last call."""
    programme = stand.programme
    if programme is None:
        return []
    found: list[Moment] = []
    for one in dates:
        found.append(Moment(one.starts_at, "start", None))
        found += [
            Moment(one.starts_at + timedelta(minutes=b.minutes_after_start), "break", b.label)
            for b in programme.breaks
        ]
        if programme.last_call_minutes:
            last = one.ends_at - timedelta(minutes=programme.last_call_minutes)
            found.append(Moment(last, "last-call", None))
    return sorted(found, key=lambda moment: moment.at)


def served_at(served: Served | None, zone: str, at: datetime) -> bool:
    if served is None:
        return True
    now = at.astimezone(ZoneInfo(zone)).time()
    if served.opens < served.until:
        return served.opens <= now < served.until
    return now >= served.opens or now < served.until


def _weekly(stand: StandDraft, since: datetime, until: datetime) -> Iterator[Opening]:
    zone = ZoneInfo(stand.zone)
    exceptions = {one.day: one.hours for one in stand.exceptions}
    day = since.astimezone(zone).date() - _DAY  # yesterday's may last past midnight
    last = min(until.astimezone(zone).date(), day + timedelta(days=400))
    while day <= last:
        hours = exceptions.get(day)
        if hours is None:
            hours = [(h.opens, h.until) for h in stand.hours if h.weekday == day.weekday()]
        for opens, closes in hours:
            yield _on(day, opens, closes, zone)
        day += _DAY


def _on(day: date, opens: time, closes: time, zone: ZoneInfo) -> Opening:
    end = day if closes > opens else day + _DAY
    return Opening(
        datetime.combine(day, opens.replace(tzinfo=None), zone),
        datetime.combine(end, closes.replace(tzinfo=None), zone),
    )


def _of_programme(stand: StandDraft, dates: Sequence[StandDate]) -> Iterator[Opening]:
    programme = stand.programme
    if programme is None:
        return
    for one in dates:
        yield Opening(
            one.starts_at - timedelta(minutes=programme.minutes_before),
            one.ends_at + timedelta(minutes=programme.minutes_after),
        )
