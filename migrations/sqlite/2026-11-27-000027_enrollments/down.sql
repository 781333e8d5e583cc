DROP TRIGGER api_keys_no_enrollments;
DROP TRIGGER resident_merges_conflict;
CREATE TRIGGER resident_merges_conflict BEFORE UPDATE ON resident_merges
WHEN NEW.kind = 'merge' AND NEW.state = 'approved' AND OLD.state = 'proposed' AND EXISTS (
    SELECT 1 FROM taken_programs d
    WHERE d.resident_id = NEW.duplicate_id AND d.program_code IN (
        SELECT k.program_code FROM taken_programs k WHERE k.resident_id = NEW.kept_id
            OR k.resident_id IN (SELECT r.id FROM residents r WHERE r.merged_into_id = NEW.kept_id)))
BEGIN
    SELECT RAISE(ABORT, 'huican.merge_conflict');
END;

PRAGMA legacy_alter_table = ON;
CREATE TABLE enrollments_anew (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    case_id BLOB NOT NULL,
    program_code TEXT NOT NULL REFERENCES programs (code),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'stopped')),
    start_month TEXT NOT NULL CHECK (length(start_month) = 7),
    stop_month TEXT CHECK (length(stop_month) = 7),
    rate_fen INTEGER NOT NULL CHECK (rate_fen > 0),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) VIRTUAL,
    CHECK (stop_month IS NULL OR start_month <= stop_month),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id)
) STRICT;
-- What stopped before it began was not foreseen: it was paid once.
INSERT INTO enrollments_anew (id, resident_id, case_id, program_code, division_code, state, start_month, stop_month, rate_fen, version, created_at, updated_at)
SELECT id, resident_id, case_id, program_code, division_code, state, start_month, max(stop_month, start_month), rate_fen, version, created_at, updated_at FROM enrollments;
DROP TABLE enrollments;
DROP TABLE enrollment_transitions;
ALTER TABLE enrollments_anew RENAME TO enrollments;
PRAGMA legacy_alter_table = OFF;
CREATE UNIQUE INDEX enrollments_one_active ON enrollments (resident_id, program_code) WHERE state IN ('active', 'suspended');
CREATE INDEX enrollments_resident ON enrollments (resident_id, id);
CREATE INDEX enrollments_county ON enrollments (county_code, id);
CREATE INDEX enrollments_division ON enrollments (division_code, id);
CREATE INDEX enrollments_program ON enrollments (program_code, id);
CREATE INDEX enrollments_case ON enrollments (case_id, resident_id);
CREATE TRIGGER enrollments_from_approval BEFORE INSERT ON enrollments
WHEN NOT EXISTS (SELECT 1 FROM cases c WHERE c.id = NEW.case_id AND c.state = 'approved' AND c.program_code = NEW.program_code)
BEGIN
    SELECT RAISE(ABORT, 'huican.enrollment_without_approval');
END;
CREATE TRIGGER enrollments_keep BEFORE DELETE ON enrollments
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: enrollments are never deleted');
END;
CREATE TRIGGER enrollments_fixed BEFORE UPDATE ON enrollments
WHEN NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.case_id <> OLD.case_id
  OR NEW.program_code <> OLD.program_code OR NEW.start_month <> OLD.start_month OR NEW.rate_fen <> OLD.rate_fen
  OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was approved does not change');
END;
CREATE TRIGGER enrollments_moved BEFORE UPDATE ON enrollments
WHEN NEW.division_code <> OLD.division_code AND (
    OLD.state = 'stopped' OR NEW.state <> OLD.state OR NEW.stop_month IS NOT OLD.stop_month OR NOT EXISTS (
        SELECT 1 FROM (SELECT * FROM transfers WHERE resident_id = NEW.resident_id ORDER BY id DESC LIMIT 1) t
        WHERE t.state = 'accepted' AND t.from_county_code = substr(OLD.division_code, 1, 6) AND t.to_division_code = NEW.division_code))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was approved does not change');
END;
CREATE TRIGGER enrollments_no_replace BEFORE INSERT ON enrollments
WHEN EXISTS (SELECT 1 FROM enrollments WHERE id = NEW.id
    OR (resident_id = NEW.resident_id AND program_code = NEW.program_code AND state <> 'stopped' AND NEW.state <> 'stopped'))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: enrollments.resident_id');
END;

DROP INDEX programs_exclusive;
ALTER TABLE programs DROP COLUMN exclusive_key;
