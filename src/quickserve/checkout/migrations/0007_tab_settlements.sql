-- Tabs that are paid by card, as `order_checkouts` are for orders.

CREATE TABLE tab_settlements (
  id uuid PRIMARY KEY,
  saga_id uuid NOT NULL CONSTRAINT tab_settlements_saga UNIQUE,
  tab_id uuid NOT NULL,
  tab_key text NOT NULL,
  intent_id uuid NOT NULL,
  organiser_id uuid NOT NULL,
  total_minor bigint NOT NULL CHECK (total_minor > 0),
  tip_minor bigint NOT NULL CHECK (tip_minor >= 0),
  currency text NOT NULL,
  content bytea NOT NULL,
  method text,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'confirmed', 'failed')),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX tab_settlements_tab ON tab_settlements (tab_id);

COMMENT ON TABLE tab_settlements IS
  'A tab under payment: what its saga needs to know. The saga''s state is kept by the engine.';
COMMENT ON COLUMN tab_settlements.id IS 'Secret: it opens the tab by tab_key.';
COMMENT ON COLUMN tab_settlements.saga_id IS
  'Derived from id, one way: logs and operators see this one; ordering knows it as the settlement.';
COMMENT ON COLUMN tab_settlements.tab_key IS 'Secret: it opens the tab.';
COMMENT ON COLUMN tab_settlements.intent_id IS
  'Derived from id, so that a repeat charges nothing twice.';
COMMENT ON COLUMN tab_settlements.content IS
  'Keyed hash of the request''s body: recognises an id used again.';
COMMENT ON COLUMN tab_settlements.method IS
  'The provider''s token of a card, never its number. Erased as soon as it is paid or failed.';
