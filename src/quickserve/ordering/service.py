"""Takes orders that the kitchen can make in time, and moves them on until they are handed over."""

from quickserve.kernel.service import Service
from quickserve.ordering.api import router
from quickserve.ordering.store import CONSTRAINTS

service = Service(name="ordering", router=router, constraints=CONSTRAINTS)
