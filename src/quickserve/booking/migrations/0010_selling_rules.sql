-- Selling rules: vouchers, discounts, and what ticket types ask of each other.

CREATE TABLE vouchers (
    id              uuid PRIMARY KEY,
    organiser_id    uuid NOT NULL,
    code            text NOT NULL,
    code_key        bytea NOT NULL,
    tag             text NOT NULL,
    event_id        uuid,
    date_id         uuid,
    ticket_type_ids uuid[] NOT NULL,
    valid_from      timestamptz,
    valid_until     timestamptz,
    unlock          boolean NOT NULL,
    reserve         boolean NOT NULL,
    price           text NOT NULL CHECK (price IN ('none', 'set', 'percent', 'amount')),
    value           bigint NOT NULL CHECK (value >= 0),
    currency        text NOT NULL,
    stackable       boolean NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT voucher_code_once UNIQUE (organiser_id, code_key),
    CONSTRAINT voucher_reserves_of_one CHECK (
        NOT reserve OR (date_id IS NOT NULL AND cardinality(ticket_type_ids) = 1)
    )
);
COMMENT ON TABLE vouchers IS 'Codes. Uses are counted by the quota of the same id and kind voucher: one use is one ticket.';
COMMENT ON COLUMN vouchers.code_key IS 'SHA-256 of organiser and code without case, spaces and dashes: looked up by it, so that an answer''s time tells nothing of a guess.';
COMMENT ON COLUMN vouchers.unlock IS 'Hidden ticket types can be bought with it.';
COMMENT ON COLUMN vouchers.reserve IS 'Places are set aside for it: the hold of the same id and purpose block has them.';
COMMENT ON COLUMN vouchers.value IS 'Minor units, or basis points for percent.';
CREATE INDEX vouchers_of_organiser ON vouchers (organiser_id, id);

CREATE TABLE discounts (
    id              uuid PRIMARY KEY,
    organiser_id    uuid NOT NULL,
    name            text NOT NULL,
    event_id        uuid,
    ticket_type_ids uuid[] NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('percent', 'amount', 'group')),
    value           bigint NOT NULL CHECK (value >= 0),
    currency        text NOT NULL,
    least           integer NOT NULL CHECK (least >= 1),
    group_size      integer NOT NULL,
    group_paid      integer NOT NULL CHECK (group_paid >= 0 AND group_paid < group_size),
    valid_from      timestamptz,
    valid_until     timestamptz,
    stackable       boolean NOT NULL,
    active          boolean NOT NULL
);
COMMENT ON TABLE discounts IS 'Taken off by themselves. What a booking got of them is kept with its items.';
CREATE INDEX discounts_of_organiser ON discounts (organiser_id);

CREATE TABLE type_rules (
    ticket_type_id   uuid PRIMARY KEY,
    event_id         uuid NOT NULL,
    hidden           boolean NOT NULL,
    per_person       integer CHECK (per_person >= 1),
    per_person_scope text NOT NULL CHECK (per_person_scope IN ('date', 'event')),
    addon_of         uuid[] NOT NULL,
    addon_min        integer NOT NULL CHECK (addon_min >= 0),
    addon_max        integer NOT NULL CHECK (addon_max >= addon_min),
    requires         uuid[] NOT NULL,
    parts            jsonb NOT NULL
);
COMMENT ON TABLE type_rules IS 'What a ticket type asks beyond price, window and number; without a row nothing.';
COMMENT ON COLUMN type_rules.per_person IS 'So many by one e-mail address, in bookings of the date or of the event that are pending or confirmed.';
COMMENT ON COLUMN type_rules.parts IS 'Of a bundle: [{ticket_type_id, quantity}]; it takes the places of these.';
CREATE INDEX type_rules_of_event ON type_rules (event_id);

-- Counting what one person has of an event; what bookings used which voucher.
CREATE INDEX bookings_of_person ON bookings (event_id, lower(email)) WHERE email IS NOT NULL;
CREATE INDEX bookings_with_voucher ON bookings USING gin (quota_ids)
    WHERE items @? '$[*].vouchers[*]';
