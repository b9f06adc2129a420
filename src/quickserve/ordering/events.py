"""Events in."""

from quickserve.contracts.menus import SoldOutChanged, StandSaved
from quickserve.kernel.inbox import Subscription
from quickserve.ordering.commands.keep_stand import keep_sold_out, keep_stand

SUBSCRIPTIONS = (
    Subscription(StandSaved, keep_stand),
    Subscription(SoldOutChanged, keep_sold_out),
)
