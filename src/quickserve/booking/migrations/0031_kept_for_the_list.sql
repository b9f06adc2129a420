-- Places that come back while somebody waits are the list's, in the transaction in which they come.

ALTER TABLE quotas
    ADD COLUMN for_list boolean NOT NULL DEFAULT false,
    ADD COLUMN came_back boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN quotas.for_list IS 'What is free of it is offered to who waits, and sold to nobody else.';
COMMENT ON COLUMN quotas.came_back IS 'Something came free that the waiting list was not looked through for yet.';
CREATE INDEX quotas_came_back ON quotas (date_id) WHERE came_back;

-- However places come back, by whichever statement, now or in a later version: nobody forgets it.
CREATE FUNCTION keep_for_list() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.for_list OR EXISTS (
        SELECT FROM waiting_list w JOIN quota_ticket_types l ON l.ticket_type_id = ANY (w.ticket_type_ids)
        WHERE w.date_id = NEW.date_id AND w.state = 'waiting' AND l.quota_id = NEW.id
            AND w.quantity > OLD.capacity - OLD.held - OLD.sold
    ) THEN
        NEW.for_list := true;
        NEW.came_back := true;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER quotas_come_back BEFORE UPDATE OF capacity, held, sold ON quotas FOR EACH ROW
    WHEN (NEW.capacity - NEW.held - NEW.sold > OLD.capacity - OLD.held - OLD.sold)
    EXECUTE FUNCTION keep_for_list();

ALTER TABLE waiting_list
    DROP CONSTRAINT waiting_list_state_check,
    ADD CONSTRAINT waiting_list_state_check
        CHECK (state IN ('waiting', 'offered', 'served', 'lapsed', 'left', 'closed'));
COMMENT ON COLUMN waiting_list.state IS
    'served: it became a purchase; lapsed: an offer was not taken in time; closed: the date began before there were places.';
CREATE UNIQUE INDEX waiting_list_once ON waiting_list (date_id, lower(email))
    WHERE state IN ('waiting', 'offered');
COMMENT ON COLUMN waiting_list.lot IS 'What a lottery orders by; drawn when somebody joined. Below 0: the organiser put them first.';
