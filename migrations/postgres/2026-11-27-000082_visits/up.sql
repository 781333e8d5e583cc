-- Visits to those most in need: planned for a resident, who is met or not, and what was found. The history is the truth.
CREATE TABLE visits (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL REFERENCES residents (id),
    -- Where the resident is; while planned it goes along with them within the county.
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    -- From whose list; none where it was planned by hand.
    assessment_id uuid,
    due_date date NOT NULL,
    state text NOT NULL CHECK (state IN ('planned', 'done', 'not_met', 'cancelled')),
    -- On which day somebody was there, met or not.
    visited_date date,
    -- Whether what was found asks for something.
    in_need boolean,
    planned_by uuid NOT NULL REFERENCES users (id),
    planned_at timestamptz NOT NULL,
    last_transition integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK ((state IN ('done', 'not_met')) = (visited_date IS NOT NULL)),
    CHECK ((state = 'done') = (in_need IS NOT NULL)),
    FOREIGN KEY (assessment_id, resident_id) REFERENCES need_scores (assessment_id, resident_id)
);
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
    id uuid NOT NULL PRIMARY KEY,
    visit_id uuid NOT NULL REFERENCES visits (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    on_date date,
    -- What was found; null is what was not found out.
    lives_alone boolean,
    care_missing boolean,
    housing_danger boolean,
    income_missing boolean,
    medical_burden boolean,
    device_missing boolean,
    -- Which services are needed, word by word.
    services text,
    in_need boolean,
    comment bytea,
    -- Nobody, where a visit has lost its point by itself.
    actor_id uuid REFERENCES users (id),
    at timestamptz NOT NULL,
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
        ELSE false END),
    CHECK ((to_state IN ('done', 'not_met')) = (on_date IS NOT NULL)),
    CHECK ((to_state = 'done') = (services IS NOT NULL)),
    CHECK ((to_state = 'done') = (in_need IS NOT NULL)),
    -- Only who was met was found in need: by a finding, or by a service they need.
    CHECK (to_state = 'done' OR (lives_alone IS NULL AND care_missing IS NULL AND housing_danger IS NULL AND income_missing IS NULL AND medical_burden IS NULL AND device_missing IS NULL)),
    CHECK (in_need = (coalesce(lives_alone, false) OR coalesce(care_missing, false) OR coalesce(housing_danger, false) OR coalesce(income_missing, false) OR coalesce(medical_burden, false) OR coalesce(device_missing, false) OR services <> '')),
    CHECK (action IN ('plan', 'complete') OR comment IS NOT NULL),
    CHECK (action = 'cancel' OR actor_id IS NOT NULL),
    FOREIGN KEY (visit_id, previous_sequence, from_state) REFERENCES visit_transitions (visit_id, sequence, to_state)
);
ALTER TABLE visits
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES visit_transitions (visit_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX visit_transitions_previous ON visit_transitions (visit_id, previous_sequence, from_state);
CREATE INDEX visit_transitions_actor ON visit_transitions (actor_id);

-- What was begun for somebody after they were visited, by whichever record of theirs.
CREATE VIEW visit_cases AS
SELECT v.id AS visit_id, c.id AS case_id FROM visits v JOIN cases c ON c.resident_id = v.resident_id
WHERE v.state = 'done' AND c.created_at >= v.visited_date::timestamp AT TIME ZONE 'Asia/Shanghai'
UNION ALL
SELECT v.id, c.id FROM visits v JOIN residents q ON q.merged_into_id = v.resident_id JOIN cases c ON c.resident_id = q.id
WHERE v.state = 'done' AND c.created_at >= v.visited_date::timestamp AT TIME ZONE 'Asia/Shanghai'
UNION ALL
SELECT v.id, c.id FROM visits v JOIN residents w ON w.id = v.resident_id JOIN cases c ON c.resident_id = w.merged_into_id
WHERE v.state = 'done' AND c.created_at >= v.visited_date::timestamp AT TIME ZONE 'Asia/Shanghai';
-- Before 15 views ask with the rights of their owner, whom the fences hold as well.
DO $$ BEGIN
    IF current_setting('server_version_num')::integer >= 150000 THEN
        ALTER VIEW visit_cases SET (security_invoker = true);
    END IF;
END $$;

-- Planned where the person lives, once, of a record that stands.
CREATE FUNCTION refuse_visit() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NEW.last_transition <> 1 OR NEW.state <> 'planned' THEN
        RAISE EXCEPTION 'huican.append_only: a visit begins planned';
    END IF;
    IF NEW.division_code IS DISTINCT FROM (SELECT r.division_code FROM residents r WHERE r.id = NEW.resident_id) THEN
        RAISE EXCEPTION 'huican.append_only: a visit is where its resident is';
    END IF;
    IF EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL) THEN
        RAISE EXCEPTION 'huican.resident_merged';
    END IF;
    IF EXISTS (
        SELECT 1 FROM visits o JOIN residents q ON q.id = o.resident_id
        WHERE q.merged_into_id = NEW.resident_id AND o.state = 'planned')
    THEN
        RAISE EXCEPTION 'huican.visit_open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER visits_begin BEFORE INSERT ON visits FOR EACH ROW EXECUTE FUNCTION refuse_visit();
