COMMENT ON TABLE offered_dates IS 'Dates of offered_events: what a ticket says about its date, and whether it may be booked.';
COMMENT ON TABLE offered_ticket_types IS 'Ticket types of offered_events: price, window of sale, how many at once.';
COMMENT ON TABLE tickets IS 'Issued once a booking is confirmed; a QR is derived from the row and its key, not stored.';
