-- A card says "from" only where there are dearer tickets than the one it names.

ALTER TABLE events ADD COLUMN prices_vary boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN events.prices_vary IS 'There are ticket types at other prices than price_from.';
UPDATE events e SET prices_vary = true
    WHERE EXISTS (SELECT FROM ticket_types t WHERE t.event_id = e.id AND t.price_minor > e.price_from_minor);
