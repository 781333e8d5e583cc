-- Within how many days somebody who was found by a screening is diagnosed and treated: laid down for a division and all
-- beneath it, from a day on.
CREATE TABLE screening_deadlines (
    id uuid NOT NULL PRIMARY KEY,
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    kind text NOT NULL CHECK (kind IN ('visual', 'hearing', 'speech', 'physical', 'intellectual', 'autism')),
    effective_from date NOT NULL,
    -- From a positive and from a doubtful result to the diagnosis, and from that to the intervention.
    positive_days integer NOT NULL CHECK (positive_days BETWEEN 1 AND 730),
    doubtful_days integer NOT NULL CHECK (doubtful_days BETWEEN 1 AND 730),
    intervention_days integer NOT NULL CHECK (intervention_days BETWEEN 1 AND 730),
    legal_basis text NOT NULL,
    laid_down_by uuid NOT NULL REFERENCES users (id),
    laid_down_at timestamptz NOT NULL,
    UNIQUE (division_code, kind, effective_from),
    UNIQUE (id, kind)
);
CREATE INDEX screening_deadlines_kind ON screening_deadlines (kind, effective_from);
CREATE INDEX screening_deadlines_laid_down_by ON screening_deadlines (laid_down_by);

-- Screenings of residents, and what follows of those that were not negative. The history is the truth. `comment` is sealed.
CREATE TABLE screenings (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL REFERENCES residents (id),
    -- Where the resident is; it goes along with them.
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    kind text NOT NULL CHECK (kind IN ('visual', 'hearing', 'speech', 'physical', 'intellectual', 'autism')),
    screened_date date NOT NULL,
    result text NOT NULL CHECK (result IN ('negative', 'positive', 'doubtful')),
    deadline_id uuid,
    referral_id uuid REFERENCES referrals (id),
    recorded_by uuid NOT NULL REFERENCES users (id),
    recorded_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('clear', 'diagnosis_due', 'ruled_out', 'intervention_due', 'in_intervention', 'ended')),
    -- By when the next step is to be taken.
    due_date date,
    last_transition integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK ((result = 'negative') = (state = 'clear')),
    CHECK ((result = 'negative') = (deadline_id IS NULL)),
    CHECK (result <> 'negative' OR referral_id IS NULL),
    CHECK ((state IN ('diagnosis_due', 'intervention_due')) = (due_date IS NOT NULL)),
    -- One of a kind for a person and day.
    UNIQUE (resident_id, kind, screened_date),
    FOREIGN KEY (deadline_id, kind) REFERENCES screening_deadlines (id, kind)
);
CREATE INDEX screenings_county ON screenings (county_code, id);
CREATE INDEX screenings_division ON screenings (division_code, id);
CREATE INDEX screenings_resident ON screenings (resident_id, id);
CREATE INDEX screenings_state ON screenings (state, id);
CREATE INDEX screenings_due ON screenings (county_code, due_date) WHERE due_date IS NOT NULL;
CREATE INDEX screenings_deadline ON screenings (deadline_id, kind);
CREATE INDEX screenings_referral ON screenings (referral_id);
CREATE INDEX screenings_recorded_by ON screenings (recorded_by);

CREATE TABLE screening_transitions (
    id uuid NOT NULL PRIMARY KEY,
    screening_id uuid NOT NULL REFERENCES screenings (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    -- When it was done; the entry says when it was written.
    on_date date NOT NULL,
    place text,
    -- What the intervention is: a case, or a service of one.
    case_id uuid REFERENCES cases (id),
    service_id uuid REFERENCES rehabilitation_services (id),
    comment bytea,
    actor_id uuid NOT NULL REFERENCES users (id),
    at timestamptz NOT NULL,
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
        ELSE false END),
    CHECK ((action IN ('record', 'confirm', 'rule_out')) = (place IS NOT NULL)),
    CHECK ((action = 'begin_intervention') = ((case_id IS NULL) <> (service_id IS NULL))),
    CHECK (action = 'begin_intervention' OR (case_id IS NULL AND service_id IS NULL)),
    CHECK (action NOT IN ('confirm', 'rule_out', 'end') OR comment IS NOT NULL),
    FOREIGN KEY (screening_id, previous_sequence, from_state) REFERENCES screening_transitions (screening_id, sequence, to_state)
);
ALTER TABLE screenings
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES screening_transitions (screening_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX screening_transitions_previous ON screening_transitions (screening_id, previous_sequence, from_state);
CREATE INDEX screening_transitions_case ON screening_transitions (case_id);
CREATE INDEX screening_transitions_service ON screening_transitions (service_id);
CREATE INDEX screening_transitions_actor ON screening_transitions (actor_id);

-- A result has the deadline that was laid down, and nobody gives another. Of one person, whose record stands.
CREATE FUNCTION refuse_screening() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NEW.last_transition <> 1 OR NEW.state NOT IN ('clear', 'diagnosis_due') OR NEW.due_date IS DISTINCT FROM (
        SELECT NEW.screened_date + CASE NEW.result WHEN 'positive' THEN d.positive_days ELSE d.doubtful_days END
        FROM screening_deadlines d WHERE d.id = NEW.deadline_id)
    THEN
        RAISE EXCEPTION 'huican.append_only: a deadline is what was laid down';
    END IF;
    IF NEW.division_code IS DISTINCT FROM (SELECT r.division_code FROM residents r WHERE r.id = NEW.resident_id) THEN
        RAISE EXCEPTION 'huican.append_only: a screening is where its resident is';
    END IF;
    IF EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL) THEN
        RAISE EXCEPTION 'huican.resident_merged';
    END IF;
    IF NEW.referral_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM referrals f JOIN residents q ON q.id = f.resident_id JOIN residents w ON w.id = NEW.resident_id
        WHERE f.id = NEW.referral_id AND coalesce(q.merged_into_id, q.id) = coalesce(w.merged_into_id, w.id))
    THEN
        RAISE EXCEPTION 'huican.append_only: a screening is of one person';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER screenings_begin BEFORE INSERT ON screenings FOR EACH ROW EXECUTE FUNCTION refuse_screening();
