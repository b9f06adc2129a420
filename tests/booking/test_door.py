"""At the gate: in once, and a reason for everybody else."""

import asyncio
import base64
from dataclasses import replace

import pytest

from quickserve.booking import signing
from quickserve.contracts.booking import (
    NewScan,
    ScanId,
    TicketAdmitted,
    TicketId,
    TicketKeyId,
    TicketKeys,
    TicketRevoked,
)  # fmt: skip
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden, IdReused, Malformed, NotFound, TooManyRequests
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.testing import race

from .conftest import Gala, replace_event, some_event


async def test_in_once_then_already_in_with_time_and_gate(gala):
    await gala.quota(10)
    booking = await gala.book(2)
    first, second = booking.tickets
    admitted = await gala.scan(first.payload, gate="North")
    assert (admitted.verdict, admitted.refusal, admitted.gate) == ("admitted", None, "North")
    assert (admitted.ticket_id, admitted.holder_name) == (first.id, "Amina Diallo")
    again = await gala.scan(first.code.lower(), gate="South")
    assert (again.verdict, again.gate) == ("already-admitted", "North")
    assert again.admitted_at == admitted.admitted_at
    assert (await gala.scan(second.code.replace("-", ""))).verdict == "admitted"
    counts = await gala.box.checkout.admissions(gala.date_id, gala.door_token)
    assert (counts.admitted, counts.expected) == (2, 2)
    seen = await gala.box.checkout.booking(booking.id, booking.key)
    assert {ticket.admitted_gate for ticket in seen.tickets} == {"North", "A"}
    assert len(await gala.news(TicketAdmitted, 2)) == 2


async def test_two_doors_at_the_same_moment(gala):
    await gala.quota(10)
    tickets = (await gala.book(8)).tickets
    for ticket in tickets:
        scans = [gala.scan(ticket.payload, gate=str(gate)) for gate in range(6)]
        verdicts = [scan.verdict for scan in await asyncio.gather(*scans)]
        assert sorted(verdicts) == ["admitted"] + ["already-admitted"] * 5
    counts = await gala.box.checkout.admissions(gala.date_id, gala.door_token)
    assert counts.admitted == 8
    rows = await gala.box.sql("SELECT count(*) FROM scans WHERE date_id = %s", (gala.date_id,))
    assert rows == [(48,)]  # every scan is kept


async def test_a_repeated_scan_answers_the_same(gala):
    await gala.quota(10)
    ticket = (await gala.book()).tickets[0]
    scan_id = ScanId(new_uuid())
    first = await gala.scan(ticket.payload, scan_id=scan_id)
    answers = await asyncio.gather(*(gala.scan(ticket.payload, scan_id=scan_id) for _ in range(5)))
    assert all(answer == first for answer in answers)
    with pytest.raises(IdReused):
        await gala.scan(ticket.payload, scan_id=scan_id, gate="Elsewhere")
    new, fresh = ScanId(new_uuid()), (await gala.book()).tickets[0]
    at_once = await asyncio.gather(*(gala.scan(fresh.payload, scan_id=new) for _ in range(5)))
    assert {answer.verdict for answer in at_once} == {"admitted"}


async def test_forged_and_unknown(gala):
    await gala.quota(10)
    ticket = (await gala.book()).tickets[0]
    key = signing.new_key(gala.organiser_id, signing.new_key_id())
    for code, refusal in (
        (signing.sign_payload(key, ticket.id, gala.date_id), "forged"),
        (ticket.payload[:-1] + ("A" if ticket.payload[-1] != "A" else "B"), "forged"),
        ("QS1.", "forged"),
        ("ABCD-EFGH", "unknown"),
        ("hello", "unknown"),
        ("\x00☃", "unknown"),
    ):
        scan = await gala.scan(code)
        assert (scan.verdict, scan.refusal, scan.ticket_id) == ("refused", refusal, None)


async def test_a_ticket_of_another_date(gala):
    await gala.quota(10)
    other_date = some_event(gala.organiser_id).dates[0]
    await replace_event(gala, dates=[*gala.event.dates, other_date])
    ticket = (await gala.book()).tickets[0]
    scan = await gala.scan(ticket.payload, date_id=other_date.id)
    assert (scan.verdict, scan.refusal, scan.ticket_id) == ("refused", "other-date", ticket.id)
    assert (await gala.scan(ticket.payload)).verdict == "admitted"


async def test_a_ticket_of_another_organiser_is_not_talked_about(gala, free_gala):
    await gala.quota(10)
    ticket = (await gala.book()).tickets[0]
    for code in (ticket.payload, ticket.code):
        scan = await free_gala.scan(code)
        assert (scan.verdict, scan.refusal) == ("refused", "other-organiser")
        assert (scan.ticket_id, scan.code, scan.holder_name, scan.ticket_type) == (None,) * 4


