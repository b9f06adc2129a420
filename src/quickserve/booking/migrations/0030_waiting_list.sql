-- The waiting list of what is sold out: who waits for how many of which tickets, and what is offered.

CREATE TABLE waiting_list_rules (
    event_id     uuid PRIMARY KEY,
    organiser_id uuid NOT NULL,
    open         boolean NOT NULL,
    lottery      boolean NOT NULL,
    offer_hours  integer NOT NULL CHECK (offer_hours BETWEEN 1 AND 168)
);
COMMENT ON TABLE waiting_list_rules IS 'What an organiser set for an event; without a row, the defaults of the contract.';

CREATE TABLE waiting_list (
    id              uuid PRIMARY KEY,
    date_id         uuid NOT NULL,
    event_id        uuid NOT NULL,
    organiser_id    uuid NOT NULL,
    ticket_type_ids uuid[] NOT NULL CHECK (cardinality(ticket_type_ids) BETWEEN 1 AND 20),
    quantity        integer NOT NULL CHECK (quantity BETWEEN 1 AND 100),
    email           text,
    name            text,
    language        text NOT NULL,
    state           text NOT NULL CHECK (state IN ('waiting', 'offered', 'served', 'lapsed', 'left')),
    position        bigint GENERATED ALWAYS AS IDENTITY,
    lot             double precision NOT NULL DEFAULT random(),
    offers          integer NOT NULL DEFAULT 0,
    hold_id         uuid,
    offered_until   timestamptz,
    body_hash       bytea NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT offered_has_hold CHECK (
        state <> 'offered' OR num_nulls(hold_id, offered_until) = 0
    )
);
COMMENT ON TABLE waiting_list IS 'An offer is a hold of purpose offer: its places are not free in between.';
COMMENT ON COLUMN waiting_list.ticket_type_ids IS 'Any one of these will do; all places of one kind.';
COMMENT ON COLUMN waiting_list.email IS 'Personal. Purpose: telling of an offer. Retention: three months after the date, then erased.';
COMMENT ON COLUMN waiting_list.name IS 'Personal. Purpose: the booking, should it come. Retention: as email.';
COMMENT ON COLUMN waiting_list.lot IS 'What a lottery orders by; drawn when somebody joined.';
CREATE INDEX waiting_list_line ON waiting_list (date_id, position) WHERE state = 'waiting';
CREATE INDEX waiting_list_offered ON waiting_list (offered_until) WHERE state = 'offered';
CREATE INDEX waiting_list_event ON waiting_list (event_id, position);
CREATE INDEX waiting_list_with_person ON waiting_list (date_id) WHERE email IS NOT NULL;
