-- What can be visited: organisers, venues, events with their dates, ticket types; and imports.

CREATE TABLE organisers (
    id   uuid PRIMARY KEY,
    name text NOT NULL,
    slug text NOT NULL
);
COMMENT ON TABLE organisers IS 'A copy of what identity tells; an event may come before its row.';

CREATE TABLE venues (
    id           uuid PRIMARY KEY,
    organiser_id uuid NOT NULL,
    name         text NOT NULL,
    city         text,
    address      text,
    country      text,
    latitude     double precision,
    longitude    double precision,
    CONSTRAINT venue_once UNIQUE NULLS NOT DISTINCT (organiser_id, name, city)
);
COMMENT ON TABLE venues IS 'Places of an organiser, recognised by name and city.';

CREATE TABLE events (
    id                  uuid PRIMARY KEY,
    organiser_id        uuid NOT NULL,
    title               text NOT NULL,
    description         text NOT NULL DEFAULT '',
    language            text,
    url                 text,
    category            text,
    state               text NOT NULL DEFAULT 'draft'
                        CHECK (state IN ('draft', 'published', 'cancelled')),
    version             bigint NOT NULL DEFAULT 0,
    published_at        timestamptz,
    source_uid          text,
    source_hash         bytea,
    draft_hash          bytea,
    search_text         text NOT NULL DEFAULT '',
    price_from_minor    bigint,
    price_from_currency text,
    free                boolean NOT NULL DEFAULT false,
    first_starts_at     timestamptz,
    next_date_id        uuid,
    next_starts_at      timestamptz,
    created_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT event_source_once UNIQUE (organiser_id, source_uid)
);
COMMENT ON TABLE events IS 'What an organiser puts on; `version` grows with each change and travels in EventOffered.';
COMMENT ON COLUMN events.version IS 'Grows with every change; travels in EventOffered.';
COMMENT ON COLUMN events.published_at IS 'When it was first public; until then only its people see it.';
COMMENT ON COLUMN events.source_uid IS 'The entry of an imported file that it came from.';
COMMENT ON COLUMN events.source_hash IS 'SHA-256 of that entry, to tell an unchanged one.';
COMMENT ON COLUMN events.draft_hash IS 'SHA-256 of the last draft put by a person, to tell a repeat.';
COMMENT ON COLUMN events.search_text IS 'Title, category, venues; lower case, no accents (model.fold).';
COMMENT ON COLUMN events.next_date_id IS
    'The listed date that ends next; null for what the home page does not show. With price_from,'
    ' free and first_starts_at it follows from the other tables (store.refresh_events).';

CREATE INDEX events_next ON events (next_starts_at, id) WHERE next_date_id IS NOT NULL;
CREATE INDEX events_next_free ON events (next_starts_at, id) WHERE next_date_id IS NOT NULL AND free;
CREATE INDEX events_of_organiser ON events (organiser_id, first_starts_at DESC, id DESC);
CREATE INDEX events_of_organiser_by_state ON events (organiser_id, state, first_starts_at DESC, id DESC);
CREATE INDEX events_search ON events USING gin (search_text public.gin_trgm_ops);

CREATE TABLE event_dates (
    id           uuid PRIMARY KEY,
    event_id     uuid NOT NULL REFERENCES events,
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    zone         text NOT NULL,
    all_day      boolean NOT NULL,
    state        text NOT NULL CHECK (state IN ('scheduled', 'moved', 'cancelled')),
    room         text,
    venue_id     uuid REFERENCES venues,
    source_key   text,
    source_state text,
    listed       boolean NOT NULL DEFAULT false,
    over         boolean NOT NULL DEFAULT false,
    CONSTRAINT date_ends_after_start CHECK (ends_at >= starts_at),
    CONSTRAINT date_source_once UNIQUE (event_id, source_key)
);
COMMENT ON TABLE event_dates IS 'When an event takes place, with its IANA zone; `source_key` recognises it in the next import.';
COMMENT ON COLUMN event_dates.zone IS 'IANA name; the wall clock of the place.';
COMMENT ON COLUMN event_dates.source_state IS
    'What the imported file said last: the state follows the file only when the file changes.';
