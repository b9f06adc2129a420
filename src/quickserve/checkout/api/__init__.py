"""Routes: HTTP in, command or read, a view out."""

from fastapi import APIRouter

from quickserve.checkout.api import cancellations, events, orders, purchases

router = APIRouter()
for part in (purchases, orders, cancellations, events):
    router.include_router(part.router)
