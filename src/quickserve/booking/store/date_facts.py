"""What a ticket or a receipt says about its date, in one place."""

from typing import LiteralString

# The columns of DateFacts, of `offered_dates d` and `offered_events e`.
SELECT_DATE_FACTS: LiteralString = (
    "SELECT d.id AS date_id, d.event_id, e.organiser_id, e.title, d.starts_at, d.ends_at, d.zone,"
    " d.venue_name, d.city, d.room"
)
