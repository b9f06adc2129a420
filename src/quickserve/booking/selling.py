"""The rules of sale applied to what somebody wants. No I/O."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from typing import Any

from quickserve.booking.model import (
    Basket,
    Offer,
    OfferedType,
    PersonLimit,
    field_problem,
    require_sellable,
)
from quickserve.booking.pricing import (
    NO_RULE,
    NO_RULES,
    Rule,
    TypeRule,
    Unit,
    Voucher,
    bundle_shares,
    reduce_prices,
)
from quickserve.contracts.booking import (
    HeldItem,
    MixedCurrencies,
    NotOnSale,
    OfBundle,
    QuantityNotAllowed,
    QuotaId,
    Reduction,
    UnknownTicketType,
    UsedVoucher,
    VoucherId,
)
from quickserve.contracts.booking_rules import (
    CodeNotValid,
    CodeRequired,
    MissingCompanion,
    PerPersonExceeded,
)
from quickserve.contracts.catalog import TicketTypeId
from quickserve.contracts.payment import PAYMENT_MAX_MINOR
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money

_NOT_COMPARED = str.maketrans("", "", " -_")


@dataclass(frozen=True, slots=True)
class Shortage:
    ticket_type_id: TicketTypeId
    available: int


def code_key(organiser_id: OrganiserId, code: str) -> bytes:
    """What a code is found by: case, spaces and dashes do not count."""
    plain = code.casefold().translate(_NOT_COMPARED)
    return sha256(f"{organiser_id}:{plain}".encode("utf-8", "replace")).digest()


def choose(
    offer: Offer, quantities: Mapping[TicketTypeId, int], vouchers: Sequence[Voucher] = ()
) -> Basket:
    """Applies the rules of sale. Raises the first that is broken; places are not its matter.

    Errors: NotFound, NotOnSale, UnknownTicketType, QuantityNotAllowed, MixedCurrencies,
    CodeRequired, CodeNotValid, PerPersonExceeded, MissingCompanion, Malformed for more than one
    payment can take.
    """
    require_sellable(offer)
    now = offer.now()
    kinds = [_kind(offer, type_id, quantity, now) for type_id, quantity in quantities.items()]
    currencies = {kind.currency for kind in kinds}
    if len(currencies) > 1:
        raise MixedCurrencies(f"These tickets are priced in {' and '.join(sorted(currencies))}.")
    if offer.rules is NO_RULES and not vouchers:  # by far the most
        items = [_plain_item(kind, quantities[kind.id]) for kind in kinds]
        uses: dict[VoucherId, int] = {}
    else:
        _require_companions(offer, quantities)
        items, uses = _priced(offer, quantities, vouchers, now)
    total = sum(item.unit_price.minor * item.quantity for item in items)
    if total > PAYMENT_MAX_MINOR:
        fix = "The total is larger than any payment: choose fewer tickets."
        raise field_problem("items", "too-dear", fix)
    needed = _needed(offer, quantities)
    # A voucher's quota has the voucher's id.
    taken = dict(sorted({**needed, **{QuotaId(i): n for i, n in uses.items()}}.items()))
    draws = {v.id: uses[v.id] for v in vouchers if v.reserve and v.id in uses}
    return Basket(
        items, Money(total, currencies.pop()), list(taken), list(taken.values()), draws
    )  # fmt: skip


def choose_for_staff(offer: Offer, quantities: Mapping[TicketTypeId, int], *, free: bool) -> Basket:
    """At the listed price, or for nothing; neither windows nor bounds hold for staff.

    A bundle is what is in it, as for buyers. Errors: NotFound, NotOnSale when cancelled,
    UnknownTicketType, MixedCurrencies, Malformed.
    """
    if not offer.offered:
        raise NotFound("There is no such date.")
    if "cancelled" in (offer.event_state, offer.date_state):
        raise NotOnSale("The event is cancelled.", reason="cancelled")
    items: list[HeldItem] = []
    for type_id, quantity in quantities.items():
        kind = offer.types.get(type_id)
        if kind is None:
            raise UnknownTicketType(ticket_type_id=str(type_id))
        items += _lines(offer, list(_units(offer, {type_id: quantity})), {})
    if free:
        items = [
            one.model_copy(update={"unit_price": Money.zero(one.unit_price.currency)})
            for one in items
        ]
    currencies = {item.unit_price.currency for item in items}
    if len(currencies) > 1:
        raise MixedCurrencies(f"These tickets are priced in {' and '.join(sorted(currencies))}.")
    total = sum(item.unit_price.minor * item.quantity for item in items)
    if total > PAYMENT_MAX_MINOR:
        raise field_problem("items", "too-dear", "Sell fewer tickets at once.")
    needed = _needed(offer, quantities)
    return Basket(items, Money(total, currencies.pop()), list(needed), list(needed.values()))


def shortage(
    offer: Offer, quantities: Mapping[TicketTypeId, int], vouchers: Sequence[Voucher] = (),
    draws: Mapping[VoucherId, int] | None = None,
) -> Shortage | None:  # fmt: skip
    """The wanted type with the fewest places left, when not all of them fit; None when they do.

    A type without any quota has no places. A quota shared by several types must fit their sum.
    What is set aside for a voucher is there for whoever has it.
    """
    needed = _needed(offer, quantities)
    for voucher in vouchers:
        for quota_id, places in voucher.block.items():
            if quota_id in needed:
                needed[quota_id] -= min(places, (draws or {}).get(voucher.id, 0))
    linked = {type_id for _, type_id in offer.links}
    taken = _places(offer, quantities)
    full = {i for i, places in needed.items() if places > offer.available[i]}
    missing = {t for t in taken if t not in linked}
    short = missing | {t for quota_id, t in offer.links if quota_id in full and t in taken}
    if not short:
        return None
    left = {t: offer.types[t].available if t in offer.types else 0 for t in short}
    worst = min(short, key=lambda t: left[t])
    return Shortage(worst, max(0, left[worst]))


def person_limits(offer: Offer, items: Sequence[HeldItem]) -> tuple[PersonLimit, ...]:
    """What a person's other bookings have to be counted for."""
    counted: dict[TicketTypeId, int] = {}
    for item in items:
        counted[item.ticket_type_id] = counted.get(item.ticket_type_id, 0) + item.quantity
    limits: list[PersonLimit] = []
    for type_id, quantity in counted.items():
        rule = offer.rules.types.get(type_id, NO_RULE)
        if rule.per_person is not None:
            name = offer.types[type_id].name if type_id in offer.types else ""
            limits.append(
                PersonLimit(type_id, name, quantity, rule.per_person, rule.per_person_scope)
            )
    return tuple(limits)


