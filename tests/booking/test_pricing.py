"""What tickets cost after discounts and vouchers: exact, never below nothing, in any order."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quickserve.booking.pricing import Rule, Unit, allocate, bundle_shares, reduce_prices
from quickserve.contracts.booking import HeldItem
from quickserve.kernel.money import Money
from quickserve.web.receipt import receipt

TYPES = [UUID(int=n) for n in range(1, 4)]


def rule(kind="percent", value=1000, *, number=1, **changes):
    terms = {
        "source": "discount", "id": UUID(int=number), "name": kind, "kind": kind, "value": value,
        "currency": "EUR", "only": frozenset(), "stackable": False,
    }  # fmt: skip
    return Rule(**(terms | changes))


def units(*prices):
    return [Unit(TYPES[0], TYPES[0], price, "EUR") for price in prices]


def paid(prices, *rules):
    tickets = units(*prices)
    reduce_prices(tickets, rules)
    return [ticket.minor for ticket in tickets]


rules = st.builds(
    lambda kind, value, number, only, stackable, least, size, unpaid, limit: rule(
        kind, min(value, 10_000) if kind == "percent" else value, number=number,
        only=frozenset(only), stackable=stackable, least=least, group_size=size,
        group_paid=max(0, size - unpaid), limit=limit,
    ),
    st.sampled_from(["percent", "amount", "set", "group"]), st.integers(0, 12_000),
    st.integers(1, 9), st.sets(st.sampled_from(TYPES)), st.booleans(), st.integers(1, 4),
    st.integers(2, 5), st.integers(1, 5), st.none() | st.integers(0, 3),
)  # fmt: skip
tickets_of = st.lists(st.tuples(st.sampled_from(TYPES), st.integers(0, 9_999)), max_size=12)


def priced(wanted, some_rules):
    made = [Unit(kind, kind, minor, "EUR") for kind, minor in wanted]
    reduce_prices(made, some_rules)
    return made


@given(tickets_of, st.lists(rules, max_size=6, unique_by=lambda one: one.id))
def test_no_ticket_costs_less_than_nothing_or_more_than_its_price(wanted, some_rules):
    for unit in priced(wanted, some_rules):
        assert 0 <= unit.minor <= unit.list_minor
        assert all(minor > 0 for _, minor in unit.off)
        assert sum(not one.stackable for one, _ in unit.off) <= 1


@given(tickets_of, st.lists(rules, max_size=6, unique_by=lambda one: one.id), st.randoms())
def test_the_order_of_tickets_and_rules_changes_nothing(wanted, some_rules, random):
    def told(made):
        return sorted((str(u.type_id), u.list_minor, u.minor) for u in made)

    expected = told(priced(wanted, some_rules))
    mixed, mixed_rules = list(wanted), list(some_rules)
    random.shuffle(mixed)
    random.shuffle(mixed_rules)
    assert told(priced(mixed, mixed_rules)) == expected


@given(tickets_of, st.lists(rules, max_size=6, unique_by=lambda one: one.id))
def test_a_limited_rule_touches_no_more_tickets_than_its_limit(wanted, some_rules):
    made = priced(wanted, some_rules)
    for one in some_rules:
        touched = sum(any(mark is one for mark, _ in unit.off) for unit in made)
        assert one.limit is None or touched <= one.limit


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_shares_add_up(amount, weights):
    shares = allocate(amount, weights)
    assert sum(shares) == amount
    assert min(shares) >= 0


@given(tickets_of, st.lists(rules, max_size=6, unique_by=lambda one: one.id))
def test_the_receipt_adds_up_and_its_tax_is_that_of_what_is_paid(wanted, some_rules):
    rates = dict(zip(TYPES, (550, 2000, 0), strict=True))
    items = [
        HeldItem(
            ticket_type_id=unit.type_id, name="", quantity=1, unit_price=Money(unit.minor, "EUR"),
            tax_rate_bp=rates[unit.type_id],
        )
        for unit in priced(wanted, some_rules)
    ]  # fmt: skip
    total = sum(item.unit_price.minor for item in items)
    told = receipt(items, Money(total, "EUR"))
    assert sum(line.amount.minor for line in told.lines) == total
    for tax in told.taxes:
        gross = sum(i.unit_price.minor for i in items if i.tax_rate_bp == tax.rate_bp)
        exact = gross * tax.rate_bp / (10_000 + tax.rate_bp)
        assert abs(tax.amount.minor - exact) <= 0.5 + 1e-6


def test_a_percentage_is_rounded_once_for_all_its_tickets():
    # 10 % of 29.97 is 3.00, not three times 1.00 by luck: of 9.95 it is 2.985, so 2.99.
    assert paid([995, 995, 995], rule(value=1000)) == [895, 895, 896]


@pytest.mark.parametrize(
    ("prices", "expected"),
    [([1000] * 3, [1000] * 3), ([1000] * 4, [750] * 4), ([1000] * 5, [750] * 4 + [1000])],
)
def test_four_for_the_price_of_three(prices, expected):
    assert paid(prices, rule("group", group_size=4, group_paid=3)) == expected


def test_from_ten_persons_ten_percent_less():
    group = rule(value=1000, least=10)
    assert paid([1000] * 9, group) == [1000] * 9
    assert paid([1000] * 10, group) == [900] * 10


def test_the_best_counts_and_stackable_ones_come_on_top():
    ten, five = rule(value=1000), rule("amount", 500, number=2)
    assert paid([2000], ten, five) == [1500]
    assert paid([2000], ten, rule("amount", 500, number=2, stackable=True)) == [1300]


def test_each_ticket_has_the_best_of_what_is_for_it():
    adult, child = TYPES[:2]
    made = priced(
        [(adult, 2000), (child, 1000)],
        [
            rule(value=5000, only=frozenset([child])),
            rule(value=1000, number=2, only=frozenset([adult])),
        ],
    )
    assert [unit.minor for unit in made] == [1800, 500]


def test_a_price_that_is_set_never_raises_one():
    assert paid([2000, 500], rule("set", 900)) == [900, 500]


def test_another_currency_s_amount_is_not_taken_off():
    assert paid([2000], rule("amount", 500, currency="CHF")) == [2000]


def test_a_bundle_s_price_is_shared_out_by_what_its_parts_cost():
    adult, child = TYPES[:2]
    assert bundle_shares(5000, [(adult, 2, 2000), (child, 2, 1000)]) == [1667, 1667, 833, 833]
    assert bundle_shares(100, [(adult, 3, 0)]) == [34, 33, 33]
