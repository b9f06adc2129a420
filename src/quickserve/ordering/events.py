"""Events in."""

from quickserve.contracts.menus import SoldOutChanged, StandSaved
from quickserve.kernel.inbox import Subscription
from quickserve.ordering.commands.keep_stand import keep_sold_out, keep_stand, tell_changed

SUBSCRIPTIONS = (
    Subscription(StandSaved, keep_stand, then=tell_changed),
    Subscription(SoldOutChanged, keep_sold_out, then=tell_changed),
)
