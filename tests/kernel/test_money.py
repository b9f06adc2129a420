"""Money agrees with ISO 4217, is exact, and reads what people type."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from quickserve.kernel.money import (
    MAX_MINOR,
    AmountError,
    Money,
    UnknownCurrencyError,
    known_currency,
    scale,
)

CODES = ["EUR", "CHF", "JPY", "KWD", "XOF", "USD"]
amounts = st.builds(Money, st.integers(-MAX_MINOR, MAX_MINOR), st.sampled_from(CODES))

# Of list one, but nobody pays with them: funds, bond units, metals, tests, "no currency".
NOT_PAID_WITH = {
    "BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW", "XSU", "XUA", "XDR", "XAD",
    "XBA", "XBB", "XBC", "XBD", "XAG", "XAU", "XPD", "XPT", "XTS", "XXX",
}  # fmt: skip


@pytest.fixture
def iso_4217(data: Path) -> dict[str, str]:
    """Active codes and their minor unit, as the standard's list says them."""
    with (data / "vectors/iso4217/codes-all.csv").open(encoding="utf-8") as file:
        return {
            row["AlphabeticCode"]: row["MinorUnit"]
            for row in csv.DictReader(file)
            if row["AlphabeticCode"] and not row["WithdrawalDate"]
        }


def test_every_active_currency_has_the_standards_minor_unit(iso_4217: dict[str, str]) -> None:
    known = {code: unit for code, unit in iso_4217.items() if known_currency(code)}
    assert {code: str(scale(code)) for code in known} == known
    assert len(known) > 140


def test_only_what_nobody_pays_with_is_left_out(iso_4217: dict[str, str]) -> None:
    missing = {code for code in iso_4217 if not known_currency(code)}
    assert missing <= NOT_PAID_WITH | {code for code, unit in iso_4217.items() if unit == "-"}


@pytest.mark.parametrize("code", ["XXX", "XAU", "eur", "EURO", "", "DEM", "E\u0055R "])
def test_other_codes_are_no_currency(code: str) -> None:
    with pytest.raises(UnknownCurrencyError):
        Money(1, code)


@given(amounts)
def test_what_is_printed_can_be_read_again(money: Money) -> None:
    number, currency = str(money).split()
    assert Money.parse(number, currency) == money
    assert Money.parse(number.replace(".", ","), currency) == money


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("18", "EUR", 1800),
        ("18.50", "EUR", 1850),
        ("18,5", "EUR", 1850),
        (" 1 234,50 ", "EUR", 123450),
        ("1\u202f234\u00a0567", "JPY", 1234567),
        ("1,234", "KWD", 1234),
        ("-3", "USD", -300),
        ("500.0", "XOF", 500),
    ],
)
def test_reads_what_people_type(typed: str, currency: str, minor: int) -> None:
    assert Money.parse(typed, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "free", "18.505", "1.234,50", "1,234.50", "12 50", "1e3", "1_000", "0x10", "NaN",
        "Infinity", "1e999999", "1e-999999", "--1", "18€", "١٢", "１８", "0." + "0" * 40 + "1",
        "0.009" + "9" * 40, "9" * 400, "1" * 14, "1\x00",
    ],
)  # fmt: skip
def test_refuses_what_it_would_have_to_guess(typed: str) -> None:
    with pytest.raises(AmountError):
        Money.parse(typed, "EUR")


@given(st.text())
def test_any_text_is_an_amount_or_an_error(text: str) -> None:
    try:
        money = Money.parse(text, "EUR")
    except AmountError:
        return
    assert money.amount == Decimal(money.minor) / 100


@given(amounts, st.integers(1, 3))
def test_sums_are_exact(money: Money, times: int) -> None:
    small = Money(money.minor // 10, money.currency)
    total = small * times
    for _ in range(times):
        total -= small
    assert total == Money.zero(money.currency)


def test_two_currencies_do_not_add_up() -> None:
    with pytest.raises(AssertionError):
        _ = Money(1, "EUR") + Money(1, "CHF")


def test_sums_beyond_the_bound_are_refused() -> None:
    with pytest.raises(AmountError):
        _ = Money(MAX_MINOR, "EUR") + Money(1, "EUR")


@pytest.mark.parametrize("minor", [1.0, 12.5, "12", True])
def test_no_floats_get_in(minor: object) -> None:
    with pytest.raises(AssertionError):
        Money(minor, "EUR")  # type: ignore[arg-type] # that is the point


class Price(BaseModel):
    price: Money


@pytest.mark.parametrize("minor", ["12.0", "12.5", '"12"', "true", "null", "1e2", "9" * 30])
def test_no_floats_get_in_by_json(minor: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Price.model_validate_json(f'{{"price": {{"minor": {minor}, "currency": "EUR"}}}}')
    assert refused.value.errors()[0]["loc"][0] == "price"


def test_an_unknown_currency_in_json_is_the_fields_error() -> None:
    with pytest.raises(ValidationError) as refused:
        Price.model_validate_json('{"price": {"minor": 1, "currency": "XXX"}}')
    (error,) = refused.value.errors()
    assert error["loc"] == ("price",)
    assert "EUR" in error["msg"]
