"""A list of guests becomes bookings for nothing, line by line; each is told what became of it.

A file with a fault in it invites nobody. Otherwise who finds no place does not keep the others
out: the list is corrected and sent again, which invites nobody twice.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from uuid import UUID, uuid5

from fastapi import Request
from starlette.responses import Response

from quickserve.contracts.booking import BookingId, BookingView, Item
from quickserve.contracts.booking_records import BookingRecord
from quickserve.contracts.box_office import NewDeskSale
from quickserve.contracts.catalog import DateId
from quickserve.kernel.errors import IdReused, NotFound, Problem
from quickserve.web import csv_file, format  # noqa: A004 - the module's name says what it does
from quickserve.web.forms import Submitted
from quickserve.web.page import Ask, Services, locale_of, page_router, settings_of
from quickserve.web.pages.organiser import guest_list
from quickserve.web.pages.organiser.box_office import show_counter
from quickserve.web.pages.organiser.desk import OwnEvent, TheEvent
from quickserve.web.pages.organiser.guest_list import Guest, Outcome, Sent
from quickserve.web.patience import begin, begin_again
from quickserve.web.problems import Sentence, sentence

router = page_router()

_SOME_LEFT_OUT: Final = 409


@router.post("/organiser/events/{event_id}/box-office/guests")
async def invite(request: Request, own: TheEvent, form: Submitted, ask: Ask) -> Response:
    locale = locale_of(request)
    upload, date_id, again = form.files.get("guests"), form.id("date"), form.ticked("again")
    if upload is None or not upload.content or date_id is None:
        told = Sentence(locale.gettext("Choose a file with the guests."), "")
        return await show_counter(request, own, ask, told=told, status=422)
    list_id = form.minted("list")
    sent = Sent(list_id, str(date_id), again)
    tickets = {kind.name: kind.id for kind in own.view.ticket_types}
    found = guest_list.read(upload.content, tickets, locale)
    if found.faults:
        sent = replace(sent, faults=found.faults)
        return await show_counter(request, own, ask, status=422, guests=sent)
    outcomes: list[Outcome] = []
    for guest, booking_id in _with_ids(found.guests, list_id if again else date_id):
        begin(request)
        try:
            outcomes.append(await _invite(request, own, ask, DateId(date_id), guest, booking_id))
        except Problem as problem:
            outcomes.append(Outcome(guest, told=str(sentence(problem, locale))))
            if problem.transient:
                break
    begin_again(request)
    untold = found.guests[len(outcomes) :]
    outcomes += [Outcome(guest, told=locale.gettext("Not tried yet.")) for guest in untold]
    told = Sent(outcomes=outcomes, file=_file(outcomes))
    if not told.missing:
        return await show_counter(request, own, ask, guests=told)
    sent = replace(sent, outcomes=told.outcomes, file=told.file)
    return await show_counter(request, own, ask, status=_SOME_LEFT_OUT, guests=sent)


def _with_ids(guests: Iterable[Guest], seed: UUID) -> Iterable[tuple[Guest, BookingId]]:
    """The same guest of the same date has the same booking, whichever file the line stands in.

    Two lines of one file that say the same are two bookings.
    """
    seen: Counter[str] = Counter()
    for guest in guests:
        contact = guest.contact
        who = f"{contact.name}\n{contact.email or ''}".casefold() + f"\n{guest.ticket_type_id}"
        seen[who] += 1
        yield guest, BookingId(uuid5(seed, f"guest\n{who}\n{seen[who]}"))


async def _invite(
    request: Request, own: OwnEvent, ask: Services, date_id: DateId, guest: Guest,
    booking_id: BookingId,
) -> Outcome:  # fmt: skip
    """Raises what booking says against it."""
    known = await _known(ask, own, booking_id)
    told = _told_before(request, own, known, guest) if known else ""
    if known and (known.state != "confirmed" or len(known.tickets) != guest.quantity):
        came = known.number if known.state == "confirmed" else ""
        return Outcome(guest, came, told=told)
    sale = NewDeskSale(
        kind="complimentary", contact=guest.contact, date_id=date_id,
        items=[Item(ticket_type_id=guest.ticket_type_id, quantity=guest.quantity)],
        accessible=guest.accessible,
    )  # fmt: skip
    try:
        booking = await ask.box_office.sell(booking_id, sale, own.desk.token)
    except IdReused:  # invited in the other language, or in other letters
        if known is None:
            raise
        return Outcome(guest, known.number, told=told)
    return Outcome(guest, booking.number, _link(request, booking), told)


async def _known(ask: Services, own: OwnEvent, booking_id: BookingId) -> BookingRecord | None:
    try:
        return await ask.records.record(booking_id, own.desk.token)
    except NotFound:
        return None


def _told_before(request: Request, own: OwnEvent, known: BookingRecord, guest: Guest) -> str:
    locale = locale_of(request)
    if known.state != "confirmed":
        return locale.gettext(
            "Invited before, and the booking was cancelled: invite them with a list of their own,"
            " and “once more” ticked."
        )
    if len(known.tickets) != guest.quantity:
        text = locale.ngettext(
            "Invited before, with %(count)s ticket: that stays as it is.",
            "Invited before, with %(count)s tickets: that stays as it is.",
            len(known.tickets),
        )
        return text % {"count": len(known.tickets)}
    at = known.created_at
    moment = format.when(at, own.zone, now=at, locale=locale)  # of whatever year
    return locale.gettext("Invited before: %(moment)s.") % {"moment": moment}


def _link(request: Request, booking: BookingView) -> str:
    base = settings_of(request).public_url.rstrip("/")
    return base + locale_of(request).path(f"/tickets/{booking.id}/{booking.key}")


def _file(outcomes: list[Outcome]) -> str:
    """The address of a table with all of it, for a mailing: the page itself carries it."""
    rows = [
        (
            one.guest.line, one.guest.contact.name, one.guest.contact.email or "",
            one.guest.ticket, one.guest.quantity, one.number, one.link, one.told,
        )
        for one in outcomes
    ]  # fmt: skip
    head = ["line", "name", "email", "ticket", "quantity", "booking", "link", "note"]
    table = csv_file.table(head, rows).encode()
    return f"data:text/csv;charset=utf-8;base64,{b64encode(table).decode()}"
