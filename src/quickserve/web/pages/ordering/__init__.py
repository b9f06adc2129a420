"""Ordering for who eats and drinks: stands, menus, baskets, orders."""

from fastapi import APIRouter

from quickserve.web.pages.ordering import (
    basket,
    cancel,
    item,
    menu,
    order,
    placing,
    shops,
    split,
    stands,
    tab,
)

router = APIRouter()
for part in (shops, stands, menu, item, basket, placing, order, cancel, tab, split):
    router.include_router(part.router)
