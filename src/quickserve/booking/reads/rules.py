"""Selling rules as buyers and organisers see them."""

from collections.abc import Sequence
from dataclasses import asdict

from quickserve.booking import selling
from quickserve.booking.model import Offer
from quickserve.booking.pricing import NO_RULE, Rule, Unit, Voucher, reduce_prices
from quickserve.booking.reads.bookings import link_of
from quickserve.booking.resources import resources
from quickserve.booking.store import offers, rules
from quickserve.contracts.booking import VoucherId
from quickserve.contracts.booking_rules import (
    CodeTold,
    DiscountList,
    DiscountTold,
    EventRules,
    Terms,
    TypeTerms,
    VoucherList,
    VoucherUse,
    VoucherUses,
)
from quickserve.contracts.catalog import DateId, EventId, TicketTypeId
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import NotFound
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import Money
from quickserve.kernel.service import Context

_USES_SHOWN_MAX = 500


async def terms(ctx: Context, date_id: DateId, codes: Sequence[str]) -> Terms:
    """What somebody with these codes is offered. Nothing is taken. Errors: NotFound."""
    offer = await resources(ctx).shelf.offer(date_id)
    if offer is None or not offer.offered:
        raise NotFound("There is no such date.")
    organiser_id = offer.date.organiser_id
    keys = {selling.code_key(organiser_id, code): code for code in codes if code.strip()}
    found: dict[bytes, Voucher] = {}
    if keys:
        async with ctx.db.read() as tx:
            vouchers = await rules.find_vouchers(tx, organiser_id, list(keys))
        found = {selling.code_key(organiser_id, voucher.code): voucher for voucher in vouchers}
    told = [_told(offer, code, found.get(key)) for key, code in keys.items()]
    good = [found[key] for (key, _), one in zip(keys.items(), told, strict=True)
            if one.state == "good"]  # fmt: skip
    now = offer.now()
    discounts = [rule for rule in offer.rules.discounts if rule.holds_at(now)]
    return Terms(
        date_id=date_id,
        types=[_type(offer, type_id, discounts, good) for type_id in offer.types],
        discounts=[_discount(rule) for rule in discounts],
        codes=told,
    )


def _told(offer: Offer, code: str, voucher: Voucher | None) -> CodeTold:
    if voucher is None:
        return CodeTold(code=code, state="unknown", left=0)
    state = voucher.state(offer.date.event_id, offer.date.date_id, offer.now())
    return CodeTold(code=voucher.code, state=state, left=max(0, voucher.left))


def _type(
    offer: Offer, type_id: TicketTypeId, discounts: Sequence[Rule], vouchers: Sequence[Voucher]
) -> TypeTerms:
    kind, rule = offer.types[type_id], offer.rules.types.get(type_id, NO_RULE)
    unit = Unit(type_id, type_id, kind.price_minor, kind.currency)
    reduce_prices([unit], [*discounts, *(r for v in vouchers if (r := v.rule()))])
    shown = not rule.hidden or any(v.unlock and v.covers(type_id) for v in vouchers)
    return TypeTerms(
        ticket_type_id=type_id, shown=shown,
        price=Money(unit.minor, kind.currency) if unit.off and shown else None,
        available=_available(offer, type_id, vouchers) if shown else 0,
        per_person=rule.per_person, addon_of=list(rule.addon_of), addon_min=rule.addon_min,
        addon_max=rule.addon_max, requires=list(rule.requires), parts=list(rule.parts),
    )  # fmt: skip


def _available(offer: Offer, type_id: TicketTypeId, vouchers: Sequence[Voucher]) -> int:
    """Places, with what is set aside for these vouchers; of a bundle, so many bundles."""
    parts = offer.rules.types.get(type_id, NO_RULE).parts
    aside: dict[object, int] = {}
    for voucher in vouchers:
        if voucher.covers(type_id):
            for quota_id, places in voucher.block.items():
                aside[quota_id] = aside.get(quota_id, 0) + places

    def of(wanted: TicketTypeId) -> int | None:
        left = [offer.available[q] + aside.get(q, 0) for q, t in offer.links if t == wanted]
        return max(0, min(left)) if left else None

    bounds = [(of(part.ticket_type_id) or 0) // part.quantity for part in parts]
    own = of(type_id)
    if not parts:
        return own or 0
    return min(bounds if own is None else [*bounds, own])


def _discount(rule: Rule) -> DiscountTold:
    assert rule.kind != "set"
    return DiscountTold(
        name=rule.name, kind=rule.kind, value=rule.value, currency=rule.currency,
        least=rule.least, group_size=rule.group_size, group_paid=rule.group_paid,
        ticket_type_ids=sorted(rule.only, key=str),
    )  # fmt: skip


async def vouchers(
    ctx: Context, organiser_id: OrganiserId, text: str, after: VoucherId | None, limit: int
) -> VoucherList:
    ctx.principal.require(organiser_id, Role.ORGANISER)
    async with ctx.db.read() as tx:
        found = await rules.vouchers_of(tx, organiser_id, text, after, limit + 1)
    more = len(found) > limit
    return VoucherList(vouchers=found[:limit], next=found[limit - 1].id if more else None)


async def voucher(ctx: Context, voucher_id: VoucherId) -> VoucherUses:
    """With the latest bookings that used it. Errors: NotFound, Forbidden."""
    async with ctx.db.read() as tx:
        organiser_id = await rules.organiser_of_voucher(tx, voucher_id)
        if organiser_id is None:
            raise NotFound("There is no such voucher.")
        ctx.principal.require(organiser_id, Role.ORGANISER)
        view = await rules.find_voucher(tx, voucher_id)
        uses = await rules.uses_of(tx, voucher_id, _USES_SHOWN_MAX)
    assert view is not None
    return VoucherUses(
        voucher=view,
        uses=[
            VoucherUse(number=link_of(ctx, one.booking_id).number, **asdict(one)) for one in uses
        ],
    )


async def discounts(ctx: Context, organiser_id: OrganiserId) -> DiscountList:
    ctx.principal.require(organiser_id, Role.ORGANISER)
    async with ctx.db.read() as tx:
        return DiscountList(discounts=await rules.discounts_of(tx, organiser_id))


async def event_rules(ctx: Context, event_id: EventId) -> EventRules:
    """Errors: NotFound, Forbidden."""
    async with ctx.db.read() as tx:
        organiser_id = await offers.find_event_organiser(tx, event_id)
        if organiser_id is None:
            raise NotFound("There is no such event.")
        ctx.principal.require(organiser_id, Role.ORGANISER)
        return EventRules(types=await rules.rules_of_event(tx, event_id))
