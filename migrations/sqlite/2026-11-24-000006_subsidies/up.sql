-- Who is entitled to which subsidy, since which month.

CREATE TABLE enrollments (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    case_id BLOB NOT NULL UNIQUE,
    program_code TEXT NOT NULL REFERENCES programs (code),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'stopped')),
    start_month TEXT NOT NULL CHECK (length(start_month) = 7),
    stop_month TEXT CHECK (length(stop_month) = 7),
    rate_fen INTEGER NOT NULL CHECK (rate_fen > 0),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (stop_month IS NULL OR start_month <= stop_month),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id)
) STRICT;
CREATE UNIQUE INDEX enrollments_one_active ON enrollments (resident_id, program_code) WHERE state IN ('active', 'suspended');
CREATE INDEX enrollments_resident ON enrollments (resident_id, id);
CREATE INDEX enrollments_division ON enrollments (division_code, id);
CREATE INDEX enrollments_program ON enrollments (program_code, id);
CREATE INDEX enrollments_case ON enrollments (case_id, resident_id);

-- Only an approved case opens an enrollment.
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
  OR NEW.program_code <> OLD.program_code OR NEW.division_code <> OLD.division_code
  OR NEW.start_month <> OLD.start_month OR NEW.rate_fen <> OLD.rate_fen OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was approved does not change');
END;

-- `INSERT OR REPLACE` would delete the row before without asking the triggers above.
CREATE TRIGGER enrollments_no_replace BEFORE INSERT ON enrollments
WHEN EXISTS (SELECT 1 FROM enrollments WHERE id = NEW.id OR case_id = NEW.case_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: enrollments.case_id');
END;
