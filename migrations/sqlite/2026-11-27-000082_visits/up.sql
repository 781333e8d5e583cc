-- Visits to those most in need: planned for a resident, who is met or not, and what was found. The history is the truth.
CREATE TABLE visits (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    -- Where the resident is; while planned it goes along with them within the county.
    division_code TEXT NOT NULL REFERENCES divisions (code),
    -- From whose list; none where it was planned by hand.
    assessment_id BLOB,
    due_date TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'done', 'not_met', 'cancelled')),
    -- On which day somebody was there, met or not.
    visited_date TEXT,
    -- Whether what was found asks for something.
    in_need INTEGER,
    planned_by BLOB NOT NULL REFERENCES users (id),
    planned_at INTEGER NOT NULL,
    last_transition INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK ((state IN ('done', 'not_met')) = (visited_date IS NOT NULL)),
    CHECK ((state = 'done') = (in_need IS NOT NULL)),
    FOREIGN KEY (assessment_id, resident_id) REFERENCES need_scores (assessment_id, resident_id),
    FOREIGN KEY (id, last_transition, state) REFERENCES visit_transitions (visit_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED
) STRICT;
-- A person is not planned for twice.
CREATE UNIQUE INDEX visits_open ON visits (resident_id) WHERE state = 'planned';
CREATE INDEX visits_county ON visits (county_code, id);
CREATE INDEX visits_division ON visits (division_code, id);
CREATE INDEX visits_resident ON visits (resident_id, id);
CREATE INDEX visits_state ON visits (state, id);
CREATE INDEX visits_due ON visits (county_code, due_date);
CREATE INDEX visits_assessment ON visits (assessment_id, resident_id);
CREATE INDEX visits_planned_by ON visits (planned_by);

