"""A bank has answered: the sagas that wait for it ask again."""

from quickserve.checkout.sagas import queue
from quickserve.checkout.sagas.book_tickets import payment_decided
from quickserve.contracts.payment import PaymentAuthorized, PaymentDeclined
from quickserve.kernel.db import Transaction
from quickserve.kernel.inbox import Subscription


async def payment_answered(tx: Transaction, event: PaymentAuthorized | PaymentDeclined) -> None:
    await queue.signal(tx, payment_decided(event.intent_id))


subscriptions = (
    Subscription(PaymentAuthorized, payment_answered),
    Subscription(PaymentDeclined, payment_answered),
)
