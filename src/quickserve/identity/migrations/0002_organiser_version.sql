-- Events may come in another order: a copy of an organiser is replaced by a newer one only.

ALTER TABLE organisers ADD COLUMN version integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN organisers.version IS 'Grows with each change and travels in OrganiserSaved.';
