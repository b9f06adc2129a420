-- Every service has these two: events leave with the change, and arrive once in effect.

CREATE TABLE outbox (
    id              uuid PRIMARY KEY,
    position        bigint GENERATED ALWAYS AS IDENTITY,
    type            text NOT NULL,
    subject         text NOT NULL,
    data            jsonb NOT NULL,
    occurred_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    failure         text
);
CREATE INDEX outbox_due ON outbox (position);
COMMENT ON TABLE outbox IS 'Events not yet delivered; a row is deleted once every consumer took it.';
COMMENT ON COLUMN outbox.failure IS 'The kind of the last failure; the log tells more.';

CREATE TABLE inbox (
    message_id  uuid NOT NULL,
    consumer    text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (message_id, consumer)
);
COMMENT ON TABLE inbox IS 'Messages whose effect is committed; a repeated delivery finds its row.';
