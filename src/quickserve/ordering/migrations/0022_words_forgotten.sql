-- Words that people gave are forgotten with the person.

COMMENT ON COLUMN order_cancellations.words IS 'Personal: why, in the words of who called it off. Kept 30 days after the order ended.';
COMMENT ON COLUMN order_steps.reason IS 'A code; or words, which are personal and kept 30 days after the order ended.';
