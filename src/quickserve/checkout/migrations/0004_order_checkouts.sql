-- Orders that are paid by card, as `checkouts` are for tickets.

CREATE TABLE order_checkouts (
  id uuid PRIMARY KEY,
  saga_id uuid NOT NULL CONSTRAINT order_checkouts_saga UNIQUE,
  basket_id uuid NOT NULL,
  basket_version integer NOT NULL,
  order_id uuid NOT NULL,
  intent_id uuid NOT NULL,
  organiser_id uuid NOT NULL,
  total_minor bigint NOT NULL CHECK (total_minor >= 0),
  currency text NOT NULL,
  content bytea NOT NULL,
  contact_name text,
  contact_email text,
  contact_phone text,
  contact_language text,
  method text,
  order_key text,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'confirmed', 'failed')),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX order_checkouts_order ON order_checkouts (order_id);
CREATE INDEX order_checkouts_contents ON order_checkouts (created_at) WHERE content <> '';

COMMENT ON TABLE order_checkouts IS
  'An order under way: what its saga needs to know. The saga''s state is kept by the engine.';
COMMENT ON COLUMN order_checkouts.id IS 'Secret: it opens the order by order_key.';
COMMENT ON COLUMN order_checkouts.saga_id IS
  'Derived from id, one way: logs and operators see this one.';
COMMENT ON COLUMN order_checkouts.order_id IS
  'Derived from id, so that a repeat orders nothing twice.';
COMMENT ON COLUMN order_checkouts.intent_id IS
  'Derived from id, so that a repeat charges nothing twice.';
COMMENT ON COLUMN order_checkouts.content IS
  'Keyed hash of the request''s body: recognises an id used again. Blank after 30 days.';
COMMENT ON COLUMN order_checkouts.contact_name IS
  'Personal data. Purpose: passed on to the order. Erased as soon as it is paid or failed.';
COMMENT ON COLUMN order_checkouts.contact_email IS
  'Personal data. Purpose: passed on to the order. Erased as soon as it is paid or failed.';
COMMENT ON COLUMN order_checkouts.contact_phone IS
  'Personal data. Purpose: passed on to the order. Erased as soon as it is paid or failed.';
COMMENT ON COLUMN order_checkouts.contact_language IS
  'Personal data. Purpose: passed on to the order. Erased as soon as it is paid or failed.';
COMMENT ON COLUMN order_checkouts.method IS
  'The provider''s token of a card, never its number. Erased as soon as it is paid or failed.';
COMMENT ON COLUMN order_checkouts.order_key IS
  'Set once the order has its place in the kitchen. Secret: it opens the order.';
