CREATE INDEX stands_of_no_event ON stands (created_at, id) WHERE event_id IS NULL;
