-- What a guardian chose for a child: an institution and a service, goals, what was assessed and what came of it. As of
-- cases, the history is the truth. `goals`, `comment` and `finding` are sealed.

CREATE TABLE rehabilitation_plans (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL,
    resident_id uuid NOT NULL,
    -- Where the case is; it goes along with it.
    division_code text COLLATE "C" NOT NULL,
    program_code text COLLATE "C" NOT NULL REFERENCES programs (code),
    organization_id uuid NOT NULL REFERENCES institutions (organization_id),
    service_type text NOT NULL CHECK (service_type <> ''),
    goals bytea NOT NULL,
    previous_plan_id uuid,
    -- In the institution's line, of one that waits or has waited.
    place integer CHECK (place > 0),
    start_date date,
    end_date date,
    outcome text CHECK (outcome IN ('marked', 'effective', 'none')),
    state text NOT NULL,
    last_transition integer NOT NULL,
    chosen_by uuid NOT NULL REFERENCES users (id),
    chosen_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (id, case_id),
    UNIQUE (organization_id, place),
    CHECK (CASE state
        WHEN 'waiting' THEN place IS NOT NULL AND start_date IS NULL AND end_date IS NULL
        WHEN 'active' THEN start_date IS NOT NULL AND end_date IS NULL
        WHEN 'completed' THEN start_date IS NOT NULL AND end_date IS NOT NULL
        WHEN 'transferred' THEN end_date IS NOT NULL
        WHEN 'ended' THEN end_date IS NOT NULL
        ELSE false END),
    CHECK (start_date <= end_date),
    CHECK ((state = 'completed') = (outcome IS NOT NULL)),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id),
    FOREIGN KEY (case_id, division_code) REFERENCES cases (id, division_code) ON UPDATE CASCADE,
    FOREIGN KEY (previous_plan_id, case_id) REFERENCES rehabilitation_plans (id, case_id)
);
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
    id uuid NOT NULL PRIMARY KEY,
    plan_id uuid NOT NULL REFERENCES rehabilitation_plans (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    actor_id uuid NOT NULL REFERENCES users (id),
    comment bytea,
    at timestamptz NOT NULL,
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
        ELSE false END),
    CHECK (action NOT IN ('transfer', 'end') OR comment IS NOT NULL),
    FOREIGN KEY (plan_id, previous_sequence, from_state) REFERENCES rehabilitation_plan_transitions (plan_id, sequence, to_state)
);
CREATE INDEX rehabilitation_plan_transitions_previous ON rehabilitation_plan_transitions (plan_id, previous_sequence, from_state);
CREATE INDEX rehabilitation_plan_transitions_actor ON rehabilitation_plan_transitions (actor_id);

-- What was found with which tool. A later one of a kind counts instead of the one before.
CREATE TABLE rehabilitation_assessments (
    id uuid NOT NULL PRIMARY KEY,
    plan_id uuid NOT NULL REFERENCES rehabilitation_plans (id),
    kind text NOT NULL CHECK (kind IN ('initial', 'mid', 'final')),
    tool text NOT NULL CHECK (length(tool) BETWEEN 1 AND 100),
    score integer NOT NULL CHECK (score >= 0),
    highest_score integer CHECK (highest_score > 0 AND score <= highest_score),
    assessor text NOT NULL CHECK (length(assessor) BETWEEN 1 AND 40),
    assessed_date date NOT NULL,
    finding bytea,
    recorded_by uuid NOT NULL REFERENCES users (id),
    recorded_at timestamptz NOT NULL
);
CREATE INDEX rehabilitation_assessments_plan ON rehabilitation_assessments (plan_id, id);
CREATE INDEX rehabilitation_assessments_recorded_by ON rehabilitation_assessments (recorded_by);

ALTER TABLE rehabilitation_plans
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES rehabilitation_plan_transitions (plan_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED;

-- Of a case that was approved and is not closed; another plan of it takes over from one that was transferred.
CREATE FUNCTION refuse_plan_of_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Nobody closes the case meanwhile.
    PERFORM 1 FROM cases WHERE id = NEW.case_id FOR SHARE;
    IF NOT EXISTS (SELECT 1 FROM cases c WHERE c.id = NEW.case_id AND c.program_code = NEW.program_code
            AND c.service = 'rehabilitation' AND c.state IN ('approved', 'in_service'))
        OR (NEW.previous_plan_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM rehabilitation_plans p WHERE p.id = NEW.previous_plan_id AND p.state = 'transferred'))
    THEN
        RAISE EXCEPTION 'huican.plan_case';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rehabilitation_plans_case_open BEFORE INSERT ON rehabilitation_plans
    FOR EACH ROW EXECUTE FUNCTION refuse_plan_of_case();
