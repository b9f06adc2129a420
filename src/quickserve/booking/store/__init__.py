"""Every SQL statement of the service, by what it is about; which error a constraint means."""

from quickserve.booking.model import Outrun
from quickserve.contracts.booking import HoldUsed, SoldOut
from quickserve.contracts.booking_changes import ChangeNotAllowed
from quickserve.contracts.booking_rules import CodeTaken
from quickserve.kernel.errors import IdReused, Problem

CONSTRAINTS: dict[str, type[Problem]] = {
    "quota_not_oversold": SoldOut,
    "booking_uses_hold_once": HoldUsed,
    "holds_pkey": Outrun,
    "bookings_pkey": Outrun,
    "voucher_code_once": CodeTaken,
    "scans_pkey": Outrun,
    "signing_keys_pkey": IdReused,
    "ticket_code_unique": Outrun,
    "amendment_one_at_a_time": ChangeNotAllowed,
}
