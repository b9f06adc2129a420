"""A festival is called off: every ticket and every open order is paid back, once."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from quickserve.app import load
from quickserve.checkout import sagas
from quickserve.checkout.commands.cancel_event import sweep_cancelled_events
from quickserve.checkout.sagas.cancel_event import cancel_event
from quickserve.contracts.booking import (
    HoldId,
    Item,
    NewHold,
    NotOnSale,
    QuotaChange,
    QuotaChanges,
    QuotaId,
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
from quickserve.contracts.event_cancelling import EventCancellationClient
from quickserve.contracts.identity import OrganiserSaved
from quickserve.contracts.order_cancelling import OrderCancellationClient
from quickserve.contracts.ordering_problems import StandPaused
from quickserve.contracts.payment import IntentId, NewIntent
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden, NotFound
from quickserve.kernel.events import Message
from quickserve.kernel.ids import MessageId, OrganiserId, new_uuid
from quickserve.kernel.money import Money
from quickserve.kernel.saga_lab import SagaLab
from quickserve.kernel.saga_queue import SagaQueue
from quickserve.kernel.saga_worker import Sagas
from tests.checkout.conftest import a_counter, new_id, order


@pytest.fixture(scope="module")
async def fair_till(database_url):
    async with a_counter(database_url, "fair", load("checkout"), "catalog") as till:
        yield till


@pytest.fixture(scope="module")
async def fair_lab(database_url):
    def idle(runtime):
        return Sagas(SagaQueue("checkout", ()), runtime, workers=0)

    checkout = replace(load("checkout"), resources=idle, jobs=())
    async with a_counter(database_url, "fair_lab", checkout, "catalog") as till:
        yield till


class Fair:
    """An event in the catalogue, with tickets at 18.00 and a stall of burgers and beer."""

    def __init__(self, till, organiser_id, event_id, date_id, kind):
        self.till, self.organiser_id, self.event_id = till, organiser_id, event_id
        self.date_id, self.kind = date_id, kind
        client = till.orders._client
        self.events = EventCancellationClient(client)
        self.cancellations = OrderCancellationClient(client)

    @property
    def token(self):
        return self.till.house.issuer.token({self.organiser_id: [Role.ORGANISER]})

    async def hold(self, quantity=1):
        items = [Item(ticket_type_id=self.kind, quantity=quantity)]
        new = NewHold(date_id=self.date_id, items=items)
        return await self.till.house.booking.put_hold(HoldId(new_uuid()), new)

    async def buy(self, card="success", quantity=1):
        hold = await self.hold(quantity)
        view = await self.till.house.checkouts.put_checkout(new_id(), order(hold, card))
        return await self.till.house.ended(view.id)

    async def stall(self, **changes):
        return await self.till.stall(
            event_id=self.event_id, organiser_id=self.organiser_id, **changes
        )

    async def ended(self):
        for _ in range(600):
            view = await self.events.get(self.event_id, self.token)
            if view.state == "done":
                return view
            await asyncio.sleep(0.05)
        raise AssertionError(f"still {view}")

    async def given_back(self):
        rows = await self.till.house.rows(
            "SELECT count(*), coalesce(sum(r.amount_minor), 0)::int FROM payment.refunds r"
            " JOIN payment.intents i ON i.id = r.intent_id WHERE i.organiser_id = %s"
            " AND r.state = 'done'", (self.organiser_id,),
        )  # fmt: skip
        return rows[0]

    async def states(self):
        rows = await self.till.house.rows(
            "SELECT state, count(*) FROM booking.bookings WHERE event_id = %s GROUP BY state",
            (self.event_id,),
        )
        return dict(rows)


async def a_fair(till, price=1800):
    house = till.house
    organiser_id, event_id = OrganiserId(new_uuid()), EventId(new_uuid())
    saved = OrganiserSaved(organiser_id, "Fair", f"fair-{organiser_id.hex[-12:]}", 1)
    message = Message(
        id=MessageId(new_uuid()), source="identity", type=saved.TYPE, subject=saved.subject,
        time=datetime.now(UTC), data={
            "organiser_id": str(organiser_id), "name": saved.name, "slug": saved.slug, "version": 1,
        },
    )  # fmt: skip
    await house.platform.deliver("catalog", message)
    catalog = CatalogClient(house.platform.client("catalog", "web"))
    token = house.issuer.token({organiser_id: [Role.ORGANISER]})
    starts = datetime.now(UTC).replace(microsecond=0) + timedelta(days=7)
    date = DateDraft(
        id=DateId(new_uuid()), starts_at=starts, ends_at=starts + timedelta(hours=3),
        zone="Europe/Paris", venue=VenueDraft(name="Quai", city="Sète"),
    )  # fmt: skip
    draft = EventDraft(organiser_id=organiser_id, title="Fair", dates=[date])
    await catalog.put_event(event_id, draft, token)
    kind = TicketTypeId(new_uuid())
    ticket = TicketTypeDraft(name="Full", price=Money(price, "EUR"), tax_rate_bp=550)
    await catalog.put_ticket_type(event_id, kind, ticket, token)
    await catalog.publish(event_id, token)
    change = QuotaChange(
        id=QuotaId(new_uuid()), organiser_id=organiser_id, date_id=date.id, name="All",
        capacity=1000, ticket_type_ids=[kind],
    )  # fmt: skip
    fair = Fair(till, organiser_id, event_id, date.id, kind)

    async def sells():
        await house.booking.put_quotas(organiser_id, QuotaChanges(quotas=[change]), token)
        await fair.hold()

    for _ in range(600):  # the event is on its way to booking
        try:
            await sells()
        except (NotFound, NotOnSale):
            await asyncio.sleep(0.05)
        else:
            break
    else:
        raise AssertionError("booking never heard of the fair")
    return fair


async def test_tickets_and_open_orders_are_paid_back_and_nothing_is_sold_any_more(fair_till):
    fair = await a_fair(fair_till)
    bought = [await fair.buy(quantity=2) for _ in range(4)]
    stall = await fair.stall()
    made = await fair_till.order(await stall.fill(stall.line("Burger", 1, "Rare")))
    had = await fair_till.order(await stall.fill(stall.line("Beer")))
    await stall.move(await fair_till.counter.visitor.order(had.order_id, had.order_key),
                     "preparing", "ready", "picked-up")  # fmt: skip
    by_hand = await fair.stall(accepts="by-hand")
    asked = await fair_till.order(await by_hand.fill(by_hand.line("Beer")))
    assert asked.state == "waiting"
    later = await by_hand.fill(by_hand.line("Beer"))

    begun = await fair.events.put(fair.event_id, fair.token)
    assert begun.state == "processing"
    view = await fair.ended()
    assert (view.bookings.total, view.bookings.done, view.bookings.refused) == (4, 4, 0)
    assert (view.orders.total, view.orders.done) == (1, 1)
    assert await fair.given_back() == (5, 4 * 3600 + 950)
    assert await fair.states() == {"cancelled": 4}
    assert await fair_till.left_by(made.id) == ("cancelled", True, "captured")
    assert await fair_till.left_by(had.id) == ("picked-up", True, "captured")
    told = await fair_till.orders.get(asked.id, wait_ms=5000)
    assert (told.state, told.failure.reason) == ("failed", "event-cancelled")
    assert await fair_till.left_by(asked.id) == ("rejected", False, "voided")
    with pytest.raises(StandPaused):
        await by_hand.reserve(later)
    with pytest.raises(NotOnSale):
        await fair.hold()
    order_now = await fair_till.counter.visitor.order(made.order_id, made.order_key)
    assert order_now.steps[-1].reason == "event-cancelled"
    assert bought[0].booking_id
    await fair_till.balanced()


async def test_a_repeat_changes_nothing_and_others_may_not(fair_till):
    fair = await a_fair(fair_till)
    await fair.buy()
    other = fair_till.house.issuer.token({OrganiserId(new_uuid()): [Role.ORGANISER]})
    with pytest.raises(Forbidden):
        await fair.events.put(fair.event_id, other)
    with pytest.raises(NotFound):
        await fair.events.get(fair.event_id, fair.token)
    await asyncio.gather(*(fair.events.put(fair.event_id, fair.token) for _ in range(3)))
    await fair.ended()
    await fair.events.put(fair.event_id, fair.token)
    await fair.ended()
    assert await fair.given_back() == (1, 1800)


async def test_who_buys_at_the_last_moment_is_found_later(fair_till):
    fair = await a_fair(fair_till)
    hold = await fair.hold()
    slow = await fair_till.house.checkouts.put_checkout(new_id(), order(hold, "challenge"))
    slow = await fair_till.house.checkouts.checkout(slow.id, wait_ms=5000)
    await fair.events.put(fair.event_id, fair.token)
    assert (await fair.ended()).bookings.total == 0
    challenge_id = slow.challenge_path.rpartition("/")[2]
    await fair_till.house.payment.answer_challenge(challenge_id, approve=True)
    for _ in range(100):
        if (await fair_till.house.ended(slow.id)).state == "confirmed":
            break
        await asyncio.sleep(0.05)
    await fair_till.house.rows(
        "UPDATE checkout.event_cancellations SET swept_at = NULL WHERE event_id = %s",
        (fair.event_id,),
    )
    for _ in range(200):
        if await fair.given_back() == (1, 1800):
            break
        await asyncio.sleep(0.05)
    assert (await fair.ended()).bookings.done == 1


async def test_a_refund_that_the_provider_refuses_is_shown_and_tried_again(fair_till):
    fair = await a_fair(fair_till)
    await fair.buy()
    view = await fair.buy()
    intent = fair_till.house.ids(view.id).intent
    # As if the bank knew nothing of that charge.
    await fair_till.house.rows(
        "UPDATE payment.sandbox_charges SET state = 'voided' WHERE key = %s", (intent,)
    )
    await fair.events.put(fair.event_id, fair.token)
    ended = await fair.ended()
    assert (ended.bookings.done, ended.bookings.refused) == (1, 1)
    assert await fair.states() == {"cancelled": 1, "confirmed": 1}
    await fair_till.house.rows(
        "UPDATE payment.sandbox_charges SET state = 'captured' WHERE key = %s", (intent,)
    )
    await fair.events.put(fair.event_id, fair.token)
    for _ in range(200):
        ended = await fair.events.get(fair.event_id, fair.token)
        if ended.bookings.done == 2:
            break
        await asyncio.sleep(0.05)
    assert (ended.bookings.done, ended.bookings.refused) == (2, 0)
    await fair_till.balanced()


@asynccontextmanager
async def children(till):
    """Workers of the sagas that the event's own one began."""
    queue = SagaQueue("checkout", tuple(sagas.queue.sagas.values()))
    async with Sagas(queue, till.house.runtime, lease_seconds=5, workers=3):
        yield


