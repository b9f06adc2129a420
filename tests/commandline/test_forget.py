"""One command erases a person everywhere; what was sold, paid and admitted stays."""

from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID

import pytest

from quickserve.commandline.forget import _lines, forget_person
from quickserve.contracts.booking import NewScan, ScanId
from quickserve.contracts.erasure import Erasure, ErasureClient
from quickserve.contracts.identity import Credentials
from quickserve.contracts.order_checkout import (
    NewOrderCheckout,
    OrderCheckoutClient,
    OrderCheckoutId,
)
from quickserve.contracts.ordering import (
    Address,
    BasketId,
    BasketLineId,
    BasketView,
    Destination,
    NewBasket,
    NewLine,
    NewOrder,
    OrderContact,
    OrderId,
)
from quickserve.contracts.payment import IntentId, NewIntent, PaymentClient
from quickserve.kernel.auth import Role
from quickserve.kernel.db import ensure_database, open_connection
from quickserve.kernel.errors import Forbidden, NotFound, Unauthenticated
from quickserve.kernel.ids import new_uuid
from quickserve.kernel.testing import test_settings as settings_for
from tests.web.house import BASE, House, Show, Visitor, open_house, until
from tests.web.ordering.test_ordering import Stall, open_stall

CHALLENGE = "4000 0000 0000 3220"
TRACES = """
SELECT format('SELECT %%L WHERE EXISTS (SELECT FROM %%I.%%I t WHERE t::text ILIKE %%L)',
    n.nspname || '.' || c.relname, n.nspname, c.relname, '%%' || %s || '%%')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema)'
"""


@pytest.fixture(scope="session")
async def house(database_url: str) -> AsyncIterator[House]:
    url = await ensure_database(database_url, "forgetting")
    async with open_house(settings_for(url, public_url=BASE, sandbox_delay_ms=300)) as opened:
        yield opened


async def forget(house: House, email: str):
    return await forget_person(house.platform.clients_for("cli").__getitem__, email)


async def traces(house: House, *words: str) -> set[str]:
    """Every table of the database with a row in which one of the words stands."""
    found: set[str] = set()
    async with await open_connection(house.platform.settings.database_url) as connection:
        for word in words:
            cursor = await connection.execute(TRACES, (word,))
            for (question,) in await cursor.fetchall():
                found |= {row[0] for row in await (await connection.execute(question)).fetchall()}
    return found


async def buy(visitor: Visitor, show: Show, email: str, name: str, **answers: str) -> str:
    """The address of the tickets, or of where the purchase stands."""
    await visitor.choose(show, 2)
    await visitor.pay(email=email, name=name, **answers)
    return visitor.url


async def test_nothing_in_the_whole_database_names_the_person_any_more(house: House):
    name, paid, free = f"Zoé {new_uuid().hex[-12:]}", await house.put_on(), None
    free = await house.put_on("Bal", price=0)
    email = await house.person(paid.organiser_id, Role.DOOR)  # she also works at the door
    async with house.visitor() as zoe:
        tickets = await buy(zoe, paid, email.upper(), name)
        await buy(zoe, free, email, name)
        await buy(zoe, paid, email, name, number="4000 0000 0000 9995")  # declined
        await zoe.open(tickets)
        session = await house.identity.sign_in(
            Credentials.model_validate({"email": email, "password": "a long enough secret"})
        )
        await scan(house, paid, zoe, session.access_token)
        everywhere = {"booking.bookings", "booking.tickets", "identity.people"}
        assert everywhere <= await traces(house, email, name)
        person = str(session.person.id)
        assert "booking.scans" in await traces(house, person)

        report = await forget(house, email)
        assert report.under_way == 0
        assert report.erased == {
            "payments": 2, "purchases": 3, "bookings": 3, "tickets": 4, "scans": 1,
            "waiting_list": 0, "people": 1,
            "memberships": 1, "sessions": 1, "orders": 0, "baskets": 0, "order_steps": 0,
            "destinations": 0, "shifts": 0, "looks": 0,
        }  # fmt: skip
        assert await traces(house, email, name, person) == set()
        assert await traces(house, "sandbox-success") <= {"payment.sandbox_charges"}

        await zoe.open(tickets)
        assert zoe.status == 200
        assert name not in zoe.page
    assert await house.places_left(paid) == 48
    check = await PaymentClient(house.platform.clients_for("cli")["payment"]).check_ledger()
    assert check.findings == []
    assert session.token
    with pytest.raises(Unauthenticated):
        await house.identity.session(session.token)
    again = await forget(house, email)
    assert (+again.erased, again.under_way) == ({}, 0)
    assert _lines(again, email) == [f"Nothing is kept of {email}."]


