CREATE TABLE stand_refusals (
    stand_id uuid NOT NULL,
    hour     timestamptz NOT NULL,
    code     text NOT NULL,
    count    integer NOT NULL CHECK (count > 0),
    PRIMARY KEY (stand_id, hour, code)
);
COMMENT ON TABLE stand_refusals IS 'How many orders the kitchen had no room for, by hour and problem code. Deleted after 30 days.';
CREATE INDEX stand_refusals_old ON stand_refusals (hour);
