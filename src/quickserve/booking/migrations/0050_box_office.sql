-- Sales by staff, and places reserved for groups.

CREATE TABLE desk_sales (
    booking_id   uuid PRIMARY KEY REFERENCES bookings,
    event_id     uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('cash', 'complimentary')),
    places       integer NOT NULL CHECK (places > 0),
    total_minor  bigint NOT NULL CHECK (total_minor >= 0),
    currency     text NOT NULL,
    note         text NOT NULL,
    sold_by      uuid,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT complimentary_is_free CHECK (kind <> 'complimentary' OR total_minor = 0)
);
COMMENT ON TABLE desk_sales IS 'Bookings that staff made: no payment of ours stands behind them.';
COMMENT ON COLUMN desk_sales.sold_by IS 'Personal: the person at the desk. Purpose: counting the till. Retention: one year after the date, then erased.';
CREATE INDEX desk_sales_event ON desk_sales (event_id, kind);

CREATE TABLE reservations (
    hold_id    uuid PRIMARY KEY,
    event_id   uuid NOT NULL,
    name       text NOT NULL,
    made_by    uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE reservations IS 'What a hold of purpose reservation is for. Deleted with its hold.';
COMMENT ON COLUMN reservations.name IS 'Whom the places are for, perhaps a person. Purpose: finding them. Deleted a day after the hold ended.';
CREATE INDEX reservations_event ON reservations (event_id);
