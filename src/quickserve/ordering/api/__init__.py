"""Routes: HTTP in, command or read, a view out."""

from quickserve.kernel.routes import joined
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

router = joined(
    part.router for part in (
        orders, baskets, stands, kitchen, printers, cancellations, cancelled_events, people, tabs,
    )
)  # fmt: skip
