-- A confirmed booking can be cancelled: its tickets open no door, its places go back on sale.

ALTER TABLE bookings
    DROP CONSTRAINT bookings_state_check,
    DROP CONSTRAINT booking_confirmed_at,
    ADD CONSTRAINT bookings_state_check
        CHECK (state IN ('pending', 'confirmed', 'withdrawn', 'cancelled')),
    ADD CONSTRAINT booking_confirmed_at
        CHECK ((state IN ('confirmed', 'cancelled')) = (confirmed_at IS NOT NULL));
COMMENT ON COLUMN bookings.state IS 'withdrawn: before it was confirmed; cancelled: afterwards.';

ALTER TABLE tickets
    DROP CONSTRAINT tickets_state_check,
    ADD CONSTRAINT tickets_state_check CHECK (state IN ('valid', 'revoked', 'cancelled'));
COMMENT ON COLUMN tickets.state IS
    'revoked: by itself, its place stays sold; cancelled: with its booking.';
DROP INDEX tickets_revoked;
CREATE INDEX tickets_invalid ON tickets (organiser_id) WHERE state <> 'valid';
