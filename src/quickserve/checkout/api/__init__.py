"""Routes: HTTP in, command or read, a view out."""

from quickserve.checkout.api import cancellations, events, orders, purchases, splits, tabs
from quickserve.kernel.routes import joined

router = joined(part.router for part in (purchases, orders, cancellations, events, tabs, splits))
