"""An organiser takes something off, for whoever buys what it is for."""

from quickserve.booking.model import field_problem
from quickserve.booking.resources import resources
from quickserve.booking.store import offers, rules, stock
from quickserve.contracts.booking_rules import DISCOUNTS_MAX, DiscountId, NewDiscount
from quickserve.kernel.auth import Role
from quickserve.kernel.errors import Forbidden
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.money import known_currency
from quickserve.kernel.service import Context


async def put_discount(
    ctx: Context, organiser_id: OrganiserId, discount_id: DiscountId, new: NewDiscount
) -> None:
    """Holds for what is chosen from now on. Errors: Forbidden, Malformed."""
    ctx.principal.require(organiser_id, Role.ORGANISER)
    if not known_currency(new.currency):
        raise field_problem("currency", "unknown-currency", "Name a currency, such as EUR.")
    async with ctx.db.transaction() as tx:
        await stock.lock_stock(tx, organiser_id)
        if new.event_id is not None:
            owner = await offers.find_event_organiser(tx, new.event_id)
            if owner != organiser_id:
                raise field_problem("event_id", "unknown-event", "Choose one of your own events.")
        others = await rules.count_discounts(tx, organiser_id, discount_id)
        if new.active and others >= DISCOUNTS_MAX:
            fix = f"At most {DISCOUNTS_MAX} discounts hold at once: end one first."
            raise field_problem("active", "too-many", fix)
        if not await rules.upsert_discount(tx, discount_id, organiser_id, new):
            raise Forbidden("A discount of this id belongs to another organisation.")
    resources(ctx).shelf.forget_all()
