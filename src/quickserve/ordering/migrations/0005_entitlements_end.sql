ALTER TABLE entitlements ADD COLUMN active boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN entitlements.active IS 'An organiser may end it: what was taken stays taken.';
