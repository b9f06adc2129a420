-- Lines that are called off after the stand accepted their order.

CREATE TABLE order_cancellations (
    id           uuid PRIMARY KEY,
    order_id     uuid NOT NULL REFERENCES orders,
    state        text NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
    lines        uuid[] NOT NULL,
    whole        boolean NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    currency     text NOT NULL,
    parts        jsonb NOT NULL DEFAULT '{}',
    taxes        jsonb NOT NULL DEFAULT '[]',
    back         text NOT NULL CHECK (back IN ('card', 'tab', 'paid-tab', 'none')),
    by           text NOT NULL CHECK (by IN ('buyer', 'stand', 'saga')),
    person       uuid,
    words        text NOT NULL DEFAULT '',
    opened_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at     timestamptz
);
COMMENT ON TABLE order_cancellations IS 'Who called what off, when and why. While it is open the money is being given back; the order changes when it is done.';
COMMENT ON COLUMN order_cancellations.amount_minor IS 'What the lines cost with their share of the tip; of the last lines all that is left.';
COMMENT ON COLUMN order_cancellations.parts IS 'Minor units by line.';
COMMENT ON COLUMN order_cancellations.taxes IS 'Tax lines contained in the amount.';
COMMENT ON COLUMN order_cancellations.person IS 'Of staff; erased after a year.';
CREATE UNIQUE INDEX order_cancellation_one_open ON order_cancellations (order_id) WHERE state = 'open';
CREATE INDEX order_cancellations_of_order ON order_cancellations (order_id);
