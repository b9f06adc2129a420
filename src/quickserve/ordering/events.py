"""Events in."""

from quickserve.contracts.menus import SoldOutChanged, StandSaved
from quickserve.contracts.tracking import OrderHandedOver, OrderPickedUp
from quickserve.kernel.inbox import Subscription
from quickserve.ordering.commands.follow_runners import hand_over, leave_with_runner, tell_followed
from quickserve.ordering.commands.keep_stand import keep_sold_out, keep_stand, tell_changed

SUBSCRIPTIONS = (
    Subscription(StandSaved, keep_stand, then=tell_changed),
    Subscription(SoldOutChanged, keep_sold_out, then=tell_changed),
    Subscription(OrderPickedUp, leave_with_runner, then=tell_followed),
    Subscription(OrderHandedOver, hand_over, then=tell_followed),
)
