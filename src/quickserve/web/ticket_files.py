"""A booking's tickets to take away: QR codes, a calendar entry, a PDF to print."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from io import BytesIO
from typing import Any, Final
from uuid import UUID

import segno
import typst
from icalendar import Calendar, Event
from markupsafe import Markup

from quickserve.contracts.booking import DateFacts, TicketView
from quickserve.web import format  # noqa: A004 - the module's name says what it does
from quickserve.web.i18n import Locale
from quickserve.web.templating import TEMPLATES

_PDF: Final = TEMPLATES / "pdf"
_CODES_KEPT: Final = 1000  # of 3 KB each


async def qr_codes(payloads: Sequence[str]) -> list[Markup]:
    """Inline SVGs, black on white with their quiet zone, as large as their box."""
    return await asyncio.to_thread(lambda: [_markup(payload) for payload in payloads])


def _markup(payload: str) -> Markup:
    """Blank where the ticket is another person's."""
    return Markup(_svg(payload) if payload else "")  # noqa: S704 - segno draws; the payload is not in it


@lru_cache(maxsize=_CODES_KEPT)
def _svg(payload: str) -> str:
    """Choosing the mask takes milliseconds, and a ticket is looked at more than once."""
    drawn = BytesIO()
    code = segno.make(payload, error="m", micro=False)
    code.save(
        drawn, kind="svg", border=4, light="#fff", xmldecl=False, omitsize=True, svgclass=None,
        lineclass=None,
    )  # fmt: skip
    return drawn.getvalue().decode()


def place(date: DateFacts) -> str:
    parts = (date.room, date.venue_name, date.city)
    return ", ".join(dict.fromkeys(part for part in parts if part))


@dataclass(frozen=True, slots=True)
class Papers:
    """What files are about: a booking, or a ticket that was passed on, which has no number."""

    id: UUID
    number: str
    date: DateFacts
    tickets: list[TicketView]
    url: str


def calendar(papers: Papers, *, cancelled: bool, now: datetime) -> bytes:
    """RFC 5545: one entry, the same one again when the file is fetched anew. Times in UTC."""
    date = papers.date
    entry = Event()
    entry.add("uid", f"{papers.id}@quickserve")
    entry.add("dtstamp", now)
    entry.add("dtstart", date.starts_at)
    if date.ends_at != date.starts_at:  # an unknown end is left out: RFC 5545 wants a later one
        entry.add("dtend", date.ends_at)
    entry.add("summary", date.title)
    entry.add("location", place(date))
    entry.add("description", f"{papers.number}\n{papers.url}".strip())
    entry.add("url", papers.url)
    entry.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    made = Calendar()
    made.add("prodid", "-//QuickServe//Tickets//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add_component(entry)
    return made.to_ical()


async def pdf(papers: Papers, *, now: datetime, locale: Locale) -> bytes:
    """A page a ticket, in the reader's language."""
    return await asyncio.to_thread(lambda: _typeset(_content(papers, now, locale)))


def _content(papers: Papers, now: datetime, locale: Locale) -> dict[str, Any]:
    gettext, date = locale.gettext, papers.date
    starts = format.when_long(date.starts_at, date.ends_at, date.zone, now=now, locale=locale)
    return {
        "language": locale.code,
        "title": date.title,
        "when": starts,
        "place": place(date),
        "url": papers.url,
        "number": papers.number,
        "labels": {
            "number": gettext("Booking"),
            "kind": gettext("Ticket"),
            "seat": gettext("Seat"),
            "holder": locale.pgettext("ticket", "Name"),
            "revoked": gettext("This ticket is no longer valid."),
            "show": gettext("Show this code at the entrance, on paper or on a screen."),
        },
        "tickets": [
            {
                "code": ticket.code,
                "kind": ticket.ticket_type,
                "seat": ticket.seat or "",
                "holder": ticket.holder_name,
                "valid": ticket.state == "valid",
                "svg": _svg(ticket.payload),
            }
            for ticket in papers.tickets
            if ticket.payload
        ],
    }


def _typeset(content: dict[str, Any]) -> bytes:
    made = typst.compile(
        str(_PDF / "tickets.typ"),
        root=str(_PDF),
        font_paths=_fonts(),
        sys_inputs={"content": json.dumps(content)},
        format="pdf",
    )
    assert isinstance(made, bytes), "one PDF is one file"
    return made


@cache
def _fonts() -> typst.Fonts:
    """Ours, and the system's for scripts that ours lacks. Searching takes a while: once."""
    return typst.Fonts(font_paths=[str(_PDF / "fonts")], include_system_fonts=True)
