-- What an office must tell people: each decision in writing, how and when it was served, and what was on
-- public notice.

-- So that a notice is of a decision.
CREATE UNIQUE INDEX case_transitions_action ON case_transitions (case_id, sequence, action);
CREATE TABLE decision_notices (
    id BLOB NOT NULL PRIMARY KEY,
    case_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('reject', 'terminate', 'approve', 'uphold')),
    number TEXT NOT NULL UNIQUE,
    content TEXT NOT NULL,
    issued_date TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    UNIQUE (case_id, sequence),
    UNIQUE (id, issued_date),
    FOREIGN KEY (case_id, sequence, kind) REFERENCES case_transitions (case_id, sequence, action)
) STRICT;
CREATE TRIGGER decision_notices_fixed BEFORE UPDATE ON decision_notices
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a notice once issued stands');
END;
CREATE TRIGGER decision_notices_keep BEFORE DELETE ON decision_notices
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a notice once issued stands');
END;
CREATE TRIGGER decision_notices_no_replace BEFORE INSERT ON decision_notices
WHEN EXISTS (SELECT 1 FROM decision_notices WHERE id = NEW.id OR number = NEW.number
    OR (case_id = NEW.case_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: decision_notices.number');
END;

-- Once, and not before it was issued.
CREATE TABLE decision_notice_services (
    notice_id BLOB NOT NULL PRIMARY KEY,
    issued_date TEXT NOT NULL,
    method TEXT NOT NULL CHECK (method IN ('in_person', 'post', 'left_at_home', 'public_notice')),
    recipient TEXT CHECK (recipient IN ('self', 'guardian', 'family_member', 'agent')),
    served_date TEXT NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES users (id),
    recorded_at INTEGER NOT NULL,
    CHECK (served_date >= issued_date),
    CHECK ((method = 'public_notice') = (recipient IS NULL)),
    FOREIGN KEY (notice_id, issued_date) REFERENCES decision_notices (id, issued_date)
) STRICT;
CREATE INDEX decision_notice_services_recorded_by ON decision_notice_services (recorded_by);
CREATE TRIGGER decision_notice_services_fixed BEFORE UPDATE ON decision_notice_services
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was served was served');
END;
CREATE TRIGGER decision_notice_services_keep BEFORE DELETE ON decision_notice_services
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was served was served');
END;
CREATE TRIGGER decision_notice_services_no_replace BEFORE INSERT ON decision_notice_services
WHEN EXISTS (SELECT 1 FROM decision_notice_services WHERE notice_id = NEW.notice_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: decision_notice_services.notice_id');
END;

-- As published, from the step's first day.
CREATE TABLE public_notices (
    id BLOB NOT NULL PRIMARY KEY,
    case_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    step TEXT NOT NULL CHECK (step = 'public_notice'),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    name_masked TEXT NOT NULL CHECK (name_masked LIKE '%*'),
    village_name TEXT NOT NULL,
    program_code TEXT NOT NULL REFERENCES programs (code),
    program_name_zh TEXT NOT NULL,
    program_name_en TEXT NOT NULL,
    amount_fen INTEGER CHECK (amount_fen > 0),
    from_date TEXT NOT NULL,
    to_date TEXT NOT NULL,
    ended_at INTEGER,
    outcome TEXT CHECK (outcome IN ('passed', 'objected', 'closed')),
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    UNIQUE (case_id, sequence),
    CHECK (from_date <= to_date),
    CHECK ((ended_at IS NULL) = (outcome IS NULL)),
    FOREIGN KEY (case_id, sequence, step) REFERENCES case_transitions (case_id, sequence, to_step)
) STRICT;
CREATE UNIQUE INDEX public_notices_open ON public_notices (case_id) WHERE ended_at IS NULL;
CREATE INDEX public_notices_county ON public_notices (county_code, id);
CREATE INDEX public_notices_division ON public_notices (division_code, id);
CREATE INDEX public_notices_program ON public_notices (program_code, id);
CREATE TRIGGER public_notices_only_end BEFORE UPDATE ON public_notices
WHEN OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR NEW.id <> OLD.id OR NEW.case_id <> OLD.case_id
  OR NEW.sequence <> OLD.sequence OR NEW.step <> OLD.step OR NEW.division_code <> OLD.division_code
  OR NEW.name_masked <> OLD.name_masked OR NEW.village_name <> OLD.village_name OR NEW.program_code <> OLD.program_code
  OR NEW.program_name_zh <> OLD.program_name_zh OR NEW.program_name_en <> OLD.program_name_en
  OR NEW.amount_fen IS NOT OLD.amount_fen OR NEW.from_date <> OLD.from_date OR NEW.to_date <> OLD.to_date
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a public notice can only end, once');
END;
CREATE TRIGGER public_notices_keep BEFORE DELETE ON public_notices
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: public notices are never deleted');
END;
CREATE TRIGGER public_notices_no_replace BEFORE INSERT ON public_notices
WHEN EXISTS (SELECT 1 FROM public_notices WHERE id = NEW.id
    OR (case_id = NEW.case_id AND (sequence = NEW.sequence OR (ended_at IS NULL AND NEW.ended_at IS NULL))))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: public_notices.case_id');
END;
-- Minors are not publicized (未成年人保护法, 第四条).
CREATE TRIGGER public_notices_no_minors BEFORE INSERT ON public_notices
WHEN EXISTS (
    SELECT 1 FROM cases c JOIN residents r ON r.id = c.resident_id
    WHERE c.id = NEW.case_id AND date(r.birth_date, '+18 years') > NEW.from_date)
BEGIN
    SELECT RAISE(ABORT, 'huican.minor');
END;
