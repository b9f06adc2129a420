"""Every SQL statement of the service, by what it is about; which error a constraint means."""

from quickserve.contracts.order_cancelling import CancellationUnderWay
from quickserve.contracts.ordering_problems import KitchenFull, TabLimit
from quickserve.kernel.errors import Problem
from quickserve.ordering.model import Overtaken

CONSTRAINTS: dict[str, type[Problem]] = {
    "station_not_overbooked": KitchenFull,
    "slot_orders_capped": KitchenFull,
    "slot_value_capped": KitchenFull,
    "tab_within_limit": TabLimit,
    "entitlement_not_overused": Overtaken,
    "order_voucher_not_overused": Overtaken,
    "order_once_a_basket": Overtaken,
    "order_cancellation_one_open": CancellationUnderWay,
}
