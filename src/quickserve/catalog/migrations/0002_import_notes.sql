-- A report also tells what was lost of entries that were taken; one entry may have several notes.

ALTER TABLE import_lines
    ADD COLUMN number integer NOT NULL DEFAULT 0,
    ADD COLUMN taken boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT import_lines_pkey,
    ADD PRIMARY KEY (import_id, position, number);
COMMENT ON TABLE import_lines IS
    'Entries that were skipped, and why; notes on those that were taken. The first thousand of each.';

ALTER TABLE imports ADD COLUMN noted integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN imports.noted IS 'How many notes there are on entries that were taken.';
