-- Refunds of an event are begun a few at a time, so that purchases do not wait behind thousands.

ALTER TABLE event_refunds ADD COLUMN begun_at timestamptz;
UPDATE event_refunds SET begun_at = clock_timestamp();
COMMENT ON COLUMN event_refunds.begun_at IS 'When its saga began; blank while its turn has not come.';
CREATE INDEX event_refunds_waiting ON event_refunds (event_id, kind, subject_id)
  WHERE state = 'open' AND begun_at IS NULL;
CREATE INDEX event_refunds_begun ON event_refunds (event_id)
  WHERE state = 'open' AND begun_at IS NOT NULL;
