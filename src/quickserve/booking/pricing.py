"""What tickets cost once discounts and vouchers had their say. Whole minor units, no I/O.

How it is rounded: a rule's reduction is reckoned over all the tickets that it touches and rounded
once, half up; it is then shared out over them by price, the largest remainders first. So the lines
add up to the total to the cent, every ticket has a price of its own, which a refund gives back and
its tax is contained in, and none is below nothing.

Which rule counts: the one that saves most, then the next on the tickets that are left, and so on;
no ticket has two. Those that are stackable come on top, on what is then left of the price. The
order in which tickets or rules are named changes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from quickserve.contracts.booking import QuotaId, VoucherId
from quickserve.contracts.booking_rules import BundlePart, CodeState, PriceEffect
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId

WHOLE_BP = 10_000

RuleKind = Literal["set", "percent", "amount", "group"]


@dataclass(frozen=True, slots=True)
class TypeRule:
    hidden: bool = False
    per_person: int | None = None
    per_person_scope: Literal["date", "event"] = "event"
    addon_of: tuple[TicketTypeId, ...] = ()
    addon_min: int = 0
    addon_max: int = 1
    requires: tuple[TicketTypeId, ...] = ()
    parts: tuple[BundlePart, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """Takes off the price of tickets. `limit`: of so many at most; `only`: of these types."""

    source: Literal["discount", "voucher"]
    id: UUID
    name: str
    kind: RuleKind
    value: int
    currency: str
    only: frozenset[TicketTypeId]
    stackable: bool
    least: int = 1
    group_size: int = 2
    group_paid: int = 1
    limit: int | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def holds_at(self, now: datetime) -> bool:
        begun = self.valid_from is None or self.valid_from <= now
        return begun and (self.valid_until is None or now < self.valid_until)


@dataclass(frozen=True, slots=True)
class Rules:
    """Of one date: what its ticket types ask, and the discounts that may hold for it."""

    types: dict[TicketTypeId, TypeRule] = field(default_factory=dict[TicketTypeId, TypeRule])
    discounts: tuple[Rule, ...] = ()


NO_RULES = Rules()
NO_RULE = TypeRule()


@dataclass(frozen=True, slots=True)
class Voucher:
    """`left`: how often it can still be used; `block`: what is set aside for it, by quota."""

    id: VoucherId
    code: str
    event_id: EventId | None
    date_id: DateId | None
    only: frozenset[TicketTypeId]
    valid_from: datetime | None
    valid_until: datetime | None
    unlock: bool
    reserve: bool
    price: PriceEffect
    value: int
    currency: str
    stackable: bool
    left: int
    block: dict[QuotaId, int]

    def state(self, event_id: EventId, date_id: DateId, now: datetime) -> CodeState:
        if self.event_id not in (None, event_id) or self.date_id not in (None, date_id):
            return "elsewhere"
        if self.valid_from is not None and now < self.valid_from:
            return "not-yet"
        if self.valid_until is not None and self.valid_until <= now:
            return "expired"
        return "good" if self.left > 0 else "used-up"

    def covers(self, type_id: TicketTypeId) -> bool:
        return not self.only or type_id in self.only

    def rule(self) -> Rule | None:
        if self.price == "none":
            return None
        return Rule(
            "voucher", self.id, self.code, self.price, self.value, self.currency, self.only,
            self.stackable, limit=self.left,
        )  # fmt: skip


@dataclass(slots=True)
class Unit:
    """One ticket. `chosen` is what was asked for: its own type, or the bundle it is part of."""

    type_id: TicketTypeId
    chosen: TicketTypeId
    list_minor: int
    currency: str
    off: list[tuple[Rule, int]] = field(default_factory=list[tuple[Rule, int]])
    vouchers: set[VoucherId] = field(default_factory=set[VoucherId])

    @property
    def minor(self) -> int:
        return self.list_minor - sum(minor for _, minor in self.off)


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` in shares by weight, exact: the largest remainders get one more, the first first."""
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    shares = [amount * weight // whole for weight in weights]
    rest = amount - sum(shares)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % whole), i))
    for i in by_remainder[:rest]:
        shares[i] += 1
    return shares


