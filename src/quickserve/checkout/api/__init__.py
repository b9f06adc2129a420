"""Routes: HTTP in, command or read, a view out."""

from fastapi import APIRouter

from quickserve.checkout.api import cancellations, events, orders, purchases, splits, tabs

router = APIRouter()
for part in (purchases, orders, cancellations, events, tabs, splits):
    router.include_router(part.router)