def exceeded(limit: PersonLimit, has: int) -> PerPersonExceeded | None:
    """`has`: what the person has of it already."""
    if has + limit.quantity <= limit.most:
        return None
    left = max(0, limit.most - has)
    return PerPersonExceeded(
        f"One person can have {limit.most} “{limit.name}”: {left} are left for this address.",
        name=limit.name, most=limit.most, left=left,
    )  # fmt: skip


def parts_of(offer: Offer, type_id: TicketTypeId) -> list[tuple[OfferedType, int]]:
    """Of a bundle; a part that is no longer offered makes it one that cannot be had."""
    found: list[tuple[OfferedType, int]] = []
    for part in offer.rules.types.get(type_id, NO_RULE).parts:
        kind = offer.types.get(part.ticket_type_id)
        if kind is None:
            raise UnknownTicketType(ticket_type_id=str(part.ticket_type_id))
        found.append((kind, part.quantity))
    return found


def _kind(offer: Offer, type_id: TicketTypeId, quantity: int, now: datetime) -> OfferedType:
    kind = offer.types.get(type_id)
    if kind is None:
        raise UnknownTicketType(ticket_type_id=str(type_id))
    if kind.sale_from is not None and kind.sale_from > now:
        raise NotOnSale(f"The sale of “{kind.name}” has not begun.", reason="not-yet")
    if kind.sale_until is not None and kind.sale_until <= now:
        raise NotOnSale(f"The sale of “{kind.name}” has ended.", reason="ended")
    low, high = kind.min_per_booking, kind.max_per_booking
    if not low <= quantity <= high:
        raise QuantityNotAllowed(
            f"Between {low} and {high} “{kind.name}” can be booked at once.",
            min=low, max=high, name=kind.name,
        )  # fmt: skip
    most = offer.rules.types.get(type_id, NO_RULE).per_person
    if most is not None and quantity > most:
        raise PerPersonExceeded(
            f"One person can have {most} “{kind.name}”.", name=kind.name, most=most, left=most
        )
    return kind