def bundle_shares(price_minor: int, parts: Sequence[tuple[TicketTypeId, int, int]]) -> list[int]:
    """One bundle's price over its places, by what each costs alone: (type, quantity, price)."""
    weights = [price for _, quantity, price in parts for _ in range(quantity)]
    return allocate(price_minor, weights)


def reduce_prices(units: Sequence[Unit], rules: Sequence[Rule]) -> None:
    """Notes on each ticket what is taken off it, and whose voucher did it."""
    ordered = sorted(units, key=lambda u: (-u.list_minor, str(u.chosen), str(u.type_id)))
    single = sorted((r for r in rules if not r.stackable), key=lambda r: str(r.id))
    free = ordered
    while single and free:
        savings = [_saving(rule, free, ordered) for rule in single]
        best = max(range(len(single)), key=lambda i: (sum(savings[i].values()), -i))
        if not savings[best]:
            break
        _note(single.pop(best), free, savings[best])
        free = [unit for unit in free if not unit.off]
    # What is worth a share of the price before what is worth an amount: the buyer saves more.
    stacked = sorted(
        (r for r in rules if r.stackable), key=lambda r: (r.kind == "amount", str(r.id))
    )
    for rule in stacked:
        _note(rule, ordered, _saving(rule, ordered, ordered))


def _note(rule: Rule, units: Sequence[Unit], saving: dict[int, int]) -> None:
    for i, minor in saving.items():
        units[i].off.append((rule, minor))
        if rule.source == "voucher":
            units[i].vouchers.add(VoucherId(rule.id))


def _touches(rule: Rule, unit: Unit) -> bool:
    return (not rule.only or unit.chosen in rule.only) and (
        rule.kind in ("percent", "group") or rule.currency == unit.currency
    )


def _saving(rule: Rule, units: Sequence[Unit], everything: Sequence[Unit]) -> dict[int, int]:
    """What the rule takes off which of `units`: position → minor units, none of them zero."""
    found = [i for i, unit in enumerate(units) if _touches(rule, unit) and unit.minor > 0]
    if rule.least > 1 and sum(_touches(rule, unit) for unit in everything) < rule.least:
        return {}
    if rule.limit is not None:
        # A ticket that the voucher is used for anyway costs no further use.
        found.sort(key=lambda i: rule.id not in units[i].vouchers)
        used = sum(rule.id in unit.vouchers for unit in everything)
        again = sum(rule.id in units[i].vouchers for i in found)
        found = found[: max(0, rule.limit - (used - again))]
    prices = [units[i].minor for i in found]
    return {i: off for i, off in zip(found, _OFF[rule.kind](rule, prices), strict=True) if off > 0}


def _percent(rule: Rule, prices: list[int]) -> list[int]:
    exact = sum(prices) * rule.value
    return allocate((2 * exact + WHOLE_BP) // (2 * WHOLE_BP), prices)


def _amount(rule: Rule, prices: list[int]) -> list[int]:
    return [min(rule.value, price) for price in prices]


def _set(rule: Rule, prices: list[int]) -> list[int]:
    return [max(0, price - rule.value) for price in prices]


def _group(rule: Rule, prices: list[int]) -> list[int]:
    """The cheapest of each whole group cost nothing: that is shared out over the group."""
    off = [0] * len(prices)
    dearest = sorted(range(len(prices)), key=lambda i: (-prices[i], i))
    size, unpaid = rule.group_size, rule.group_size - rule.group_paid
    for start in range(0, len(prices) - size + 1, size):
        group = dearest[start : start + size]
        saved = sum(prices[i] for i in group[-unpaid:])
        for i, share in zip(group, allocate(saved, [prices[i] for i in group]), strict=True):
            off[i] = share
    return off


_OFF: dict[RuleKind, Callable[[Rule, list[int]], list[int]]] = {
    "percent": _percent, "amount": _amount, "set": _set, "group": _group,
}  # fmt: skip
