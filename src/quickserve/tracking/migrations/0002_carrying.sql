-- Who is on shift, what they carry where to, and where they were while they carried it.

CREATE TABLE shifts (
    id           uuid PRIMARY KEY,
    organiser_id uuid NOT NULL,
    event_id     uuid,
    person_id    uuid,
    runner       text NOT NULL,
    moves        text NOT NULL CHECK (moves IN ('foot', 'bike', 'car')),
    capacity     integer NOT NULL CHECK (capacity BETWEEN 1 AND 20),
    body_hash    bytea NOT NULL,
    began_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at     timestamptz CHECK (ended_at >= began_at)
);
CREATE UNIQUE INDEX shifts_one_at_a_time ON shifts (organiser_id, person_id) WHERE ended_at IS NULL;
CREATE INDEX ON shifts (organiser_id) WHERE ended_at IS NULL;
CREATE INDEX ON shifts (ended_at);
COMMENT ON TABLE shifts IS 'Of runners and couriers: nothing is known of where they are outside of them.';
COMMENT ON COLUMN shifts.person_id IS 'Personal data. Whose shift it is; erased 30 days after its end.';
COMMENT ON COLUMN shifts.runner IS 'Personal data. What buyers call them; erased 30 days after the shift''s end.';
COMMENT ON COLUMN shifts.body_hash IS 'Of the request, so that a repeat is told from another one.';

