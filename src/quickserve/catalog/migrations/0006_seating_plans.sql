-- Seating plans: what seats there are and where. Versions never change; dates name one.

CREATE TABLE seating_plans (
    id           uuid PRIMARY KEY,
    organiser_id uuid NOT NULL,
    version      integer NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE seating_plans IS 'Plans of an organiser; `version` is the latest.';
CREATE INDEX seating_plans_of_organiser ON seating_plans (organiser_id, created_at DESC, id DESC);

CREATE TABLE seating_plan_versions (
    plan_id      uuid NOT NULL REFERENCES seating_plans,
    version      integer NOT NULL,
    name         text NOT NULL,
    seats        integer NOT NULL,
    sellable     integer NOT NULL,
    sections     integer NOT NULL,
    categories   text[] NOT NULL,
    content      text NOT NULL,
    kept         text,
    content_hash bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (plan_id, version)
);
COMMENT ON TABLE seating_plan_versions IS 'What was saved, as it is answered; a row never changes.';
COMMENT ON COLUMN seating_plan_versions.sellable IS 'Seats that are not blocked.';
COMMENT ON COLUMN seating_plan_versions.content IS 'The SeatingPlan of the contract as JSON.';
COMMENT ON COLUMN seating_plan_versions.kept IS
    'JSON of what the imported file says beyond the contract, so that an export gives it back.';
COMMENT ON COLUMN seating_plan_versions.content_hash IS 'SHA-256 of the draft, to tell a repeat.';

ALTER TABLE event_dates ADD COLUMN plan_id uuid, ADD COLUMN plan_version integer,
    ADD CONSTRAINT date_plan_version FOREIGN KEY (plan_id, plan_version)
    REFERENCES seating_plan_versions (plan_id, version);
CREATE INDEX event_dates_of_plan ON event_dates (plan_id, plan_version) WHERE plan_id IS NOT NULL;
COMMENT ON COLUMN event_dates.plan_id IS 'The plan its seats are on; null where nobody has a seat.';

ALTER TABLE ticket_types ADD COLUMN seat_category text;
COMMENT ON COLUMN ticket_types.seat_category IS
    'Sold for the seats of this category of the date''s plan; null: sold without a seat.';
