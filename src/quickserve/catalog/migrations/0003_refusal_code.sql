-- So that a refusal can be told in the reader's language.

ALTER TABLE imports ADD COLUMN refusal_code text;
COMMENT ON COLUMN imports.refusal_code IS 'Stable; refusal is the English sentence with the particulars.';
