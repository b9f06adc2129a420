-- Orders that are called off after they were paid, whole or some lines; each by a saga.

CREATE TABLE order_cancellations (
  id uuid PRIMARY KEY,
  saga_id uuid NOT NULL CONSTRAINT order_cancellations_saga UNIQUE,
  order_id uuid NOT NULL,
  organiser_id uuid NOT NULL,
  lines uuid[] NOT NULL,
  by text NOT NULL CHECK (by IN ('buyer', 'stand', 'saga')),
  person uuid,
  words text NOT NULL DEFAULT '',
  content bytea NOT NULL,
  amount_minor bigint,
  currency text,
  back text,
  whole boolean NOT NULL DEFAULT false,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'refused')),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX order_cancellations_order ON order_cancellations (order_id, created_at DESC);

COMMENT ON TABLE order_cancellations IS
  'What was asked to be called off of an order. Ordering knows what it cost, and forgets who did it.';
COMMENT ON COLUMN order_cancellations.saga_id IS
  'Derived from id; the first refund''s and the cancellation''s in ordering, too.';
COMMENT ON COLUMN order_cancellations.person IS
  'Of staff. Purpose: passed on to ordering. Erased as soon as it ends.';
COMMENT ON COLUMN order_cancellations.amount_minor IS 'What is given back, once ordering has said it.';
COMMENT ON COLUMN order_cancellations.content IS
  'Keyed hash of the request''s body: recognises an id used again.';
