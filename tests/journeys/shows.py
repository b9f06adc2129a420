"""Events that are on sale, made through the services' own calls, and what became of their places.

For journeys whose story begins later than the organiser's.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from quickserve import laptop
from quickserve.contracts.booking import (
    BookingId,
    BookingView,
    HoldId,
    Item,
    NewHold,
    QuotaChange,
    QuotaChanges,
    QuotaId,
    VoucherId,
)
from quickserve.contracts.booking_changes import BookingChangesClient, ChangeRules
from quickserve.contracts.booking_client import BookingClient
from quickserve.contracts.booking_reports import SalesReport
from quickserve.contracts.booking_rules import (
    BookingRulesClient,
    DiscountId,
    NewDiscount,
    NewVoucher,
    NewVouchers,
)
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
from quickserve.contracts.checkout import CheckoutClient
from quickserve.contracts.identity import (
    Credentials,
    IdentityClient,
    NewOrganiser,
    NewPerson,
    SessionView,
)
from quickserve.contracts.payment import PaymentClient
from quickserve.contracts.waiting_list import WaitingListClient
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId, PersonId, new_uuid
from quickserve.kernel.money import Money
from tests.journeys.product import PASSWORD, Product, new_organiser

ZONE = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Show:
    organiser: str
    organiser_id: OrganiserId
    event_id: EventId
    date_id: DateId
    ticket_type_id: TicketTypeId
    title: str
    capacity: int


@dataclass(frozen=True)
class House:
    """The services of a running product, spoken to as the command line does."""

    product: Product
    catalog: CatalogClient
    booking: BookingClient
    payment: PaymentClient
    checkout: CheckoutClient
    identity: IdentityClient
    changes: BookingChangesClient
    waiting_list: WaitingListClient

    async def put_on(
        self, title: str, *, price: str = "18", capacity: int = 20,
        starts_in: timedelta = timedelta(hours=30),
    ) -> Show:  # fmt: skip
        """A new organiser's one event with one date and one ticket type, on sale."""
        organiser = new_organiser()
        show = Show(
            organiser, OrganiserId(new_uuid()), EventId(new_uuid()), DateId(new_uuid()),
            TicketTypeId(new_uuid()), f"{title} {organiser[-6:]}", capacity,
        )  # fmt: skip
        await self.identity.put_organiser(show.organiser_id, NewOrganiser(name=organiser))
        await until(lambda: self._knows(show.organiser_id))
        starts_at = datetime.now(ZONE).replace(microsecond=0) + starts_in
        date = DateDraft(
            id=show.date_id, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2),
            zone=ZONE.key, venue=VenueDraft(name="Halle aux Grains", city="Toulouse"),
        )  # fmt: skip
        draft = EventDraft(
            organiser_id=show.organiser_id, title=show.title, language="fr", dates=[date],
            description="Deux guitares, une voix, et les chaises sous les cyprès.",
        )  # fmt: skip
        await self.catalog.put_event(show.event_id, draft)
        ticket = TicketTypeDraft(
            name="Plein tarif", price=Money.parse(price, "EUR"), tax_rate_bp=550
        )
        await self.catalog.put_ticket_type(show.event_id, show.ticket_type_id, ticket)
        quota = QuotaChange(
            id=QuotaId(new_uuid()), organiser_id=show.organiser_id, date_id=show.date_id,
            capacity=capacity, ticket_type_ids=[show.ticket_type_id],
        )  # fmt: skip
        await self.booking.put_quotas(show.organiser_id, QuotaChanges(quotas=[quota]))
        await self.catalog.publish(show.event_id)
        await asyncio.sleep(0.1)  # what is seen too early is told for a second
        await until(lambda: self._on_sale(show))
        return show

    async def _knows(self, organiser_id: OrganiserId) -> bool:
        try:
            await self.catalog.events(organiser_id)
        except NotFound:
            return False
        return True

    async def _on_sale(self, show: Show) -> bool:
        found = (await self.booking.availability([show.date_id])).dates
        return bool(found) and found[0].on_sale

    async def hire(self, show: Show, role: Role) -> str:
        """A new person who works for the show's organiser; their e-mail address."""
        email = f"{role}-{show.date_id}@journey.example"
        person = NewPerson.model_validate({"email": email, "name": "Denis", "password": PASSWORD})
        hired = await self.identity.put_person(PersonId(new_uuid()), person)
        await self.identity.put_roles(show.organiser_id, hired.id, [role])
        return email

    async def allow_changes(self, show: Show) -> None:
        """Buyers may do everything by themselves until it starts."""
        rules = ChangeRules(cancel_hours=0, cancel_fee_bp=500, exchange_hours=0, resale=True)
        await self.changes.put_rules(show.event_id, rules)

    async def allow_codes(self, show: Show) -> None:
        """One code that is good, one that has expired, and a discount of groups."""
        rules = BookingRulesClient(self.booking._client)
        past = datetime.now(UTC) - timedelta(days=1)
        good = NewVoucher(
            id=VoucherId(new_uuid()), code="LANTERNE", tag="press", price="percent", value=1000,
            uses=5, event_id=show.event_id, reserve=True, date_id=show.date_id,
            ticket_type_ids=[show.ticket_type_id],
        )  # fmt: skip
        late = NewVoucher(id=VoucherId(new_uuid()), code="HIER", valid_until=past, unlock=True)
        vouchers = NewVouchers(vouchers=[late, good])
        await rules.put_vouchers(show.organiser_id, vouchers)
        group = NewDiscount(name="Groupe", kind="group", group_size=4, group_paid=3)
        await rules.put_discount(show.organiser_id, DiscountId(new_uuid()), group)

    async def session(self, email: str) -> SessionView:
        return await self.identity.sign_in(
            Credentials.model_validate({"email": email, "password": PASSWORD})
        )

    async def hold(self, show: Show, places: int = 2) -> HoldId:
        hold_id = HoldId(new_uuid())
        items = [Item(ticket_type_id=show.ticket_type_id, quantity=places)]
        await self.booking.put_hold(hold_id, NewHold(date_id=show.date_id, items=items))
        return hold_id

    async def places_left(self, show: Show) -> int:
        """A second later: until then it may be told as it was."""
        await asyncio.sleep(1.1)
        return (await self.booking.availability([show.date_id])).dates[0].places_left

    async def tickets_of(self, address: str) -> BookingView:
        """The booking behind the address of its page."""
        booking_id, key = urlsplit(address).path.split("/")[-2:]
        return await self.booking.booking(BookingId(UUID(booking_id)), key)

    async def sales(self, show: Show) -> SalesReport:
        session = await self.session(await self.hire(show, Role.ORGANISER))
        return await self.booking.sales_report(show.event_id, session.access_token)

    async def charges(self, show: Show) -> list[tuple[str, int]]:
        """What the bank knows of the show's buyers: state and amount of each charge."""
        found = await self.product.rows(
            "payment",
            "SELECT c.state, c.amount_minor FROM payment.sandbox_charges c"
            " JOIN payment.intents i ON i.id = c.key WHERE i.organiser_id = %s ORDER BY 1",
            show.organiser_id,
        )
        return [(state, amount) for state, amount in found]

    async def assert_nothing_happened(self, show: Show) -> None:
        """Nothing held, nothing sold, nobody charged, and the books are right."""
        await until(lambda: self._all_back(show))
        assert not [c for c in await self.charges(show) if c[0] in ("authorized", "captured")]
        assert (await self.payment.check_ledger()).findings == []

    async def _all_back(self, show: Show) -> bool:
        return await self.places_left(show) == show.capacity


@asynccontextmanager
async def house_of(product: Product) -> AsyncGenerator[House, None]:
    async with laptop.clients(product.home) as client:
        yield House(
            product, CatalogClient(client("catalog")), BookingClient(client("booking")),
            PaymentClient(client("payment")), CheckoutClient(client("checkout")),
            IdentityClient(client("identity")), BookingChangesClient(client("booking")),
            WaitingListClient(client("booking")),
        )  # fmt: skip


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    """Asks again and again; fails as a test does when it does not come true."""
    for _ in range(int(seconds / 0.05)):
        if await true():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come true in time")
