"""A bank or a stand has answered, a ticket found its buyer: sagas that wait for it ask again."""

from quickserve.checkout.commands.split_order import note_paid
from quickserve.checkout.sagas import queue
from quickserve.checkout.sagas.asking import order_answered
from quickserve.checkout.sagas.charging import payment_decided
from quickserve.checkout.sagas.resell_ticket import resale_decided
from quickserve.contracts.booking_changes import ResaleEnded, ResaleSold
from quickserve.contracts.ordering import OrderAccepted, OrderRejected
from quickserve.contracts.payment import PaymentAuthorized, PaymentDeclined
from quickserve.kernel.db import Transaction
from quickserve.kernel.inbox import Subscription


async def payment_answered(tx: Transaction, event: PaymentAuthorized | PaymentDeclined) -> None:
    await queue.signal(tx, payment_decided(event.intent_id))
    if isinstance(event, PaymentAuthorized):
        await note_paid(tx, event.intent_id)


async def resale_ended(tx: Transaction, event: ResaleSold | ResaleEnded) -> None:
    await queue.signal(tx, resale_decided(event.resale_id))


async def stand_answered(tx: Transaction, event: OrderAccepted | OrderRejected) -> None:
    await queue.signal(tx, order_answered(event.order_id))


subscriptions = (
    Subscription(PaymentAuthorized, payment_answered),
    Subscription(PaymentDeclined, payment_answered),
    Subscription(ResaleSold, resale_ended),
    Subscription(ResaleEnded, resale_ended),
    Subscription(OrderAccepted, stand_answered),
    Subscription(OrderRejected, stand_answered),
)
