"""Events in."""

from quickserve.contracts.ordering import OrderAccepted, OrderMoved, OrderRejected
from quickserve.kernel.inbox import Subscription
from quickserve.tracking.commands.follow_orders import drop_rejected, follow_move, make_job

SUBSCRIPTIONS = (
    Subscription(OrderAccepted, make_job),
    Subscription(OrderRejected, drop_rejected),
    Subscription(OrderMoved, follow_move),
)
