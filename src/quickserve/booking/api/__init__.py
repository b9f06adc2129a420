"""Routes: HTTP in, command or read, a view out."""

from fastapi import APIRouter

from quickserve.booking.api import bookings, changes, desk, door, people, rules, rush, seats, stock

router = APIRouter()
for part in (rush, stock, seats, bookings, changes, rules, door, desk, people):
    router.include_router(part.router)
