"""A new key signs an organiser's tickets from now on; the old ones still verify."""

from quickserve.booking.resources import resources
from quickserve.contracts.booking import TicketKeyId
from quickserve.kernel.auth import Role
from quickserve.kernel.ids import OrganiserId
from quickserve.kernel.service import Context


async def rotate_ticket_key(ctx: Context, organiser_id: OrganiserId, key_id: TicketKeyId) -> None:
    """Repeating it changes nothing.

    Errors: TooManyRequests within a minute of the last time, IdReused for another organiser's key.
    """
    ctx.principal.require(organiser_id, Role.ORGANISER)
    await resources(ctx).keys.replace(organiser_id, key_id)
