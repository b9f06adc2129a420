-- Why there are as many places left as there are: when what was taken came back, and what a capacity was.

ALTER TABLE holds ADD COLUMN ended_at timestamptz;
COMMENT ON COLUMN holds.ended_at IS 'When its places came back; blank for one that was used.';
ALTER TABLE bookings ADD COLUMN ended_at timestamptz;
COMMENT ON COLUMN bookings.ended_at IS 'When it was withdrawn or cancelled as a whole.';

CREATE TABLE quota_changes (
    quota_id   uuid NOT NULL REFERENCES quotas ON DELETE CASCADE,
    id         uuid NOT NULL DEFAULT gen_random_uuid(),
    before     integer,
    capacity   integer NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (quota_id, changed_at, id)
);
COMMENT ON TABLE quota_changes IS 'Each capacity that a quota had, from its first; written by a trigger, so that none is missed.';

CREATE FUNCTION note_capacity() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO quota_changes (quota_id, before, capacity) VALUES (
        NEW.id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.capacity END, NEW.capacity
    );
    RETURN NULL;
END $$;
CREATE TRIGGER quota_made AFTER INSERT ON quotas FOR EACH ROW EXECUTE FUNCTION note_capacity();
CREATE TRIGGER quota_changed AFTER UPDATE OF capacity ON quotas FOR EACH ROW
    WHEN (NEW.capacity <> OLD.capacity) EXECUTE FUNCTION note_capacity();
