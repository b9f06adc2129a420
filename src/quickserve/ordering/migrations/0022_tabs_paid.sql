-- Who closes a tab, and how it was paid.

ALTER TABLE tabs ADD COLUMN closed_by uuid;
ALTER TABLE tabs ADD COLUMN paid_by text CHECK (paid_by IN ('card', 'cash'));
ALTER TABLE tabs ADD COLUMN cash_taken_by uuid;
COMMENT ON COLUMN tabs.closed_by IS 'The settlement that pays it: only that one opens it again, or calls it paid.';
COMMENT ON COLUMN tabs.cash_taken_by IS 'Of staff; erased after a year.';

CREATE TABLE tab_closings_refused (
    settlement_id uuid PRIMARY KEY,
    at            timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE tab_closings_refused IS 'Settlements that were given up: who comes late closes nothing. Deleted after 30 days.';
