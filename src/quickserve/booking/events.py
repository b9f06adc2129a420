"""Events in."""

from quickserve.booking.commands.keep_offer import keep_offer
from quickserve.booking.commands.match_resales import match_resales
from quickserve.contracts.booking import BookingConfirmed
from quickserve.contracts.catalog import EventOffered
from quickserve.kernel.inbox import Subscription

SUBSCRIPTIONS = (
    Subscription(EventOffered, keep_offer),
    # It looks at all that was sold of the date: once is enough for many sales.
    Subscription(BookingConfirmed, match_resales, about=lambda event: event.date_id),
)
