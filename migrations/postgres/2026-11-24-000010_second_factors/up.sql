-- A second factor at sign-in: one-time passwords by time (RFC 6238). `secret` is encrypted; `last_step` is
-- the step of the last password taken, so that none is taken twice.

CREATE TABLE second_factors (
    user_id uuid NOT NULL PRIMARY KEY REFERENCES users (id),
    secret bytea NOT NULL,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL CHECK (last_step >= 0),
    CHECK (confirmed_at IS NULL OR last_step > 0)
);
-- The secret may be encrypted anew, with a newer key (its version: bytes 2 and 3).
CREATE TRIGGER second_factors_move_on BEFORE UPDATE ON second_factors FOR EACH ROW
    WHEN (NEW.user_id <> OLD.user_id OR NEW.created_at <> OLD.created_at OR NEW.last_step < OLD.last_step
        OR (OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at)
        OR (NEW.secret <> OLD.secret AND substr(NEW.secret, 2, 2) <= substr(OLD.secret, 2, 2)))
    EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT, UPDATE, DELETE ON second_factors TO huican_service;

-- When the second factor was last shown in a session.
ALTER TABLE sessions ADD COLUMN stepped_up_at timestamptz;
GRANT UPDATE (stepped_up_at) ON sessions TO huican_service;