def _plain_item(kind: OfferedType, quantity: int) -> HeldItem:
    return HeldItem(
        ticket_type_id=kind.id, name=kind.name, quantity=quantity,
        unit_price=Money(kind.price_minor, kind.currency), tax_rate_bp=kind.tax_rate_bp,
    )  # fmt: skip


def _places(offer: Offer, quantities: Mapping[TicketTypeId, int]) -> dict[TicketTypeId, int]:
    """Places by type. A bundle takes those of its parts, and its own where it has a quota."""
    if not any(rule.parts for rule in offer.rules.types.values()):
        return dict(quantities)
    linked = {type_id for _, type_id in offer.links}
    places: dict[TicketTypeId, int] = {}
    for type_id, quantity in quantities.items():
        parts = offer.rules.types.get(type_id, NO_RULE).parts
        if not parts or type_id in linked:
            places[type_id] = places.get(type_id, 0) + quantity
        for part in parts:
            other = part.ticket_type_id
            places[other] = places.get(other, 0) + quantity * part.quantity
    return places


def _needed(offer: Offer, quantities: Mapping[TicketTypeId, int]) -> dict[QuotaId, int]:
    """Places by quota, in the order in which quotas are locked."""
    places = _places(offer, quantities)
    needed: dict[QuotaId, int] = {}
    for quota_id, type_id in offer.links:
        if quantity := places.get(type_id):
            needed[quota_id] = needed.get(quota_id, 0) + quantity
    return dict(sorted(needed.items()))


# -- What ticket types ask of each other -----------------------------------------------------------


def _require_companions(offer: Offer, quantities: Mapping[TicketTypeId, int]) -> None:
    present = _places(offer, quantities) | dict(quantities)
    for type_id, rule in offer.rules.types.items():
        quantity = quantities.get(type_id, 0)
        if type_id not in offer.types or not (quantity or rule.addon_of):
            continue
        if rule.addon_of:
            _require_main(offer, type_id, rule, quantity, present)
        if quantity:
            for other in rule.requires:
                if not present.get(other):
                    raise _missing(offer, type_id, [other], 1, None)


def _require_main(
    offer: Offer, type_id: TicketTypeId, rule: TypeRule, quantity: int,
    present: Mapping[TicketTypeId, int],
) -> None:  # fmt: skip
    mains = sum(present.get(other, 0) for other in rule.addon_of)
    if quantity and not mains:
        raise _missing(offer, type_id, rule.addon_of, 1, None)
    least, most = rule.addon_min * mains, rule.addon_max * mains
    if not least <= quantity <= most:
        raise _missing(offer, type_id, rule.addon_of, least, most)


def _missing(
    offer: Offer, type_id: TicketTypeId, others: Collection[TicketTypeId], least: int,
    most: int | None,
) -> MissingCompanion:  # fmt: skip
    name = offer.types[type_id].name
    needs = [offer.types[other].name for other in others if other in offer.types]
    if most is None:
        told = f"“{name}” is bought together with {' or '.join(needs)}."
    else:
        told = f"With these tickets, between {least} and {most} “{name}” can be booked."
    return MissingCompanion(told, name=name, needs=needs, least=least, most=most)


# -- Codes and prices ------------------------------------------------------------------------------


def _priced(
    offer: Offer, quantities: Mapping[TicketTypeId, int], vouchers: Sequence[Voucher],
    now: datetime,
) -> tuple[list[HeldItem], dict[VoucherId, int]]:  # fmt: skip
    usable = _usable(offer, vouchers, now)
    made = list(_units(offer, quantities))
    units = [unit for unit, _ in made]
    _unlock(offer, units, usable)
    _use_set_aside(units, usable)
    rules = [rule for rule in offer.rules.discounts if rule.holds_at(now)]
    rules += [rule for voucher in usable if (rule := voucher.rule())]
    reduce_prices(units, rules)
    uses: dict[VoucherId, int] = {}
    for unit in units:
        for voucher_id in unit.vouchers:
            uses[voucher_id] = uses.get(voucher_id, 0) + 1
    return list(_lines(offer, made, {voucher.id: voucher for voucher in usable})), uses


