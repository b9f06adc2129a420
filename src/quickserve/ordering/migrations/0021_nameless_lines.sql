-- Lines keep what was ordered when who ordered it is forgotten.

CREATE FUNCTION nameless(lines jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(jsonb_agg(line || '{"note": "", "guest": ""}' ORDER BY position), '[]')
    FROM jsonb_array_elements(lines) WITH ORDINALITY AS of_order(line, position)
$$;
COMMENT ON FUNCTION nameless IS 'Lines without what people wrote: notes, and guests'' names.';

COMMENT ON COLUMN orders.lines IS 'Priced lines as they were ordered; a cancelled one is marked. Personal: notes and guests'' names. Those are kept 30 days after the end.';
COMMENT ON COLUMN orders.content IS 'Hash of the request: a repeat is told from another order of the same id. Made of the contact too: kept 30 days after the end.';
COMMENT ON COLUMN baskets.lines IS 'Lines as they were chosen. Personal: notes and guests'' names. Deleted with the basket.';
