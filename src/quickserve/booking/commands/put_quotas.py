"""Sets how many places dates have: many at once, none is deleted."""

from dataclasses import dataclass

from quickserve.booking.model import QUOTAS_MAX, field_problem
from quickserve.booking.resources import resources, tell_changed
from quickserve.booking.store import stock, waiting_list
from quickserve.contracts.booking import CapacityBelowSold, QuotaChange, SoldOut
from quickserve.kernel.auth import Role
from quickserve.kernel.db import Transaction
from quickserve.kernel.errors import Conflict, FieldError, Forbidden
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context


@dataclass(frozen=True, slots=True)
class PutQuotas:
    organiser_id: OrganiserId
    quotas: tuple[QuotaChange, ...]


async def put_quotas(ctx: Context, cmd: PutQuotas) -> None:
    """All or none. The date may still be unknown here: catalog's news may be under way.

    Errors: CapacityBelowSold, Forbidden for another organiser's quota, Conflict for one that
    belongs to another date, Malformed, also above QUOTAS_MAX for one date.
    """
    ctx.principal.require(cmd.organiser_id, Role.ORGANISER)
    _check(cmd)
    try:
        async with ctx.db.transaction() as tx:
            await stock.lock_stock(tx, cmd.organiser_id)
            known = await stock.lock_quotas(tx, [quota.id for quota in cmd.quotas])
            _compare(cmd, {owner.id: owner for owner in known})
            written = await stock.upsert_quotas(tx, cmd.quotas)
            if written != len(cmd.quotas):
                raise Conflict("A quota of this id was just made by somebody else.")
            await stock.replace_quota_ticket_types(tx, cmd.quotas)
            await _bound(tx, cmd)
    except SoldOut as below:  # made and sold in the moment between the two statements
        raise CapacityBelowSold from below
    dates = {quota.date_id for quota in cmd.quotas}
    async with ctx.db.transaction() as tx:  # other tickets may fit now
        await waiting_list.look_again(tx, list(dates))
    resources(ctx).shelf.forget(dates)
    tell_changed(ctx, *dates)


def _check(cmd: PutQuotas) -> None:
    seen: set[object] = set()
    for position, quota in enumerate(cmd.quotas):
        if quota.organiser_id != cmd.organiser_id:
            fix = "Use the organiser of the address."
            raise field_problem(f"quotas.{position}.organiser_id", "other-organiser", fix)
        if quota.id in seen:
            raise field_problem(f"quotas.{position}.id", "twice", "Name each quota once.")
        seen.add(quota.id)


async def _bound(tx: Transaction, cmd: PutQuotas) -> None:
    dates = list({quota.date_id for quota in cmd.quotas})
    crowded = await stock.crowded_date(tx, cmd.organiser_id, dates, QUOTAS_MAX)
    if crowded is not None:
        position = next(p for p, quota in enumerate(cmd.quotas) if quota.date_id == crowded)
        fix = f"A date has at most {QUOTAS_MAX} quotas: change one that it has."
        raise field_problem(f"quotas.{position}.date_id", "too-many", fix)


def _compare(cmd: PutQuotas, known: dict[object, stock.QuotaOwner]) -> None:
    below: list[FieldError] = []
    for position, quota in enumerate(cmd.quotas):
        owner = known.get(quota.id)
        if owner is None:
            continue
        if owner.organiser_id != cmd.organiser_id:
            raise Forbidden("A quota of this id belongs to another organisation.")
        if owner.date_id != quota.date_id:
            raise Conflict("A quota stays with its date: make a new one for another date.")
        if quota.capacity < owner.taken:
            fix = f"{owner.taken} places are sold or held: allow at least as many."
            below.append(
                FieldError(field=f"quotas.{position}.capacity", code="below-sold", message=fix)
            )
    if below:
        raise CapacityBelowSold(below[0].message, errors=below[:50])
