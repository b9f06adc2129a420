-- What may be booked: a copy of what `catalog` offers, replaced when a newer version arrives.

CREATE TABLE offered_events (
    id           uuid PRIMARY KEY,
    version      bigint NOT NULL,
    organiser_id uuid NOT NULL,
    title        text NOT NULL,
    state        text NOT NULL CHECK (state IN ('draft', 'published', 'cancelled'))
);
COMMENT ON TABLE offered_events IS 'Copied from catalog''s EventOffered; only a newer version replaces it.';
CREATE INDEX offered_events_organiser ON offered_events (organiser_id);

CREATE TABLE offered_dates (
    id         uuid PRIMARY KEY,
    event_id   uuid NOT NULL REFERENCES offered_events,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    zone       text NOT NULL,
    state      text NOT NULL CHECK (state IN ('scheduled', 'moved', 'cancelled')),
    venue_name text,
    city       text,
    room       text,
    offered    boolean NOT NULL DEFAULT true
);
COMMENT ON COLUMN offered_dates.zone IS 'IANA name; times are shown in it.';
COMMENT ON COLUMN offered_dates.offered IS 'False once the event has it no more; tickets sold before still name it.';
CREATE INDEX offered_dates_event ON offered_dates (event_id, starts_at);
CREATE INDEX offered_dates_end ON offered_dates (ends_at);

CREATE TABLE offered_ticket_types (
    id              uuid PRIMARY KEY,
    event_id        uuid NOT NULL REFERENCES offered_events,
    position        integer NOT NULL,
    name            text NOT NULL,
    price_minor     bigint NOT NULL CHECK (price_minor >= 0),
    currency        text NOT NULL,
    tax_rate_bp     integer NOT NULL,
    sale_from       timestamptz,
    sale_until      timestamptz,
    min_per_booking integer NOT NULL,
    max_per_booking integer NOT NULL,
    offered         boolean NOT NULL DEFAULT true
);
COMMENT ON COLUMN offered_ticket_types.sale_until IS 'Blank: until the date ends. Later than the end is honoured.';
COMMENT ON COLUMN offered_ticket_types.tax_rate_bp IS 'Basis points, contained in the price.';
CREATE INDEX offered_ticket_types_event ON offered_ticket_types (event_id, position);

-- Stock -------------------------------------------------------------------------------------------

CREATE TABLE quotas (
    id           uuid PRIMARY KEY,
    date_id      uuid NOT NULL,
    organiser_id uuid NOT NULL,
    name         text NOT NULL,
    capacity     integer NOT NULL CHECK (capacity >= 0),
    held         integer NOT NULL DEFAULT 0 CONSTRAINT quota_held_not_negative CHECK (held >= 0),
    sold         integer NOT NULL DEFAULT 0 CONSTRAINT quota_sold_not_negative CHECK (sold >= 0),
    CONSTRAINT quota_not_oversold CHECK (held + sold <= capacity)
) WITH (fillfactor = 50);
COMMENT ON TABLE quotas IS 'Places of a date. Counts only where organiser_id is the date''s organiser; may arrive before the date.';
COMMENT ON COLUMN quotas.held IS 'Places of active holds and of pending bookings; no clock takes back the latter.';
COMMENT ON COLUMN quotas.sold IS 'Places of confirmed bookings.';
CREATE INDEX quotas_date ON quotas (date_id);

CREATE TABLE quota_ticket_types (
    quota_id       uuid NOT NULL REFERENCES quotas,
    ticket_type_id uuid NOT NULL,
    PRIMARY KEY (quota_id, ticket_type_id)
);
COMMENT ON TABLE quota_ticket_types IS 'A ticket type takes a place of each of its quotas; without any it cannot be booked.';

