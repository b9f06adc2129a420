"""Who makes the orders: choose a stand, then its board; what is out."""

from fastapi import APIRouter

from quickserve.web.pages.kitchen import board, choice, moves, sold_out

router = APIRouter()
for screen in (choice, board, moves, sold_out):
    router.include_router(screen.router)
