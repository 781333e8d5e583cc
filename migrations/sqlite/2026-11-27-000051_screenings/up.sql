-- Within how many days somebody who was found by a screening is diagnosed and treated: laid down for a division and all
-- beneath it, from a day on.
CREATE TABLE screening_deadlines (
    id BLOB NOT NULL PRIMARY KEY,
    division_code TEXT NOT NULL REFERENCES divisions (code),
    kind TEXT NOT NULL CHECK (kind IN ('visual', 'hearing', 'speech', 'physical', 'intellectual', 'autism')),
    effective_from TEXT NOT NULL,
    -- From a positive and from a doubtful result to the diagnosis, and from that to the intervention.
    positive_days INTEGER NOT NULL CHECK (positive_days BETWEEN 1 AND 730),
    doubtful_days INTEGER NOT NULL CHECK (doubtful_days BETWEEN 1 AND 730),
    intervention_days INTEGER NOT NULL CHECK (intervention_days BETWEEN 1 AND 730),
    legal_basis TEXT NOT NULL,
    laid_down_by BLOB NOT NULL REFERENCES users (id),
    laid_down_at INTEGER NOT NULL,
    UNIQUE (division_code, kind, effective_from),
    UNIQUE (id, kind)
) STRICT;
CREATE INDEX screening_deadlines_kind ON screening_deadlines (kind, effective_from);
CREATE INDEX screening_deadlines_laid_down_by ON screening_deadlines (laid_down_by);

