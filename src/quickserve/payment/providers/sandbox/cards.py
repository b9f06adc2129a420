"""The sandbox's test cards. A typed number becomes a method token at once and is not kept."""

import re
from collections.abc import Mapping
from datetime import datetime

from quickserve.contracts.payment import CardInvalid, SandboxCard, TestCard
from quickserve.kernel.errors import FieldError

_PREFIX = "sandbox-"

# Numbers are Stripe's where Stripe has one for the behaviour.
CARDS: Mapping[str, tuple[str, str]] = {
    "4242424242424242": ("success", "The payment succeeds."),
    "4000000000000002": ("declined", "The bank declines."),
    "4000000000009995": ("insufficient-funds", "Declined: not enough money in the account."),
    "4000000000000069": ("expired-card", "Declined: the bank says that the card has expired."),
    "4000000000003220": ("challenge", "The bank asks the buyer to approve."),
    "4000008400001629": ("challenge-declined", "Asks the buyer to approve, and declines then."),
    "4000000000000119": ("timeout", "The first answer is lost although the bank authorised."),
    "4000000000000077": ("late", "The bank answers some seconds later."),
    "4000000000000259": ("never", "The bank never answers."),
    "4000000000005126": ("twice", "The bank answers some seconds later, and twice."),
    "4000000000000341": ("capture-refused", "Authorised, but the bank refuses the capture."),
}
BEHAVIOURS = frozenset(behaviour for behaviour, _ in CARDS.values())


def behaviour_of(method: str) -> str | None:
    """What a method token makes the sandbox do; None when it is not one of its tokens."""
    behaviour = method.removeprefix(_PREFIX)
    return behaviour if method.startswith(_PREFIX) and behaviour in BEHAVIOURS else None


def test_cards() -> list[TestCard]:
    return [
        TestCard(number=" ".join(re.findall("....", number)), behaviour=text)
        for number, (_, text) in CARDS.items()
    ]


def method_for(card: SandboxCard, now: datetime) -> str:
    """The method token of a typed card. Raises CardInvalid naming every wrong field.

    The number must pass Luhn's check (ISO/IEC 7812-1, annex B) and be a test card; a card is good
    to the end of the month printed on it.
    """
    number = re.sub(r"[\s-]", "", card.number)
    found = [
        _number_error(number),
        _expiry_error(card.expiry, now),
        None
        if re.fullmatch(r"[0-9]{3,4}", card.cvc.strip())
        else _error("cvc", "security-code", "Type the 3 or 4 digits of the security code."),
    ]
    errors = [error for error in found if error]
    if errors:
        raise CardInvalid(" ".join(error.message for error in errors), errors=errors)
    return _PREFIX + CARDS[number][0]


def _number_error(number: str) -> FieldError | None:
    if not re.fullmatch(r"[0-9]{12,19}", number):
        return _error("number", "not-a-card-number", "Type the 12 to 19 digits of the card number.")
    if not _passes_luhn(number):
        return _error(
            "number", "mistyped-digit", "A digit of the card number is mistyped: check it."
        )
    if number not in CARDS:
        return _error(
            "number", "not-a-test-card", "This is the sandbox: use one of its test cards."
        )
    return None


def _expiry_error(expiry: str, now: datetime) -> FieldError | None:
    match = re.fullmatch(r"(0[1-9]|1[0-2]) ?/ ?([0-9]{2})", expiry.strip(), re.ASCII)
    if not match:
        return _error("expiry", "not-a-month", "Type the expiry date as MM/YY.")
    if (2000 + int(match[2]), int(match[1])) < (now.year, now.month):
        return _error("expiry", "card-expired", "This card has expired: use another.")
    return None


def _error(field: str, code: str, message: str) -> FieldError:
    return FieldError(field=field, code=code, message=message)


def _passes_luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = (sum(divmod(digit * 2, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