def _usable(offer: Offer, vouchers: Sequence[Voucher], now: datetime) -> list[Voucher]:
    date = offer.date
    for voucher in vouchers:
        state = voucher.state(date.event_id, date.date_id, now)
        if state != "good":
            raise CodeNotValid(code=voucher.code, reason=state, left=max(0, voucher.left))
    return sorted(vouchers, key=lambda voucher: str(voucher.id))


def _units(
    offer: Offer, quantities: Mapping[TicketTypeId, int]
) -> Iterator[tuple[Unit, OfBundle | None]]:
    for type_id, quantity in quantities.items():
        kind, parts = offer.types[type_id], parts_of(offer, type_id)
        if not parts:
            for _ in range(quantity):
                yield Unit(type_id, type_id, kind.price_minor, kind.currency), None
            continue
        bundle = OfBundle(ticket_type_id=type_id, name=kind.name, quantity=quantity)
        flat = [part for part, count in parts for _ in range(count)]
        shares = bundle_shares(
            kind.price_minor, [(part.id, count, part.price_minor) for part, count in parts]
        )
        for _ in range(quantity):
            for part, share in zip(flat, shares, strict=True):
                yield Unit(part.id, type_id, share, kind.currency), bundle


def _unlock(offer: Offer, units: Sequence[Unit], vouchers: Sequence[Voucher]) -> None:
    """Each hidden ticket needs one use of a code that opens it."""
    left = {voucher.id: voucher.left for voucher in vouchers}
    for unit in units:
        if not offer.rules.types.get(unit.chosen, NO_RULE).hidden:
            continue
        opening = [v for v in vouchers if v.unlock and v.covers(unit.chosen)]
        if not opening:
            name = offer.types[unit.chosen].name
            raise CodeRequired(f"“{name}” is sold with a code only.", name=name)
        voucher = next((v for v in opening if left[v.id] > 0), None)
        if voucher is None:
            most = max(opening, key=lambda v: v.left)
            raise CodeNotValid(
                f"This code is good for {most.left} more tickets.",
                code=most.code, reason="used-up", left=most.left,
            )  # fmt: skip
        left[voucher.id] -= 1
        unit.vouchers.add(voucher.id)


def _use_set_aside(units: Sequence[Unit], vouchers: Sequence[Voucher]) -> None:
    for voucher in vouchers:
        if voucher.reserve:
            fitting = [u for u in units if voucher.covers(u.chosen)]
            fitting.sort(key=lambda u: voucher.id not in u.vouchers)
            for unit in fitting[: voucher.left]:
                unit.vouchers.add(voucher.id)


def _lines(
    offer: Offer,
    made: Sequence[tuple[Unit, OfBundle | None]],
    vouchers: Mapping[VoucherId, Voucher],
) -> Iterator[HeldItem]:
    """Tickets of the same type and price, for the same reasons, are one line."""
    order = {unit.chosen: place for place, (unit, _) in enumerate(reversed(made))}

    def key(one: tuple[Unit, OfBundle | None]) -> tuple[Any, ...]:
        unit = one[0]
        why = tuple((str(rule.id), minor) for rule, minor in unit.off)
        used = tuple(sorted(map(str, unit.vouchers)))
        return (
            -order[unit.chosen], str(unit.type_id), -unit.list_minor, -unit.minor, why, used
        )  # fmt: skip

    for _, group in groupby(sorted(made, key=key), key=key):
        alike = list(group)
        unit, bundle = alike[0]
        kind = offer.types[unit.type_id]
        yield HeldItem(
            ticket_type_id=unit.type_id, name=kind.name, quantity=len(alike),
            unit_price=Money(unit.minor, unit.currency), tax_rate_bp=kind.tax_rate_bp,
            list_price=Money(unit.list_minor, unit.currency) if unit.off else None,
            reductions=[_reduction(rule, minor, unit.currency) for rule, minor in unit.off],
            vouchers=[
                UsedVoucher(id=i, code=vouchers[i].code) for i in sorted(unit.vouchers, key=str)
            ],
            bundle=bundle,
        )  # fmt: skip


def _reduction(rule: Rule, minor: int, currency: str) -> Reduction:
    return Reduction(kind=rule.source, id=rule.id, name=rule.name, amount=Money(minor, currency))
