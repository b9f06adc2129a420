"""A total over several people, to the last unit. No I/O."""

from collections.abc import Sequence

from quickserve.checkout.store.splits import NewShare
from quickserve.contracts.ordering import BasketView
from quickserve.contracts.split_payment import SplitTooSmall


def by_own_lines(basket: BasketView) -> list[NewShare]:
    """Each guest's lines, with a part of tip and fee as large as theirs of the rest.

    Raises SplitTooSmall where there is one guest only.
    """
    guests = list(dict.fromkeys(line.guest for line in basket.lines))
    if len(guests) == 1:
        raise SplitTooSmall
    of_guest = {guest: [line for line in basket.lines if line.guest == guest] for guest in guests}
    own = [sum(line.total.minor for line in of_guest[guest]) for guest in guests]
    rest = _spread(basket.totals.total.minor - sum(own), own)
    return [
        NewShare(guest, [line.id for line in of_guest[guest]], part + more)
        for guest, part, more in zip(guests, own, rest, strict=True)
    ]


def equally(total_minor: int, people: int) -> list[NewShare]:
    """The first ones pay what does not divide. Raises SplitTooSmall."""
    each, left = divmod(total_minor, people)
    if not each:
        raise SplitTooSmall
    return [NewShare("", [], each + (number < left)) for number in range(people)]


def _spread(amount: int, parts: Sequence[int]) -> list[int]:
    """As exactly as whole units allow: the largest remainders first; equally over nothing."""
    weights = parts if sum(parts) else [1] * len(parts)
    whole = sum(weights)
    shares = [amount * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: -(amount * weights[i] % whole))
    for i in order[: amount - sum(shares)]:
        shares[i] += 1
    return shares
