"""Knows who carries an order and where they are, while they carry it and no longer."""

from quickserve.kernel.service import Service
from quickserve.tracking.api import router
from quickserve.tracking.store import CONSTRAINTS

service = Service(name="tracking", router=router, constraints=CONSTRAINTS)
