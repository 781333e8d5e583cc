-- By what standard need is measured: clauses over what is known of a person, each with points. Dated, for a division and all
-- beneath it, proposed by one and approved by another. Nothing here is of a resident.
CREATE TABLE need_standards (
    id BLOB NOT NULL PRIMARY KEY,
    division_code TEXT NOT NULL REFERENCES divisions (code),
    effective_from TEXT NOT NULL,
    -- The clauses, as JSON.
    clauses TEXT NOT NULL,
    legal_basis TEXT NOT NULL CHECK (length(legal_basis) BETWEEN 1 AND 500),
    state TEXT NOT NULL CHECK (state IN ('proposed', 'approved', 'rejected')),
    proposed_by BLOB NOT NULL REFERENCES users (id),
    proposed_at INTEGER NOT NULL,
    decided_by BLOB REFERENCES users (id),
    decided_at INTEGER,
    comment TEXT CHECK (length(comment) BETWEEN 1 AND 1000),
    version INTEGER NOT NULL,
    CHECK ((state = 'proposed') = (decided_by IS NULL)),
    CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CHECK (proposed_by <> decided_by),
    CHECK (state <> 'rejected' OR comment IS NOT NULL)
) STRICT;
CREATE INDEX need_standards_division ON need_standards (division_code, effective_from);
CREATE INDEX need_standards_proposed_by ON need_standards (proposed_by);
CREATE INDEX need_standards_decided_by ON need_standards (decided_by);
CREATE UNIQUE INDEX need_standards_in_force ON need_standards (division_code, effective_from) WHERE state = 'approved';

