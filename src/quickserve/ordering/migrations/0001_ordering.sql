-- Copies of catalog's stands and menus: only a newer version replaces an older one.

CREATE TABLE stands (
    id           uuid PRIMARY KEY,
    version      bigint NOT NULL,
    organiser_id uuid NOT NULL,
    event_id     uuid,
    slug         text NOT NULL,
    document     jsonb NOT NULL,
    dates        jsonb NOT NULL,
    menu_version integer,
    out_version  bigint NOT NULL DEFAULT 0,
    out_ids      uuid[] NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE stands IS 'Copied from catalog''s StandSaved and SoldOutChanged.';
COMMENT ON COLUMN stands.document IS 'A StandDraft.';
COMMENT ON COLUMN stands.dates IS 'The dates of the stand''s event, for hours that follow the programme.';
COMMENT ON COLUMN stands.out_ids IS 'Items and modifiers that are out (86).';
CREATE INDEX stands_organiser ON stands (organiser_id);
CREATE INDEX stands_event ON stands (event_id);

CREATE TABLE early_sold_out (
    stand_id uuid PRIMARY KEY,
    version  bigint NOT NULL,
    ids      uuid[] NOT NULL
);
COMMENT ON TABLE early_sold_out IS 'A SoldOutChanged that came before its stand, until the stand comes.';

CREATE TABLE menus (
    stand_id uuid NOT NULL REFERENCES stands,
    version  integer NOT NULL,
    document jsonb NOT NULL,
    PRIMARY KEY (stand_id, version)
);
COMMENT ON TABLE menus IS 'Fetched from catalog by their version, which never changes. Older ones are kept while baskets may show them.';

-- What the kitchen can make ------------------------------------------------------------------------

CREATE TABLE stand_gates (
    stand_id       uuid PRIMARY KEY REFERENCES stands,
    paused_until   timestamptz,
    intake_percent integer NOT NULL DEFAULT 100 CHECK (intake_percent BETWEEN 10 AND 100),
    widened_s      integer NOT NULL DEFAULT 0 CHECK (widened_s BETWEEN 0 AND 3600),
    number_day     date NOT NULL DEFAULT CURRENT_DATE,
    number_last    integer NOT NULL DEFAULT 0,
    caps           jsonb NOT NULL DEFAULT '{}',
    wait_max_s     integer NOT NULL DEFAULT 5400 CHECK (wait_max_s BETWEEN 300 AND 28800),
    steered_at     timestamptz
);
COMMENT ON TABLE stand_gates IS 'Locked by whoever reserves at the stand: orders are decided one batch after the other.';
COMMENT ON COLUMN stand_gates.intake_percent IS 'Of the stations'' capacity; lowered while promises slip.';
COMMENT ON COLUMN stand_gates.widened_s IS 'Added to what is promised at the latest, from measured errors.';
COMMENT ON COLUMN stand_gates.number_last IS 'The last number called out on number_day.';
COMMENT ON COLUMN stand_gates.caps IS 'By fulfilment: orders and value a slot.';
COMMENT ON COLUMN stand_gates.wait_max_s IS 'Whoever would wait longer is told to choose a later time.';

CREATE TABLE station_slots (
    stand_id   uuid NOT NULL,
    station    text NOT NULL,
    starts_at  timestamptz NOT NULL,
    capacity_s integer NOT NULL CHECK (capacity_s >= 0),
    reserved_s integer NOT NULL CONSTRAINT station_reserved_not_negative CHECK (reserved_s >= 0),
    PRIMARY KEY (stand_id, station, starts_at),
    CONSTRAINT station_not_overbooked CHECK (reserved_s <= capacity_s)
) WITH (fillfactor = 70);
COMMENT ON TABLE station_slots IS 'Make-seconds of a station in the 300 s from starts_at. A slot nobody reserved in has no row.';
CREATE INDEX station_slots_old ON station_slots (starts_at);

CREATE TABLE fulfilment_slots (
    stand_id    uuid NOT NULL,
    fulfilment  text NOT NULL,
    starts_at   timestamptz NOT NULL,
    orders      integer NOT NULL CONSTRAINT slot_orders_not_negative CHECK (orders >= 0),
    orders_max  integer NOT NULL,
    value_minor bigint NOT NULL CONSTRAINT slot_value_not_negative CHECK (value_minor >= 0),
    value_max   bigint NOT NULL,
    PRIMARY KEY (stand_id, fulfilment, starts_at),
    CONSTRAINT slot_orders_capped CHECK (orders <= orders_max),
    CONSTRAINT slot_value_capped CHECK (value_minor <= value_max)
) WITH (fillfactor = 70);
COMMENT ON TABLE fulfilment_slots IS 'Caps per fulfilment, by orders and by value in minor units. Only where the stand has caps.';
CREATE INDEX fulfilment_slots_old ON fulfilment_slots (starts_at);

-- Baskets and orders -------------------------------------------------------------------------------

CREATE TABLE baskets (
    id         uuid PRIMARY KEY,
    stand_id   uuid NOT NULL REFERENCES stands,
    version    bigint NOT NULL DEFAULT 1,
    draft      jsonb NOT NULL,
    lines      jsonb NOT NULL DEFAULT '[]',
    ticket_id  uuid,
    ticket     jsonb,
    shared_by  uuid,
    order_id   uuid,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE baskets IS 'Whoever knows the id fills the basket. Deleted a day after the last change.';
COMMENT ON COLUMN baskets.draft IS 'A BasketDraft without its ticket''s code; may hold an address.';
COMMENT ON COLUMN baskets.ticket IS 'What booking said about the ticket: type, seat, event; no person.';
COMMENT ON COLUMN baskets.shared_by IS 'The ticket all of whose devices fill this basket; blank once it is ordered.';
COMMENT ON COLUMN baskets.order_id IS 'Set once ordered; blank again when the order was taken back before the stand accepted it.';
CREATE INDEX baskets_old ON baskets (changed_at);
CREATE UNIQUE INDEX basket_of_ticket_once ON baskets (shared_by, stand_id);

CREATE TABLE orders (
    id               uuid PRIMARY KEY,
    basket_id        uuid NOT NULL,
    stand_id         uuid NOT NULL REFERENCES stands,
    organiser_id     uuid NOT NULL,
    event_id         uuid,
    ticket_id        uuid,
    tab_id           uuid,
    number           text NOT NULL,
    state            text NOT NULL CHECK (state IN ('pending', 'submitted', 'accepted', 'preparing',
                       'ready', 'on-the-way', 'delivered', 'picked-up', 'rejected', 'cancelled',
                       'withdrawn')),
    payment          text NOT NULL CHECK (payment IN ('card', 'tab', 'free')),
    paid_at          timestamptz,
    contact_name     text,
    contact_email    text,
    contact_phone    text,
    language         text NOT NULL,
    destination      jsonb,
    fulfilment       text NOT NULL,
    lines            jsonb NOT NULL,
    totals           jsonb NOT NULL,
    total_minor      bigint NOT NULL CHECK (total_minor >= 0),
    currency         text NOT NULL,
    refunded_minor   bigint NOT NULL DEFAULT 0,
    slot             timestamptz,
    ready_by         timestamptz NOT NULL,
    promise_earliest timestamptz NOT NULL,
    promise_latest   timestamptz NOT NULL,
    answer_by        timestamptz,
    ready_at         timestamptz,
    ended_at         timestamptz,
    content          bytea NOT NULL,
    placed_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT order_refund_bounded CHECK (refunded_minor BETWEEN 0 AND total_minor)
);
COMMENT ON TABLE orders IS 'One a basket that was ordered. The contact is erased 30 days after the order ended.';
COMMENT ON COLUMN orders.number IS 'What is called out; begins again each day.';
COMMENT ON COLUMN orders.contact_name IS 'Personal: called out and written on the bag. Kept 30 days after the end.';
COMMENT ON COLUMN orders.contact_email IS 'Personal: receipt. Kept 30 days after the end.';
COMMENT ON COLUMN orders.contact_phone IS 'Personal: for who brings it. Kept until a day after the end.';
COMMENT ON COLUMN orders.destination IS 'A Destination; personal where it has an address. Kept 30 days after the end.';
COMMENT ON COLUMN orders.lines IS 'Priced lines as they were ordered; a cancelled one is marked.';
COMMENT ON COLUMN orders.slot IS 'The time that was wanted; blank: as soon as possible.';
COMMENT ON COLUMN orders.ready_by IS 'When the kitchen is to be done, by the queue ahead at that moment.';
COMMENT ON COLUMN orders.answer_by IS 'Rejected by the clock when the stand has not answered until then.';
COMMENT ON COLUMN orders.content IS 'Hash of the request: a repeat is told from another order of the same id.';
CREATE UNIQUE INDEX order_once_a_basket ON orders (basket_id)
    WHERE state NOT IN ('rejected', 'withdrawn');
CREATE INDEX orders_board ON orders (stand_id, ready_by)
    WHERE state IN ('submitted', 'accepted', 'preparing', 'ready', 'on-the-way');
CREATE INDEX orders_of_organiser ON orders (organiser_id, placed_at DESC, id);
CREATE INDEX orders_of_stand ON orders (stand_id, placed_at DESC, id);
CREATE INDEX orders_of_event ON orders (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX orders_of_ticket ON orders (ticket_id, placed_at DESC) WHERE ticket_id IS NOT NULL;
CREATE INDEX orders_of_tab ON orders (tab_id) WHERE tab_id IS NOT NULL;
CREATE INDEX orders_unanswered ON orders (answer_by) WHERE state = 'submitted';
CREATE INDEX orders_ended ON orders (ended_at) WHERE contact_name IS NOT NULL;

CREATE TABLE order_tombstones (
    order_id uuid PRIMARY KEY,
    at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE order_tombstones IS 'Orders that were withdrawn before they came: they are refused. Deleted after 30 days.';

CREATE TABLE order_steps (
    order_id uuid NOT NULL REFERENCES orders,
    position integer NOT NULL,
    state    text NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    by       text NOT NULL CHECK (by IN ('buyer', 'stand', 'runner', 'clock', 'saga')),
    person   uuid,
    reason   text,
    PRIMARY KEY (order_id, position)
);
COMMENT ON TABLE order_steps IS 'What happened to an order: who, when, why. Only ever added to.';
COMMENT ON COLUMN order_steps.person IS 'Of staff; erased after a year.';

CREATE TABLE order_work (
    order_id   uuid NOT NULL REFERENCES orders,
    stand_id   uuid NOT NULL,
    station    text NOT NULL,
    starts_at  timestamptz NOT NULL,
    seconds    integer NOT NULL CHECK (seconds > 0),
    PRIMARY KEY (order_id, station, starts_at)
);
COMMENT ON TABLE order_work IS 'What an order reserved of station_slots, and gives back.';
CREATE INDEX order_work_of_stand ON order_work (stand_id, starts_at);

-- What a ticket includes ---------------------------------------------------------------------------

CREATE TABLE entitlements (
    id             uuid PRIMARY KEY,
    organiser_id   uuid NOT NULL,
    event_id       uuid NOT NULL,
    ticket_type_id uuid,
    name           text NOT NULL,
    item_ids       uuid[] NOT NULL,
    quantity       integer NOT NULL CHECK (quantity BETWEEN 1 AND 100)
);
COMMENT ON TABLE entitlements IS 'So many of any of these items are included in each ticket of the type; blank: of every type.';
CREATE INDEX entitlements_event ON entitlements (event_id);

CREATE TABLE entitlement_uses (
    entitlement_id uuid NOT NULL REFERENCES entitlements,
    ticket_id      uuid NOT NULL,
    used           integer NOT NULL CONSTRAINT entitlement_use_not_negative CHECK (used >= 0),
    most           integer NOT NULL,
    PRIMARY KEY (entitlement_id, ticket_id),
    CONSTRAINT entitlement_not_overused CHECK (used <= most)
);
COMMENT ON TABLE entitlement_uses IS 'What each ticket has taken of what it includes.';

CREATE TABLE order_included (
    order_id       uuid NOT NULL REFERENCES orders,
    entitlement_id uuid NOT NULL,
    ticket_id      uuid NOT NULL,
    quantity       integer NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, entitlement_id)
);
COMMENT ON TABLE order_included IS 'What an order took of its ticket''s entitlements, and gives back.';

-- Vouchers for orders ------------------------------------------------------------------------------

CREATE TABLE order_vouchers (
    code         text NOT NULL,
    organiser_id uuid NOT NULL,
    percent      integer CHECK (percent BETWEEN 1 AND 100),
    amount_minor bigint CHECK (amount_minor > 0),
    currency     text,
    uses_max     integer NOT NULL CHECK (uses_max BETWEEN 1 AND 1000000),
    used         integer NOT NULL DEFAULT 0 CONSTRAINT order_voucher_use_not_negative CHECK (used >= 0),
    until        timestamptz,
    PRIMARY KEY (organiser_id, code),
    CONSTRAINT order_voucher_not_overused CHECK (used <= uses_max),
    CONSTRAINT order_voucher_one_kind CHECK ((percent IS NULL) <> (amount_minor IS NULL))
);
COMMENT ON TABLE order_vouchers IS 'Codes that take a share or an amount off one order; compared in upper case.';

CREATE TABLE order_codes (
    order_id     uuid NOT NULL REFERENCES orders,
    organiser_id uuid NOT NULL,
    code         text NOT NULL,
    PRIMARY KEY (order_id, code)
);
COMMENT ON TABLE order_codes IS 'Vouchers an order used, and gives back.';

-- Tabs ---------------------------------------------------------------------------------------------

CREATE TABLE tabs (
    id           uuid PRIMARY KEY,
    ticket_id    uuid NOT NULL,
    organiser_id uuid NOT NULL,
    currency     text NOT NULL,
    state        text NOT NULL CHECK (state IN ('open', 'closing', 'paid')),
    total_minor  bigint NOT NULL DEFAULT 0 CHECK (total_minor >= 0),
    limit_minor  bigint NOT NULL,
    opened_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    paid_at      timestamptz,
    CONSTRAINT tab_within_limit CHECK (total_minor <= limit_minor)
);
COMMENT ON TABLE tabs IS 'Orders of one ticket that are paid together. closing: no order comes to it any more.';
CREATE UNIQUE INDEX tab_one_open ON tabs (ticket_id, organiser_id, currency) WHERE state <> 'paid';
