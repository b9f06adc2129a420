-- Baskets of groups that are paid by several.

CREATE TABLE splits (
  id uuid PRIMARY KEY,
  saga_id uuid NOT NULL CONSTRAINT splits_saga UNIQUE,
  basket_id uuid NOT NULL,
  basket_version integer NOT NULL,
  order_id uuid NOT NULL,
  organiser_id uuid NOT NULL,
  total_minor bigint NOT NULL CHECK (total_minor > 0),
  currency text NOT NULL,
  content bytea NOT NULL,
  contact jsonb,
  order_key text,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'confirmed', 'failed')),
  until timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX splits_order ON splits (order_id);
COMMENT ON TABLE splits IS 'One a basket that several pay. Its id is the group''s secret.';
COMMENT ON COLUMN splits.contact IS
  'Personal data. Purpose: passed on to the order. Erased as soon as it is paid or failed.';
COMMENT ON COLUMN splits.order_key IS 'Secret: it opens the order.';

CREATE TABLE split_shares (
  id uuid PRIMARY KEY,
  split_id uuid NOT NULL REFERENCES splits,
  position integer NOT NULL,
  guest text NOT NULL,
  line_ids uuid[] NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  attempt integer NOT NULL DEFAULT 0,
  intent_id uuid,
  intent_ids uuid[] NOT NULL DEFAULT '{}',
  paid boolean NOT NULL DEFAULT false,
  UNIQUE (split_id, position)
);
CREATE INDEX split_shares_intent ON split_shares (intent_id) WHERE intent_id IS NOT NULL;
COMMENT ON COLUMN split_shares.id IS 'Secret of who pays it.';
COMMENT ON COLUMN split_shares.guest IS
  'Personal data, as typed by the group. Purpose: who pays what. Blank as soon as it is paid or failed.';
COMMENT ON COLUMN split_shares.intent_id IS 'Of the last attempt; a declined card may be followed by another.';
COMMENT ON COLUMN split_shares.intent_ids IS 'Of all attempts: what is let go when it fails.';
COMMENT ON TABLE split_shares IS 'What each of a group pays, by one card after the other until one is accepted.';
