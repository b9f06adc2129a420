"""A new key signs an organiser's tickets from now on; the old ones still verify."""

from quickserve.booking.resources import resources
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context


async def rotate_ticket_key(ctx: Context, organiser_id: OrganiserId) -> None:
    ctx.principal.require(organiser_id, Role.ORGANISER)
    await resources(ctx).keys.replace(organiser_id, retire=True)
