"""Events in."""

from quickserve.booking.commands.keep_offer import keep_offer
from quickserve.contracts.catalog import EventOffered
from quickserve.kernel.inbox import Subscription

SUBSCRIPTIONS = (Subscription(EventOffered, keep_offer),)
