"""Routes: HTTP in, command or read, a view out."""

from fastapi import APIRouter

from quickserve.catalog.api import events, seating, stands

router = APIRouter()
for part in (events, seating, stands):
    router.include_router(part.router)
