-- Signed seals over the record. `leaves` holds number and hash of each sealed entry (40 bytes), `gaps`
-- the numbers that were missing and may still come, with the instant they were missed (16 bytes).

CREATE TABLE audit_checkpoints (
    number bigint NOT NULL PRIMARY KEY CHECK (number > 0),
    sealed_at timestamptz NOT NULL,
    last_sequence bigint NOT NULL,
    entries bigint NOT NULL CHECK (entries > 0),
    late bigint NOT NULL CHECK (late BETWEEN 0 AND entries),
    leaves bytea NOT NULL,
    gaps bytea NOT NULL,
    previous bytea NOT NULL UNIQUE CHECK (length(previous) = 32),
    root bytea NOT NULL CHECK (length(root) = 32),
    key_id text NOT NULL,
    signature bytea NOT NULL,
    CHECK (length(leaves) = 40 * entries),
    CHECK (length(gaps) % 16 = 0)
);
CREATE INDEX audit_checkpoints_late ON audit_checkpoints (number) WHERE late > 0;

CREATE FUNCTION checkpoint_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number > 1 AND NOT EXISTS (
        SELECT 1 FROM audit_checkpoints WHERE number = NEW.number - 1 AND last_sequence <= NEW.last_sequence
    ) THEN
        RAISE EXCEPTION 'huican.append_only: a checkpoint follows the one before';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_checkpoints_follow BEFORE INSERT ON audit_checkpoints
    FOR EACH ROW EXECUTE FUNCTION checkpoint_follows();
CREATE TRIGGER audit_checkpoints_fixed BEFORE UPDATE OR DELETE ON audit_checkpoints
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_checkpoints_keep BEFORE TRUNCATE ON audit_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON audit_checkpoints TO huican_service;
