-- Waiting rooms count who is there before the opening.
COMMENT ON COLUMN waiting_rooms.drawn IS 'How many numbers the draw gave, beginning with drawn_from; before it, how many are there to be drawn.';
