-- Older processes go on writing without it.

ALTER TABLE outbox ADD COLUMN trace text NOT NULL DEFAULT '';
COMMENT ON COLUMN outbox.trace IS 'W3C traceparent of what caused the event.';
