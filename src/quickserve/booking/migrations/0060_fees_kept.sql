-- What buyers paid and did not get back when they cancelled belongs to the takings.
CREATE INDEX amendments_fees ON amendments (date_id)
    INCLUDE (currency, value_minor, refund_minor)
    WHERE kind = 'cancel' AND state = 'done' AND value_minor > refund_minor;
