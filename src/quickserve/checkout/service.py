"""Sells held places: the saga between booking and payment."""

from quickserve.checkout.api import router
from quickserve.checkout.commands.cancel_event import begin_more_refunds, sweep_cancelled_events
from quickserve.checkout.commands.clean_sagas import clean_sagas
from quickserve.checkout.events import subscriptions
from quickserve.checkout.sagas import queue
from quickserve.kernel.saga_worker import Sagas
from quickserve.kernel.service import Job, Runtime, Service


def _sagas(runtime: Runtime) -> Sagas:
    return Sagas(queue, runtime)


service = Service(
    name="checkout",
    router=router,
    subscriptions=subscriptions,
    jobs=(
        Job("clean sagas", clean_sagas, every_seconds=3600),
        Job("begin more refunds", begin_more_refunds, every_seconds=0.25),
        Job("sweep cancelled events", sweep_cancelled_events, every_seconds=2),
    ),
    resources=_sagas,
    prepare_schema=queue.install,
)
