-- Stands, restaurants and shops, and what each of them offers.

CREATE TABLE stands (
    id           uuid PRIMARY KEY,
    organiser_id uuid NOT NULL,
    event_id     uuid REFERENCES events,
    slug         text NOT NULL CONSTRAINT stand_slug_once UNIQUE,
    version      bigint NOT NULL DEFAULT 0,
    draft        jsonb NOT NULL,
    state        text NOT NULL CHECK (state IN ('open', 'hidden')),
    menu_version integer NOT NULL DEFAULT 0,
    items        integer NOT NULL DEFAULT 0,
    out_version  bigint NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE stands IS 'Where people order; each change raises the version.';
COMMENT ON COLUMN stands.draft IS 'A StandDraft.';
COMMENT ON COLUMN stands.slug IS 'Stays the same when the stand is renamed: addresses and printed codes name it.';
COMMENT ON COLUMN stands.menu_version IS 'The latest; 0 while there is none.';
CREATE INDEX stands_of_organiser ON stands (organiser_id, created_at, id);
CREATE INDEX stands_of_event ON stands (event_id, created_at, id) WHERE event_id IS NOT NULL;

CREATE TABLE stand_menus (
    stand_id     uuid NOT NULL REFERENCES stands,
    version      integer NOT NULL,
    content      text NOT NULL,
    content_hash bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (stand_id, version)
);
COMMENT ON TABLE stand_menus IS 'What was saved, as it is answered; a row never changes.';
COMMENT ON COLUMN stand_menus.content_hash IS 'SHA-256 of the draft, to tell a repeat.';

CREATE TABLE stand_sold_out (
    stand_id  uuid NOT NULL REFERENCES stands,
    target_id uuid NOT NULL,
    until     timestamptz,
    since     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (stand_id, target_id)
);
COMMENT ON TABLE stand_sold_out IS 'Items and modifiers that are out (86).';
COMMENT ON COLUMN stand_sold_out.until IS 'Put back by itself then; blank: by hand.';
CREATE INDEX stand_sold_out_due ON stand_sold_out (until) WHERE until IS NOT NULL;
