"""Channels of what pages follow live: notices may be missed, so a page begins with a snapshot."""

from quickserve.contracts.catalog import DateId
from quickserve.contracts.menus import StandId
from quickserve.contracts.ordering import OrderId
from quickserve.contracts.tracking import ShiftId
from quickserve.kernel.ids import OrganiserId


def places(date_id: DateId) -> str:
    """From `booking`: an `Availability` in JSON, when places, sales or admissions changed."""
    return f"places:{date_id}"


def seats(date_id: DateId) -> str:
    """From `booking`: a `DateSeats` in JSON, when seats of the date changed hands."""
    return f"seats:{date_id}"


def board(stand_id: StandId) -> str:
    """From `ordering`: an order of the stand was placed or moved."""
    return f"board:{stand_id}"


def stand(stand_id: StandId) -> str:
    """From `ordering`: what may be ordered at the stand has changed, an item is out."""
    return f"stand:{stand_id}"


def order(order_id: OrderId) -> str:
    """From `ordering`: the order moved."""
    return f"order:{order_id}"


def track(order_id: OrderId) -> str:
    """From `tracking`: a `TrackView` in JSON, without the code: who carries it has moved."""
    return f"track:{order_id}"


def shift(shift_id: ShiftId) -> str:
    """From `tracking`: what the shift has in hand is something else."""
    return f"shift:{shift_id}"


def fleet(organiser_id: OrganiserId) -> str:
    """From `tracking`: somebody on shift has moved, or a job has."""
    return f"fleet:{organiser_id}"