CREATE TABLE devices (
    id       uuid PRIMARY KEY,
    shift_id uuid NOT NULL REFERENCES shifts ON DELETE CASCADE,
    speed_up double precision NOT NULL DEFAULT 1 CHECK (speed_up BETWEEN 1 AND 1000),
    made_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN devices.speed_up IS 'By how much faster than it was a recording is replayed.';
CREATE INDEX ON devices (shift_id);
COMMENT ON TABLE devices IS 'What tells positions on a shift. Its key is derived from the id and kept nowhere.';

ALTER TABLE jobs
    ADD COLUMN stand_id uuid,
    ADD COLUMN event_id uuid,
    ADD COLUMN number text NOT NULL DEFAULT '',
    ADD COLUMN stand_name text NOT NULL DEFAULT '',
    ADD COLUMN fulfilment text NOT NULL DEFAULT 'seat' CHECK (fulfilment IN ('seat', 'delivery')),
    ADD COLUMN seat text NOT NULL DEFAULT '',
    ADD COLUMN latitude double precision,
    ADD COLUMN longitude double precision,
    ADD COLUMN from_latitude double precision,
    ADD COLUMN from_longitude double precision,
    ADD COLUMN route jsonb,
    ADD COLUMN items integer NOT NULL DEFAULT 1,
    ADD COLUMN age_min integer,
    ADD COLUMN ready boolean NOT NULL DEFAULT false,
    ADD COLUMN ready_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN shift_id uuid REFERENCES shifts ON DELETE SET NULL,
    ADD COLUMN by_hand boolean NOT NULL DEFAULT false,
    ADD COLUMN pin text NOT NULL DEFAULT '',
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN near boolean NOT NULL DEFAULT false,
    ADD COLUMN nearby_at timestamptz,
    ADD COLUMN told_picked_up boolean NOT NULL DEFAULT false,
    ADD COLUMN proof text CHECK (proof IN ('pin', 'offline', 'seen', 'stand')),
    ADD COLUMN assigned_at timestamptz,
    ADD COLUMN picked_up_at timestamptz,
    ADD COLUMN ended_at timestamptz,
    ADD CONSTRAINT jobs_have_a_runner CHECK (state NOT IN ('assigned', 'carried') OR shift_id IS NOT NULL),
    ADD CONSTRAINT jobs_were_picked_up CHECK (state <> 'carried' OR picked_up_at IS NOT NULL),
    ADD CONSTRAINT jobs_end CHECK ((state IN ('done', 'dropped')) = (ended_at IS NOT NULL));
CREATE INDEX ON jobs (organiser_id, ready_at) WHERE state = 'waiting';
CREATE INDEX ON jobs (organiser_id) WHERE ended_at IS NULL;
CREATE INDEX ON jobs (shift_id) WHERE shift_id IS NOT NULL;
CREATE INDEX ON jobs (stand_id, ended_at) WHERE state = 'done';
CREATE INDEX ON jobs (ended_at);
COMMENT ON COLUMN jobs.seat IS 'Personal data. Where somebody sits, to find them; erased a day after the job ends.';
COMMENT ON COLUMN jobs.latitude IS 'Personal data. Where somebody lives, to go there; erased with its longitude and the route a day after the job ends.';
COMMENT ON COLUMN jobs.by_hand IS 'A person gave it to the runner: it is not given to another one by itself.';
COMMENT ON COLUMN jobs.pin IS 'What the buyer says at the handover; erased a day after the job ends.';
COMMENT ON COLUMN jobs.near IS 'Whether the runner is there or thereabouts: it takes more to leave than to come.';

CREATE TABLE ended_orders (
    order_id uuid PRIMARY KEY,
    ended_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON ended_orders (ended_at);
COMMENT ON TABLE ended_orders IS 'Orders whose end was heard of before their beginning; kept for a week.';

CREATE TABLE handovers (
    id        uuid PRIMARY KEY,
    job_id    uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
    at        timestamptz NOT NULL,
    proof     text,
    body_hash bytea NOT NULL,
    told_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON handovers (job_id);
COMMENT ON TABLE handovers IS 'Every try to hand over; without a proof it was refused.';

CREATE TABLE checkpoint_scans (
    id       uuid PRIMARY KEY,
    shift_id uuid NOT NULL REFERENCES shifts ON DELETE CASCADE,
    at       timestamptz NOT NULL,
    section  text NOT NULL,
    line     text NOT NULL
);
CREATE INDEX ON checkpoint_scans (shift_id, at);
CREATE INDEX ON checkpoint_scans (at);
COMMENT ON TABLE checkpoint_scans IS 'Where a runner passed inside a venue; kept as long as positions.';
COMMENT ON COLUMN checkpoint_scans.line IS 'The row''s name.';

CREATE TABLE looks (
    order_id uuid,
    organiser_id uuid NOT NULL,
    shift_id uuid,
    by       text NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON looks (order_id);
CREATE INDEX ON looks (shift_id);
CREATE INDEX ON looks (at);
COMMENT ON TABLE looks IS 'Who looked where a runner was.';
COMMENT ON COLUMN looks.by IS 'Personal data. `buyer`, `link` or a person''s id; kept for 30 days.';

CREATE TABLE fixes (
    shift_id   uuid NOT NULL,
    at         timestamptz NOT NULL,
    latitude   double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude  double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    accuracy_m real,
    PRIMARY KEY (shift_id, at)
) PARTITION BY RANGE (at);
COMMENT ON TABLE fixes IS 'Personal data. Where runners were while they carried an order; kept for days, see settings.';

-- The service's role may not make tables; this makes and drops those of days, and nothing else.
CREATE FUNCTION keep_days(days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    today date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
    part text;
    old record;
    dropped integer := 0;
BEGIN
    IF days NOT BETWEEN 2 AND 31 THEN
        RAISE EXCEPTION 'days are between 2 and 31' USING ERRCODE = '22023';
    END IF;
    PERFORM pg_advisory_xact_lock(71431);
    FOR day IN -days .. 2 LOOP
        part := to_char(today + day, '"fixes_"YYYYMMDD');
        IF to_regclass(part) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF fixes FOR VALUES FROM (%L) TO (%L)',
                part, (today + day)::text || ' 00:00:00+00', (today + day + 1)::text || ' 00:00:00+00');
            EXECUTE format('COMMENT ON TABLE %I IS %L', part, 'A day of fixes.');
        END IF;
    END LOOP;
    FOR old IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'fixes'::regclass
            AND c.relname < to_char(today - days, '"fixes_"YYYYMMDD')
    LOOP
        EXECUTE format('DROP TABLE %I', old.relname); -- contract: a day that is over
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;
COMMENT ON FUNCTION keep_days IS 'Makes the days'' partitions of fixes that are needed, drops those over.';
SELECT keep_days(3);
