"""Events in."""

from quickserve.booking.commands.keep_offer import keep_offer
from quickserve.booking.commands.match_resales import match_resales
from quickserve.contracts.booking import BookingConfirmed
from quickserve.contracts.catalog import EventOffered
from quickserve.kernel.inbox import Subscription

SUBSCRIPTIONS = (
    Subscription(EventOffered, keep_offer),
    Subscription(BookingConfirmed, match_resales),
)