CREATE FUNCTION refuse_screening_elsewhere() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NEW.division_code IS DISTINCT FROM (SELECT r.division_code FROM residents r WHERE r.id = NEW.resident_id) THEN
        RAISE EXCEPTION 'huican.append_only: a screening is where its resident is';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER screenings_moved BEFORE UPDATE OF division_code ON screenings FOR EACH ROW
    WHEN (NEW.division_code <> OLD.division_code) EXECUTE FUNCTION refuse_screening_elsewhere();
CREATE FUNCTION move_screenings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE screenings SET division_code = NEW.division_code WHERE resident_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER residents_screenings AFTER UPDATE OF division_code ON residents FOR EACH ROW
    WHEN (NEW.division_code <> OLD.division_code) EXECUTE FUNCTION move_screenings();
CREATE TRIGGER screenings_fixed BEFORE UPDATE ON screenings FOR EACH ROW
    WHEN ((NEW.id, NEW.resident_id, NEW.kind, NEW.screened_date, NEW.result, NEW.deadline_id, NEW.referral_id, NEW.recorded_by, NEW.recorded_at)
            IS DISTINCT FROM
            (OLD.id, OLD.resident_id, OLD.kind, OLD.screened_date, OLD.result, OLD.deadline_id, OLD.referral_id, OLD.recorded_by, OLD.recorded_at)
        OR ((NEW.state, NEW.due_date, NEW.last_transition) IS DISTINCT FROM (OLD.state, OLD.due_date, OLD.last_transition)
            AND NEW.last_transition <> OLD.last_transition + 1))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER screenings_keep BEFORE DELETE ON screenings FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER screenings_keep_all BEFORE TRUNCATE ON screenings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER screening_deadlines_fixed BEFORE UPDATE OR DELETE ON screening_deadlines FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER screening_deadlines_keep_all BEFORE TRUNCATE ON screening_deadlines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An entry says where its screening now stands, and from when on the next deadline counts. Whoever is helped is the one
-- who was screened.
CREATE FUNCTION refuse_screening_entry() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    s screenings%ROWTYPE;
BEGIN
    SELECT * INTO s FROM screenings WHERE id = NEW.screening_id;
    IF s.last_transition IS DISTINCT FROM NEW.sequence
        OR NOT coalesce(CASE NEW.action
            WHEN 'record' THEN s.recorded_by = NEW.actor_id AND s.screened_date = NEW.on_date
            WHEN 'confirm' THEN s.due_date = NEW.on_date + (SELECT d.intervention_days FROM screening_deadlines d WHERE d.id = s.deadline_id)
            ELSE true END, false)
        OR EXISTS (SELECT 1 FROM screening_transitions p
            WHERE p.screening_id = NEW.screening_id AND p.sequence = NEW.previous_sequence AND p.on_date > NEW.on_date)
    THEN
        RAISE EXCEPTION 'huican.append_only: an entry says where its screening now stands';
    END IF;
    IF NEW.action = 'begin_intervention' AND NOT EXISTS (
        SELECT 1 FROM residents w JOIN residents q ON coalesce(q.merged_into_id, q.id) = coalesce(w.merged_into_id, w.id)
        WHERE w.id = s.resident_id AND q.id = coalesce(
            (SELECT c.resident_id FROM cases c WHERE c.id = NEW.case_id),
            (SELECT v.resident_id FROM rehabilitation_services v WHERE v.id = NEW.service_id)))
    THEN
        RAISE EXCEPTION 'huican.append_only: a screening is of one person';
    END IF;
    IF EXISTS (SELECT 1 FROM transfers t WHERE t.resident_id = s.resident_id AND t.state = 'offered') THEN
        RAISE EXCEPTION 'huican.resident_in_transfer';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER screening_transitions_stand BEFORE INSERT ON screening_transitions FOR EACH ROW EXECUTE FUNCTION refuse_screening_entry();
-- What was written stays. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER screening_transitions_fixed BEFORE UPDATE ON screening_transitions FOR EACH ROW
    WHEN ((NEW.id, NEW.screening_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.on_date, NEW.place,
            NEW.case_id, NEW.service_id, NEW.actor_id, NEW.at)
            IS DISTINCT FROM
            (OLD.id, OLD.screening_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.on_date, OLD.place,
            OLD.case_id, OLD.service_id, OLD.actor_id, OLD.at)
        OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), true))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER screening_transitions_keep BEFORE DELETE ON screening_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER screening_transitions_keep_all BEFORE TRUNCATE ON screening_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_screening_deadlines CHECK (' ' || permits || ' ' NOT LIKE '% screening.lay_down %');

GRANT SELECT, INSERT ON screening_deadlines, screenings, screening_transitions TO huican_service;
GRANT UPDATE (division_code, state, due_date, last_transition) ON screenings TO huican_service;
GRANT UPDATE (comment) ON screening_transitions TO huican_service;

ALTER TABLE screenings ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON screenings
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE screening_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON screening_transitions
    USING (EXISTS (SELECT 1 FROM screenings s WHERE s.id = screening_id));
