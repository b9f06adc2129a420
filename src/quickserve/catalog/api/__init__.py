"""Routes: HTTP in, command or read, a view out."""

from quickserve.catalog.api import events, seating, stands
from quickserve.kernel.routes import joined

router = joined(part.router for part in (events, seating, stands))
