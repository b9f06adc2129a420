"""Gives out codes, or changes what they do: many at once, all or none."""

from dataclasses import dataclass

from quickserve.booking import selling
from quickserve.booking.commands import set_aside
from quickserve.booking.model import field_problem
from quickserve.booking.resources import resources, tell_changed
from quickserve.booking.store import offers, rules, stock
from quickserve.booking.store.rules import KnownVoucher
from quickserve.contracts.booking import SoldOut, VoucherId
from quickserve.contracts.booking_rules import NewVoucher, UsesBelowTaken
from quickserve.contracts.catalog import DateId, EventId
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import Conflict, Forbidden
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import known_currency
from quickserve.kernel.service import Context

RESERVING_MAX = 200  # vouchers of one call that set places aside


@dataclass(frozen=True, slots=True)
class PutVouchers:
    organiser_id: OrganiserId
    vouchers: tuple[NewVoucher, ...]


async def put_vouchers(ctx: Context, cmd: PutVouchers) -> None:
    """Uses that were taken stay taken; places set aside follow the uses that are left.

    Errors: CodeTaken, UsesBelowTaken, SoldOut when so many places cannot be set aside, Forbidden,
    Malformed for a date or event that is not the organiser's.
    """
    ctx.principal.require(cmd.organiser_id, Role.ORGANISER)
    _check(cmd)
    async with ctx.db.transaction() as tx:
        await stock.lock_stock(tx, cmd.organiser_id)
        await _require_own(tx, cmd)
        known = {v.id: v for v in await rules.lock_vouchers(tx, [v.id for v in cmd.vouchers])}
        _compare(cmd, known)
        written = await rules.upsert_uses(tx, cmd.organiser_id, cmd.vouchers)
        if written != len(cmd.vouchers):
            raise Conflict("Something else has this id.")
        keys = [selling.code_key(cmd.organiser_id, v.code) for v in cmd.vouchers]
        await rules.upsert_vouchers(tx, cmd.organiser_id, cmd.vouchers, keys)
        for voucher in cmd.vouchers:
            await _set_aside(tx, voucher, known.get(voucher.id))
    dates = {v.date_id for v in cmd.vouchers if v.date_id is not None}
    resources(ctx).shelf.forget(dates)
    tell_changed(ctx, *dates)


def _check(cmd: PutVouchers) -> None:
    ids: set[VoucherId] = set()
    codes: set[bytes] = set()
    for position, voucher in enumerate(cmd.vouchers):
        key = selling.code_key(cmd.organiser_id, voucher.code)
        if voucher.id in ids or key in codes:
            raise field_problem(f"vouchers.{position}.code", "twice", "Name each code once.")
        ids.add(voucher.id)
        codes.add(key)
        if not known_currency(voucher.currency):
            fix = "Name an ISO 4217 currency, such as EUR."
            raise field_problem(f"vouchers.{position}.currency", "unknown-currency", fix)
    if sum(voucher.reserve for voucher in cmd.vouchers) > RESERVING_MAX:
        fix = f"Set places aside for at most {RESERVING_MAX} codes at once."
        raise field_problem("vouchers", "too-many", fix)


async def _require_own(tx: Transaction, cmd: PutVouchers) -> None:
    """The date may still be unknown here: then nothing can be set aside for it yet."""
    events: set[EventId] = {v.event_id for v in cmd.vouchers if v.event_id is not None}
    dates: set[DateId] = {v.date_id for v in cmd.vouchers if v.date_id is not None}
    for event_id in events:
        if await offers.find_event_organiser(tx, event_id) != cmd.organiser_id:
            raise field_problem("event_id", "unknown-event", "Choose one of your own events.")
    for date_id in dates:
        date = await offers.find_date(tx, date_id)
        if date is None or date.organiser_id != cmd.organiser_id:
            raise field_problem("date_id", "unknown-date", "Choose a date of your own events.")


def _compare(cmd: PutVouchers, known: dict[VoucherId, KnownVoucher]) -> None:
    for voucher in cmd.vouchers:
        before = known.get(voucher.id)
        if before is None:
            continue
        if before.organiser_id != cmd.organiser_id:
            raise Forbidden("A voucher of this id belongs to another organisation.")
        if voucher.uses < before.taken:
            raise UsesBelowTaken(
                f"The code was used {before.taken} times: allow at least as many.",
                taken=before.taken,
            )
        same = (before.date_id, before.ticket_type_ids) == (
            voucher.date_id, voucher.ticket_type_ids
        )  # fmt: skip
        if before.blocked and voucher.reserve and not same:
            raise Conflict("Places are set aside for it: make another code for other tickets.")


async def _set_aside(tx: Transaction, voucher: NewVoucher, known: KnownVoucher | None) -> None:
    if voucher.reserve:
        assert voucher.date_id is not None
        blocked = known is not None and known.blocked
        if not blocked and not await rules.open_block(
            tx, voucher.id, voucher.date_id, voucher.ticket_type_ids[0]
        ):
            fix = "This ticket has no places on that date: give it some first."
            raise field_problem("ticket_type_ids", "no-places", fix)
        if missing := await set_aside.fill(tx, voucher.id):
            raise SoldOut(
                f"{missing} places too few are left to set that many aside.",
                ticket_type_id=str(voucher.ticket_type_ids[0]), missing=missing,
            )  # fmt: skip
    elif known is not None and known.blocked:
        await set_aside.empty(tx, voucher.id)
