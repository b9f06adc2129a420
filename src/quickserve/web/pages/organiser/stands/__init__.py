"""Stands and their menus: one module a screen."""

from fastapi import APIRouter

from quickserve.web.pages.organiser.stands import listing, overview, stand_form

# `stands/new` before `stands/{id}`.
_SCREENS = (listing, stand_form, overview)

router = APIRouter()
for screen in _SCREENS:
    router.include_router(screen.router)
