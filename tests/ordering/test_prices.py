"""Prices to the cent, whatever is chosen, included, reduced, tipped and called off again."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quickserve.contracts.booking import TicketId
from quickserve.contracts.catalog import EventId, TicketTypeId
from quickserve.contracts.menus import DeliveryArea, StandDraft, StandId
from quickserve.contracts.ordering import (
    BasketDraft,
    BasketId,
    BasketLineId,
    ChosenModifier,
    Destination,
    NewLine,
    Pacing,
)
from quickserve.kernel.ids import OrganiserId, new_uuid
from quickserve.ordering import pricing, refunding
from quickserve.ordering.model import (
    Basket,
    Entitlement,
    Gate,
    MenuIndex,
    Order,
    Stand,
    TicketFacts,
    Voucher,
    live_lines,
)
from tests.ordering.conftest import eur, some_menu

pytestmark = pytest.mark.one_shape

NOW = datetime(2031, 7, 13, 19, tzinfo=UTC)
MANY = settings(max_examples=300, deadline=None, derandomize=True, database=None)


@st.composite
def stands(draw: st.DrawFn) -> Stand:
    """Any prices and rates; modifiers may take something off."""
    stand_id = StandId(new_uuid())
    menu = some_menu(stand_id)
    rates = st.sampled_from([0, 210, 550, 1000, 2000, 10_000])
    for section in menu.sections:
        section.items = [
            item.model_copy(update={
                "price": eur(draw(st.integers(0, 10_000))), "tax_rate_bp": draw(rates),
                "tax_rates_bp": {},
            })
            for item in section.items
        ]  # fmt: skip
    for group in menu.groups:
        group.modifiers = [
            one.model_copy(update={"price": eur(draw(st.integers(-500, 500)))})
            for one in group.modifiers
        ]
    area = DeliveryArea(radius_m=1000, fee=eur(draw(st.integers(0, 999))), order_min=eur(0))
    draft = StandDraft(
        organiser_id=OrganiserId(new_uuid()), name="Grill", delivery=area,
        fulfilments=["pickup", "delivery"],
    )  # fmt: skip
    gate = Gate(None, 100, 0, Pacing())
    return Stand(
        stand_id, 1, 0, draft.organiser_id, None, "grill", draft, (), frozenset(), gate,
        MenuIndex.of(menu), NOW,
    )  # fmt: skip


@st.composite
def priced(draw: st.DrawFn) -> Any:
    stand = draw(stands())
    assert stand.menu is not None
    choices = list(stand.menu.items.values())
    lines: list[NewLine] = []
    for _ in range(draw(st.integers(1, 6))):
        choice = draw(st.sampled_from(choices))
        chosen = [
            ChosenModifier(modifier_id=group.modifiers[0].id)
            if group.min
            else ChosenModifier(modifier_id=draw(st.sampled_from(group.modifiers)).id)
            for group in choice.groups
            if group.min or draw(st.booleans())
        ]
        lines.append(NewLine(
            id=BasketLineId(new_uuid()), item_id=choice.item.id,
            quantity=draw(st.integers(1, 50)), modifiers=chosen,
        ))  # fmt: skip
    draft = BasketDraft(
        stand_id=stand.id, tip=draw(st.none() | st.integers(0, 5000).map(eur)),
        destination=Destination(fulfilment=draw(st.sampled_from(["pickup", "delivery"]))),
    )  # fmt: skip
    entitlements = [
        Entitlement(
            new_uuid(), f"{n} included",
            frozenset(draw(st.sets(st.sampled_from([c.item.id for c in choices]), min_size=1))),
            left, left + draw(st.integers(0, 3)),
        )
        for n, left in enumerate(draw(st.lists(st.integers(0, 9), max_size=3)))
    ]  # fmt: skip
    vouchers = [
        Voucher(f"V{n}", *kind)
        for n, kind in enumerate(draw(st.lists(
            st.tuples(st.integers(1, 100), st.none())
            | st.tuples(st.none(), st.integers(1, 20_000)), max_size=3,
        )))
    ]  # fmt: skip
    ticket = TicketFacts(TicketId(new_uuid()), EventId(new_uuid()), TicketTypeId(new_uuid()), "")
    basket = Basket(BasketId(new_uuid()), 1, draft, lines, ticket, None)
    found = pricing.price(basket, stand, entitlements=entitlements, vouchers=vouchers, at=NOW)
    return stand, basket, found, entitlements, vouchers


@MANY
@given(priced())
def test_sums_of_lines_are_the_totals(case: Any) -> None:
    stand, basket, found, entitlements, vouchers = case
    totals, lines = found.totals, found.lines
    for line in lines:
        assert line.total.minor + line.reduced.minor == line.unit_price.minor * line.quantity
        assert line.total.minor >= 0
        assert line.reduced.minor >= 0
        assert 0 <= line.included <= line.quantity
    assert totals.items.minor == sum(one.unit_price.minor * one.quantity for one in lines)
    assert totals.reduced.minor == sum(one.reduced.minor for one in lines)
    delivered = basket.draft.destination.fulfilment == "delivery"
    assert totals.fee == (stand.draft.delivery.fee if delivered else eur(0))
    assert totals.tip == (basket.draft.tip or eur(0))
    assert totals.total.minor == (
        totals.items.minor - totals.reduced.minor + totals.fee.minor + totals.tip.minor
    )
    assert totals.total.minor >= 0
    # Of the same kinds, whatever the order: each rate's gross is its lines' and the fee's.
    untaxed = sum(one.total.minor for one in lines if not one.tax_rate_bp)
    taxed = sum(tax.gross.minor for tax in totals.taxes)
    rest = totals.total.minor - totals.tip.minor - taxed
    assert rest in (untaxed, untaxed + totals.fee.minor)
    for tax in totals.taxes:
        exact = tax.gross.minor * tax.rate_bp
        assert abs(tax.tax.minor * (10_000 + tax.rate_bp) - exact) * 2 <= 10_000 + tax.rate_bp
    for one in entitlements:
        taken = sum(take.quantity for take in found.included if take.entitlement_id == one.id)
        assert taken <= one.left
    assert sum(take.quantity for take in found.included) == sum(one.included for one in lines)
    most = sum(v.amount_minor or 0 for v in vouchers if v.percent is None)
    if not entitlements and all(v.percent is None for v in vouchers):
        assert totals.reduced.minor == min(most, totals.items.minor)


@MANY
@given(priced(), st.data())
def test_lines_called_off_in_any_order_give_back_what_was_paid_and_no_more(
    case: Any, data: st.DataObject
) -> None:
    _, basket, found, _, _ = case
    order: Any = _order(basket, found)
    back, taxes = 0, Counter[int]()
    while live := live_lines(order.lines):
        picked = data.draw(
            st.lists(st.sampled_from([one.id for one in live]), min_size=1, unique=True)
        )
        given_back = refunding.worth(order, picked)
        assert given_back.amount.minor >= 0
        assert set(given_back.parts) <= set(picked)
        back += given_back.amount.minor
        taxes.update({tax.rate_bp: tax.tax.minor for tax in given_back.taxes})
        assert back <= found.totals.total.minor, "more than was paid"
        lines = refunding.cancelled(order.lines, picked)
        order = _order(basket, found, lines=lines, refunded=back)
        assert given_back.whole == (not live_lines(order.lines))
    assert back == found.totals.total.minor, "all of it is gone, and all of the money is back"
    assert +taxes == +Counter({tax.rate_bp: tax.tax.minor for tax in found.totals.taxes})


def _order(basket: Basket, found: Any, *, lines: Any = None, refunded: int = 0) -> Any:
    promise: Any = None
    return Order(
        new_uuid(), basket.id, basket.draft.stand_id, OrganiserId(new_uuid()), None, None, None,  # type: ignore[arg-type]
        "001", "accepted", "card", NOW, "Léa", None, "", "fr", basket.draft.destination,
        found.lines if lines is None else lines, found.totals, refunded, None, NOW, promise, None,
        None, b"", NOW, "Grill", NOW,
    )  # fmt: skip
