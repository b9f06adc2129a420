-- Purchases that are called off: refunded, and their bookings cancelled, by a saga of the same id.

CREATE TABLE cancellations (
  id uuid PRIMARY KEY,
  checkout_id uuid NOT NULL REFERENCES checkouts,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX cancellations_checkout ON cancellations (checkout_id, created_at DESC);
CREATE INDEX checkouts_booking ON checkouts (booking_id);

COMMENT ON TABLE cancellations IS
  'Of one purchase only one is under way; a refused one may be followed by another.';
COMMENT ON COLUMN cancellations.id IS 'The saga''s id and the refund''s id, too.';
