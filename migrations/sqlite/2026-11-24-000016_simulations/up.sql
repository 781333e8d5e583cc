-- What a draft would have done: asked once, computed by whichever process is free, kept with what it
-- was computed from.
CREATE TABLE simulations (
    id BLOB NOT NULL PRIMARY KEY,
    program_code TEXT NOT NULL REFERENCES programs (code),
    draft_id BLOB NOT NULL REFERENCES program_drafts (id),
    draft_revision INTEGER NOT NULL,
    division_code TEXT NOT NULL REFERENCES divisions (code),
    from_month TEXT NOT NULL,
    to_month TEXT NOT NULL,
    known TEXT NOT NULL CHECK (known IN ('then', 'now')),
    rules TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
    done INTEGER NOT NULL CHECK (done >= 0),
    total INTEGER NOT NULL CHECK (total >= done),
    attempts INTEGER NOT NULL,
    leased_until INTEGER,
    result TEXT,
    digest BLOB,
    requested_by BLOB NOT NULL REFERENCES users (id),
    requested_at INTEGER NOT NULL,
    finished_at INTEGER,
    CHECK (from_month <= to_month),
    CHECK ((state = 'done') = (result IS NOT NULL)),
    CHECK ((result IS NULL) = (digest IS NULL)),
    CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL))
) STRICT;
CREATE INDEX simulations_program ON simulations (program_code, id);
CREATE INDEX simulations_draft ON simulations (draft_id);
CREATE INDEX simulations_division ON simulations (division_code);
CREATE INDEX simulations_requested ON simulations (requested_by);
CREATE INDEX simulations_waiting ON simulations (state, id);

-- What was asked stays as it was, and so does what was found.
CREATE TRIGGER simulations_kept BEFORE UPDATE ON simulations
WHEN OLD.state IN ('done', 'failed') OR NEW.id <> OLD.id OR NEW.program_code <> OLD.program_code
    OR NEW.draft_id <> OLD.draft_id OR NEW.draft_revision <> OLD.draft_revision OR NEW.division_code <> OLD.division_code
    OR NEW.from_month <> OLD.from_month OR NEW.to_month <> OLD.to_month OR NEW.known <> OLD.known OR NEW.rules <> OLD.rules
    OR NEW.requested_by <> OLD.requested_by OR NEW.requested_at <> OLD.requested_at
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a simulation is kept as it was found');
END;
CREATE TRIGGER simulations_keep BEFORE DELETE ON simulations
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: simulations are never deleted');
END;
CREATE TRIGGER simulations_no_replace BEFORE INSERT ON simulations
WHEN EXISTS (SELECT 1 FROM simulations WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: simulations.id');
END;
