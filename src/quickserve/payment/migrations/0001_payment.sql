-- Payment: intents, refunds, the double-entry ledger, and what providers told us.

CREATE TABLE intents (
    id              uuid PRIMARY KEY,
    organiser_id    uuid NOT NULL,
    amount_minor    bigint NOT NULL CHECK (amount_minor > 0),
    currency        text NOT NULL,
    method          text NOT NULL,
    reference       uuid NOT NULL,
    return_path     text NOT NULL,
    provider        text NOT NULL,
    state           text NOT NULL CHECK (state IN
        ('processing', 'challenge', 'authorized', 'captured', 'declined', 'voided')),
    failure         text,
    challenge_path  text,
    charge_id       text,
    capturing       boolean NOT NULL DEFAULT false,
    reserved_minor  bigint NOT NULL DEFAULT 0,
    refunded_minor  bigint NOT NULL DEFAULT 0,
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT refund_within_captured CHECK (reserved_minor <= amount_minor),
    CONSTRAINT refunded_was_reserved CHECK (refunded_minor BETWEEN 0 AND reserved_minor),
    CONSTRAINT taken_money_has_a_charge
        CHECK (state NOT IN ('authorized', 'captured') OR charge_id IS NOT NULL)
);
CREATE INDEX intents_with_method ON intents USING brin (created_at);
CREATE INDEX intents_due ON intents (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
COMMENT ON TABLE intents IS 'One payment each. Locked by row; its money moves only through ledger_transfers.';
COMMENT ON COLUMN intents.method IS 'The provider''s token for a means of payment, never a card number. Purpose: to charge it. Retention: with the accounts, 10 years, then erased.';
COMMENT ON COLUMN intents.reference IS 'What is paid, in the caller''s words: a checkout.';
COMMENT ON COLUMN intents.charge_id IS 'The provider''s name for it; unknown while its first answer is.';
COMMENT ON COLUMN intents.capturing IS 'A capture was sent: from here on it is repeated, never voided.';
COMMENT ON COLUMN intents.reserved_minor IS 'Refunds asked for, those under way included.';
COMMENT ON COLUMN intents.next_attempt_at IS 'When to ask the provider again: for a lost answer (processing) or to release (voided).';

CREATE TABLE intent_tombstones (
    intent_id uuid PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX intent_tombstones_at ON intent_tombstones (at);
COMMENT ON TABLE intent_tombstones IS 'Voided before they came to be: a late authorisation is refused. Deleted after 30 days.';

CREATE TABLE refunds (
    id           uuid PRIMARY KEY,
    intent_id    uuid NOT NULL REFERENCES intents,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency     text NOT NULL,
    reason       text NOT NULL,
    state        text NOT NULL CHECK (state IN ('processing', 'done', 'refused')),
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE refunds IS 'Money given back, or on its way. No personal data.';
CREATE INDEX refunds_intent ON refunds (intent_id);

CREATE TABLE provider_callbacks (
    provider    text NOT NULL,
    id          text NOT NULL,
    intent_id   uuid NOT NULL,
    outcome     text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (provider, id)
);
CREATE INDEX provider_callbacks_received ON provider_callbacks (received_at);
COMMENT ON TABLE provider_callbacks IS 'Answers that came late; recorded with their effect, so a repeated one has none. Deleted after 30 days.';

-- The ledger: double entry, append-only, two-phase as in TigerBeetle.

CREATE TABLE ledger_accounts (
    code         text PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('provider-receivable', 'organiser-payable')),
    organiser_id uuid,
    currency     text NOT NULL,
    UNIQUE (code, currency),
    CHECK ((kind = 'organiser-payable') = (organiser_id IS NOT NULL))
);
COMMENT ON TABLE ledger_accounts IS 'Who owes what: providers owe us what they took, we owe it to organisers.';

CREATE TABLE ledger_transfers (
    id             uuid PRIMARY KEY,
    kind           text NOT NULL CHECK (kind IN ('pending', 'posted', 'post-pending', 'void-pending')),
    pending_id     uuid REFERENCES ledger_transfers,
    debit_account  text NOT NULL,
    credit_account text NOT NULL,
    amount         bigint NOT NULL CHECK (amount > 0),
    currency       text NOT NULL,
    intent_id      uuid NOT NULL REFERENCES intents,
    refund_id      uuid REFERENCES refunds,
    at             timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (debit_account <> credit_account),
    CHECK ((kind IN ('post-pending', 'void-pending')) = (pending_id IS NOT NULL)),
    -- Both sides are in the transfer's currency.
    FOREIGN KEY (debit_account, currency) REFERENCES ledger_accounts (code, currency),
    FOREIGN KEY (credit_account, currency) REFERENCES ledger_accounts (code, currency)
);
CREATE UNIQUE INDEX pending_resolved_once ON ledger_transfers (pending_id)
    WHERE pending_id IS NOT NULL;
CREATE INDEX ledger_transfers_intent ON ledger_transfers (intent_id);
COMMENT ON TABLE ledger_transfers IS 'Never changed and never deleted; a correction is a new entry.';
COMMENT ON COLUMN ledger_transfers.id IS 'A pending transfer has the id of its intent or refund, so there is one at most.';
COMMENT ON COLUMN ledger_transfers.amount IS 'Minor units of the currency.';

CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % refused; correct by adding', TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_append_only';
END $$;
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfers
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_accounts_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_accounts
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

CREATE FUNCTION ledger_check_resolution() RETURNS trigger LANGUAGE plpgsql
    SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM FROM ledger_transfers p
    WHERE p.id = NEW.pending_id AND p.kind = 'pending' AND p.amount = NEW.amount
      AND p.debit_account = NEW.debit_account AND p.credit_account = NEW.credit_account
      AND p.intent_id = NEW.intent_id AND p.refund_id IS NOT DISTINCT FROM NEW.refund_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'transfer % does not match the pending transfer %', NEW.id, NEW.pending_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'resolution_matches_pending';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_resolution BEFORE INSERT ON ledger_transfers
    FOR EACH ROW WHEN (NEW.pending_id IS NOT NULL) EXECUTE FUNCTION ledger_check_resolution();

-- The sandbox is a provider elsewhere: its own state, its own transactions, its own keys. Nothing
-- above refers to it, so that an audit can hold what the bank did against what we recorded.

CREATE TABLE sandbox_charges (
    id             text PRIMARY KEY,
    key            uuid NOT NULL UNIQUE,
    method         text NOT NULL,
    amount_minor   bigint NOT NULL,
    currency       text NOT NULL,
    state          text NOT NULL CHECK (state IN
        ('pending', 'challenge', 'authorized', 'captured', 'declined', 'voided')),
    failure        text,
    refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor BETWEEN 0 AND amount_minor),
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE sandbox_charges IS 'What the bank did: captured minus refunded is what the buyer paid.';
COMMENT ON COLUMN sandbox_charges.key IS 'The idempotency key of the authorisation: our intent''s id.';

CREATE TABLE sandbox_refunds (
    key          text PRIMARY KEY,
    charge_id    text NOT NULL REFERENCES sandbox_charges,
    amount_minor bigint NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE sandbox_refunds IS 'What the bank paid back, once for each key: our refund''s id.';

CREATE TABLE sandbox_callbacks (
    id         uuid PRIMARY KEY,
    charge_id  text NOT NULL REFERENCES sandbox_charges,
    deliveries integer NOT NULL CHECK (deliveries > 0),
    due_at     timestamptz NOT NULL
);
CREATE INDEX sandbox_callbacks_due ON sandbox_callbacks (due_at);
COMMENT ON TABLE sandbox_callbacks IS 'Answers the bank still has to give; `deliveries` counts down to the last.';
