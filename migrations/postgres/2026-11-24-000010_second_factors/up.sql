-- A second factor at sign-in: one-time passwords by time (RFC 6238). `secret` is encrypted; `last_step` is
-- the step of the last password taken, so that none is taken twice.

CREATE TABLE second_factors (
    user_id uuid NOT NULL PRIMARY KEY REFERENCES users (id),
    secret bytea NOT NULL,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON second_factors TO huican_service;

-- When the second factor was last shown in a session.
ALTER TABLE sessions ADD COLUMN stepped_up_at timestamptz;
GRANT UPDATE (stepped_up_at) ON sessions TO huican_service;
