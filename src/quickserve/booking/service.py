"""Sells places without ever selling one twice, and lets in whoever has a ticket."""

from quickserve.booking.api import router
from quickserve.booking.commands.return_expired_holds import return_all_expired_holds
from quickserve.booking.events import SUBSCRIPTIONS
from quickserve.booking.keys import open_key_ring
from quickserve.booking.store import CONSTRAINTS
from quickserve.kernel.service import Job, Service

service = Service(
    name="booking",
    router=router,
    subscriptions=SUBSCRIPTIONS,
    jobs=(Job("return expired holds", return_all_expired_holds, every_seconds=0.5),),
    constraints=CONSTRAINTS,
    resources=open_key_ring,
)