-- Both go along when the case does; a sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER rehabilitation_plans_fixed BEFORE UPDATE ON rehabilitation_plans FOR EACH ROW
    WHEN ((NEW.id, NEW.case_id, NEW.resident_id, NEW.program_code, NEW.organization_id, NEW.service_type, NEW.previous_plan_id, NEW.place, NEW.chosen_by, NEW.chosen_at)
            IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.resident_id, OLD.program_code, OLD.organization_id, OLD.service_type, OLD.previous_plan_id, OLD.place, OLD.chosen_by, OLD.chosen_at)
        OR NEW.last_transition < OLD.last_transition
        OR (NEW.last_transition = OLD.last_transition
            AND (NEW.start_date, NEW.end_date, NEW.outcome) IS DISTINCT FROM (OLD.start_date, OLD.end_date, OLD.outcome))
        OR (OLD.start_date IS NOT NULL AND NEW.start_date IS DISTINCT FROM OLD.start_date)
        OR (NEW.goals <> OLD.goals AND substr(NEW.goals, 2, 2) <= substr(OLD.goals, 2, 2)))
    EXECUTE FUNCTION refuse_change();
-- Whose step it is, and whether all is there that it needs. Who asks may see but a part of those who are there.
CREATE FUNCTION refuse_plan_step() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    p rehabilitation_plans%ROWTYPE;
    day date;
    places integer;
BEGIN
    SELECT * INTO p FROM rehabilitation_plans WHERE id = NEW.plan_id;
    IF p.last_transition IS DISTINCT FROM NEW.sequence THEN
        RAISE EXCEPTION 'huican.append_only: an entry says where its plan now stands';
    END IF;
    IF NEW.action IN ('choose', 'admit') THEN
        -- One at a time for an institution: the questions after this see who came before.
        PERFORM 1 FROM institutions WHERE organization_id = p.organization_id FOR UPDATE;
        day := coalesce(p.start_date, (NEW.at AT TIME ZONE 'Asia/Shanghai')::date);
        -- An institution takes nobody without an agreement in force that day, for that service, there.
        SELECT a.capacity INTO places FROM institutions i
            JOIN institution_agreements a ON a.organization_id = i.organization_id AND a.signed_at IS NOT NULL
            WHERE i.organization_id = p.organization_id AND i.state = 'agreed'
              AND ' ' || a.service_types || ' ' LIKE '% ' || p.service_type || ' %'
              AND CASE substr(a.division_code, 5, 2) WHEN '00' THEN left(a.division_code, 4) = left(p.division_code, 4)
                ELSE left(a.division_code, 6) = left(p.division_code, 6) END
              AND a.valid_from <= day AND day < a.valid_to;
        IF places IS NULL THEN
            RAISE EXCEPTION 'huican.institution_not_agreed';
        END IF;
    END IF;
    -- No more than were agreed on, and whoever waits first is admitted first.
    IF NEW.to_state = 'active' THEN
        IF places < (SELECT count(*) FROM rehabilitation_plans o WHERE o.organization_id = p.organization_id AND o.state = 'active') THEN
            RAISE EXCEPTION 'huican.institution_full';
        END IF;
        -- Whose service changes where they already are takes nobody's place.
        IF NOT EXISTS (
            SELECT 1 FROM rehabilitation_plans q WHERE q.id = p.previous_plan_id AND q.organization_id = p.organization_id
              AND q.start_date IS NOT NULL)
          AND EXISTS (
            SELECT 1 FROM rehabilitation_plans o WHERE o.organization_id = p.organization_id AND o.state = 'waiting'
              AND (p.place IS NULL OR o.place < p.place))
        THEN
            RAISE EXCEPTION 'huican.plan_not_next';
        END IF;
    END IF;
    IF NEW.action = 'complete' AND NOT EXISTS (
        SELECT 1 FROM rehabilitation_assessments a WHERE a.plan_id = p.id AND a.kind = 'final' AND a.assessed_date >= p.start_date)
    THEN
        RAISE EXCEPTION 'huican.plan_not_assessed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rehabilitation_plan_transitions_step BEFORE INSERT ON rehabilitation_plan_transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_plan_step();
