-- What a guardian chose for a child: an institution and a service, goals, what was assessed and what came of it. As of
-- cases, the history is the truth. `goals`, `comment` and `finding` are sealed.

CREATE TABLE rehabilitation_plans (
    id BLOB NOT NULL PRIMARY KEY,
    case_id BLOB NOT NULL,
    resident_id BLOB NOT NULL,
    -- Where the case is; it goes along with it.
    division_code TEXT NOT NULL,
    program_code TEXT NOT NULL REFERENCES programs (code),
    organization_id BLOB NOT NULL REFERENCES institutions (organization_id),
    service_type TEXT NOT NULL CHECK (service_type <> ''),
    goals BLOB NOT NULL,
    previous_plan_id BLOB,
    -- In the institution's line, of one that waits or has waited.
    place INTEGER CHECK (place > 0),
    start_date TEXT,
    end_date TEXT,
    outcome TEXT CHECK (outcome IN ('marked', 'effective', 'none')),
    state TEXT NOT NULL,
    last_transition INTEGER NOT NULL,
    chosen_by BLOB NOT NULL REFERENCES users (id),
    chosen_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    UNIQUE (id, case_id),
    UNIQUE (organization_id, place),
    CHECK (CASE state
        WHEN 'waiting' THEN place IS NOT NULL AND start_date IS NULL AND end_date IS NULL
        WHEN 'active' THEN start_date IS NOT NULL AND end_date IS NULL
        WHEN 'completed' THEN start_date IS NOT NULL AND end_date IS NOT NULL
        WHEN 'transferred' THEN end_date IS NOT NULL
        WHEN 'ended' THEN end_date IS NOT NULL
        ELSE 1 = 0 END),
    CHECK (start_date <= end_date),
    CHECK ((state = 'completed') = (outcome IS NOT NULL)),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id),
    FOREIGN KEY (case_id, division_code) REFERENCES cases (id, division_code) ON UPDATE CASCADE,
    FOREIGN KEY (previous_plan_id, case_id) REFERENCES rehabilitation_plans (id, case_id),
    FOREIGN KEY (id, last_transition, state) REFERENCES rehabilitation_plan_transitions (plan_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX rehabilitation_plans_one ON rehabilitation_plans (case_id) WHERE state IN ('waiting', 'active');
CREATE UNIQUE INDEX rehabilitation_plans_next ON rehabilitation_plans (previous_plan_id);
CREATE INDEX rehabilitation_plans_previous ON rehabilitation_plans (previous_plan_id, case_id);
CREATE INDEX rehabilitation_plans_case ON rehabilitation_plans (case_id, id);
CREATE INDEX rehabilitation_plans_case_resident ON rehabilitation_plans (case_id, resident_id);
CREATE INDEX rehabilitation_plans_case_division ON rehabilitation_plans (case_id, division_code);
CREATE INDEX rehabilitation_plans_resident ON rehabilitation_plans (resident_id);
CREATE INDEX rehabilitation_plans_program ON rehabilitation_plans (program_code);
CREATE INDEX rehabilitation_plans_organization ON rehabilitation_plans (organization_id, id);
CREATE INDEX rehabilitation_plans_line ON rehabilitation_plans (organization_id, state, place);
CREATE INDEX rehabilitation_plans_division ON rehabilitation_plans (division_code, id);
CREATE INDEX rehabilitation_plans_county ON rehabilitation_plans (county_code, id);
CREATE INDEX rehabilitation_plans_state ON rehabilitation_plans (state, id);
CREATE INDEX rehabilitation_plans_chosen_by ON rehabilitation_plans (chosen_by);

CREATE TABLE rehabilitation_plan_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    plan_id BLOB NOT NULL REFERENCES rehabilitation_plans (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    actor_id BLOB NOT NULL REFERENCES users (id),
    comment BLOB,
    at INTEGER NOT NULL,
    UNIQUE (plan_id, sequence),
    UNIQUE (plan_id, sequence, to_state),
    CHECK ((action = 'choose') = (sequence = 1)),
    CHECK ((action = 'choose') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    CHECK (CASE action
        WHEN 'choose' THEN to_state IN ('waiting', 'active')
        WHEN 'admit' THEN from_state = 'waiting' AND to_state = 'active'
        WHEN 'transfer' THEN from_state IN ('waiting', 'active') AND to_state = 'transferred'
        WHEN 'complete' THEN from_state = 'active' AND to_state = 'completed'
        WHEN 'end' THEN from_state IN ('waiting', 'active') AND to_state = 'ended'
        ELSE 1 = 0 END),
    CHECK (action NOT IN ('transfer', 'end') OR comment IS NOT NULL),
    FOREIGN KEY (plan_id, previous_sequence, from_state) REFERENCES rehabilitation_plan_transitions (plan_id, sequence, to_state)
) STRICT;
CREATE INDEX rehabilitation_plan_transitions_previous ON rehabilitation_plan_transitions (plan_id, previous_sequence, from_state);
CREATE INDEX rehabilitation_plan_transitions_actor ON rehabilitation_plan_transitions (actor_id);

-- What was found with which tool. A later one of a kind counts instead of the one before.
CREATE TABLE rehabilitation_assessments (
    id BLOB NOT NULL PRIMARY KEY,
    plan_id BLOB NOT NULL REFERENCES rehabilitation_plans (id),
    kind TEXT NOT NULL CHECK (kind IN ('initial', 'mid', 'final')),
    tool TEXT NOT NULL CHECK (length(tool) BETWEEN 1 AND 100),
    score INTEGER NOT NULL CHECK (score >= 0),
    highest_score INTEGER CHECK (highest_score > 0 AND score <= highest_score),
    assessor TEXT NOT NULL CHECK (length(assessor) BETWEEN 1 AND 40),
    assessed_date TEXT NOT NULL,
    finding BLOB,
    recorded_by BLOB NOT NULL REFERENCES users (id),
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX rehabilitation_assessments_plan ON rehabilitation_assessments (plan_id, id);
CREATE INDEX rehabilitation_assessments_recorded_by ON rehabilitation_assessments (recorded_by);

-- Of a case that was approved and is not closed; another plan of it takes over from one that was transferred.
CREATE TRIGGER rehabilitation_plans_case_open BEFORE INSERT ON rehabilitation_plans
WHEN NOT EXISTS (SELECT 1 FROM cases c WHERE c.id = NEW.case_id AND c.program_code = NEW.program_code
        AND c.service = 'rehabilitation' AND c.state IN ('approved', 'in_service'))
    OR (NEW.previous_plan_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM rehabilitation_plans p WHERE p.id = NEW.previous_plan_id AND p.state = 'transferred'))
BEGIN
    SELECT RAISE(ABORT, 'huican.plan_case');
END;
-- Both go along when the case does; a sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER rehabilitation_plans_fixed BEFORE UPDATE ON rehabilitation_plans
WHEN (NEW.id, NEW.case_id, NEW.resident_id, NEW.program_code, NEW.organization_id, NEW.service_type, NEW.previous_plan_id, NEW.place, NEW.chosen_by, NEW.chosen_at)
        IS NOT (OLD.id, OLD.case_id, OLD.resident_id, OLD.program_code, OLD.organization_id, OLD.service_type, OLD.previous_plan_id, OLD.place, OLD.chosen_by, OLD.chosen_at)
    OR NEW.last_transition < OLD.last_transition
    OR (NEW.last_transition = OLD.last_transition AND (NEW.start_date, NEW.end_date, NEW.outcome) IS NOT (OLD.start_date, OLD.end_date, OLD.outcome))
    OR (OLD.start_date IS NOT NULL AND NEW.start_date IS NOT OLD.start_date)
    OR (NEW.goals <> OLD.goals AND substr(NEW.goals, 2, 2) <= substr(OLD.goals, 2, 2))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what a plan is does not change');
END;
-- An institution takes nobody without an agreement in force that day, for that service, there.
CREATE TRIGGER rehabilitation_plan_transitions_agreed BEFORE INSERT ON rehabilitation_plan_transitions
WHEN NEW.action IN ('choose', 'admit') AND NOT EXISTS (
    SELECT 1 FROM rehabilitation_plans p
    JOIN institutions i ON i.organization_id = p.organization_id AND i.state = 'agreed'
    JOIN institution_agreements a ON a.organization_id = p.organization_id AND a.signed_at IS NOT NULL
    WHERE p.id = NEW.plan_id
      AND ' ' || a.service_types || ' ' LIKE '% ' || p.service_type || ' %'
      AND CASE substr(a.division_code, 5, 2) WHEN '00' THEN substr(a.division_code, 1, 4) = substr(p.division_code, 1, 4)
        ELSE substr(a.division_code, 1, 6) = substr(p.division_code, 1, 6) END
      AND a.valid_from <= coalesce(p.start_date, date(NEW.at / 1000000, 'unixepoch', '+8 hours'))
      AND coalesce(p.start_date, date(NEW.at / 1000000, 'unixepoch', '+8 hours')) < a.valid_to)
BEGIN
    SELECT RAISE(ABORT, 'huican.institution_not_agreed');
END;
-- No more than were agreed on, and whoever waits first is admitted first.
CREATE TRIGGER rehabilitation_plan_transitions_full BEFORE INSERT ON rehabilitation_plan_transitions
WHEN NEW.to_state = 'active' AND EXISTS (
    SELECT 1 FROM rehabilitation_plans p
    JOIN institution_agreements a ON a.organization_id = p.organization_id AND a.signed_at IS NOT NULL
      AND a.valid_from <= p.start_date AND p.start_date < a.valid_to
    WHERE p.id = NEW.plan_id AND a.capacity < (
        SELECT count(*) FROM rehabilitation_plans o WHERE o.organization_id = p.organization_id AND o.state = 'active'))
BEGIN
    SELECT RAISE(ABORT, 'huican.institution_full');
END;
CREATE TRIGGER rehabilitation_plan_transitions_in_order BEFORE INSERT ON rehabilitation_plan_transitions
WHEN NEW.to_state = 'active' AND EXISTS (
    SELECT 1 FROM rehabilitation_plans p
    JOIN rehabilitation_plans o ON o.organization_id = p.organization_id AND o.state = 'waiting' AND (p.place IS NULL OR o.place < p.place)
    WHERE p.id = NEW.plan_id
      -- Whose service changes where they already are takes nobody's place.
      AND NOT EXISTS (
        SELECT 1 FROM rehabilitation_plans q WHERE q.id = p.previous_plan_id AND q.organization_id = p.organization_id
          AND q.start_date IS NOT NULL))
BEGIN
    SELECT RAISE(ABORT, 'huican.plan_not_next');
END;
CREATE TRIGGER rehabilitation_plan_transitions_assessed BEFORE INSERT ON rehabilitation_plan_transitions
WHEN NEW.action = 'complete' AND NOT EXISTS (
    SELECT 1 FROM rehabilitation_plans p JOIN rehabilitation_assessments a ON a.plan_id = p.id
    WHERE p.id = NEW.plan_id AND a.kind = 'final' AND a.assessed_date >= p.start_date)
BEGIN
    SELECT RAISE(ABORT, 'huican.plan_not_assessed');
END;
CREATE TRIGGER rehabilitation_plan_transitions_stands BEFORE INSERT ON rehabilitation_plan_transitions
WHEN NOT EXISTS (SELECT 1 FROM rehabilitation_plans p WHERE p.id = NEW.plan_id AND p.last_transition = NEW.sequence)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an entry says where its plan now stands');
END;
CREATE TRIGGER rehabilitation_plan_transitions_fixed BEFORE UPDATE ON rehabilitation_plan_transitions
WHEN (NEW.id, NEW.plan_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.actor_id, NEW.at)
        IS NOT (OLD.id, OLD.plan_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.actor_id, OLD.at)
    OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), 1 = 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be changed');
END;
-- Of a plan that is under way, by somebody who works there, of a day that has come.
CREATE TRIGGER rehabilitation_assessments_whose BEFORE INSERT ON rehabilitation_assessments
WHEN NEW.assessed_date > date(NEW.recorded_at / 1000000, 'unixepoch', '+8 hours') OR NOT EXISTS (
    SELECT 1 FROM rehabilitation_plans p
    JOIN grants g ON g.organization_id = p.organization_id AND g.user_id = NEW.recorded_by
      AND g.role = 'institution_worker' AND g.revoked_at IS NULL
    WHERE p.id = NEW.plan_id AND p.state = 'active')
BEGIN
    SELECT RAISE(ABORT, 'huican.plan_not_active');
END;
CREATE TRIGGER rehabilitation_assessments_fixed BEFORE UPDATE ON rehabilitation_assessments
WHEN (NEW.id, NEW.plan_id, NEW.kind, NEW.tool, NEW.score, NEW.highest_score, NEW.assessor, NEW.assessed_date, NEW.recorded_by, NEW.recorded_at)
        IS NOT (OLD.id, OLD.plan_id, OLD.kind, OLD.tool, OLD.score, OLD.highest_score, OLD.assessor, OLD.assessed_date, OLD.recorded_by, OLD.recorded_at)
    OR coalesce(substr(NEW.finding, 2, 2) <= substr(OLD.finding, 2, 2), 1 = 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an assessment stays as it was recorded');
END;
CREATE TRIGGER rehabilitation_plans_keep BEFORE DELETE ON rehabilitation_plans
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: rehabilitation plans are never deleted');
END;
CREATE TRIGGER rehabilitation_plan_transitions_keep BEFORE DELETE ON rehabilitation_plan_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: rehabilitation plan transitions are never deleted');
END;
CREATE TRIGGER rehabilitation_assessments_keep BEFORE DELETE ON rehabilitation_assessments
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: rehabilitation assessments are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the triggers above.
CREATE TRIGGER rehabilitation_plans_no_replace BEFORE INSERT ON rehabilitation_plans
WHEN EXISTS (SELECT 1 FROM rehabilitation_plans WHERE id = NEW.id OR previous_plan_id = NEW.previous_plan_id OR (organization_id = NEW.organization_id AND place = NEW.place)
    OR (case_id = NEW.case_id AND state IN ('waiting', 'active') AND NEW.state IN ('waiting', 'active')))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: rehabilitation_plans.case_id');
END;
CREATE TRIGGER rehabilitation_plan_transitions_no_replace BEFORE INSERT ON rehabilitation_plan_transitions
WHEN EXISTS (SELECT 1 FROM rehabilitation_plan_transitions WHERE id = NEW.id OR (plan_id = NEW.plan_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: rehabilitation_plan_transitions.plan_id');
END;
CREATE TRIGGER rehabilitation_assessments_no_replace BEFORE INSERT ON rehabilitation_assessments
WHEN EXISTS (SELECT 1 FROM rehabilitation_assessments WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: rehabilitation_assessments.id');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_rehabilitation BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% rehabilitation.choose %' OR ' ' || NEW.permits || ' ' LIKE '% rehabilitation.act %'
    OR ' ' || NEW.permits || ' ' LIKE '% rehabilitation.deliver %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;
