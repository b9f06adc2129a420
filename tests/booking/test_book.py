async def test_a_paid_booking_from_hold_to_door(gala):
    quota = await gala.quota(10)
    hold = await gala.hold(2)
    assert (hold.state, hold.total.minor) == ("active", 3600)
    pending = await gala.pend(hold.id)
    assert (pending.state, pending.tickets) == ("pending", [])
    assert await gala.stock(quota) == (2, 0)
    booking = await gala.box.checkout.confirm(pending.id)
    assert await gala.stock(quota) == (0, 2)
    assert await gala.box.checkout.booking(booking.id, booking.key) == booking
    verdict = await gala.scan(booking.tickets[0].payload)
    assert verdict.verdict == "admitted"
    again = await gala.scan(booking.tickets[0].code.lower().replace("-", " "), gate="B")
    assert (again.verdict, again.gate) == ("already-admitted", "A")
    report = await gala.box.checkout.sales_report(gala.event.event_id, gala.token)
    print(report)
    print(await gala.box.checkout.organiser_report(gala.organiser_id, gala.token))
    print(await gala.box.checkout.quotas(gala.event.event_id, gala.token))
    print(await gala.box.checkout.availability([gala.date_id]))
    print(await gala.box.checkout.admissions(gala.date_id, gala.door_token))
    print(await gala.box.checkout.ticket_keys(gala.organiser_id, gala.door_token))


async def test_a_free_booking_at_once(free_gala):
    quota = await free_gala.quota(10)
    b = await free_gala.book_free(2)
    assert len(b.tickets) == 2
    assert await free_gala.stock(quota) == (0, 2)
