-- What a service still has to look at, on a day: a device in use, a job that is kept, a diagnosis that is due. It is of the
-- office where the person lives, and goes along with them while it is open.
CREATE TABLE follow_ups (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('device_check', 'device_recall', 'retention_check', 'renovation_visit',
        'screening_diagnosis', 'screening_intervention')),
    case_id BLOB,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    -- What it is about: a device handed out, a placement, a screening.
    subject_id BLOB NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('village_liaison', 'township_caseworker', 'county_caseworker')),
    due_date TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'cancelled')),
    planned_at INTEGER NOT NULL,
    ended_by BLOB REFERENCES users (id),
    ended_at INTEGER,
    reason TEXT CHECK (length(reason) BETWEEN 2 AND 200),
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK ((state = 'open') = (ended_at IS NULL)),
    CHECK (state = 'done' OR ended_by IS NULL),
    CHECK (state <> 'done' OR ended_by IS NOT NULL),
    CHECK ((state = 'cancelled') = (reason IS NOT NULL)),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id)
) STRICT;
CREATE UNIQUE INDEX follow_ups_one ON follow_ups (subject_id, kind, due_date) WHERE state = 'open';
CREATE INDEX follow_ups_due ON follow_ups (due_date, id) WHERE state = 'open';
CREATE INDEX follow_ups_division ON follow_ups (division_code, state, due_date, id);
CREATE INDEX follow_ups_county ON follow_ups (county_code, state, due_date, id);
CREATE INDEX follow_ups_case ON follow_ups (case_id, resident_id);
CREATE INDEX follow_ups_resident ON follow_ups (resident_id, due_date);
CREATE INDEX follow_ups_ended_by ON follow_ups (ended_by);

-- What is planned begins open, and ends once; only where it is done may follow the person.
CREATE TRIGGER follow_ups_open_first BEFORE INSERT ON follow_ups
WHEN NEW.state <> 'open'
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a follow-up begins open');
END;
CREATE TRIGGER follow_ups_fixed BEFORE UPDATE ON follow_ups
WHEN OLD.state <> 'open'
    OR (NEW.id, NEW.kind, NEW.resident_id, NEW.subject_id, NEW.role, NEW.due_date, NEW.planned_at)
        IS NOT (OLD.id, OLD.kind, OLD.resident_id, OLD.subject_id, OLD.role, OLD.due_date, OLD.planned_at)
    OR NEW.case_id IS NOT OLD.case_id
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a follow-up stays as it was planned and as it ended');
END;
CREATE TRIGGER follow_ups_keep BEFORE DELETE ON follow_ups
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: follow-ups are kept');
END;
CREATE TRIGGER follow_ups_no_replace BEFORE INSERT ON follow_ups
WHEN EXISTS (SELECT 1 FROM follow_ups WHERE id = NEW.id
    OR (subject_id = NEW.subject_id AND kind = NEW.kind AND due_date = NEW.due_date AND state = 'open'))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: follow_ups.subject_id');
END;
CREATE TRIGGER residents_follow_ups AFTER UPDATE OF division_code ON residents
WHEN NEW.division_code <> OLD.division_code
BEGIN
    UPDATE follow_ups SET division_code = NEW.division_code WHERE resident_id = NEW.id AND state = 'open';
END;
