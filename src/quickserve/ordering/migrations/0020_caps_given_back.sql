-- What an order took of the caps of its stand, so that giving it back undoes exactly that.

CREATE TABLE order_caps (
    order_id    uuid PRIMARY KEY REFERENCES orders,
    stand_id    uuid NOT NULL,
    fulfilment  text NOT NULL,
    starts_at   timestamptz NOT NULL,
    value_minor bigint NOT NULL CHECK (value_minor >= 0)
);
COMMENT ON TABLE order_caps IS 'What an order took of fulfilment_slots, and gives back. Only where the stand had caps when it was placed.';
