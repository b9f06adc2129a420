"""Routes: HTTP in, command or read, a view out."""

from fastapi import APIRouter

from quickserve.catalog.api import events, seating

router = APIRouter()
for part in (events, seating):
    router.include_router(part.router)
