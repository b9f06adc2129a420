"""Who takes which events.

Every process knows all of them: it makes everybody's queues, so that an event that is sent before
its consumer has ever run waits for it.
"""

from collections.abc import Mapping

from quickserve.contracts.booking import BookingConfirmed
from quickserve.contracts.booking_changes import ResaleEnded, ResaleSold
from quickserve.contracts.catalog import EventOffered
from quickserve.contracts.identity import OrganiserSaved
from quickserve.contracts.menus import SoldOutChanged, StandSaved
from quickserve.contracts.ordering import OrderAccepted, OrderMoved, OrderRejected
from quickserve.contracts.payment import PaymentAuthorized, PaymentDeclined
from quickserve.contracts.tracking import OrderHandedOver, OrderPickedUp
from quickserve.kernel.events import DomainEvent

TAKERS: Mapping[str, tuple[type[DomainEvent], ...]] = {
    "booking": (EventOffered, BookingConfirmed),
    "catalog": (OrganiserSaved,),
    "ordering": (StandSaved, SoldOutChanged, OrderPickedUp, OrderHandedOver),
    "tracking": (OrderAccepted, OrderRejected, OrderMoved),
    "checkout": (
        PaymentAuthorized,
        PaymentDeclined,
        ResaleSold,
        ResaleEnded,
        OrderAccepted,
        OrderRejected,
    ),
}
