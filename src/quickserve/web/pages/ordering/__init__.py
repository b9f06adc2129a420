"""Ordering for who eats and drinks: stands, menus, baskets, orders."""

from fastapi import APIRouter

from quickserve.web.pages.ordering import basket, item, menu, order, placing, shops, stands

router = APIRouter()
for part in (shops, stands, menu, item, basket, placing, order):
    router.include_router(part.router)
