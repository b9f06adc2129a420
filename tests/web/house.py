"""A whole house in one process, and visitors without JavaScript who read pages and send forms."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from urllib.parse import urlencode

import httpx2
from tests.shape import World, running, until_told_anew

from quickserve.app import SERVICES, load
from quickserve.contracts.booking import QuotaChange, QuotaChanges, QuotaId
from quickserve.contracts.booking_client import BookingClient
from quickserve.contracts.catalog import (
    CatalogClient,
    DateDraft,
    DateId,
    EventDraft,
    EventId,
    TicketTypeDraft,
    TicketTypeId,
    VenueDraft,
)
from quickserve.contracts.identity import IdentityClient, NewOrganiser, NewPerson
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound, Problem
from quickserve.kernel.ids import OrganiserId, PersonId, new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.settings import Settings

PARIS = "Europe/Paris"
PASSWORD = "a long enough secret"
BASE = "http://quickserve.test"


@dataclass
class Show:
    """One date with its tickets: `tickets` by their names."""

    organiser_id: OrganiserId
    event_id: EventId
    date_id: DateId
    title: str
    starts_at: datetime
    tickets: dict[str, TicketTypeId] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/events/{self.event_id}?date={self.date_id}"


class House:
    def __init__(self, platform: World) -> None:
        self.platform = platform
        clients = platform.clients_for("cli")
        self.catalog = CatalogClient(clients["catalog"])
        self.booking = BookingClient(clients["booking"])
        self.identity = IdentityClient(clients["identity"])

    async def organiser(self) -> OrganiserId:
        organiser_id = OrganiserId(new_uuid())
        name = f"Les Quais {organiser_id.hex[-12:]}"
        await self.identity.put_organiser(organiser_id, NewOrganiser(name=name))
        await until(lambda: self._knows(organiser_id))
        return organiser_id

    async def person(self, organiser_id: OrganiserId | None = None, *roles: Role) -> str:
        """Registers somebody; returns the e-mail address. The password is PASSWORD."""
        person_id = PersonId(new_uuid())
        email = f"{person_id.hex}@example.org"
        person = NewPerson(email=email, name="Camille Roy", password=PASSWORD)
        await self.identity.put_person(person_id, person)
        if organiser_id:
            await self.identity.put_roles(organiser_id, person_id, list(roles))
        return email

    async def put_on(
        self,
        title: str = "Nuit des fanfares",
        *,
        price: int = 1800,
        capacity: int = 50,
        starts_in: timedelta = timedelta(days=3),
        description: str = "Douze fanfares.",
        publish: bool = True,
        **ticket: object,
    ) -> Show:
        """An event of one date with the ticket “Plein tarif”; `price` in cents."""
        organiser_id = await self.organiser()
        starts_at = (datetime.now(UTC) + starts_in).replace(microsecond=0)
        show = Show(organiser_id, EventId(new_uuid()), DateId(new_uuid()), title, starts_at)
        date = DateDraft(
            id=show.date_id, starts_at=starts_at, ends_at=starts_at + timedelta(hours=3),
            zone=PARIS, venue=VenueDraft(name="Quai des Moulins", city="Sète"),
        )  # fmt: skip
        await self.catalog.put_event(
            show.event_id,
            EventDraft(
                organiser_id=organiser_id, title=title, description=description, dates=[date]
            ),
        )
        await self.add_ticket(show, "Plein tarif", price, capacity, **ticket)
        if publish:
            await self.catalog.publish(show.event_id)
            sellable = capacity > 0 and "sale_from" not in ticket and starts_in > timedelta(0)
            await until(lambda: self._sells(show, sellable=sellable))
        return show

    async def add_ticket(
        self, show: Show, name: str, price: int, capacity: int, **more: object
    ) -> None:
        ticket_type_id = TicketTypeId(new_uuid())
        values = {"name": name, "price": Money(price, "EUR"), "tax_rate_bp": 550} | more
        draft = TicketTypeDraft.model_validate(values)
        await self.catalog.put_ticket_type(show.event_id, ticket_type_id, draft)
        quota = QuotaChange(
            id=QuotaId(new_uuid()), organiser_id=show.organiser_id, date_id=show.date_id,
            name=name, capacity=capacity, ticket_type_ids=[ticket_type_id],
        )  # fmt: skip
        await self.booking.put_quotas(show.organiser_id, QuotaChanges(quotas=[quota]))
        show.tickets[name] = ticket_type_id

    async def places_left(self, show: Show) -> int:
        await until_told_anew()
        found = await self.booking.availability([show.date_id])
        return found.dates[0].places_left

    @asynccontextmanager
    async def visitor(self, peer: str = "127.0.0.1", **options: object) -> AsyncIterator["Visitor"]:
        transport = self.platform.front(peer)
        headers = {
            "accept": "text/html", "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate",
        }  # fmt: skip
        async with httpx2.AsyncClient(
            transport=transport, base_url=BASE, headers=headers, **options
        ) as http:
            yield Visitor(http)

    @asynccontextmanager
    async def without(
        self, service: str, *, hangs: bool = False, caller: str = "web"
    ) -> AsyncIterator[None]:
        """While this runs, the caller cannot connect to the service, or waits for it in vain."""
        client = self.platform.runtimes[caller].clients[service]
        original, client._http._transport = client._http._transport, _Away(hangs)
        try:
            yield
        finally:
            client._http._transport = original
            client.breaker.succeeded()

    async def _knows(self, organiser_id: OrganiserId) -> bool:
        try:
            await self.catalog.events(organiser_id)
        except NotFound:
            return False
        return True

    async def _sells(self, show: Show, *, sellable: bool) -> bool:
        """Booking has heard of all its tickets and, where they can be sold, of publication."""
        try:
            found = await self.booking.availability([show.date_id])
        except Problem:
            return False
        known = [t for date in found.dates for t in date.ticket_types]
        on_sale = any(t.on_sale for t in known)
        complete = {t.ticket_type_id for t in known} == set(show.tickets.values())
        return complete and on_sale >= sellable


@dataclass
class _Away(httpx2.AsyncBaseTransport):
    hangs: bool

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.hangs:
            await asyncio.sleep(60)
        raise httpx2.ConnectError("", request=request)


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    async with running(settings, [load(name) for name in SERVICES]) as world:
        yield House(world)


async def until(true: Callable) -> None:
    for _ in range(500):
        if await true():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError("it never came true")


@dataclass
class Form:
    """A form as the page shows it: where it goes, and its fields with their values."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list) -> None:
        values = dict(attrs)
        if tag == "form":
            self.found.append(Form(values.get("action", "")))
            self._inside = values.get("method") == "post"
        elif tag in ("input", "select", "textarea") and self._inside and values.get("name"):
            self.found[-1].fields[values["name"]] = values.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