CREATE FUNCTION refuse_visit_elsewhere() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NEW.division_code IS DISTINCT FROM (SELECT r.division_code FROM residents r WHERE r.id = NEW.resident_id) THEN
        RAISE EXCEPTION 'huican.append_only: a visit is where its resident is';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER visits_moved BEFORE UPDATE OF division_code ON visits FOR EACH ROW
    WHEN (NEW.division_code <> OLD.division_code) EXECUTE FUNCTION refuse_visit_elsewhere();
CREATE FUNCTION move_visits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE visits SET division_code = NEW.division_code
    WHERE resident_id = NEW.id AND state = 'planned' AND county_code = left(NEW.division_code, 6);
    RETURN NULL;
END $$;
CREATE TRIGGER residents_visits AFTER UPDATE OF division_code ON residents FOR EACH ROW
    WHEN (NEW.division_code <> OLD.division_code) EXECUTE FUNCTION move_visits();
CREATE TRIGGER visits_fixed BEFORE UPDATE ON visits FOR EACH ROW
    WHEN ((NEW.id, NEW.resident_id, NEW.assessment_id, NEW.due_date, NEW.planned_by, NEW.planned_at)
            IS DISTINCT FROM
            (OLD.id, OLD.resident_id, OLD.assessment_id, OLD.due_date, OLD.planned_by, OLD.planned_at)
        OR ((NEW.state, NEW.visited_date, NEW.in_need, NEW.last_transition)
                IS DISTINCT FROM (OLD.state, OLD.visited_date, OLD.in_need, OLD.last_transition)
            AND NEW.last_transition <> OLD.last_transition + 1))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER visits_keep BEFORE DELETE ON visits FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER visits_keep_all BEFORE TRUNCATE ON visits FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An entry says how its visit now stands; nobody was there on a day to come, and nobody finds out about their own.
CREATE FUNCTION refuse_visit_entry() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    v visits%ROWTYPE;
BEGIN
    SELECT * INTO v FROM visits WHERE id = NEW.visit_id;
    IF (v.last_transition, v.visited_date, v.in_need) IS DISTINCT FROM (NEW.sequence, NEW.on_date, NEW.in_need)
        OR (NEW.action = 'plan' AND v.planned_by IS DISTINCT FROM NEW.actor_id)
    THEN
        RAISE EXCEPTION 'huican.append_only: an entry says how its visit now stands';
    END IF;
    IF NEW.on_date > (NEW.at AT TIME ZONE 'Asia/Shanghai')::date THEN
        RAISE EXCEPTION 'huican.append_only: nobody was there on a day to come';
    END IF;
    IF NEW.action IN ('complete', 'correct', 'miss')
        AND EXISTS (SELECT 1 FROM transfers t WHERE t.resident_id = v.resident_id AND t.state = 'offered')
    THEN
        RAISE EXCEPTION 'huican.resident_in_transfer';
    END IF;
    IF NEW.action IN ('complete', 'correct')
        AND EXISTS (SELECT 1 FROM user_traces t WHERE t.user_id = NEW.actor_id)
        AND EXISTS (SELECT 1 FROM user_ties t WHERE t.user_id = NEW.actor_id AND t.resident_id = v.resident_id)
    THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER visit_transitions_stand BEFORE INSERT ON visit_transitions FOR EACH ROW EXECUTE FUNCTION refuse_visit_entry();
-- What was written stays. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER visit_transitions_fixed BEFORE UPDATE ON visit_transitions FOR EACH ROW
    WHEN ((NEW.id, NEW.visit_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.on_date,
            NEW.lives_alone, NEW.care_missing, NEW.housing_danger, NEW.income_missing, NEW.medical_burden, NEW.device_missing, NEW.services, NEW.in_need, NEW.actor_id, NEW.at)
            IS DISTINCT FROM
            (OLD.id, OLD.visit_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.on_date,
            OLD.lives_alone, OLD.care_missing, OLD.housing_danger, OLD.income_missing, OLD.medical_burden, OLD.device_missing, OLD.services, OLD.in_need, OLD.actor_id, OLD.at)
        OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), true))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER visit_transitions_keep BEFORE DELETE ON visit_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER visit_transitions_keep_all BEFORE TRUNCATE ON visit_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A visit waits on the desk of the village's liaison.
ALTER TABLE follow_ups DROP CONSTRAINT follow_ups_kind_check,
    ADD CONSTRAINT follow_ups_kind_check CHECK (kind IN ('device_check', 'device_recall', 'retention_check', 'renovation_visit',
        'screening_diagnosis', 'screening_intervention', 'petition', 'legal_aid', 'need_visit'));

GRANT SELECT, INSERT ON visits, visit_transitions TO huican_service;
GRANT SELECT ON visit_cases TO huican_service;
GRANT UPDATE (division_code, state, visited_date, in_need, last_transition) ON visits TO huican_service;
GRANT UPDATE (comment) ON visit_transitions TO huican_service;

ALTER TABLE visits ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON visits
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE visit_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON visit_transitions
    USING (EXISTS (SELECT 1 FROM visits v WHERE v.id = visit_id));
