-- Changes of purchases: cancelled, exchanged or sold again by the buyer, each by a saga.

CREATE TABLE changes (
  id uuid PRIMARY KEY,
  saga_id uuid NOT NULL CONSTRAINT changes_saga UNIQUE,
  kind text NOT NULL CHECK (kind IN ('cancel', 'exchange', 'resale')),
  booking_id uuid NOT NULL,
  organiser_id uuid NOT NULL,
  ticket_ids uuid[] NOT NULL,
  hold_id uuid,
  new_booking_id uuid,
  intent_id uuid NOT NULL,
  value_minor bigint NOT NULL CHECK (value_minor >= 0),
  due_minor bigint NOT NULL CHECK (due_minor >= 0),
  refund_minor bigint NOT NULL CHECK (refund_minor >= 0),
  currency text NOT NULL,
  content bytea NOT NULL,
  contact_email text,
  contact_name text,
  contact_language text,
  method text,
  new_booking_key text,
  done boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK ((kind = 'exchange') = (hold_id IS NOT NULL)),
  CHECK ((kind = 'exchange') = (new_booking_id IS NOT NULL)),
  CHECK (due_minor = 0 OR refund_minor = 0)
);
CREATE INDEX changes_booking ON changes (booking_id);
CREATE INDEX changes_new_booking ON changes (new_booking_id) WHERE new_booking_id IS NOT NULL;

COMMENT ON TABLE changes IS
  'What a buyer changes after the sale. What was paid for a booking is the charge of its checkout,'
  ' or of the exchange it came from, and then of the booking before that.';
COMMENT ON COLUMN changes.id IS 'Secret: it opens the change, and by new_booking_key the tickets.';
COMMENT ON COLUMN changes.saga_id IS
  'Derived from id, one way; also the amendment''s in booking, and the first refund''s.';
COMMENT ON COLUMN changes.value_minor IS 'What the changed tickets had cost.';
COMMENT ON COLUMN changes.new_booking_id IS 'Derived from id: what the exchanged tickets became.';
COMMENT ON COLUMN changes.intent_id IS 'Derived from id: pays what the new places cost more.';
COMMENT ON COLUMN changes.content IS
  'Keyed hash of the request''s body: recognises an id used again with another content.';
COMMENT ON COLUMN changes.contact_email IS
  'Personal data. Purpose: passed on to the new booking. Erased as soon as the change ends.';
COMMENT ON COLUMN changes.contact_name IS
  'Personal data. Purpose: passed on to the new booking. Erased as soon as the change ends.';
COMMENT ON COLUMN changes.contact_language IS
  'Personal data. Purpose: passed on to the new booking. Erased as soon as the change ends.';
COMMENT ON COLUMN changes.method IS
  'The provider''s token of a card, never its number. Erased as soon as the change ends.';
COMMENT ON COLUMN changes.new_booking_key IS
  'Set once it is done. Secret: it opens the new booking. Told to who knows id.';
