"""Every SQL statement of the service, by what it is about; which error a constraint means."""

from quickserve.contracts.tracking import AlreadyOnShift
from quickserve.kernel.errors import IdReused, Problem

CONSTRAINTS: dict[str, type[Problem]] = {
    "shifts_one_at_a_time": AlreadyOnShift,
    "shifts_pkey": IdReused,
    "devices_pkey": IdReused,
    "handovers_pkey": IdReused,
    "checkpoint_scans_pkey": IdReused,
}