-- `comment` is sealed.
CREATE TABLE visit_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    visit_id BLOB NOT NULL REFERENCES visits (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    on_date TEXT,
    -- What was found; null is what was not found out.
    lives_alone INTEGER,
    care_missing INTEGER,
    housing_danger INTEGER,
    income_missing INTEGER,
    medical_burden INTEGER,
    device_missing INTEGER,
    -- Which services are needed, word by word.
    services TEXT,
    in_need INTEGER,
    comment BLOB,
    -- Nobody, where a visit has lost its point by itself.
    actor_id BLOB REFERENCES users (id),
    at INTEGER NOT NULL,
    UNIQUE (visit_id, sequence),
    UNIQUE (visit_id, sequence, to_state),
    CHECK ((action = 'plan') = (sequence = 1)),
    CHECK ((action = 'plan') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    -- An action leads from where and to where its name says.
    CHECK (CASE action
        WHEN 'plan' THEN to_state = 'planned'
        WHEN 'complete' THEN to_state = 'done' AND from_state = 'planned'
        WHEN 'correct' THEN to_state = 'done' AND from_state = 'done'
        WHEN 'miss' THEN to_state = 'not_met' AND from_state = 'planned'
        WHEN 'cancel' THEN to_state = 'cancelled' AND from_state = 'planned'
        ELSE 1 = 0 END),
    CHECK ((to_state IN ('done', 'not_met')) = (on_date IS NOT NULL)),
    CHECK ((to_state = 'done') = (services IS NOT NULL)),
    CHECK ((to_state = 'done') = (in_need IS NOT NULL)),
    -- Only who was met was found in need: by a finding, or by a service they need.
    CHECK (to_state = 'done' OR (lives_alone IS NULL AND care_missing IS NULL AND housing_danger IS NULL AND income_missing IS NULL AND medical_burden IS NULL AND device_missing IS NULL)),
    CHECK (in_need = (coalesce(lives_alone, 1 = 0) OR coalesce(care_missing, 1 = 0) OR coalesce(housing_danger, 1 = 0) OR coalesce(income_missing, 1 = 0) OR coalesce(medical_burden, 1 = 0) OR coalesce(device_missing, 1 = 0) OR services <> '')),
    CHECK (action IN ('plan', 'complete') OR comment IS NOT NULL),
    CHECK (action = 'cancel' OR actor_id IS NOT NULL),
    FOREIGN KEY (visit_id, previous_sequence, from_state) REFERENCES visit_transitions (visit_id, sequence, to_state)
) STRICT;
CREATE INDEX visit_transitions_previous ON visit_transitions (visit_id, previous_sequence, from_state);
CREATE INDEX visit_transitions_actor ON visit_transitions (actor_id);

-- What was begun for somebody after they were visited, by whichever record of theirs.
CREATE VIEW visit_cases AS
SELECT v.id AS visit_id, c.id AS case_id FROM visits v JOIN cases c ON c.resident_id = v.resident_id
WHERE v.state = 'done' AND c.created_at >= (unixepoch(v.visited_date) - 28800) * 1000000
UNION ALL
SELECT v.id, c.id FROM visits v JOIN residents q ON q.merged_into_id = v.resident_id JOIN cases c ON c.resident_id = q.id
WHERE v.state = 'done' AND c.created_at >= (unixepoch(v.visited_date) - 28800) * 1000000
UNION ALL
SELECT v.id, c.id FROM visits v JOIN residents w ON w.id = v.resident_id JOIN cases c ON c.resident_id = w.merged_into_id
WHERE v.state = 'done' AND c.created_at >= (unixepoch(v.visited_date) - 28800) * 1000000;

-- Planned where the person lives, once, of a record that stands.
CREATE TRIGGER visits_begin BEFORE INSERT ON visits
WHEN NEW.last_transition <> 1 OR NEW.state <> 'planned'
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a visit begins planned');
END;
CREATE TRIGGER visits_place BEFORE INSERT ON visits
WHEN NEW.division_code <> (SELECT r.division_code FROM residents r WHERE r.id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a visit is where its resident is');
END;
CREATE TRIGGER visits_of_merged BEFORE INSERT ON visits
WHEN EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER visits_of_person BEFORE INSERT ON visits
WHEN EXISTS (
    SELECT 1 FROM visits o JOIN residents q ON q.id = o.resident_id
    WHERE q.merged_into_id = NEW.resident_id AND o.state = 'planned')
BEGIN
    SELECT RAISE(ABORT, 'huican.visit_open');
END;
CREATE TRIGGER visits_moved BEFORE UPDATE ON visits
WHEN NEW.division_code <> OLD.division_code AND NEW.division_code <> (SELECT r.division_code FROM residents r WHERE r.id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a visit is where its resident is');
END;
CREATE TRIGGER residents_visits AFTER UPDATE OF division_code ON residents
WHEN NEW.division_code <> OLD.division_code
BEGIN
    UPDATE visits SET division_code = NEW.division_code
    WHERE resident_id = NEW.id AND state = 'planned' AND county_code = substr(NEW.division_code, 1, 6);
END;
CREATE TRIGGER visits_fixed BEFORE UPDATE ON visits
WHEN (NEW.id, NEW.resident_id, NEW.assessment_id, NEW.due_date, NEW.planned_by, NEW.planned_at)
        IS NOT (OLD.id, OLD.resident_id, OLD.assessment_id, OLD.due_date, OLD.planned_by, OLD.planned_at)
    OR ((NEW.state, NEW.visited_date, NEW.in_need, NEW.last_transition) IS NOT (OLD.state, OLD.visited_date, OLD.in_need, OLD.last_transition)
        AND NEW.last_transition <> OLD.last_transition + 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a visit changes by its history');
END;
CREATE TRIGGER visits_keep BEFORE DELETE ON visits
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: visits are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER visits_no_replace BEFORE INSERT ON visits
WHEN EXISTS (SELECT 1 FROM visits WHERE id = NEW.id OR (resident_id = NEW.resident_id AND state = 'planned'))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: visits.resident_id');
END;

-- An entry says how its visit now stands; nobody was there on a day to come, and nobody finds out about their own.
CREATE TRIGGER visit_transitions_stand BEFORE INSERT ON visit_transitions
WHEN NOT EXISTS (
    SELECT 1 FROM visits v
    WHERE v.id = NEW.visit_id AND v.last_transition = NEW.sequence AND v.visited_date IS NEW.on_date AND v.in_need IS NEW.in_need
        AND (NEW.action <> 'plan' OR v.planned_by = NEW.actor_id))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an entry says how its visit now stands');
END;
CREATE TRIGGER visit_transitions_past BEFORE INSERT ON visit_transitions
WHEN NEW.on_date > date(NEW.at / 1000000, 'unixepoch', '+8 hours')
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: nobody was there on a day to come');
END;
CREATE TRIGGER visit_transitions_held BEFORE INSERT ON visit_transitions
WHEN NEW.action IN ('complete', 'correct', 'miss') AND EXISTS (
    SELECT 1 FROM visits v JOIN transfers t ON t.resident_id = v.resident_id AND t.state = 'offered'
    WHERE v.id = NEW.visit_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_in_transfer');
END;
CREATE TRIGGER visit_transitions_recusal BEFORE INSERT ON visit_transitions
WHEN NEW.action IN ('complete', 'correct') AND EXISTS (
    SELECT 1 FROM visits v JOIN user_ties t ON t.resident_id = v.resident_id AND t.user_id = NEW.actor_id
    WHERE v.id = NEW.visit_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
-- What was written stays. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER visit_transitions_fixed BEFORE UPDATE ON visit_transitions
WHEN (NEW.id, NEW.visit_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.on_date,
        NEW.lives_alone, NEW.care_missing, NEW.housing_danger, NEW.income_missing, NEW.medical_burden, NEW.device_missing, NEW.services, NEW.in_need, NEW.actor_id, NEW.at)
        IS NOT (OLD.id, OLD.visit_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.on_date,
        OLD.lives_alone, OLD.care_missing, OLD.housing_danger, OLD.income_missing, OLD.medical_burden, OLD.device_missing, OLD.services, OLD.in_need, OLD.actor_id, OLD.at)
    OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), 1 = 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be changed');
END;
CREATE TRIGGER visit_transitions_keep BEFORE DELETE ON visit_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be deleted');
END;
CREATE TRIGGER visit_transitions_no_replace BEFORE INSERT ON visit_transitions
WHEN EXISTS (SELECT 1 FROM visit_transitions WHERE id = NEW.id OR (visit_id = NEW.visit_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: visit_transitions.visit_id');
END;

-- A visit waits on the desk of the village's liaison. CHECKs are no part of what is stored, and are changed as in 000014.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
    '''screening_intervention'', ''petition'', ''legal_aid'')', '''screening_intervention'', ''petition'', ''legal_aid'', ''need_visit'')')
WHERE type = 'table' AND name = 'follow_ups';
PRAGMA writable_schema = RESET;
