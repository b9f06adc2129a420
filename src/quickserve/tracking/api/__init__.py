"""Routes: HTTP in, command or read, a view out."""

from fastapi import APIRouter

from quickserve.tracking.api import jobs

router = APIRouter()
for part in (jobs,):
    router.include_router(part.router)
