-- Who carries what.

CREATE TABLE jobs (
    id           uuid PRIMARY KEY,
    organiser_id uuid NOT NULL,
    state        text NOT NULL CHECK (state IN ('waiting', 'assigned', 'carried', 'done', 'dropped'))
);
COMMENT ON TABLE jobs IS 'One an order that somebody carries to a person; its id is the order''s.';
