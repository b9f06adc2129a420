-- Seats; and holds that are not a buyer's: offers, blocks, reservations.

ALTER TABLE quotas
    ALTER COLUMN date_id DROP NOT NULL,
    ADD COLUMN kind text NOT NULL DEFAULT 'places' CHECK (kind IN ('places', 'seats', 'voucher')),
    ADD CONSTRAINT quota_has_date CHECK (kind = 'voucher' OR date_id IS NOT NULL);
COMMENT ON COLUMN quotas.kind IS
    'places: set by the organiser; seats: of one category of the date''s plan, kept by the service; voucher: the uses of a voucher, of no date.';

ALTER TABLE holds
    ADD COLUMN purpose text NOT NULL DEFAULT 'sale'
        CHECK (purpose IN ('sale', 'offer', 'block', 'reservation'));
COMMENT ON COLUMN holds.purpose IS
    'sale: a buyer''s, at the checkout; offer: to somebody on the waiting list; block: set aside by the organiser; reservation: of a group, unpaid.';

ALTER TABLE tickets ADD COLUMN seat_id text, ADD COLUMN seat text;
COMMENT ON COLUMN tickets.seat IS 'Section, row and number as people read them.';

ALTER TABLE offered_dates ADD COLUMN plan_id uuid, ADD COLUMN plan_version bigint;
ALTER TABLE offered_ticket_types ADD COLUMN seat_category text;
COMMENT ON COLUMN offered_ticket_types.seat_category IS 'Sold for the seats of this category of the date''s plan.';

CREATE TABLE seating_plans (
    id      uuid NOT NULL,
    version bigint NOT NULL,
    plan    jsonb NOT NULL,
    PRIMARY KEY (id, version)
);
COMMENT ON TABLE seating_plans IS 'Copies of catalog''s plans; a version never changes.';

CREATE TABLE seated_dates (
    date_id      uuid PRIMARY KEY,
    plan_id      uuid NOT NULL,
    plan_version bigint NOT NULL,
    version      bigint NOT NULL DEFAULT 0,
    ready        boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE seated_dates IS 'Dates with seats. Whoever changes a seat locks this row first, and raises its version.';
COMMENT ON COLUMN seated_dates.ready IS 'The plan is here, and every category has its quota.';
CREATE INDEX seated_dates_not_ready ON seated_dates (date_id) WHERE NOT ready;

CREATE TABLE seats (
    date_id  uuid NOT NULL,
    seat_id  text NOT NULL,
    state    text NOT NULL CHECK (state IN ('free', 'held', 'sold')),
    taken_by uuid,
    version  bigint NOT NULL,
    PRIMARY KEY (date_id, seat_id),
    CONSTRAINT seat_taken_by_one CHECK ((state = 'free') = (taken_by IS NULL))
) WITH (fillfactor = 70);
COMMENT ON TABLE seats IS 'Seats that somebody has or had; all others of the plan are free.';
COMMENT ON COLUMN seats.taken_by IS 'The hold, or once sold the booking, that has it: one at every instant.';
COMMENT ON COLUMN seats.version IS 'Of its date when it changed last: what is newer than a copy is found by it.';
CREATE INDEX seats_changed ON seats (date_id, version);
CREATE INDEX seats_taken_by ON seats (taken_by) WHERE taken_by IS NOT NULL;