CREATE TRIGGER rehabilitation_plan_transitions_fixed BEFORE UPDATE ON rehabilitation_plan_transitions FOR EACH ROW
    WHEN ((NEW.id, NEW.plan_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.actor_id, NEW.at)
            IS DISTINCT FROM
            (OLD.id, OLD.plan_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.actor_id, OLD.at)
        OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), true))
    EXECUTE FUNCTION refuse_change();
-- Of a plan that is under way, by somebody who works there, of a day that has come.
CREATE FUNCTION refuse_assessment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.assessed_date > (NEW.recorded_at AT TIME ZONE 'Asia/Shanghai')::date OR NOT EXISTS (
        SELECT 1 FROM rehabilitation_plans p
        JOIN grants g ON g.organization_id = p.organization_id AND g.user_id = NEW.recorded_by
          AND g.role = 'institution_worker' AND g.revoked_at IS NULL
        WHERE p.id = NEW.plan_id AND p.state = 'active')
    THEN
        RAISE EXCEPTION 'huican.plan_not_active';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rehabilitation_assessments_whose BEFORE INSERT ON rehabilitation_assessments
    FOR EACH ROW EXECUTE FUNCTION refuse_assessment();
CREATE TRIGGER rehabilitation_assessments_fixed BEFORE UPDATE ON rehabilitation_assessments FOR EACH ROW
    WHEN ((NEW.id, NEW.plan_id, NEW.kind, NEW.tool, NEW.score, NEW.highest_score, NEW.assessor, NEW.assessed_date, NEW.recorded_by, NEW.recorded_at)
            IS DISTINCT FROM
            (OLD.id, OLD.plan_id, OLD.kind, OLD.tool, OLD.score, OLD.highest_score, OLD.assessor, OLD.assessed_date, OLD.recorded_by, OLD.recorded_at)
        OR coalesce(substr(NEW.finding, 2, 2) <= substr(OLD.finding, 2, 2), true))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rehabilitation_plans_keep BEFORE DELETE ON rehabilitation_plans FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rehabilitation_plans_keep_all BEFORE TRUNCATE ON rehabilitation_plans FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rehabilitation_plan_transitions_keep BEFORE DELETE ON rehabilitation_plan_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rehabilitation_plan_transitions_keep_all BEFORE TRUNCATE ON rehabilitation_plan_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rehabilitation_assessments_keep BEFORE DELETE ON rehabilitation_assessments FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rehabilitation_assessments_keep_all BEFORE TRUNCATE ON rehabilitation_assessments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_rehabilitation CHECK (' ' || permits || ' ' NOT LIKE '% rehabilitation.choose %'
    AND ' ' || permits || ' ' NOT LIKE '% rehabilitation.act %' AND ' ' || permits || ' ' NOT LIKE '% rehabilitation.deliver %');

GRANT SELECT, INSERT ON rehabilitation_plans, rehabilitation_plan_transitions, rehabilitation_assessments TO huican_service;
GRANT UPDATE (state, last_transition, start_date, end_date, outcome, goals) ON rehabilitation_plans TO huican_service;
GRANT UPDATE (comment) ON rehabilitation_plan_transitions TO huican_service;
GRANT UPDATE (finding) ON rehabilitation_assessments TO huican_service;

-- Within reach where the case is, and of whoever works at the institution that was chosen.
ALTER TABLE rehabilitation_plans ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON rehabilitation_plans
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true
        ELSE organization_id IN (
            SELECT g.organization_id FROM grants g
            WHERE g.user_id = (SELECT nullif(current_setting('huican.user_id', true), '')::uuid)
              AND g.role = 'institution_worker' AND g.revoked_at IS NULL) END);
ALTER TABLE rehabilitation_plan_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON rehabilitation_plan_transitions
    USING (EXISTS (SELECT 1 FROM rehabilitation_plans p WHERE p.id = plan_id));
ALTER TABLE rehabilitation_assessments ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON rehabilitation_assessments
    USING (EXISTS (SELECT 1 FROM rehabilitation_plans p WHERE p.id = plan_id));
