-- Events that are called off: their bookings and open orders, each given back by a saga of its own.

CREATE TABLE event_cancellations (
  event_id uuid PRIMARY KEY,
  saga_id uuid NOT NULL UNIQUE,
  organiser_id uuid NOT NULL,
  stopped_at timestamptz,
  swept_at timestamptz,
  found_all_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE event_cancellations IS
  'One an event. For two days it is looked again whether something was sold at the last moment.';
COMMENT ON COLUMN event_cancellations.stopped_at IS 'Nothing of it is sold any more.';
COMMENT ON COLUMN event_cancellations.swept_at IS 'When somebody began to look; blank: now.';
COMMENT ON COLUMN event_cancellations.found_all_at IS 'When all pages had been seen once.';

CREATE TABLE event_refunds (
  event_id uuid NOT NULL REFERENCES event_cancellations,
  kind text NOT NULL CHECK (kind IN ('booking', 'order')),
  subject_id uuid NOT NULL,
  saga_id uuid NOT NULL UNIQUE,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'refused')),
  by_hand_minor bigint,
  currency text,
  PRIMARY KEY (event_id, kind, subject_id)
);
CREATE INDEX event_refunds_states ON event_refunds (event_id, kind, state);
COMMENT ON TABLE event_refunds IS
  'What is given back because of it. A refused one is tried again when the organiser says so.';
COMMENT ON COLUMN event_refunds.by_hand_minor IS 'What the box office took, and hands back.';