async def test_who_ordered_cooked_and_carried_is_forgotten_too(house: House):
    """Zoé orders to her address by card, to her seat by ticket, and works in the kitchen too."""
    word = new_uuid().hex[-12:]
    show = await house.put_on("Bal", price=0)
    stall = await open_stall(house, show.organiser_id, tabs=True)
    email = await house.person(show.organiser_id, Role.KITCHEN, Role.RUNNER)
    session = await house.identity.sign_in(
        Credentials.model_validate({"email": email, "password": "a long enough secret"})
    )
    token, person = session.access_token, str(session.person.id)
    async with house.visitor() as zoe:
        booking_id, key = (await buy(zoe, show, email, f"Zoé {word}")).split("/")[-2:]
    ticket = (await house.booking.booking(booking_id, key)).tickets[0]
    there = Destination(
        fulfilment="delivery",
        address=Address(text=f"3 rue {word}", latitude=43.401, longitude=3.691),
    )
    home = await fill(stall, destination=there, note=f"sans {word}", guest=f"Léo {word}")
    seat = await fill(
        stall, destination=Destination(fulfilment="seat", seat=word), ticket=ticket.payload
    )
    left = await fill(stall, ticket=ticket.payload, note=word)  # never ordered
    contact = OrderContact(name=f"Zoé {word}", phone=f"+33 {word}")
    by_ticket = await stall.ordering.place(OrderId(new_uuid()), NewOrder(
        basket_id=seat.id, basket_version=seat.version, total=seat.totals.total, contact=contact,
        payment="tab",
    ))  # fmt: skip
    checkouts = OrderCheckoutClient(house.platform.client("checkout", "web"))
    checkout_id = OrderCheckoutId(new_uuid())
    with_email = contact.model_copy(update={"email": email.upper()})
    paid = await checkouts.put(checkout_id, NewOrderCheckout(
        basket_id=home.id, basket_version=home.version, total=home.totals.total,
        contact=with_email, method="sandbox-success",
    ), wait_ms=8000)  # fmt: skip
    assert paid.state == "confirmed"

    payment = PaymentClient(house.platform.client("payment", "checkout"))
    intent = NewIntent(
        organiser_id=show.organiser_id, amount=by_ticket.totals.total, method="sandbox-success",
        reference=cast("UUID", by_ticket.tab_id), return_path=f"/tab-settlements/{word}",
    )  # fmt: skip
    tab_paid = await payment.put_intent(IntentId(new_uuid()), intent)
    await payment.capture(tab_paid.id)

    report = await forget(house, email)
    assert report.under_way, "what is made at this moment still has to reach somebody"
    assert report.erased["baskets"] == 1
    for order_id in (by_ticket.id, paid.order_id):
        await stall.ordering.move(order_id, "ready", token)
        await stall.ordering.move(order_id, "delivered", token)
    await until(lambda: _carried(house, paid.order_id))
    everywhere = {"ordering.orders", "ordering.baskets", "tracking.jobs"}
    assert everywhere <= await traces(house, email, word)
    assert "ordering.order_steps" in await traces(house, person)

    report = await forget(house, email)
    assert report.under_way == 0
    assert (report.erased["orders"], report.erased["order_steps"]) == (2, 4)
    assert (report.erased["baskets"], report.erased["destinations"]) == (2, 2)
    assert await traces(house, email, word, person) == set()
    shown = await stall.ordering.order(paid.order_id, paid.order_key or "")
    assert (shown.name, shown.lines[0].note, shown.lines[0].guest) == ("", "", "")
    assert (shown.lines[0].name, shown.totals.total) == ("Beer", home.totals.total)
    with pytest.raises(NotFound):
        await stall.ordering.basket(left.id)


