"""A house with something of everything in it, so that requests find what they ask for."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from quickserve.contracts.booking import BookingId, Contact, FreeBooking, HoldId, Item, NewHold
from quickserve.contracts.catalog import ImportId
from quickserve.contracts.checkout import CheckoutClient, CheckoutId, NewCheckout
from quickserve.contracts.identity import Credentials, NewPerson
from quickserve.contracts.payment import IntentId, NewIntent, PaymentClient
from quickserve.kernel.auth import Role, ServiceIdentity
from quickserve.kernel.db import ensure_database
from quickserve.kernel.ids import PersonId, new_uuid
from quickserve.kernel.logs import configure_logging
from quickserve.kernel.money import Money
from quickserve.kernel.testing import test_settings as settings_for
from tests.shape import World
from tests.web.house import PASSWORD, House, open_house

AMINA = Contact(email="amina@example.org", name="Amina Diallo")
CALENDAR = b"start,title\n2031-07-13T21:00,Bal\n"

Token = Callable[[], str | None]


@dataclass
class Town:
    """`callers`: who asks; `known`: values that exist, by the name of what they are for.

    `doomed`: the same of somebody who may be forgotten. `good`: bodies that are accepted, by the
    operation.
    """

    world: World
    callers: dict[str, Token]
    known: dict[str, list[str]]
    doomed: dict[str, list[str]]
    good: dict[str, Any]

    def trusted(self, operation: str) -> str:
        """Who may do it."""
        if "/personal-data/" in operation:
            return "cli"
        if "/intents" in operation or "/bookings/" in operation:
            return "checkout"
        admins = "/sagas" in operation or "/people/" in operation
        return "an admin" if admins else "the organiser"


@pytest.fixture(scope="session")
async def town(database_url: str) -> AsyncIterator[Town]:
    configure_logging("error", "json")
    url = await ensure_database(database_url, "contracts")
    settings = settings_for(
        url, sandbox_delay_ms=100, payment_wait_seconds=5, provider_timeout_ms=500
    )
    async with open_house(settings) as house:
        yield await _furnished(house)


async def _furnished(house: House) -> Town:
    settings, clients = house.platform.settings, house.platform.clients_for("checkout")
    checkout, payment = CheckoutClient(clients["checkout"]), PaymentClient(clients["payment"])
    person_id, admin_id = PersonId(new_uuid()), PersonId(new_uuid())
    await _signed_in(house, person_id, admin=False)
    admin, _ = await _signed_in(house, admin_id, admin=True)
    paid, free = await house.put_on("Gala", capacity=10**6), await house.put_on("Bal", price=0)
    for show in (paid, free):
        await house.identity.put_roles(show.organiser_id, person_id, [Role.ORGANISER, Role.DOOR])
    organiser, session = await _signed_in(house, person_id, admin=False)

    def items(show, quantity=1):
        return [Item(ticket_type_id=one, quantity=quantity) for one in show.tickets.values()]

    booking_id, holds = BookingId(new_uuid()), [HoldId(new_uuid()) for _ in range(9)]
    booking = await house.booking.book_free(
        booking_id, FreeBooking(date_id=free.date_id, items=items(free, 2), contact=AMINA)
    )
    for hold_id in holds:
        await house.booking.put_hold(hold_id, NewHold(date_id=paid.date_id, items=items(paid)))
    intents = [IntentId(new_uuid()) for _ in range(4)]
    checkout_id, import_id = CheckoutId(new_uuid()), new_uuid()
    buying = NewCheckout(hold_id=holds[0], contact=AMINA, method="sandbox-success")
    await checkout.put_checkout(checkout_id, buying, wait_ms=5000)
    intent = NewIntent(
        organiser_id=paid.organiser_id, amount=Money(1200, "EUR"), method="sandbox-challenge",
        reference=new_uuid(),
    )  # fmt: skip
    asked = await payment.put_intent(intents[0], intent)
    for intent_id in intents[1:]:
        simple = intent.model_copy(update={"method": "sandbox-success"})
        await payment.put_intent(intent_id, simple)
    await payment.capture(intents[1])
    await house.catalog.put_import(
        ImportId(import_id), organiser_id=paid.organiser_id, filename="bal.csv",
        zone="Europe/Paris", content=CALENDAR,
    )  # fmt: skip
    found = {
        "organiser_id": [paid.organiser_id, free.organiser_id],
        "event_id": [paid.event_id, free.event_id],
        "date_id": [paid.date_id, free.date_id],
        "ticket_type_id": [*paid.tickets.values(), *free.tickets.values()],
        "hold_id": holds, "booking_id": [booking_id], "key": [booking.key],
        "ticket_id": [ticket.id for ticket in booking.tickets],
        "code": [ticket.code for ticket in booking.tickets],
        "person_id": [person_id], "checkout_id": [checkout_id], "saga_id": [checkout_id],
        "intent_id": intents, "import_id": [import_id], "token": [session],
        "method": ["sandbox-success"],
        "challenge_id": [(asked.challenge_path or "").rpartition("/")[2]],
        "sub": [person_id], "currency": ["EUR"], "zone": ["Europe/Paris"],
        "email": [f"{person_id.hex}@example.org"], "password": [PASSWORD],
    }  # fmt: skip
    services = ("web", "checkout", "cli")
    callers: dict[str, Token] = {
        "the organiser": lambda: organiser, "an admin": lambda: admin,
        **{name: ServiceIdentity(settings, name).token for name in services},
        "a visitor": lambda: None,
        "somebody with a forged token": lambda: organiser[:-4] + "AAAA",
    }  # fmt: skip
    known = {name: [str(value) for value in values] for name, values in found.items()}
    gone = PersonId(new_uuid())
    await _signed_in(house, gone, admin=False)
    doomed = {"email": [f"{gone.hex}@example.org"], "person_id": [str(gone)], "booking_id": []}
    return Town(house.platform, callers, known, known | doomed, _good(known))


def _good(known: dict[str, list[str]]) -> dict[str, Any]:
    one = {name: values[0] for name, values in known.items()}
    items = [{"ticket_type_id": one["ticket_type_id"], "quantity": 1}]
    contact = {"email": "amina@example.org", "name": "Amina Diallo"}
    money = {"minor": 1200, "currency": "EUR"}
    date = {
        "id": str(new_uuid()), "starts_at": "2031-07-13T21:00:00+02:00",
        "ends_at": "2031-07-13T23:00:00+02:00", "zone": "Europe/Paris",
        "venue": {"name": "Quai des Moulins", "city": "Sète"},
    }  # fmt: skip
    ticket = {"name": "Plein tarif", "price": money, "tax_rate_bp": 550}
    quota = {
        "id": str(new_uuid()), "organiser_id": one["organiser_id"], "date_id": one["date_id"],
        "capacity": 10, "ticket_type_ids": [one["ticket_type_id"]],
    }  # fmt: skip
    card = {"number": "4242 4242 4242 4242", "expiry": "07/39", "cvc": "123"}
    return {
        "PUT /people/{person_id}": {
            "email": "jo@example.org", "name": "Jo", "password": "a long enough secret",
        },
        "PUT /holds/{hold_id}": {"date_id": one["date_id"], "items": items},
        "PUT /free-bookings/{booking_id}": {
            "date_id": one["date_id"], "items": items, "contact": contact,
        },
        "PUT /bookings/{booking_id}": {"hold_id": known["hold_id"][2], "contact": contact},
        "PUT /organisers/{organiser_id}/quotas": {"quotas": [quota]},
        "PUT /scans/{scan_id}": {"date_id": one["date_id"], "code": one["code"], "gate": "Nord"},
        "PUT /events/{event_id}": {
            "organiser_id": one["organiser_id"], "title": "Gala", "dates": [date],
        },
        "PUT /events/{event_id}/ticket-types/{ticket_type_id}": ticket,
        "POST /organisers/{organiser_id}/offers": {
            "event_ids": [one["event_id"]], "ticket_type": ticket,
        },
        "PUT /intents/{intent_id}": {
            "organiser_id": one["organiser_id"], "amount": money, "method": "sandbox-success",
            "reference": str(new_uuid()),
        },
        "PUT /intents/{intent_id}/refunds/{refund_id}": {"amount": money},
        "POST /sandbox/payment-methods": card,
        "PUT /checkouts/{checkout_id}": {
            "hold_id": known["hold_id"][1], "contact": contact, "method": "sandbox-success",
        },
        "POST /realms/quickserve/protocol/openid-connect/token": {
            "grant_type": "refresh_token", "client_id": "app", "refresh_token": one["token"],
        },
        "POST /sessions": {"email": one["email"], "password": one["password"]},
    }  # fmt: skip


async def _signed_in(house: House, person_id: PersonId, *, admin: bool) -> tuple[str, str]:
    """The access token, and the session's."""
    email = f"{person_id.hex}@example.org"
    person = NewPerson(email=email, name="Camille Roy", password=PASSWORD, admin=admin)
    await house.identity.put_person(person_id, person)
    credentials = Credentials(email=email, password=PASSWORD, client=person_id.hex)
    session = await house.identity.sign_in(credentials)
    return session.access_token, session.token or ""
