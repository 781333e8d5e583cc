CREATE TABLE enrollments_anew (
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
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) VIRTUAL,
    CHECK (stop_month IS NULL OR start_month <= stop_month),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id)
) STRICT;
INSERT INTO enrollments_anew (id, resident_id, case_id, program_code, division_code, state, start_month, stop_month, rate_fen, version, created_at, updated_at)
SELECT id, resident_id, case_id, program_code, division_code, state, start_month, stop_month, rate_fen, version, created_at, updated_at FROM enrollments;
DROP TABLE enrollments;
ALTER TABLE enrollments_anew RENAME TO enrollments;
CREATE UNIQUE INDEX enrollments_one_active ON enrollments (resident_id, program_code) WHERE state IN ('active', 'suspended');
CREATE INDEX enrollments_resident ON enrollments (resident_id, id);
CREATE INDEX enrollments_county ON enrollments (county_code, id);
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
DROP TRIGGER case_transitions_reconsidered;
DROP TRIGGER case_transitions_upheld;
DROP TRIGGER case_transitions_decider;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(replace(replace(replace(replace(sql,
    ', ''lapse'', ''uphold'', ''reopen'', ''transfer''))', ', ''lapse''))'),
    ', ''request_reconsideration'', ''uphold'', ''reopen'') OR duty IS NOT NULL', ') OR duty IS NOT NULL'),
    '''withdraw'', ''request_reconsideration'', ''reopen'') OR duty = from_step),
    CHECK (action NOT IN (''uphold'', ''reopen'') OR duty = ''reconsideration''),
    CHECK (action NOT IN (''terminate'', ''transfer'') OR duty IS NULL),
    CHECK (action NOT IN (''terminate'', ''request_reconsideration'', ''uphold'', ''reopen'') OR coalesce(comment, '''') <> ''''),
    CHECK (action <> ''terminate'' OR from_state IN (''approved'', ''in_service'', ''suspended'')),
    CHECK (action <> ''request_reconsideration'' OR from_state IN (''rejected'', ''terminated'')),
    CHECK (action <> ''uphold'' OR (from_state = ''under_reconsideration'' AND to_state IN (''rejected'', ''terminated''))),
    CHECK (action <> ''reopen'' OR from_state IN (''under_reconsideration'', ''rejected'', ''terminated'')),
    CHECK (action <> ''transfer'' OR to_step IS from_step),
    CHECK ((to_state = ''under_reconsideration'') = (coalesce(to_step, '''') = ''reconsideration'')),
    CHECK (from_state IS NULL OR (from_state IN (''in_review'', ''under_reconsideration'')) = (from_step IS NOT NULL))',
    '''withdraw'') OR duty = from_step)'),
    '''withdraw'', ''request_reconsideration'') OR duty = ''filing''', '''withdraw'') OR duty = ''filing'''),
    ' WHEN ''uphold'' THEN to_state WHEN ''reopen'' THEN ''returned'' WHEN ''transfer'' THEN from_state END', ' END'),
    'CHECK ((to_state IN (''in_review'', ''under_reconsideration'')) = (to_step IS NOT NULL))',
    'CHECK ((to_state = ''in_review'') = (to_step IS NOT NULL))')
WHERE type = 'table' AND name = 'case_transitions';
UPDATE sqlite_schema SET sql = replace(replace(sql,
    '''approval'', ''reconsideration''))', '''approval''))'),
    'CHECK ((state IN (''in_review'', ''under_reconsideration'')) = (step IS NOT NULL))',
    'CHECK ((state = ''in_review'') = (step IS NOT NULL))')
WHERE type = 'table' AND name = 'cases';
UPDATE sqlite_schema SET sql = replace(sql, '''approval'', ''reconsideration''))', '''approval''))')
WHERE type = 'table' AND name = 'case_duties';
PRAGMA writable_schema = RESET;
