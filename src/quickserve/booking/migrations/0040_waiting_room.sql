-- The waiting room: who may come to the checkout when more people want to than it can serve.

CREATE TABLE waiting_rooms (
    date_id      uuid PRIMARY KEY,
    organiser_id uuid NOT NULL,
    state        text NOT NULL CHECK (state IN ('off', 'pre', 'open')),
    auto         boolean NOT NULL,
    fail_open    boolean NOT NULL,
    opens_at     timestamptz,
    seed         bytea NOT NULL,
    drawn_at     timestamptz,
    drawn_from   bigint NOT NULL DEFAULT 1,
    drawn        bigint NOT NULL DEFAULT 0,
    next_number  bigint NOT NULL DEFAULT 1 CHECK (next_number >= 1),
    admitted     bigint NOT NULL DEFAULT 0 CHECK (admitted >= 0),
    used         bigint NOT NULL DEFAULT 0 CHECK (used >= 0),
    per_second   double precision NOT NULL CHECK (per_second > 0),
    idle_since   timestamptz,
    steered_at   timestamptz,
    CONSTRAINT room_pre_opens CHECK (state <> 'pre' OR opens_at IS NOT NULL)
);
COMMENT ON TABLE waiting_rooms IS 'One a date at most. pre: who comes is drawn for a number at opens_at; open: numbers in order of arrival.';
COMMENT ON COLUMN waiting_rooms.auto IS 'Opened by demand, and closed when it is over.';
COMMENT ON COLUMN waiting_rooms.seed IS 'Drawn when the room was made; its SHA-256 is told before the draw, the seed after it.';
COMMENT ON COLUMN waiting_rooms.drawn IS 'How many numbers the draw gave, beginning with drawn_from.';
COMMENT ON COLUMN waiting_rooms.admitted IS 'Whose number is not above it may go on.';
COMMENT ON COLUMN waiting_rooms.used IS 'Admissions that somebody came with; what is less than admitted is let in instead.';
COMMENT ON COLUMN waiting_rooms.per_second IS 'How many the checkout serves a second, as measured.';
CREATE INDEX waiting_rooms_now ON waiting_rooms (date_id) WHERE state <> 'off';

CREATE TABLE room_places (
    date_id     uuid NOT NULL,
    visitor_id  uuid NOT NULL,
    number      bigint,
    arrived_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    admitted_at timestamptz,
    PRIMARY KEY (date_id, visitor_id),
    CONSTRAINT room_number_once UNIQUE (date_id, number)
);
COMMENT ON TABLE room_places IS 'Browsers that wait or waited; a random id, no person. Deleted a day after they came.';
COMMENT ON COLUMN room_places.number IS 'Blank until the draw.';
CREATE INDEX room_places_old ON room_places USING brin (arrived_at);
