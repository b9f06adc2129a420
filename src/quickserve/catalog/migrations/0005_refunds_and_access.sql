-- What a buyer wants to know beside the description.

ALTER TABLE events ADD COLUMN refund_rule text, ADD COLUMN access text;
COMMENT ON COLUMN events.refund_rule IS 'When money is given back, in the organiser''s words; no file tells it.';
COMMENT ON COLUMN events.access IS 'Steps, seats, toilets, help, in the organiser''s words; no file tells it.';
