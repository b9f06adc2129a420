"""Routes: HTTP in, command or read, a view out."""

from fastapi import APIRouter

from quickserve.ordering.api import (
    baskets,
    cancellations,
    cancelled_events,
    kitchen,
    orders,
    people,
    printers,
    stands,
    tabs,
)

router = APIRouter()
for part in (
    orders, baskets, stands, kitchen, printers, cancellations, cancelled_events, people, tabs,
):  # fmt: skip
    router.include_router(part.router)
