-- Signed seals over the record. `leaves` holds number and hash of each sealed entry (40 bytes), `gaps`
-- the numbers that were missing and may still come, with the instant they were missed (16 bytes).

CREATE TABLE audit_checkpoints (
    number INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
    sealed_at INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL,
    entries INTEGER NOT NULL CHECK (entries > 0),
    late INTEGER NOT NULL CHECK (late BETWEEN 0 AND entries),
    leaves BLOB NOT NULL,
    gaps BLOB NOT NULL,
    previous BLOB NOT NULL UNIQUE CHECK (length(previous) = 32),
    root BLOB NOT NULL CHECK (length(root) = 32),
    key_id TEXT NOT NULL,
    signature BLOB NOT NULL,
    CHECK (length(leaves) = 40 * entries),
    CHECK (length(gaps) % 16 = 0)
) STRICT;
CREATE INDEX audit_checkpoints_late ON audit_checkpoints (number) WHERE late > 0;

CREATE TRIGGER audit_checkpoints_follow BEFORE INSERT ON audit_checkpoints
WHEN NEW.number > 1 AND NOT EXISTS (
    SELECT 1 FROM audit_checkpoints WHERE number = NEW.number - 1 AND last_sequence <= NEW.last_sequence)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a checkpoint follows the one before');
END;
CREATE TRIGGER audit_checkpoints_fixed BEFORE UPDATE ON audit_checkpoints
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a checkpoint cannot be changed');
END;
CREATE TRIGGER audit_checkpoints_keep BEFORE DELETE ON audit_checkpoints
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a checkpoint cannot be deleted');
END;
CREATE TRIGGER audit_checkpoints_no_replace BEFORE INSERT ON audit_checkpoints
WHEN EXISTS (SELECT 1 FROM audit_checkpoints WHERE number = NEW.number OR previous = NEW.previous)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: audit_checkpoints.number');
END;
