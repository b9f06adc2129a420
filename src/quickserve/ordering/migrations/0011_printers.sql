CREATE TABLE printers (
    id            uuid PRIMARY KEY,
    stand_id      uuid NOT NULL REFERENCES stands,
    document      jsonb NOT NULL,
    enabled       boolean NOT NULL,
    failures      integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    last_error    text,
    next_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    printed_at    timestamptz
);
COMMENT ON TABLE printers IS 'ESC/POS printers of stands, reached over the network. Deleted by their organiser.';
COMMENT ON COLUMN printers.document IS 'A PrinterDraft.';
COMMENT ON COLUMN printers.next_at IS 'Nobody connects to it before: the lease of who prints, or the pause after a failure.';
COMMENT ON COLUMN printers.last_error IS 'A word for the organiser; nothing that the printer said.';
CREATE INDEX printers_stand ON printers (stand_id);

CREATE TABLE print_jobs (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    printer_id    uuid NOT NULL REFERENCES printers ON DELETE CASCADE,
    order_id      uuid,
    kind          text NOT NULL CHECK (kind IN ('order', 'again', 'cancelled', 'test')),
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'printed', 'given-up')),
    maybe_printed boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at      timestamptz
);
COMMENT ON TABLE print_jobs IS 'Tickets to be printed, written with the move that asks for them. Printed at least once; deleted a week after.';
COMMENT ON COLUMN print_jobs.maybe_printed IS 'An earlier attempt may have reached the paper: the next one is marked as a reprint.';
CREATE UNIQUE INDEX print_job_once_an_order ON print_jobs (printer_id, order_id, kind)
    WHERE kind IN ('order', 'cancelled');
CREATE INDEX print_jobs_waiting ON print_jobs (printer_id, created_at) WHERE state = 'waiting';
CREATE INDEX print_jobs_old ON print_jobs (ended_at) WHERE state <> 'waiting';
