"""Channels of what pages follow live: notices may be missed, so a page begins with a snapshot."""

from quickserve.contracts.catalog import DateId


def places(date_id: DateId) -> str:
    """From `booking`: an `Availability` in JSON, when places, sales or admissions changed."""
    return f"places:{date_id}"


def seats(date_id: DateId) -> str:
    """From `booking`: a `DateSeats` in JSON, when seats of the date changed hands."""
    return f"seats:{date_id}"
