CREATE TABLE applied (id uuid PRIMARY KEY, applied_at timestamptz NOT NULL);
