"""Routes: HTTP in, command or read, a view out."""

from fastapi import APIRouter

from quickserve.tracking.api import ingest, jobs, people, shifts, tracks

router = APIRouter()
for part in (ingest, shifts, jobs, tracks, people):
    router.include_router(part.router)
