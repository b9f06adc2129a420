COMMENT ON COLUMN order_cancellations.words IS 'Personal: why. Purpose: passed on to ordering. Erased as soon as it ends.';
