-- Keys with which other systems sign in as an account, limited to some of its permits. `hash` is the
-- SHA-256 of the secret; `permits` are separated by spaces.

CREATE TABLE api_keys (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    name text NOT NULL CHECK (name <> ''),
    hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
    -- What takes a person is for no key.
    permits text NOT NULL CHECK (permits <> '' AND ' ' || permits || ' ' NOT LIKE '% case.act %'
        AND ' ' || permits || ' ' NOT LIKE '% user.manage %' AND ' ' || permits || ' ' NOT LIKE '% grant.manage %'),
    valid_to date NOT NULL,
    created_at timestamptz NOT NULL,
    created_by uuid REFERENCES users (id),
    revoked_at timestamptz,
    revoked_by uuid REFERENCES users (id),
    CHECK (revoked_by IS NULL OR revoked_at IS NOT NULL)
);
CREATE INDEX api_keys_user ON api_keys (user_id);
CREATE INDEX api_keys_created_by ON api_keys (created_by);
CREATE INDEX api_keys_revoked_by ON api_keys (revoked_by);

CREATE TRIGGER api_keys_only_end BEFORE UPDATE ON api_keys FOR EACH ROW
    WHEN (NEW.id <> OLD.id OR NEW.user_id <> OLD.user_id OR NEW.name <> OLD.name OR NEW.hash <> OLD.hash
        OR NEW.permits <> OLD.permits OR NEW.valid_to <> OLD.valid_to OR NEW.created_at <> OLD.created_at
        OR NEW.created_by IS DISTINCT FROM OLD.created_by OR OLD.revoked_at IS NOT NULL)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER api_keys_keep BEFORE DELETE ON api_keys FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER api_keys_keep_all BEFORE TRUNCATE ON api_keys FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON api_keys TO huican_service;
GRANT UPDATE (revoked_at, revoked_by) ON api_keys TO huican_service;
