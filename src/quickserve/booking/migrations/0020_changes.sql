-- After the sale: tickets pass on to other people, come back, are exchanged or sold again.

CREATE TABLE change_rules (
    event_id       uuid PRIMARY KEY,
    organiser_id   uuid NOT NULL,
    cancel_hours   integer CHECK (cancel_hours >= 0),
    cancel_fee_bp  integer NOT NULL CHECK (cancel_fee_bp BETWEEN 0 AND 10000),
    exchange_hours integer CHECK (exchange_hours >= 0),
    transfer       boolean NOT NULL,
    resale         boolean NOT NULL
);
COMMENT ON TABLE change_rules IS 'What an organiser allows buyers to do by themselves; without a row, the defaults of the contract.';
COMMENT ON COLUMN change_rules.cancel_hours IS 'Until so many hours before the start; blank: not at all.';
COMMENT ON COLUMN change_rules.cancel_fee_bp IS 'Basis points of the price that are kept back.';

ALTER TABLE tickets
    DROP CONSTRAINT tickets_state_check,
    ADD CONSTRAINT tickets_state_check CHECK (
        state IN ('valid', 'revoked', 'cancelled', 'changing', 'returned', 'passed-on')
    ),
    ADD COLUMN holder_email text,
    ADD COLUMN replaces uuid;
COMMENT ON COLUMN tickets.state IS
    'revoked: by itself, its place stays sold; cancelled: it left its booking; changing: locked by an open amendment; returned: for resale, its place is on sale; passed-on: another ticket replaces it.';
COMMENT ON COLUMN tickets.holder_email IS
    'Personal: whom the ticket was passed on to, who alone has it then. Purpose: sending it. Retention: three years after the date, then erased.';
COMMENT ON COLUMN tickets.replaces IS 'The ticket that was passed on; blank for one out of a sale.';

CREATE TABLE amendments (
    id           uuid PRIMARY KEY,
    booking_id   uuid REFERENCES bookings,
    date_id      uuid,
    kind         text CHECK (kind IN ('cancel', 'exchange', 'resale')),
    state        text NOT NULL CHECK (state IN ('open', 'sold', 'done', 'dropped')),
    ticket_ids   uuid[] NOT NULL,
    quota_ids    uuid[] NOT NULL,
    quota_places integer[] NOT NULL,
    value_minor  bigint NOT NULL,
    refund_minor bigint NOT NULL,
    currency     text NOT NULL,
    until        timestamptz,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT amendment_complete CHECK (
        state = 'dropped' OR num_nulls(booking_id, date_id, kind) = 0
    )
);
COMMENT ON TABLE amendments IS
    'A change of a booking by checkout''s saga of the same id. A dropped row without a booking is a tombstone: a late opening is refused.';
COMMENT ON COLUMN amendments.quota_ids IS 'What the tickets took: quota_places[i] of quota_ids[i].';
COMMENT ON COLUMN amendments.until IS 'When a resale without a buyer ends.';
CREATE UNIQUE INDEX amendment_one_at_a_time ON amendments (booking_id)
    WHERE state = 'open' AND kind <> 'resale';
CREATE INDEX amendments_booking ON amendments (booking_id);
CREATE INDEX amendments_on_sale ON amendments (date_id, created_at)
    WHERE state = 'open' AND kind = 'resale';
CREATE INDEX amendments_ending ON amendments (until) WHERE state = 'open' AND kind = 'resale';
