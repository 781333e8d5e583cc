-- Keys with which other systems sign in as an account, limited to some of its permits. `hash` is the
-- SHA-256 of the secret; `permits` are separated by spaces.

CREATE TABLE api_keys (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id),
    name TEXT NOT NULL CHECK (name <> ''),
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    -- What takes a person is for no key.
    permits TEXT NOT NULL CHECK (permits <> '' AND ' ' || permits || ' ' NOT LIKE '% case.act %'
        AND ' ' || permits || ' ' NOT LIKE '% user.manage %' AND ' ' || permits || ' ' NOT LIKE '% grant.manage %'),
    valid_to TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by BLOB REFERENCES users (id),
    revoked_at INTEGER,
    revoked_by BLOB REFERENCES users (id),
    CHECK (revoked_by IS NULL OR revoked_at IS NOT NULL)
) STRICT;
CREATE INDEX api_keys_user ON api_keys (user_id);
CREATE INDEX api_keys_created_by ON api_keys (created_by);
CREATE INDEX api_keys_revoked_by ON api_keys (revoked_by);

CREATE TRIGGER api_keys_only_end BEFORE UPDATE ON api_keys
WHEN NEW.id <> OLD.id OR NEW.user_id <> OLD.user_id OR NEW.name <> OLD.name OR NEW.hash <> OLD.hash
  OR NEW.permits <> OLD.permits OR NEW.valid_to <> OLD.valid_to OR NEW.created_at <> OLD.created_at
  OR NEW.created_by IS NOT OLD.created_by OR OLD.revoked_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a key can only be revoked, once');
END;
CREATE TRIGGER api_keys_keep BEFORE DELETE ON api_keys
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: keys are never deleted');
END;
CREATE TRIGGER api_keys_no_replace BEFORE INSERT ON api_keys
WHEN EXISTS (SELECT 1 FROM api_keys WHERE id = NEW.id OR hash = NEW.hash)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: api_keys.id');
END;
