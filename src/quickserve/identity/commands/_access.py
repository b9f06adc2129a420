"""Who may change people and organisers. Shared by the commands."""

from quickserve.kernel.auth import Principal, Role
from quickserve.kernel.errors import Forbidden, Unauthenticated
from quickserve.kernel.ids import OrganiserId

_OPERATOR = "cli"


def is_operator(principal: Principal) -> bool:
    """An administrator, or the command line on the operator's machine."""
    return principal.admin or (principal.kind == "service" and principal.name == _OPERATOR)


def require_operator(principal: Principal) -> None:
    if principal.kind == "visitor":
        raise Unauthenticated
    if not is_operator(principal):
        raise Forbidden("Only administrators may do this.")


def require_organiser(principal: Principal, organiser_id: OrganiserId) -> None:
    """Other services have no business here, whatever they may do elsewhere."""
    if principal.kind == "service":
        require_operator(principal)
    principal.require(organiser_id, Role.ORGANISER)
