"""Who carries an order, where, and until when: for who waits, who carries, and who organises."""

from fastapi import APIRouter

from quickserve.web.pages.tracking import following, runner, shared

router = APIRouter()
for part in (following, shared, runner):
    router.include_router(part.router)
