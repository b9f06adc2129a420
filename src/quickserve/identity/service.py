"""Knows the people who work here, for whom, and that it is them."""

from quickserve.identity import store
from quickserve.identity.api import router
from quickserve.identity.commands.tidy_up import tidy_up
from quickserve.identity.resources import resources
from quickserve.kernel.service import Job, Service

service = Service(
    name="identity",
    router=router,
    jobs=(Job("tidy up", tidy_up, every_seconds=600),),
    constraints=store.CONSTRAINTS,
    resources=resources,
)
