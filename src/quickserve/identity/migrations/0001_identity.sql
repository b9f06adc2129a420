-- Identity: people, organisers, who does what where, sessions, and the issuer's keys.

CREATE TABLE people (
    id            uuid PRIMARY KEY,
    email         text NOT NULL,
    name          text NOT NULL,
    password_hash text NOT NULL,
    admin         boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX people_email ON people (lower(email));
COMMENT ON TABLE people IS 'Staff of organisers and administrators; buyers need no account.';
COMMENT ON COLUMN people.email IS 'Personal. Purpose: signing in. Retention: while the person is registered.';
COMMENT ON COLUMN people.name IS 'Personal. Purpose: colleagues see who acted. Retention: while the person is registered.';
COMMENT ON COLUMN people.password_hash IS 'Argon2id. Purpose: signing in. Retention: while the person is registered.';

CREATE TABLE organisers (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    slug       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT organisers_slug UNIQUE (slug)
);
CREATE UNIQUE INDEX organisers_name ON organisers (lower(name));
COMMENT ON TABLE organisers IS 'Organisations that people work for. Public.';
COMMENT ON COLUMN organisers.slug IS 'Stands in addresses; stays when the name changes.';

CREATE TABLE memberships (
    organiser_id uuid NOT NULL REFERENCES organisers ON DELETE CASCADE,
    person_id    uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    roles        text[] NOT NULL CHECK (cardinality(roles) > 0),
    PRIMARY KEY (person_id, organiser_id)
);
CREATE INDEX memberships_organiser ON memberships (organiser_id);
COMMENT ON TABLE memberships IS 'Personal. Purpose: what a person may do for an organiser. Retention: until either leaves.';

CREATE TABLE sessions (
    token_sha256 bytea PRIMARY KEY,
    person_id    uuid NOT NULL REFERENCES people ON DELETE CASCADE,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX sessions_person ON sessions (person_id);
COMMENT ON TABLE sessions IS 'Personal. Purpose: staying signed in. Retention: 12 hours unused, 7 days at most.';
COMMENT ON COLUMN sessions.token_sha256 IS 'Of a random 256-bit token, which only its holder knows.';

CREATE TABLE login_attempts (
    id  uuid PRIMARY KEY,
    key bytea NOT NULL,
    at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX login_attempts_key ON login_attempts (key, at);
CREATE INDEX login_attempts_at ON login_attempts (at);
COMMENT ON TABLE login_attempts IS 'Failed sign-ins and those under way. Purpose: slowing down guessing. Retention: 15 minutes.';
COMMENT ON COLUMN login_attempts.key IS 'Keyed hash of the e-mail address, of the client''s address, or of both.';

CREATE TABLE issuer_keys (
    kid               text PRIMARY KEY,
    public_jwk        jsonb NOT NULL,
    private_encrypted bytea NOT NULL,
    signs_from        timestamptz NOT NULL,
    signs_until       timestamptz
);
CREATE UNIQUE INDEX issuer_keys_newest ON issuer_keys ((true)) WHERE signs_until IS NULL;
COMMENT ON TABLE issuer_keys IS 'RSA keys of the local token issuer. A new one is published before it signs.';
COMMENT ON COLUMN issuer_keys.private_encrypted IS 'AES-256-GCM (12-byte nonce first) of the private JWK, under a key derived from the secret.';