-- Screenings of residents, and what follows of those that were not negative. The history is the truth. `comment` is sealed.
CREATE TABLE screenings (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    -- Where the resident is; it goes along with them.
    division_code TEXT NOT NULL REFERENCES divisions (code),
    kind TEXT NOT NULL CHECK (kind IN ('visual', 'hearing', 'speech', 'physical', 'intellectual', 'autism')),
    screened_date TEXT NOT NULL,
    result TEXT NOT NULL CHECK (result IN ('negative', 'positive', 'doubtful')),
    deadline_id BLOB,
    referral_id BLOB REFERENCES referrals (id),
    recorded_by BLOB NOT NULL REFERENCES users (id),
    recorded_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('clear', 'diagnosis_due', 'ruled_out', 'intervention_due', 'in_intervention', 'ended')),
    -- By when the next step is to be taken.
    due_date TEXT,
    last_transition INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK ((result = 'negative') = (state = 'clear')),
    CHECK ((result = 'negative') = (deadline_id IS NULL)),
    CHECK (result <> 'negative' OR referral_id IS NULL),
    CHECK ((state IN ('diagnosis_due', 'intervention_due')) = (due_date IS NOT NULL)),
    -- One of a kind for a person and day.
    UNIQUE (resident_id, kind, screened_date),
    FOREIGN KEY (deadline_id, kind) REFERENCES screening_deadlines (id, kind),
    FOREIGN KEY (id, last_transition, state) REFERENCES screening_transitions (screening_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX screenings_county ON screenings (county_code, id);
CREATE INDEX screenings_division ON screenings (division_code, id);
CREATE INDEX screenings_resident ON screenings (resident_id, id);
CREATE INDEX screenings_state ON screenings (state, id);
CREATE INDEX screenings_due ON screenings (county_code, due_date) WHERE due_date IS NOT NULL;
CREATE INDEX screenings_deadline ON screenings (deadline_id, kind);
CREATE INDEX screenings_referral ON screenings (referral_id);
CREATE INDEX screenings_recorded_by ON screenings (recorded_by);

CREATE TABLE screening_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    screening_id BLOB NOT NULL REFERENCES screenings (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    -- When it was done; the entry says when it was written.
    on_date TEXT NOT NULL,
    place TEXT,
    -- What the intervention is: a case, or a service of one.
    case_id BLOB REFERENCES cases (id),
    service_id BLOB REFERENCES rehabilitation_services (id),
    comment BLOB,
    actor_id BLOB NOT NULL REFERENCES users (id),
    at INTEGER NOT NULL,
    UNIQUE (screening_id, sequence),
    UNIQUE (screening_id, sequence, to_state),
    CHECK ((action = 'record') = (sequence = 1)),
    CHECK ((action = 'record') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    -- An action leads from where and to where its name says.
    CHECK (CASE action
        WHEN 'record' THEN to_state IN ('clear', 'diagnosis_due')
        WHEN 'confirm' THEN to_state = 'intervention_due' AND from_state = 'diagnosis_due'
        WHEN 'rule_out' THEN to_state = 'ruled_out' AND from_state = 'diagnosis_due'
        WHEN 'begin_intervention' THEN to_state = 'in_intervention' AND from_state = 'intervention_due'
        WHEN 'end' THEN to_state = 'ended' AND from_state IN ('diagnosis_due', 'intervention_due')
        ELSE 1 = 0 END),
    CHECK ((action IN ('record', 'confirm', 'rule_out')) = (place IS NOT NULL)),
    CHECK ((action = 'begin_intervention') = ((case_id IS NULL) <> (service_id IS NULL))),
    CHECK (action = 'begin_intervention' OR (case_id IS NULL AND service_id IS NULL)),
    CHECK (action NOT IN ('confirm', 'rule_out', 'end') OR comment IS NOT NULL),
    FOREIGN KEY (screening_id, previous_sequence, from_state) REFERENCES screening_transitions (screening_id, sequence, to_state)
) STRICT;
CREATE INDEX screening_transitions_previous ON screening_transitions (screening_id, previous_sequence, from_state);
CREATE INDEX screening_transitions_case ON screening_transitions (case_id);
CREATE INDEX screening_transitions_service ON screening_transitions (service_id);
CREATE INDEX screening_transitions_actor ON screening_transitions (actor_id);

CREATE TRIGGER screening_deadlines_fixed BEFORE UPDATE ON screening_deadlines
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: deadlines are never changed');
END;
CREATE TRIGGER screening_deadlines_keep BEFORE DELETE ON screening_deadlines
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: deadlines are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER screening_deadlines_no_replace BEFORE INSERT ON screening_deadlines
WHEN EXISTS (SELECT 1 FROM screening_deadlines
    WHERE id = NEW.id OR (division_code = NEW.division_code AND kind = NEW.kind AND effective_from = NEW.effective_from))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: screening_deadlines.division_code');
END;

-- A result has the deadline that was laid down, and nobody gives another.
CREATE TRIGGER screenings_begin BEFORE INSERT ON screenings
WHEN NEW.last_transition <> 1 OR NEW.state NOT IN ('clear', 'diagnosis_due') OR NEW.due_date IS NOT (
    SELECT date(NEW.screened_date, '+' || CASE NEW.result WHEN 'positive' THEN d.positive_days ELSE d.doubtful_days END || ' days')
    FROM screening_deadlines d WHERE d.id = NEW.deadline_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a deadline is what was laid down');
END;
CREATE TRIGGER screenings_place BEFORE INSERT ON screenings
WHEN NEW.division_code <> (SELECT r.division_code FROM residents r WHERE r.id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a screening is where its resident is');
END;
CREATE TRIGGER screenings_moved BEFORE UPDATE ON screenings
WHEN NEW.division_code <> OLD.division_code AND NEW.division_code <> (SELECT r.division_code FROM residents r WHERE r.id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a screening is where its resident is');
END;
CREATE TRIGGER residents_screenings AFTER UPDATE OF division_code ON residents
WHEN NEW.division_code <> OLD.division_code
BEGIN
    UPDATE screenings SET division_code = NEW.division_code WHERE resident_id = NEW.id;
END;
CREATE TRIGGER screenings_of_merged BEFORE INSERT ON screenings
WHEN EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER screenings_referred BEFORE INSERT ON screenings
WHEN NEW.referral_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM referrals f JOIN residents q ON q.id = f.resident_id JOIN residents w ON w.id = NEW.resident_id
    WHERE f.id = NEW.referral_id AND coalesce(q.merged_into_id, q.id) = coalesce(w.merged_into_id, w.id))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a screening is of one person');
END;
CREATE TRIGGER screenings_fixed BEFORE UPDATE ON screenings
WHEN (NEW.id, NEW.resident_id, NEW.kind, NEW.screened_date, NEW.result, NEW.deadline_id, NEW.referral_id, NEW.recorded_by, NEW.recorded_at)
        IS NOT (OLD.id, OLD.resident_id, OLD.kind, OLD.screened_date, OLD.result, OLD.deadline_id, OLD.referral_id, OLD.recorded_by, OLD.recorded_at)
    OR ((NEW.state, NEW.due_date, NEW.last_transition) IS NOT (OLD.state, OLD.due_date, OLD.last_transition)
        AND NEW.last_transition <> OLD.last_transition + 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what a screening found does not change');
END;
CREATE TRIGGER screenings_keep BEFORE DELETE ON screenings
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: screenings are never deleted');
END;
CREATE TRIGGER screenings_no_replace BEFORE INSERT ON screenings
WHEN EXISTS (SELECT 1 FROM screenings
    WHERE id = NEW.id OR (resident_id = NEW.resident_id AND kind = NEW.kind AND screened_date = NEW.screened_date))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: screenings.resident_id');
END;

-- An entry says where its screening now stands, and from when on the next deadline counts.
CREATE TRIGGER screening_transitions_stand BEFORE INSERT ON screening_transitions
WHEN NOT EXISTS (
    SELECT 1 FROM screenings s LEFT JOIN screening_deadlines d ON d.id = s.deadline_id
    WHERE s.id = NEW.screening_id AND s.last_transition = NEW.sequence AND CASE NEW.action
        WHEN 'record' THEN s.recorded_by = NEW.actor_id AND s.screened_date = NEW.on_date
        WHEN 'confirm' THEN s.due_date = date(NEW.on_date, '+' || d.intervention_days || ' days')
        ELSE 1 = 1 END)
  OR EXISTS (SELECT 1 FROM screening_transitions p
    WHERE p.screening_id = NEW.screening_id AND p.sequence = NEW.previous_sequence AND p.on_date > NEW.on_date)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an entry says where its screening now stands');
END;
-- Whoever is helped is the one who was screened.
CREATE TRIGGER screening_transitions_of_person BEFORE INSERT ON screening_transitions
WHEN NEW.action = 'begin_intervention' AND NOT EXISTS (
    SELECT 1 FROM screenings s JOIN residents w ON w.id = s.resident_id
    JOIN residents q ON coalesce(q.merged_into_id, q.id) = coalesce(w.merged_into_id, w.id)
    WHERE s.id = NEW.screening_id AND q.id = coalesce(
        (SELECT c.resident_id FROM cases c WHERE c.id = NEW.case_id),
        (SELECT v.resident_id FROM rehabilitation_services v WHERE v.id = NEW.service_id)))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a screening is of one person');
END;
CREATE TRIGGER screening_transitions_held BEFORE INSERT ON screening_transitions
WHEN EXISTS (
    SELECT 1 FROM screenings s JOIN transfers t ON t.resident_id = s.resident_id AND t.state = 'offered'
    WHERE s.id = NEW.screening_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_in_transfer');
END;
-- What was written stays. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER screening_transitions_fixed BEFORE UPDATE ON screening_transitions
WHEN (NEW.id, NEW.screening_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.on_date, NEW.place,
        NEW.case_id, NEW.service_id, NEW.actor_id, NEW.at)
        IS NOT (OLD.id, OLD.screening_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.on_date, OLD.place,
        OLD.case_id, OLD.service_id, OLD.actor_id, OLD.at)
    OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), 1 = 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be changed');
END;
CREATE TRIGGER screening_transitions_keep BEFORE DELETE ON screening_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be deleted');
END;
CREATE TRIGGER screening_transitions_no_replace BEFORE INSERT ON screening_transitions
WHEN EXISTS (SELECT 1 FROM screening_transitions
    WHERE id = NEW.id OR (screening_id = NEW.screening_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: screening_transitions.screening_id');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_screening_deadlines BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% screening.lay_down %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;
