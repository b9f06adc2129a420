-- Events may come in another order: a copy of an organiser is replaced by a newer one only.

ALTER TABLE organisers ADD COLUMN version integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN organisers.version IS '0: told before identity counted.';
