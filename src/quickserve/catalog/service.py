"""The declaration of `catalog`."""

from quickserve.catalog.api import router
from quickserve.catalog.commands.forget_seating_imports import forget_seating_imports
from quickserve.catalog.commands.refresh_lists import refresh_lists
from quickserve.catalog.commands.run_imports import run_imports
from quickserve.catalog.commands.set_sold_out import put_back_due
from quickserve.catalog.events import subscriptions
from quickserve.catalog.store import CONSTRAINTS
from quickserve.kernel.service import Job, Service

service = Service(
    name="catalog",
    router=router,
    subscriptions=subscriptions,
    jobs=(
        Job("run_imports", run_imports, every_seconds=0.5),
        Job("put_back_due", put_back_due, every_seconds=1),
        Job("refresh_lists", refresh_lists, every_seconds=5),
        Job("forget_seating_imports", forget_seating_imports, every_seconds=600),
    ),
    constraints=CONSTRAINTS,
)
