"""Stands and their menus: one module a screen."""

from quickserve.kernel.routes import joined
from quickserve.web.pages.organiser.stands import (
    extras,
    group_form,
    item_form,
    listing,
    menu_copy,
    menu_import,
    menu_page,
    order_money,
    overview,
    price_list,
    printers,
    section_form,
    sold_out,
    stand_figures,
    stand_form,
    stand_orders,
    tables,
)

# `stands/new` before `stands/{id}`.
_SCREENS = (
    listing, extras, stand_form, overview, menu_page, section_form, price_list, item_form,
    group_form, menu_copy, menu_import, sold_out, tables, stand_orders,
    order_money, stand_figures, printers,
)  # fmt: skip

router = joined(screen.router for screen in _SCREENS)
