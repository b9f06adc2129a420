"""The demo: an organiser, logins, a programme that starts today, some buyers, stands.

It uses the services' public calls only, so it is also the smallest example of their use.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import digest
from typing import Any, Protocol
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from quickserve.contracts.booking import (
    Contact,
    HoldId,
    Item,
    NewHold,
    QuotaChange,
    QuotaChanges,
    QuotaId,
)
from quickserve.contracts.booking_client import BookingClient
from quickserve.contracts.catalog import (
    CatalogClient,
    DateDraft,
    DateId,
    DateSeating,
    EventDraft,
    EventId,
    EventSeating,
    TicketTypeDraft,
    TicketTypeId,
    TicketTypeSeating,
)
from quickserve.contracts.checkout import CheckoutClient, CheckoutId, NewCheckout
from quickserve.contracts.identity import IdentityClient, NewOrganiser, NewPerson
from quickserve.contracts.seating import PlanId
from quickserve.contracts.seating_client import SeatingClient
from quickserve.demo import stands
from quickserve.demo.hall import CATEGORY, the_hall
from quickserve.demo.programme import BUYERS, SHOWS, VENUES, Show
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.ids import OrganiserId, PersonId
from quickserve.kernel.money import Money
from quickserve.kernel.settings import Settings

ORGANISER = "Les Quais en fête"
LOGINS = (
    ("organiser", "organiser@demo.example", "Olive Organisatrice"),
    ("door", "door@demo.example", "Denis Porte"),
    ("kitchen", "cook@demo.example", "Colette Cuisine"),
    ("runner", "runner@demo.example", "Rémi Relais"),
    ("admin", "admin@demo.example", "Ada Admin"),
)
_AT_STANDS = tuple(login for login in LOGINS if login[0] in {"kitchen", "runner"})
_ZONE = ZoneInfo("Europe/Paris")
_NAMES = UUID("0190f5c2-3a52-7c11-9d1c-6f2f4f1d0c11")  # namespace: the demo's ids never change
_SALES = 24


class Services(Protocol):
    """What the demo needs of the running platform."""

    settings: Settings

    def clients_for(self, caller: str) -> Any: ...


async def load(platform: Services) -> list[str]:
    """Makes the demo unless it is there. Returns the lines that tell how to sign in."""
    clients = platform.clients_for("cli")
    identity = IdentityClient(clients["identity"])
    passwords = {role: _password(platform.settings, role) for role, _, _ in LOGINS}
    organiser_id = OrganiserId(_id("organiser", ORGANISER))
    if not await _is_loaded(CatalogClient(clients["catalog"])):
        await identity.put_organiser(organiser_id, NewOrganiser(name=ORGANISER))
        await _people(identity, organiser_id, passwords, LOGINS)
        await _programme(clients, organiser_id, platform.settings.key_for("demo buyers"))
        await stands.put_all(clients, organiser_id, _id)
    elif not await stands.are_there(clients, _id):  # an older version's demo had none
        await _people(identity, organiser_id, passwords, _AT_STANDS)
        await stands.put_all(clients, organiser_id, _id)
    width = max(len(email) for _, email, _ in LOGINS)
    return [f"{role:10} {email:{width}}  {passwords[role]}" for role, email, _ in LOGINS]


async def _is_loaded(catalog: CatalogClient) -> bool:
    """The last show is published last: until then everything is made again, with the same ids."""
    try:
        await catalog.event(EventId(_id("event", SHOWS[-1].title)))
    except NotFound:
        return False
    return True


async def _people(
    identity: IdentityClient, organiser_id: OrganiserId, passwords: dict[str, str],
    logins: Sequence[tuple[str, str, str]],
) -> None:  # fmt: skip
    for role, email, name in logins:
        person = await identity.put_person(
            PersonId(_id("person", email)),
            NewPerson.model_validate(
                {
                    "email": email,
                    "name": name,
                    "password": passwords[role],
                    "admin": role == "admin",
                }
            ),
        )
        if role != "admin":
            await identity.put_roles(organiser_id, person.id, [Role(role)])


async def _programme(clients: Any, organiser_id: OrganiserId, key: bytes) -> None:
    catalog = CatalogClient(clients["catalog"])
    booking = BookingClient(clients["booking"])
    seating = SeatingClient(clients["catalog"])
    *sold, last = SHOWS
    for show in sold:
        await _offer(catalog, booking, seating, organiser_id, show)
    await _await_offers(booking, sold[-1])
    checkout = CheckoutClient(clients["checkout"])
    await asyncio.gather(*(_sell(booking, checkout, key, number) for number in range(_SALES)))
    await _offer(catalog, booking, seating, organiser_id, last)


async def _offer(
    catalog: CatalogClient, booking: BookingClient, seating: SeatingClient,
    organiser_id: OrganiserId, show: Show,
) -> None:  # fmt: skip
    event_id = EventId(_id("event", show.title))
    await catalog.put_event(
        event_id,
        EventDraft(
            organiser_id=organiser_id, title=show.title, description=show.description,
            language="fr", category=show.category, dates=[_date(show, day) for day in show.days],
        ),
    )  # fmt: skip
    by_quota: dict[str, list[TicketTypeId]] = {}
    for position, ticket in enumerate(show.tickets):
        ticket_type_id = TicketTypeId(_id("ticket type", show.title, ticket.name))
        by_quota.setdefault(ticket.quota, []).append(ticket_type_id)
        draft = TicketTypeDraft(
            name=ticket.name, price=Money.parse(ticket.price, "EUR"), tax_rate_bp=550,
            position=position,
        )  # fmt: skip
        await catalog.put_ticket_type(event_id, ticket_type_id, draft)
    quotas = [
        QuotaChange(
            id=QuotaId(_id("quota", show.title, day, name)), organiser_id=organiser_id,
            date_id=_date_id(show, day), name=name, capacity=show.places // len(by_quota),
            ticket_type_ids=ticket_type_ids,
        )
        for day in show.days
        for name, ticket_type_ids in by_quota.items()
        if name != show.seated or not name
    ]  # fmt: skip
    await booking.put_quotas(organiser_id, QuotaChanges(quotas=quotas))
    if show.seated:
        await _seat(catalog, seating, organiser_id, show, by_quota[show.seated])
    await catalog.publish(event_id)


async def _seat(
    catalog: CatalogClient, seating: SeatingClient, organiser_id: OrganiserId, show: Show,
    ticket_type_ids: list[TicketTypeId],
) -> None:  # fmt: skip
    """All dates of the show get the hall, and these tickets its seats."""
    plan_id = PlanId(_id("plan", show.venue))
    await seating.put_plan(organiser_id, plan_id, the_hall())
    await catalog.put_seating(
        EventId(_id("event", show.title)),
        EventSeating(
            dates=[
                DateSeating(date_id=_date_id(show, day), plan_id=plan_id, plan_version=1)
                for day in show.days
            ],
            ticket_types=[
                TicketTypeSeating(ticket_type_id=id_, seat_category=CATEGORY)
                for id_ in ticket_type_ids
            ],
        ),
    )


def _date(show: Show, day: int) -> DateDraft:
    hour, minute = map(int, show.starts.split(":"))
    today = datetime.now(_ZONE).replace(hour=hour, minute=minute, second=0, microsecond=0)
    starts_at = today + timedelta(days=day)
    return DateDraft(
        id=_date_id(show, day), starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=show.minutes), zone=_ZONE.key,
        venue=VENUES[show.venue],
    )  # fmt: skip


async def _await_offers(booking: BookingClient, show: Show) -> None:
    """Until booking has heard of the show, and so of those before it."""
    last = _date_id(show, show.days[-1])

    async def arrived() -> bool:
        return bool((await booking.availability([last])).dates)

    await _until(arrived)


async def _until(true: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(500):
        if await true():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError("the demo could not be loaded: an event did not reach its service")


async def _sell(booking: BookingClient, checkout: CheckoutClient, key: bytes, number: int) -> None:
    """One buyer, of all shows but the last; their steps and the buyers' share no factor."""
    show = SHOWS[number * 7 % (len(SHOWS) - 1)]
    ticket = show.tickets[number % len(show.tickets)]
    hold_id = HoldId(_secret_id(key, "hold", number))
    item = Item(
        ticket_type_id=TicketTypeId(_id("ticket type", show.title, ticket.name)),
        quantity=1 + number % 3,
    )
    name = BUYERS[number * 7 % len(BUYERS)]
    contact = Contact(email=f"buyer{number}@demo.example", name=name, language="fr")
    method = None if ticket.price == "0" else "sandbox-success"
    try:
        await booking.put_hold(
            hold_id, NewHold(date_id=_date_id(show, show.days[-1]), items=[item])
        )
        checkout_id = CheckoutId(_secret_id(key, "checkout", number))
        await checkout.put_checkout(
            checkout_id, NewCheckout(hold_id=hold_id, contact=contact, method=method)
        )
        await checkout.checkout(checkout_id, wait_ms=5000)
    except Problem:
        return  # a show of today may have ended already; the others suffice


def _date_id(show: Show, day: int) -> DateId:
    return DateId(_id("date", show.title, day))


def _id(*parts: object) -> UUID:
    return uuid5(_NAMES, "/".join(map(str, parts)))


def _secret_id(key: bytes, *parts: object) -> UUID:
    """The same at each start, yet no stranger's guess: a purchase's id leads to its tickets."""
    return UUID(bytes=digest(key, "/".join(map(str, parts)).encode(), sha256)[:16], version=4)


def _password(settings: Settings, role: str) -> str:
    """Its own on every machine: a demo that strangers reach must not have known passwords."""
    return "demo-" + digest(settings.key_for("demo-logins"), role.encode(), sha256).hex()[:10]
