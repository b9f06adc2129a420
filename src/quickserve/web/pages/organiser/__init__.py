"""What organisers and administrators work with, below `/organiser`: one module a screen."""

from quickserve.kernel.routes import joined
from quickserve.web.pages.organiser import (
    bookings,
    box_office,
    change_rules,
    deliveries,
    discounts,
    event_form,
    event_sales,
    event_seats,
    event_state,
    event_tickets,
    events,
    explanations,
    guests,
    imports,
    new_organiser,
    offer,
    places,
    plan_editor,
    plan_imports,
    plans,
    purchases,
    selling_rules,
    settings,
    stands,
    team,
    today,
    voucher_form,
    vouchers,
    waiting_lists,
    waiting_rooms,
)  # fmt: skip

# `…/new` and `events/offer` before `…/{id}`: the first that fits is called.
_SCREENS = (
    today, new_organiser, events, event_form, offer, event_sales, event_tickets, places,
    event_state, imports, settings, team, purchases, bookings, change_rules, box_office,
    guests, waiting_rooms, explanations, waiting_lists, selling_rules, voucher_form, vouchers,
    discounts, event_seats, plan_imports, plan_editor, plans, stands, deliveries,
)  # fmt: skip

router = joined(screen.router for screen in _SCREENS)
