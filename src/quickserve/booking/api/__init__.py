"""Routes: HTTP in, command or read, a view out."""

from quickserve.booking.api import (
    bookings,
    box_office,
    cancelled_events,
    changes,
    desk,
    door,
    explanations,
    people,
    rules,
    rush,
    seats,
    stock,
    waiting_list,
    waiting_room,
)  # fmt: skip
from quickserve.kernel.routes import joined

router = joined(
    part.router for part in (
        rush, stock, seats, bookings, changes, rules, box_office, waiting_room, waiting_list, door,
        desk, people, explanations, cancelled_events,
    )
)  # fmt: skip
