CREATE TABLE checkouts (
  id uuid PRIMARY KEY,
  saga_id uuid NOT NULL,
  hold_id uuid NOT NULL,
  booking_id uuid NOT NULL,
  intent_id uuid NOT NULL,
  organiser_id uuid NOT NULL,
  total_minor bigint NOT NULL CHECK (total_minor >= 0),
  currency text NOT NULL,
  content bytea NOT NULL,
  contact_email text,
  contact_name text,
  contact_language text,
  method text,
  booking_key text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT checkouts_saga UNIQUE (saga_id)
);

COMMENT ON TABLE checkouts IS
  'A purchase: what its saga needs to know. The saga''s state is kept by the engine; only ids are'
  ' there.';
COMMENT ON COLUMN checkouts.id IS 'Secret: it opens the purchase, and by booking_key the tickets.';
COMMENT ON COLUMN checkouts.saga_id IS 'Derived from id, one way: logs and operators see this one.';
COMMENT ON COLUMN checkouts.booking_id IS 'Derived from id, so that a repeat books nothing twice.';
COMMENT ON COLUMN checkouts.intent_id IS 'Derived from id, so that a repeat charges nothing twice.';
COMMENT ON COLUMN checkouts.content IS
  'Keyed hash of the request''s body: recognises an id used again with another content.';
COMMENT ON COLUMN checkouts.contact_email IS
  'Personal data. Purpose: passed on to the booking. Erased as soon as the purchase ends.';
COMMENT ON COLUMN checkouts.contact_name IS
  'Personal data. Purpose: passed on to the booking. Erased as soon as the purchase ends.';
COMMENT ON COLUMN checkouts.contact_language IS
  'Personal data. Purpose: passed on to the booking. Erased as soon as the purchase ends.';
COMMENT ON COLUMN checkouts.method IS
  'The provider''s token of a card, never its number. Erased as soon as the purchase ends.';
COMMENT ON COLUMN checkouts.booking_key IS
  'Set once the booking is confirmed. Secret: it opens the booking. Told to who knows id.';
