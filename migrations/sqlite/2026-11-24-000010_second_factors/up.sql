-- A second factor at sign-in: one-time passwords by time (RFC 6238). `secret` is encrypted; `last_step` is
-- the step of the last password taken, so that none is taken twice.

CREATE TABLE second_factors (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id),
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    last_step INTEGER NOT NULL CHECK (last_step >= 0),
    CHECK (confirmed_at IS NULL OR last_step > 0)
) STRICT;
-- The secret may be encrypted anew, with a newer key (its version: bytes 2 and 3).
CREATE TRIGGER second_factors_move_on BEFORE UPDATE ON second_factors
WHEN NEW.user_id <> OLD.user_id OR NEW.created_at <> OLD.created_at OR NEW.last_step < OLD.last_step
  OR (OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS NOT OLD.confirmed_at)
  OR (NEW.secret <> OLD.secret AND substr(NEW.secret, 2, 2) <= substr(OLD.secret, 2, 2))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a second factor is not exchanged, and its steps do not come again');
END;

-- When the second factor was last shown in a session.
ALTER TABLE sessions ADD COLUMN stepped_up_at INTEGER;
