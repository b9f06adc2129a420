"""Routes: HTTP in, command or read, a view out."""

from quickserve.kernel.routes import joined
from quickserve.tracking.api import ingest, jobs, people, shifts, tracks

router = joined(part.router for part in (ingest, shifts, jobs, tracks, people))