CREATE TABLE holds (
    id           uuid PRIMARY KEY,
    date_id      uuid NOT NULL REFERENCES offered_dates,
    state        text NOT NULL CHECK (state IN ('active', 'used', 'released', 'expired')),
    expires_at   timestamptz NOT NULL,
    items        jsonb NOT NULL,
    total_minor  bigint NOT NULL,
    currency     text NOT NULL,
    quota_ids    uuid[] NOT NULL,
    quota_places integer[] NOT NULL,
    body_hash    bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE holds IS 'Places set aside until expires_at by the database''s clock; once used they are the booking''s. Deleted a day after they ended.';
COMMENT ON COLUMN holds.items IS 'Name, price and quantity as promised when held.';
COMMENT ON COLUMN holds.quota_ids IS 'What was taken: quota_places[i] of quota_ids[i]. Giving back undoes exactly this.';
COMMENT ON COLUMN holds.body_hash IS 'SHA-256 of the request; a repeat of the id must bring the same.';
CREATE INDEX holds_expiring ON holds (expires_at) WHERE state = 'active';
CREATE INDEX holds_ended ON holds (expires_at) WHERE state <> 'active';

CREATE TABLE bookings (
    id           uuid PRIMARY KEY,
    state        text NOT NULL CHECK (state IN ('pending', 'confirmed', 'withdrawn')),
    hold_id      uuid CONSTRAINT booking_uses_hold_once UNIQUE,
    date_id      uuid REFERENCES offered_dates,
    event_id     uuid,
    organiser_id uuid,
    email        text,
    name         text,
    language     text,
    items        jsonb,
    total_minor  bigint,
    currency     text,
    places       integer,
    quota_ids    uuid[],
    quota_places integer[],
    body_hash    bytea,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    confirmed_at timestamptz,
    CONSTRAINT booking_complete CHECK (
        state = 'withdrawn' OR num_nulls(
            date_id, event_id, organiser_id, items, total_minor, currency, places, quota_ids,
            quota_places, body_hash
        ) = 0
    ),
    CONSTRAINT booking_buyer_whole CHECK (num_nulls(email, name, language) IN (0, 3)),
    CONSTRAINT booking_pending_has_buyer CHECK (state <> 'pending' OR email IS NOT NULL),
    CONSTRAINT booking_confirmed_at CHECK ((state = 'confirmed') = (confirmed_at IS NOT NULL))
);
COMMENT ON TABLE bookings IS 'A withdrawn row without a date is a tombstone: the withdrawal came first, a late booking is refused; deleted after 30 days.';
COMMENT ON COLUMN bookings.email IS 'Personal. Purpose: sending tickets and news of the event. Retention: three years after the date, then erased.';
COMMENT ON COLUMN bookings.name IS 'Personal. Purpose: name on the tickets, help at the door. Retention: three years after the date, then erased.';
COMMENT ON COLUMN bookings.language IS 'Personal. Purpose: writing in the buyer''s language. Retention: as email.';
COMMENT ON COLUMN bookings.quota_ids IS 'What it takes: quota_places[i] of quota_ids[i]; held while pending, sold once confirmed.';
CREATE INDEX bookings_tombstones ON bookings (created_at) WHERE date_id IS NULL;
CREATE INDEX bookings_with_buyer ON bookings (date_id) WHERE email IS NOT NULL;
CREATE INDEX bookings_event_sales ON bookings (event_id, confirmed_at)
    INCLUDE (date_id, places, total_minor, currency) WHERE state = 'confirmed';
CREATE INDEX bookings_organiser_sales ON bookings (organiser_id, confirmed_at)
    INCLUDE (places, total_minor, currency) WHERE state = 'confirmed';

-- Tickets and the door ----------------------------------------------------------------------------

CREATE TABLE signing_keys (
    id                    text PRIMARY KEY,
    organiser_id          uuid NOT NULL,
    public_key            bytea NOT NULL,
    private_key_encrypted bytea NOT NULL,
    created_at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    retired_at            timestamptz
);
COMMENT ON TABLE signing_keys IS 'Ed25519. A retired key signs no new ticket but verifies, and shows, the old ones.';
COMMENT ON COLUMN signing_keys.private_key_encrypted IS '12-byte nonce and AES-256-GCM of the raw key; bound to the key''s id.';
CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (organiser_id) WHERE retired_at IS NULL;
CREATE INDEX signing_keys_organiser ON signing_keys (organiser_id);

CREATE TABLE tickets (
    id             uuid PRIMARY KEY,
    booking_id     uuid NOT NULL REFERENCES bookings,
    position       integer NOT NULL,
    date_id        uuid NOT NULL,
    organiser_id   uuid NOT NULL,
    ticket_type_id uuid NOT NULL,
    ticket_type    text NOT NULL,
    price_minor    bigint NOT NULL,
    currency       text NOT NULL,
    code           text NOT NULL CONSTRAINT ticket_code_unique UNIQUE,
    state          text NOT NULL DEFAULT 'valid' CHECK (state IN ('valid', 'revoked')),
    holder_name    text NOT NULL,
    key_id         text NOT NULL
);
COMMENT ON COLUMN tickets.code IS 'Eight characters without the dash; what people read aloud.';
COMMENT ON COLUMN tickets.holder_name IS 'Personal. Purpose: help at the door. Retention: three years after the date, then erased.';
CREATE INDEX tickets_booking ON tickets (booking_id);
CREATE INDEX tickets_date ON tickets (date_id, ticket_type_id) INCLUDE (price_minor, currency, state);
CREATE INDEX tickets_revoked ON tickets (organiser_id) WHERE state = 'revoked';

CREATE TABLE scans (
    id           uuid PRIMARY KEY,
    date_id      uuid NOT NULL,
    organiser_id uuid NOT NULL,
    ticket_id    uuid,
    verdict      text NOT NULL CHECK (verdict IN ('admitted', 'already-admitted', 'refused')),
    refusal      text CHECK (refusal IN ('forged', 'unknown', 'revoked', 'other-date', 'other-organiser', 'cancelled')),
    gate         text NOT NULL,
    scanned_by   uuid,
    body_hash    bytea NOT NULL,
    scanned_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((verdict = 'refused') = (refusal IS NOT NULL)),
    CHECK (verdict = 'refused' OR ticket_id IS NOT NULL)
);
COMMENT ON TABLE scans IS 'Every scan is kept. A ticket of another organiser is not named.';
COMMENT ON COLUMN scans.scanned_by IS 'Personal: the person at the door. Purpose: settling disputes. Retention: one year after the date.';
CREATE UNIQUE INDEX ticket_admitted_once ON scans (ticket_id) WHERE verdict = 'admitted';
CREATE INDEX scans_with_person ON scans (date_id) WHERE scanned_by IS NOT NULL;
CREATE INDEX scans_admitted ON scans (date_id, scanned_at) WHERE verdict = 'admitted';
COMMENT ON TABLE offered_dates IS 'Dates of offered_events: what a ticket says about its date, and whether it may be booked.';
COMMENT ON TABLE offered_ticket_types IS 'Ticket types of offered_events: price, window of sale, how many at once.';
COMMENT ON TABLE tickets IS 'Issued once a booking is confirmed; a QR is derived from the row and its key, not stored.';
