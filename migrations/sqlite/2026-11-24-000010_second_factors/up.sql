-- A second factor at sign-in: one-time passwords by time (RFC 6238). `secret` is encrypted; `last_step` is
-- the step of the last password taken, so that none is taken twice.

CREATE TABLE second_factors (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id),
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    last_step INTEGER NOT NULL
) STRICT;

-- When the second factor was last shown in a session.
ALTER TABLE sessions ADD COLUMN stepped_up_at INTEGER;
