"""Every SQL statement of the catalog, by what they are about."""

from quickserve.contracts.catalog import EndBeforeStart
from quickserve.kernel.errors import Conflict

CONSTRAINTS = {
    "date_ends_after_start": EndBeforeStart,
    "event_source_once": Conflict,
    "ticket_type_name_once": Conflict,
    "stand_slug_once": Conflict,
}