class Visitor:
    """Sees pages; `page` is the last one, `url` where it stands."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http
        self.answer: httpx2.Response

    @property
    def page(self) -> str:
        return self.answer.text

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def url(self) -> str:
        return str(self.answer.url).removeprefix(BASE)

    async def open(self, path: str, *, follow: bool = True, **options) -> httpx2.Response:
        self.answer = await self.http.get(path, follow_redirects=follow, **options)
        return self.answer

    def forms(self) -> list[Form]:
        forms = _Forms()
        forms.feed(self.page)
        return forms.found

    def form(self, action: str = "", **having: str) -> Form:
        """The page's form whose address contains `action`, with these values in it."""
        fitting = [
            f
            for f in self.forms()
            if action in f.action and "csrf" in f.fields and having.items() <= f.fields.items()
        ]
        assert fitting, f"no form for {action!r} on the page: {self.status} {self.text()}"
        return fitting[0]

    async def send(self, form: Form, *, follow: bool = True, **answers: str) -> httpx2.Response:
        fields = form.fields | answers
        return await self.post(form.action, fields, follow=follow)

    async def post(self, path: str, fields, *, follow: bool = True, **headers) -> httpx2.Response:
        """Whatever fields, as a browser encodes them."""
        self.answer = await self.http.post(
            path, content=urlencode(fields),
            headers={"content-type": "application/x-www-form-urlencoded", **headers},
            follow_redirects=follow,
        )  # fmt: skip
        return self.answer

    def text(self) -> str:
        """What one reads: without markup, on one line."""
        body = re.sub(r"<(script|style|head)\b.*?</\1>", " ", self.page, flags=re.DOTALL)
        return " ".join(re.sub(r"<[^>]+>", " ", body).replace("\xa0", " ").split())

    async def choose(self, show: Show, quantity: int = 2, ticket: str = "Plein tarif") -> None:
        """Up to the checkout page."""
        await self.open(f"/en{show.path}")
        field_ = f"q-{show.tickets[ticket]}"
        await self.send(self.form("/events/"), **{field_: str(quantity)})

    async def pay(self, number: str = "4242 4242 4242 4242", **answers: str) -> None:
        """From the checkout page to wherever it leads."""
        form = self.form("/checkout/")
        given = {"email": "amina@example.org", "name": "Amina Diallo"}
        if "number" in form.fields:
            given |= {"number": number, "expiry": "07/39", "cvc": "123"}
        await self.send(form, **(given | answers))

    async def until_bought(self) -> None:
        """Looks again, as the page itself does, until the tickets are there."""
        for _ in range(20):
            if self.url.startswith("/en/tickets/"):
                return
            assert 'http-equiv="refresh"' in self.page
            await self.open(self.url)
        raise TimeoutError(self.url)

    async def sign_in(self, email: str, password: str = PASSWORD, **answers: str) -> None:
        await self.open("/en/sign-in")
        await self.send(self.form("/sign-in"), email=email, password=password, **answers)