async def fill(stall: Stall, *, note: str = "", guest: str = "", **settings: Any) -> BasketView:
    line = NewLine(
        id=BasketLineId(new_uuid()), item_id=stall.item("Beer").id, note=note, guest=guest
    )
    new = NewBasket(stand_id=stall.stand.id, lines=[line], **settings)
    return await stall.ordering.put_basket(BasketId(new_uuid()), new)


async def _carried(house: House, order_id: OrderId) -> bool:
    async with await open_connection(house.platform.settings.database_url) as connection:
        cursor = await connection.execute(
            "SELECT state FROM tracking.jobs WHERE id = %s", (order_id,)
        )
        return await cursor.fetchone() == ("done",)


async def scan(house: House, show: Show, visitor: Visitor, token: str) -> None:
    booking_id, key = visitor.url.split("/")[-2:]
    booking = await house.booking.booking(booking_id, key)
    wanted = NewScan(date_id=show.date_id, code=booking.tickets[0].payload, gate="A")
    judged = await house.booking.put_scan(ScanId(new_uuid()), wanted, token)
    assert judged.verdict == "admitted"


async def test_a_purchase_under_way_is_told_and_forgotten_afterwards(house: House):
    show, email = await house.put_on(), f"{new_uuid().hex}@example.org"
    async with house.visitor() as zoe:
        await buy(zoe, show, email, "Zoé", number=CHALLENGE)
        report = await forget(house, email)
        assert report.under_way
        assert "run this again" in _lines(report, email)[-1]
        await zoe.send(zoe.form("/pay/"), answer="approve")
        assert zoe.url.startswith("/en/tickets/")
    report = await forget(house, email)
    assert (report.erased["bookings"], report.under_way) == (1, 0)
    assert await traces(house, email) == set()


async def test_an_interruption_anywhere_leaves_nothing_behind(house: House, monkeypatch):
    show, email = await house.put_on(), f"{new_uuid().hex}@example.org"
    async with house.visitor() as zoe:
        await buy(zoe, show, email, "Zoé")
    for service in ("checkout", "tracking", "ordering", "booking", "identity"):
        clients = house.platform.clients_for("cli")

        async def gone(*_: object, **__: object) -> bytes:
            raise RuntimeError("the cable")

        monkeypatch.setattr(clients[service], "post", gone)
        with pytest.raises(RuntimeError):
            await forget_person(clients.__getitem__, email)
    await forget(house, email)
    assert await traces(house, email) == set()
    async with await open_connection(house.platform.settings.database_url) as connection:
        cursor = await connection.execute(
            "SELECT i.method, i.return_path, c.content FROM payment.intents i"
            " JOIN checkout.checkouts c ON c.intent_id = i.id WHERE i.organiser_id = %s",
            (show.organiser_id,),
        )
        assert await cursor.fetchall() == [("", "", b"")]


@pytest.mark.parametrize(
    "service", ["booking", "payment", "checkout", "ordering", "tracking", "identity"]
)
async def test_only_the_command_line_may_ask(house: House, service: str):
    for caller in ("web", "checkout"):
        client = ErasureClient(house.platform.clients_for(caller)[service])
        with pytest.raises(Forbidden):
            await client.erase(Erasure(email="zoe@example.org"))
    async with house.visitor() as stranger:
        answer = await stranger.http.post(
            f"/api/{service}/personal-data/erasure", json={"email": "zoe@example.org"}
        )
        assert answer.status_code == 401
