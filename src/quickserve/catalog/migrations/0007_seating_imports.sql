-- Files of seating plans that were read, until somebody accepts their repairs or a day is over.

CREATE TABLE seating_imports (
    id           uuid PRIMARY KEY,
    organiser_id uuid NOT NULL,
    filename     text NOT NULL,
    content_hash bytea NOT NULL,
    format       text NOT NULL,
    seats        integer NOT NULL,
    defects      integer NOT NULL,
    defect_codes text[] NOT NULL,
    draft        text NOT NULL,
    kept         text,
    findings     text NOT NULL,
    counts       text NOT NULL,
    accepted     text[] NOT NULL DEFAULT '{}',
    plan_id      uuid,
    plan_version integer,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE seating_imports IS
    'Read files with their defects; dropped a day after. The file itself is not kept.';
COMMENT ON COLUMN seating_imports.draft IS 'The plan with all repairs, as JSON.';
COMMENT ON COLUMN seating_imports.kept IS 'As in seating_plan_versions.';
COMMENT ON COLUMN seating_imports.findings IS 'What is told of what was found, as JSON.';
COMMENT ON COLUMN seating_imports.defect_codes IS 'The code of each defect, in order of their ids.';
COMMENT ON COLUMN seating_imports.accepted IS 'Ids of findings, code:… or all.';
COMMENT ON COLUMN seating_imports.plan_id IS 'What it was saved as.';
CREATE INDEX seating_imports_by_age ON seating_imports (created_at);
CREATE INDEX seating_imports_of_organiser ON seating_imports (organiser_id, created_at DESC);