COMMENT ON COLUMN event_dates.listed IS 'The event is published and the date is not cancelled.';
COMMENT ON COLUMN event_dates.over IS
    'Known to have ended; set a few seconds late, so that lists can leave the past out by index.';

CREATE INDEX event_dates_of_event ON event_dates (event_id, starts_at, id);
CREATE INDEX event_dates_of_venue ON event_dates (venue_id);
CREATE INDEX event_dates_upcoming ON event_dates (starts_at, id) WHERE listed AND NOT over;
CREATE INDEX event_dates_ending ON event_dates (ends_at) WHERE listed AND NOT over;
CREATE INDEX event_dates_past ON event_dates (ends_at DESC, id DESC) WHERE listed;

CREATE TABLE ticket_types (
    id              uuid PRIMARY KEY,
    event_id        uuid NOT NULL REFERENCES events,
    name            text NOT NULL,
    description     text NOT NULL,
    price_minor     bigint NOT NULL CHECK (price_minor >= 0),
    currency        text NOT NULL,
    tax_rate_bp     integer NOT NULL,
    sale_from       timestamptz,
    sale_until      timestamptz,
    min_per_booking integer NOT NULL,
    max_per_booking integer NOT NULL,
    position        integer NOT NULL,
    CONSTRAINT ticket_type_name_once UNIQUE (event_id, name),
    CONSTRAINT ticket_type_range CHECK (min_per_booking BETWEEN 1 AND max_per_booking)
);
COMMENT ON TABLE ticket_types IS 'What can be bought, at which price and when; how many is for booking to know.';
COMMENT ON COLUMN ticket_types.price_minor IS 'In the currency''s smallest unit, tax contained.';
COMMENT ON COLUMN ticket_types.tax_rate_bp IS 'Basis points: 5.5 % is 550.';

CREATE TABLE imports (
    id           uuid PRIMARY KEY,
    organiser_id uuid NOT NULL,
    filename     text NOT NULL,
    zone         text NOT NULL,
    content      bytea,
    content_hash bytea NOT NULL,
    format       text,
    state        text NOT NULL DEFAULT 'waiting'
                 CHECK (state IN ('waiting', 'running', 'done', 'refused')),
    refusal      text,
    total        integer,
    position     integer NOT NULL DEFAULT 0,
    created      integer NOT NULL DEFAULT 0,
    updated      integer NOT NULL DEFAULT 0,
    unchanged    integer NOT NULL DEFAULT 0,
    skipped      integer NOT NULL DEFAULT 0,
    claim        uuid,
    attempts     integer NOT NULL DEFAULT 0,
    heartbeat_at timestamptz,
    read_at      timestamptz,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at  timestamptz
);
COMMENT ON TABLE imports IS 'Files under way and their reports; the content is dropped when it is read.';
COMMENT ON COLUMN imports.content IS
    'The uploaded file, which may name people; dropped when the import ends.';
COMMENT ON COLUMN imports.position IS 'Entries dealt with; a new worker goes on from here.';
COMMENT ON COLUMN imports.claim IS 'The run that may write; a run that lost its claim stops.';
COMMENT ON COLUMN imports.read_at IS
    'The moment that repeated events are unrolled from: the same for a second reading.';

CREATE INDEX imports_open ON imports (created_at) WHERE state IN ('waiting', 'running');
CREATE INDEX imports_of_organiser ON imports (organiser_id, created_at DESC);

CREATE TABLE import_lines (
    import_id uuid NOT NULL REFERENCES imports,
    position  integer NOT NULL,
    line      integer NOT NULL,
    title     text,
    code      text NOT NULL,
    reason    text NOT NULL,
    PRIMARY KEY (import_id, position)
);
COMMENT ON TABLE import_lines IS 'Entries that were skipped, and why; the first thousand.';
