"""Ordering for who eats and drinks: stands, menus, baskets, orders."""

from quickserve.kernel.routes import joined
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

router = joined(
    part.router for part in (shops, stands, menu, item, basket, placing, order, cancel, tab, split)
)