-- A place whose people were scored on a day, by what was known then. Several processes may share it, as a monthly run.
-- Nothing here is of a resident.
CREATE TABLE need_assessments (
    id BLOB NOT NULL PRIMARY KEY,
    division_code TEXT NOT NULL REFERENCES divisions (code),
    as_of TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
    -- People who were looked at, and those who were listed.
    done INTEGER NOT NULL CHECK (done >= 0),
    listed INTEGER NOT NULL CHECK (listed >= 0),
    -- Who was looked at last, as JSON.
    reached TEXT,
    -- Who works at it: only grows. `tries`: how often it was taken up without getting anywhere.
    attempts INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    leased_until INTEGER,
    requested_by BLOB NOT NULL REFERENCES users (id),
    requested_at INTEGER NOT NULL,
    finished_at INTEGER,
    version INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX need_assessments_open ON need_assessments (division_code) WHERE state IN ('queued', 'running');
CREATE INDEX need_assessments_division ON need_assessments (division_code, id);
CREATE INDEX need_assessments_county ON need_assessments (county_code, id);
CREATE INDEX need_assessments_waiting ON need_assessments (state, id);
CREATE INDEX need_assessments_requested_by ON need_assessments (requested_by);

-- What somebody scored in an assessment. It goes along with the person; whoever scored nothing, and of whom nothing is
-- unknown, has none.
CREATE TABLE need_scores (
    assessment_id BLOB NOT NULL REFERENCES need_assessments (id),
    resident_id BLOB NOT NULL REFERENCES residents (id),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    standard_id BLOB NOT NULL REFERENCES need_standards (id),
    score INTEGER NOT NULL CHECK (score >= 0),
    -- Points of the clauses that hang on facts nobody knows: the score may be so much higher.
    unknown_points INTEGER NOT NULL CHECK (unknown_points >= 0),
    -- Whether something went on for them, or was delivered within the year.
    served INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    PRIMARY KEY (assessment_id, resident_id),
    CHECK (score + unknown_points > 0)
) STRICT;
CREATE INDEX need_scores_list ON need_scores (assessment_id, served, score DESC, resident_id);
CREATE INDEX need_scores_county ON need_scores (assessment_id, served, county_code, score DESC, resident_id);
CREATE INDEX need_scores_division ON need_scores (assessment_id, served, division_code);
CREATE INDEX need_scores_home ON need_scores (division_code);
CREATE INDEX need_scores_resident ON need_scores (resident_id);
CREATE INDEX need_scores_standard ON need_scores (standard_id);

CREATE TRIGGER need_standards_proposed_first BEFORE INSERT ON need_standards
WHEN NEW.state <> 'proposed'
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a standard begins as a proposal');
END;
CREATE TRIGGER need_standards_fixed BEFORE UPDATE ON need_standards
WHEN (NEW.id, NEW.division_code, NEW.effective_from, NEW.clauses, NEW.legal_basis, NEW.proposed_by, NEW.proposed_at)
        IS NOT (OLD.id, OLD.division_code, OLD.effective_from, OLD.clauses, OLD.legal_basis, OLD.proposed_by, OLD.proposed_at)
    OR OLD.state <> 'proposed'
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a standard stays as it was proposed and decided');
END;
CREATE TRIGGER need_standards_keep BEFORE DELETE ON need_standards
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: standards are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER need_standards_no_replace BEFORE INSERT ON need_standards
WHEN EXISTS (SELECT 1 FROM need_standards WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: need_standards.id');
END;
CREATE TRIGGER need_standards_no_replacing BEFORE UPDATE ON need_standards
WHEN NEW.state = 'approved' AND EXISTS (SELECT 1 FROM need_standards
    WHERE state = 'approved' AND division_code = NEW.division_code AND effective_from = NEW.effective_from AND id <> NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: need_standards.division_code');
END;

CREATE TRIGGER need_assessments_begin BEFORE INSERT ON need_assessments
WHEN NEW.state <> 'queued' OR NEW.done <> 0 OR NEW.listed <> 0
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an assessment begins queued');
END;
-- What is done stays; until then it only gets further.
CREATE TRIGGER need_assessments_fixed BEFORE UPDATE ON need_assessments
WHEN (NEW.id, NEW.division_code, NEW.as_of, NEW.requested_by, NEW.requested_at)
        IS NOT (OLD.id, OLD.division_code, OLD.as_of, OLD.requested_by, OLD.requested_at)
    OR OLD.state IN ('done', 'failed') OR NEW.done < OLD.done OR NEW.listed < OLD.listed OR NEW.attempts < OLD.attempts
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an assessment only gets further');
END;
CREATE TRIGGER need_assessments_keep BEFORE DELETE ON need_assessments
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: assessments are never deleted');
END;
CREATE TRIGGER need_assessments_no_replace BEFORE INSERT ON need_assessments
WHEN EXISTS (SELECT 1 FROM need_assessments
    WHERE id = NEW.id OR (division_code = NEW.division_code AND state IN ('queued', 'running')))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: need_assessments.division_code');
END;

-- Scored while the assessment runs, by a standard that was approved and held on its day, where the person lives.
CREATE TRIGGER need_scores_begin BEFORE INSERT ON need_scores
WHEN NOT EXISTS (
    SELECT 1 FROM need_assessments a JOIN need_standards s ON s.id = NEW.standard_id
    WHERE a.id = NEW.assessment_id AND a.state = 'running' AND s.state = 'approved' AND s.effective_from <= a.as_of)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a score is of a running assessment and of a standard in force');
END;
CREATE TRIGGER need_scores_place BEFORE INSERT ON need_scores
WHEN NEW.division_code <> (SELECT r.division_code FROM residents r WHERE r.id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a score is where its resident is');
END;
CREATE TRIGGER need_scores_moved BEFORE UPDATE ON need_scores
WHEN NEW.division_code <> OLD.division_code AND NEW.division_code <> (SELECT r.division_code FROM residents r WHERE r.id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a score is where its resident is');
END;
CREATE TRIGGER need_scores_fixed BEFORE UPDATE ON need_scores
WHEN (NEW.assessment_id, NEW.resident_id, NEW.standard_id, NEW.score, NEW.unknown_points, NEW.served)
    IS NOT (OLD.assessment_id, OLD.resident_id, OLD.standard_id, OLD.score, OLD.unknown_points, OLD.served)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: scores are never changed');
END;
CREATE TRIGGER need_scores_keep BEFORE DELETE ON need_scores
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: scores are never deleted');
END;
CREATE TRIGGER need_scores_no_replace BEFORE INSERT ON need_scores
WHEN EXISTS (SELECT 1 FROM need_scores WHERE assessment_id = NEW.assessment_id AND resident_id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: need_scores.assessment_id');
END;
CREATE TRIGGER residents_need_scores AFTER UPDATE OF division_code ON residents
WHEN NEW.division_code <> OLD.division_code
BEGIN
    UPDATE need_scores SET division_code = NEW.division_code WHERE resident_id = NEW.id;
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_need_standards BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% need_standard.approve %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;
