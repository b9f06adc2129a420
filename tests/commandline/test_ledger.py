"""What `quickserve ledger` prints."""

from quickserve.commandline.ledger import lines
from quickserve.contracts.payment import AccountBalance, LedgerCheck
from quickserve.kernel.money import Money

ACCOUNT = AccountBalance(account="sandbox:EUR", posted=Money(3600, "EUR"), pending=Money(0, "EUR"))


def test_books_that_balance():
    check = LedgerCheck(balanced=True, transfers=3, findings=[], accounts=[ACCOUNT])
    assert lines(check) == [
        "The books balance: 3 transfers.",
        "  sandbox:EUR: 36.00 EUR posted, 0.00 EUR pending",
    ]


def test_books_that_do_not_say_what_is_wrong():
    check = LedgerCheck(balanced=False, transfers=3, findings=["It is wrong."], accounts=[])
    assert lines(check) == ["The books do not balance: 3 transfers.", "It is wrong."]