async def test_a_revoked_ticket(gala, anna):
    await gala.quota(10)
    first, second = (await gala.book(2)).tickets
    for token in (anna, gala.door_token):
        with pytest.raises(Forbidden):
            await gala.box.checkout.revoke_ticket(first.id, token)
    for _ in range(2):
        revoked = await gala.box.checkout.revoke_ticket(first.id, gala.token)
        assert (revoked.state, revoked.payload) == ("revoked", first.payload)
    assert (await gala.scan(first.payload)).refusal == "revoked"
    assert (await gala.scan(second.payload)).verdict == "admitted"
    keys = await gala.box.checkout.ticket_keys(gala.organiser_id, gala.door_token)
    assert keys.revoked_ticket_ids == [first.id]
    assert len(await gala.news(TicketRevoked, 1)) == 1
    with pytest.raises(NotFound):
        await gala.box.checkout.revoke_ticket(TicketId(new_uuid()), gala.token)


async def test_a_cancelled_event_lets_nobody_in(gala):
    await gala.quota(10)
    ticket = (await gala.book()).tickets[0]
    await replace_event(gala, state="cancelled")
    assert (await gala.scan(ticket.payload)).refusal == "cancelled"


async def test_old_tickets_outlive_a_change_of_keys(gala):
    await gala.quota(10)
    old = (await gala.book()).tickets[0]
    changed = await gala.box.checkout.rotate_ticket_key(
        gala.organiser_id, signing.new_key_id(), gala.token
    )
    new = (await gala.book()).tickets[0]
    fresh, retired = changed.keys
    assert (fresh.retired_at, retired.retired_at is None) == (None, False)
    keys = {k.key_id: base64.urlsafe_b64decode(k.public_key) for k in changed.keys}
    claims = [signing.verify_payload(ticket.payload, keys) for ticket in (old, new)]
    assert [claim.key_id for claim in claims if claim] == [retired.key_id, fresh.key_id]
    assert (await gala.scan(old.payload)).verdict == "admitted"
    assert (await gala.scan(new.payload)).verdict == "admitted"


async def test_keys_changed_by_many_at_once_leave_one_that_signs(gala):
    rotate = gala.box.checkout.rotate_ticket_key
    outcomes = await race(
        *(rotate(gala.organiser_id, signing.new_key_id(), gala.token) for _ in range(5))
    )
    # The first finds nothing to retire.
    assert outcomes.kinds == {TicketKeys: 2, TooManyRequests: 3}
    keys = await gala.box.checkout.ticket_keys(gala.organiser_id, gala.token)
    assert [key.retired_at is None for key in keys.keys] == [True, False]


async def test_a_change_of_keys_repeated_is_one_change(gala, anna):
    rotate = gala.box.checkout.rotate_ticket_key
    await gala.quota(10)
    await gala.book()
    key_id = signing.new_key_id()
    answers = [await rotate(gala.organiser_id, key_id, gala.token) for _ in range(3)]
    assert answers[1:] == answers[:1] * 2
    assert answers[0].keys[0].key_id == key_id
    with pytest.raises(TooManyRequests):
        await rotate(gala.organiser_id, signing.new_key_id(), gala.token)
    await gala.box.sql(
        "UPDATE signing_keys SET retired_at = retired_at - interval '1 minute'"
        " WHERE organiser_id = %s",
        (gala.organiser_id,),
    )
    await rotate(gala.organiser_id, signing.new_key_id(), gala.token)
    stranger = some_event()
    token = gala.box.issuer.token({stranger.organiser_id: [Role.ORGANISER]})
    with pytest.raises(IdReused):
        await rotate(stranger.organiser_id, key_id, token)
    for wrong in ("x", "G" * 16, "0" * 17, "%00"):
        with pytest.raises(Malformed):
            await rotate(gala.organiser_id, TicketKeyId(wrong), gala.token)


async def test_only_that_door_may(gala, anna):
    await gala.quota(10)
    ticket = (await gala.book()).tickets[0]
    with pytest.raises(Forbidden):
        await gala.scan(ticket.payload, token=anna)
    with pytest.raises(Forbidden):
        await gala.box.checkout.admissions(gala.date_id, anna)
    with pytest.raises(Forbidden):
        await gala.box.checkout.ticket_keys(gala.organiser_id, anna)
    with pytest.raises(Forbidden):
        await gala.box.checkout.rotate_ticket_key(
            gala.organiser_id, signing.new_key_id(), gala.door_token
        )
    new = NewScan(date_id=gala.date_id, code=ticket.code, gate="A")
    visitor = await gala.box.call("PUT", f"/scans/{new_uuid()}", content=new.model_dump_json())
    assert visitor.status_code == 401
    assert (await gala.scan(ticket.payload, token=gala.token)).verdict == "admitted"
    with pytest.raises(NotFound):
        await Gala(gala.box, gala.organiser_id, some_event()).scan(ticket.payload)


async def test_the_door_finds_its_dates(gala):
    later = replace(some_event(gala.organiser_id), title="Winter ball")
    await gala.box.offer(later)
    token = gala.box.issuer.token({gala.organiser_id: [Role.DOOR]})
    found = await gala.box.checkout.door_dates(gala.organiser_id, token)
    assert {date.date_id for date in found.dates} == {gala.date_id, later.dates[0].id}
    found = await gala.box.checkout.door_dates(gala.organiser_id, token, text="winter trabendo")
    assert [date.title for date in found.dates] == ["Winter ball"]
