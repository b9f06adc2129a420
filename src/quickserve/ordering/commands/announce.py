"""What the other services learn of an order."""

from datetime import datetime

from quickserve.contracts.ordering import OrderAccepted
from quickserve.ordering import pricing
from quickserve.ordering.model import NewOrderRow, Order, Stand, live_lines


def accepted(row: NewOrderRow, number: str, ready_by: datetime) -> OrderAccepted:
    """Of one that is accepted as it is placed."""
    draft, address = row.stand.draft, row.destination.address
    return OrderAccepted(
        row.id, row.stand.id, row.stand.organiser_id, row.stand.event_id, number, draft.name,
        row.destination.fulfilment, row.destination.seat, row.destination.table,
        address.latitude if address else None, address.longitude if address else None,
        draft.latitude, draft.longitude, sum(line.quantity for line in row.priced.lines),
        pricing.oldest(row.priced.lines), ready_by,
    )  # fmt: skip


def accepted_later(order: Order, stand: Stand) -> OrderAccepted:
    draft, address = stand.draft, order.destination.address
    lines = live_lines(order.lines)
    return OrderAccepted(
        order.id, order.stand_id, order.organiser_id, order.event_id, order.number, draft.name,
        order.destination.fulfilment, order.destination.seat, order.destination.table,
        address.latitude if address else None, address.longitude if address else None,
        draft.latitude, draft.longitude, sum(line.quantity for line in lines),
        pricing.oldest(lines), order.ready_by,
    )  # fmt: skip