@pytest.mark.parametrize(
    "trials",
    ["fail_each_step", "repeat_each_action", "kill_after_each_checkpoint", "stall_each_action"],
)
async def test_whatever_happens_every_ticket_is_paid_back_once(fair_lab, trials):
    started = {}

    async def start():
        fair = await a_fair(fair_lab)
        stall = await fair.stall()
        order = await stall.order(stall.line("Beer"))
        await paid(fair, order.id, 600)
        await fair.events.put(fair.event_id, fair.token)
        saga_id = (await fair_lab.house.rows(
            "SELECT saga_id FROM checkout.event_cancellations WHERE event_id = %s",
            (fair.event_id,),
        ))[0][0]  # fmt: skip
        started[saga_id] = fair
        return saga_id

    async def after(trial, saga_id, status):
        fair = started[saga_id]
        stopped = status.state == "done"
        rows = await fair_lab.house.rows(
            "SELECT state FROM catalog.events WHERE id = %s", (fair.event_id,)
        )
        if stopped:
            assert rows == [("cancelled",)], f"{trial}"
        else:
            assert trial.fault == "refuse" or trial.refused == "stop", f"{trial}"

    lab = SagaLab(cancel_event, "checkout")
    await getattr(lab, trials)(fair_lab.house.runtime, start, after)
    await sweep_cancelled_events(fair_lab.house.runtime.context())  # as its job does
    async with children(fair_lab):
        for fair in started.values():
            found = await fair_lab.house.rows(
                "SELECT stopped_at IS NOT NULL FROM checkout.event_cancellations"
                " WHERE event_id = %s", (fair.event_id,),
            )  # fmt: skip
            if found == [(True,)]:
                assert (await fair.ended()).orders.done == 1
                assert await fair.given_back() == (1, 600)
    await fair_lab.balanced()


async def paid(fair, order_id, amount):
    intent = IntentId(new_uuid())
    new = NewIntent(
        organiser_id=fair.organiser_id, amount=Money(amount, "EUR"), method="sandbox-success",
        reference=order_id,
    )  # fmt: skip
    await fair.till.house.payment.put_intent(intent, new)
    await fair.till.house.payment.capture(intent)
    await fair.till.house.rows(
        "INSERT INTO checkout.order_checkouts (id, saga_id, basket_id, basket_version, order_id,"
        " intent_id, organiser_id, total_minor, currency, content, state)"
        " VALUES (%s, %s, %s, 1, %s, %s, %s, %s, 'EUR', '', 'confirmed')",
        (new_uuid(), new_uuid(), new_uuid(), order_id, intent, fair.organiser_id, amount),
    )
