"""Routes: HTTP in, command or read, a view out."""

from fastapi import APIRouter

from quickserve.ordering.api import baskets, orders, stands

router = APIRouter()
for part in (orders, baskets, stands):
    router.include_router(part.router)
