ALTER TABLE orders ADD COLUMN intake_percent integer NOT NULL DEFAULT 100
    CHECK (intake_percent BETWEEN 10 AND 100);
COMMENT ON COLUMN orders.intake_percent IS 'Of the stand when it promised this order: with the wait that came of it, it tells the kitchen''s true pace.';
