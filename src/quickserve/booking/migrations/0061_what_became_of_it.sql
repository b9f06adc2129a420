-- What became of a ticket or a booking is told to whoever still comes by the old link.
ALTER TABLE tickets ADD COLUMN link_with text CHECK (link_with IN ('buyer', 'holder'));
COMMENT ON COLUMN tickets.link_with IS
    'Of a ticket that was passed on: who is still shown its link, the buyer or who held it before; blank once somebody else opened it.';
ALTER TABLE amendments ADD COLUMN new_booking_id uuid;
COMMENT ON COLUMN amendments.new_booking_id IS 'What was got in exchange; blank otherwise.';
