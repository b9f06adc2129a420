"""`quickserve ledger`: the books, audited at one moment."""

from quickserve.contracts.payment import LedgerCheck, PaymentClient
from quickserve.laptop import Home, clients


async def run(home: Home) -> int:
    """0 when they balance."""
    async with clients(home) as client:
        check = await PaymentClient(client("payment")).check_ledger()
    print("\n".join(lines(check)))  # noqa: T201
    return 0 if check.balanced else 1


def lines(check: LedgerCheck) -> list[str]:
    told = [
        f"  {one.account}: {one.posted} posted, {one.pending} pending" for one in check.accounts
    ]
    if check.balanced:
        return [f"The books balance: {check.transfers} transfers.", *told]
    return [f"The books do not balance: {check.transfers} transfers.", *told, *check.findings]
