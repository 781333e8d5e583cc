-- Accessibility renovation of homes (家庭无障碍改造): which dwelling, what was found and designed, who consented, who built, who
-- accepted it and what it cost. As of cases, the history is the truth; the findings are its comments. Addresses, names and
-- comments are sealed; `dwelling_index` is a keyed fingerprint of county and address.

CREATE TABLE renovation_projects (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL,
    resident_id uuid NOT NULL,
    -- Where the case is; it goes along with it.
    division_code text COLLATE "C" NOT NULL,
    -- Counts once, however many of it are residents.
    household_id uuid REFERENCES households (id),
    address bytea NOT NULL,
    dwelling_index bytea NOT NULL,
    -- The most that is paid for it.
    cap_fen bigint NOT NULL CHECK (cap_fen BETWEEN 1 AND 100000000),
    assessing_organization_id uuid REFERENCES organizations (id),
    assessor text CHECK (length(assessor) BETWEEN 1 AND 40),
    assessed_date date,
    budget_fen bigint,
    -- The entry of the design that holds.
    design integer,
    consented_by bytea,
    consent_relation text CHECK (consent_relation IN ('self', 'guardian', 'relative', 'other')),
    consented_date date,
    consent_document_id uuid,
    notice_from date,
    -- The first day on which nothing hangs out any more.
    notice_until date,
    contractor_id uuid REFERENCES organizations (id),
    accepted_by bytea,
    acceptance_relation text CHECK (acceptance_relation IN ('self', 'guardian', 'relative', 'other')),
    accepted_date date,
    -- From then on the dwelling may be renovated again; none where there is no such rule.
    possible_from date,
    settled_fen bigint,
    proposed_by uuid REFERENCES users (id),
    state text NOT NULL,
    last_transition integer NOT NULL,
    recorded_by uuid NOT NULL REFERENCES users (id),
    recorded_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (id, case_id),
    CHECK ((assessed_date IS NULL) = (assessing_organization_id IS NULL)),
    CHECK ((assessed_date IS NULL) = (assessor IS NULL)),
    CHECK ((budget_fen IS NULL) = (design IS NULL)),
    CHECK (budget_fen BETWEEN 1 AND cap_fen),
    CHECK ((consented_date IS NULL) = (consented_by IS NULL)),
    CHECK ((consented_date IS NULL) = (consent_relation IS NULL)),
    CHECK ((consented_date IS NULL) = (notice_from IS NULL)),
    CHECK ((consented_date IS NULL) = (notice_until IS NULL)),
    CHECK (consented_date IS NOT NULL OR consent_document_id IS NULL),
    CHECK (consented_date >= assessed_date),
    CHECK (notice_from >= consented_date),
    CHECK (notice_until > notice_from),
    -- Who builds is not who assessed.
    CHECK (contractor_id <> assessing_organization_id),
    CHECK ((accepted_date IS NULL) = (accepted_by IS NULL)),
    CHECK ((accepted_date IS NULL) = (acceptance_relation IS NULL)),
    CHECK (accepted_date >= notice_until),
    CHECK (possible_from > accepted_date),
    CHECK (possible_from IS NULL OR accepted_date IS NOT NULL),
    CHECK ((settled_fen IS NULL) = (proposed_by IS NULL)),
    CHECK (settled_fen BETWEEN 1 AND budget_fen),
    CHECK (budget_fen IS NULL OR assessed_date IS NOT NULL),
    CHECK (consented_date IS NULL OR budget_fen IS NOT NULL),
    CHECK (contractor_id IS NULL OR consented_date IS NOT NULL),
    CHECK (accepted_date IS NULL OR contractor_id IS NOT NULL),
    CHECK (settled_fen IS NULL OR accepted_date IS NOT NULL),
    CHECK (CASE state
        WHEN 'surveyed' THEN assessed_date IS NULL
        WHEN 'assessed' THEN assessed_date IS NOT NULL AND budget_fen IS NULL
        WHEN 'designed' THEN budget_fen IS NOT NULL AND consented_date IS NULL
        WHEN 'consented' THEN consented_date IS NOT NULL AND contractor_id IS NULL
        WHEN 'contracted' THEN contractor_id IS NOT NULL AND accepted_date IS NULL
        WHEN 'under_construction' THEN contractor_id IS NOT NULL AND accepted_date IS NULL
        WHEN 'finished' THEN contractor_id IS NOT NULL AND accepted_date IS NULL
        WHEN 'rework' THEN contractor_id IS NOT NULL AND accepted_date IS NULL
        WHEN 'accepted' THEN accepted_date IS NOT NULL AND settled_fen IS NULL
        WHEN 'settlement_proposed' THEN settled_fen IS NOT NULL
        WHEN 'settled' THEN settled_fen IS NOT NULL
        WHEN 'cancelled' THEN accepted_date IS NULL
        ELSE false END),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id),
    FOREIGN KEY (case_id, division_code) REFERENCES cases (id, division_code) ON UPDATE CASCADE,
    FOREIGN KEY (case_id, consent_document_id) REFERENCES case_documents (case_id, document_id)
);
-- One at a time for a dwelling, a household, a case.
CREATE UNIQUE INDEX renovation_projects_dwelling_open ON renovation_projects (dwelling_index)
    WHERE state NOT IN ('accepted', 'settlement_proposed', 'settled', 'cancelled');
CREATE UNIQUE INDEX renovation_projects_household_open ON renovation_projects (household_id)
    WHERE household_id IS NOT NULL AND state NOT IN ('accepted', 'settlement_proposed', 'settled', 'cancelled');
CREATE UNIQUE INDEX renovation_projects_one ON renovation_projects (case_id) WHERE state <> 'cancelled';
CREATE INDEX renovation_projects_dwelling ON renovation_projects (dwelling_index);
CREATE INDEX renovation_projects_household ON renovation_projects (household_id);
CREATE INDEX renovation_projects_case ON renovation_projects (case_id, id);
CREATE INDEX renovation_projects_case_resident ON renovation_projects (case_id, resident_id);
CREATE INDEX renovation_projects_case_division ON renovation_projects (case_id, division_code);
CREATE INDEX renovation_projects_document ON renovation_projects (case_id, consent_document_id);
CREATE INDEX renovation_projects_resident ON renovation_projects (resident_id, id);
CREATE INDEX renovation_projects_assessing ON renovation_projects (assessing_organization_id);
CREATE INDEX renovation_projects_contractor ON renovation_projects (contractor_id);
CREATE INDEX renovation_projects_proposed_by ON renovation_projects (proposed_by);
CREATE INDEX renovation_projects_recorded_by ON renovation_projects (recorded_by);
CREATE INDEX renovation_projects_division ON renovation_projects (division_code, id);
CREATE INDEX renovation_projects_county ON renovation_projects (county_code, id);
CREATE INDEX renovation_projects_state ON renovation_projects (state, id);
CREATE INDEX renovation_projects_accepted ON renovation_projects (accepted_date);

CREATE TABLE renovation_transitions (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES renovation_projects (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    actor_id uuid NOT NULL REFERENCES users (id),
    -- Of an inspection: whether all is as it should be.
    passed boolean,
    comment bytea,
    at timestamptz NOT NULL,
    UNIQUE (project_id, sequence),
    UNIQUE (project_id, sequence, to_state),
    CHECK ((action = 'survey') = (sequence = 1)),
    CHECK ((action = 'survey') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    CHECK ((action = 'inspect') = (passed IS NOT NULL)),
    CHECK (CASE action
        WHEN 'survey' THEN to_state = 'surveyed'
        WHEN 'assess' THEN from_state = 'surveyed' AND to_state = 'assessed'
        WHEN 'design' THEN from_state IN ('assessed', 'designed') AND to_state = 'designed'
        WHEN 'consent' THEN from_state = 'designed' AND to_state = 'consented'
        WHEN 'contract' THEN from_state = 'consented' AND to_state = 'contracted'
        WHEN 'start' THEN from_state = 'contracted' AND to_state = 'under_construction'
        WHEN 'progress' THEN from_state IN ('under_construction', 'rework') AND to_state = from_state
        WHEN 'finish' THEN from_state IN ('under_construction', 'rework') AND to_state = 'finished'
        WHEN 'inspect' THEN from_state = 'finished' AND to_state = 'finished'
        WHEN 'reject' THEN from_state = 'finished' AND to_state = 'rework'
        WHEN 'accept' THEN from_state = 'finished' AND to_state = 'accepted'
        WHEN 'propose' THEN from_state = 'accepted' AND to_state = 'settlement_proposed'
        WHEN 'return' THEN from_state = 'settlement_proposed' AND to_state = 'accepted'
        WHEN 'settle' THEN from_state = 'settlement_proposed' AND to_state = 'settled'
        WHEN 'cancel' THEN to_state = 'cancelled' AND from_state IN ('surveyed', 'assessed', 'designed', 'consented', 'contracted',
            'under_construction', 'finished', 'rework')
        ELSE false END),
    CHECK (action NOT IN ('survey', 'assess', 'inspect', 'reject', 'return', 'cancel') OR comment IS NOT NULL),
    FOREIGN KEY (project_id, previous_sequence, from_state) REFERENCES renovation_transitions (project_id, sequence, to_state)
);
CREATE INDEX renovation_transitions_previous ON renovation_transitions (project_id, previous_sequence, from_state);
CREATE INDEX renovation_transitions_actor ON renovation_transitions (actor_id);

-- What is built where, of each design; of the one that holds, how far it is.
CREATE TABLE renovation_items (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    case_id uuid NOT NULL,
    design integer NOT NULL,
    number integer NOT NULL CHECK (number BETWEEN 1 AND 50),
    kind text NOT NULL CHECK (kind IN ('entrance', 'door_widening', 'leveling', 'grab_bars', 'toilet', 'kitchen', 'bedroom', 'doorbell',
        'gas_alarm', 'screen_reader')),
    place text NOT NULL CHECK (length(place) BETWEEN 1 AND 100),
    measured_before text NOT NULL CHECK (length(measured_before) BETWEEN 1 AND 100),
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 100),
    unit_price_fen bigint NOT NULL CHECK (unit_price_fen BETWEEN 1 AND 100000000),
    state text NOT NULL CHECK (state IN ('planned', 'under_way', 'done')),
    measured_after text CHECK (length(measured_after) BETWEEN 1 AND 100),
    before_document_id uuid,
    after_document_id uuid,
    UNIQUE (project_id, design, number),
    CHECK (before_document_id <> after_document_id),
    CHECK (state <> 'done' OR (measured_after IS NOT NULL AND before_document_id IS NOT NULL AND after_document_id IS NOT NULL)),
    FOREIGN KEY (project_id, case_id) REFERENCES renovation_projects (id, case_id),
    FOREIGN KEY (project_id, design) REFERENCES renovation_transitions (project_id, sequence) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (case_id, before_document_id) REFERENCES case_documents (case_id, document_id),
    FOREIGN KEY (case_id, after_document_id) REFERENCES case_documents (case_id, document_id)
);
CREATE INDEX renovation_items_project ON renovation_items (project_id, case_id);
CREATE INDEX renovation_items_before ON renovation_items (case_id, before_document_id);
CREATE INDEX renovation_items_after ON renovation_items (case_id, after_document_id);

-- What was found when somebody looked again: one finding for each follow-up.
CREATE TABLE renovation_visits (
    id uuid NOT NULL PRIMARY KEY,
    follow_up_id uuid NOT NULL UNIQUE REFERENCES follow_ups (id),
    project_id uuid NOT NULL REFERENCES renovation_projects (id),
    result text NOT NULL CHECK (result IN ('in_use', 'needs_repair', 'unused')),
    note bytea,
    visited_by uuid NOT NULL REFERENCES users (id),
    visited_at timestamptz NOT NULL
);
CREATE INDEX renovation_visits_project ON renovation_visits (project_id, id);
CREATE INDEX renovation_visits_visited_by ON renovation_visits (visited_by);

-- Dwellings that the elderly-friendly program (居家适老化改造) renovated, as other offices' lists say.
CREATE TABLE elderly_renovations (
    id uuid NOT NULL PRIMARY KEY,
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    address bytea NOT NULL,
    dwelling_index bytea NOT NULL,
    completed_date date NOT NULL,
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 100),
    recorded_by uuid NOT NULL REFERENCES users (id),
    recorded_at timestamptz NOT NULL,
    withdrawn_by uuid REFERENCES users (id),
    withdrawn_at timestamptz,
    reason text CHECK (length(reason) BETWEEN 2 AND 500),
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL)),
    CHECK ((withdrawn_by IS NULL) = (reason IS NULL))
);
CREATE UNIQUE INDEX elderly_renovations_dwelling ON elderly_renovations (dwelling_index) WHERE withdrawn_at IS NULL;
CREATE INDEX elderly_renovations_division ON elderly_renovations (division_code, id);
CREATE INDEX elderly_renovations_county ON elderly_renovations (county_code, id);
CREATE INDEX elderly_renovations_recorded_by ON elderly_renovations (recorded_by);
CREATE INDEX elderly_renovations_withdrawn_by ON elderly_renovations (withdrawn_by);

ALTER TABLE renovation_projects
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES renovation_transitions (project_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED;

-- One at a time for a dwelling: what is asked after this sees who came before.
CREATE FUNCTION hold_dwelling(dwelling_index bytea) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(encode(dwelling_index, 'hex'), 60))
$$;
-- Whether somebody works at an organization on a day.
CREATE FUNCTION works_at(who uuid, place uuid, day date) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM grants g WHERE g.user_id = who AND g.organization_id = place AND g.revoked_at IS NULL
        AND g.valid_from <= day AND coalesce(g.valid_to > day, true))
$$;
CREATE FUNCTION refuse_renovation() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    -- Of a case that was approved and is not closed, nor just being; no more is paid than was granted.
    PERFORM 1 FROM cases c
        WHERE c.id = NEW.case_id AND c.service = 'accessibility_renovation' AND c.state IN ('approved', 'in_service')
          AND (c.eligibility::jsonb ->> 'amount_fen')::bigint = NEW.cap_fen FOR SHARE;
    IF NOT FOUND OR NEW.state <> 'surveyed' OR NEW.last_transition <> 1 THEN
        RAISE EXCEPTION 'huican.renovation_case';
    END IF;
    PERFORM hold_dwelling(NEW.dwelling_index);
    IF EXISTS (SELECT 1 FROM elderly_renovations e WHERE e.dwelling_index = NEW.dwelling_index AND e.withdrawn_at IS NULL)
    THEN
        RAISE EXCEPTION 'huican.renovation_elderly';
    END IF;
    -- Not twice for one dwelling within the period, whoever applies.
    IF EXISTS (
        SELECT 1 FROM renovation_projects o
        WHERE o.dwelling_index = NEW.dwelling_index AND o.possible_from > (NEW.recorded_at AT TIME ZONE 'Asia/Shanghai')::date)
    THEN
        RAISE EXCEPTION 'huican.renovation_period';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER renovation_projects_within BEFORE INSERT ON renovation_projects
    FOR EACH ROW EXECUTE FUNCTION refuse_renovation();
-- The division goes along when the case does; a sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER renovation_projects_fixed BEFORE UPDATE ON renovation_projects FOR EACH ROW
    WHEN ((NEW.id, NEW.case_id, NEW.resident_id, NEW.household_id, NEW.dwelling_index, NEW.cap_fen, NEW.recorded_by, NEW.recorded_at)
            IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.resident_id, OLD.household_id, OLD.dwelling_index, OLD.cap_fen, OLD.recorded_by, OLD.recorded_at)
        OR NEW.last_transition NOT IN (OLD.last_transition, OLD.last_transition + 1)
        OR (NEW.last_transition = OLD.last_transition AND (NEW.assessing_organization_id, NEW.assessor, NEW.assessed_date, NEW.budget_fen, NEW.design, NEW.consent_relation, NEW.consented_date, NEW.consent_document_id, NEW.notice_from, NEW.notice_until, NEW.contractor_id, NEW.acceptance_relation, NEW.accepted_date, NEW.possible_from, NEW.settled_fen, NEW.proposed_by, NEW.state)
            IS DISTINCT FROM (OLD.assessing_organization_id, OLD.assessor, OLD.assessed_date, OLD.budget_fen, OLD.design, OLD.consent_relation, OLD.consented_date, OLD.consent_document_id, OLD.notice_from, OLD.notice_until, OLD.contractor_id, OLD.acceptance_relation, OLD.accepted_date, OLD.possible_from, OLD.settled_fen, OLD.proposed_by, OLD.state))
        OR (OLD.assessed_date IS NOT NULL AND (NEW.assessing_organization_id, NEW.assessor, NEW.assessed_date)
            IS DISTINCT FROM (OLD.assessing_organization_id, OLD.assessor, OLD.assessed_date))
        OR (OLD.consented_date IS NOT NULL AND (NEW.budget_fen, NEW.design, NEW.consent_relation, NEW.consented_date, NEW.consent_document_id, NEW.notice_from, NEW.notice_until)
            IS DISTINCT FROM (OLD.budget_fen, OLD.design, OLD.consent_relation, OLD.consented_date, OLD.consent_document_id, OLD.notice_from, OLD.notice_until))
        OR (OLD.contractor_id IS NOT NULL AND NEW.contractor_id IS DISTINCT FROM OLD.contractor_id)
        OR (OLD.accepted_date IS NOT NULL AND (NEW.acceptance_relation, NEW.accepted_date, NEW.possible_from)
            IS DISTINCT FROM (OLD.acceptance_relation, OLD.accepted_date, OLD.possible_from))
        OR (OLD.settled_fen IS NOT NULL AND NEW.settled_fen IS NOT NULL AND (NEW.settled_fen, NEW.proposed_by) IS DISTINCT FROM (OLD.settled_fen, OLD.proposed_by))
        OR (NEW.address IS DISTINCT FROM OLD.address AND coalesce(substr(NEW.address, 2, 2) <= substr(OLD.address, 2, 2), true))
        OR (OLD.consented_by IS NOT NULL AND NEW.consented_by IS DISTINCT FROM OLD.consented_by AND coalesce(substr(NEW.consented_by, 2, 2) <= substr(OLD.consented_by, 2, 2), true))
        OR (OLD.accepted_by IS NOT NULL AND NEW.accepted_by IS DISTINCT FROM OLD.accepted_by AND coalesce(substr(NEW.accepted_by, 2, 2) <= substr(OLD.accepted_by, 2, 2), true)))
    EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_renovation_step() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    a renovation_projects%ROWTYPE;
    day date := (NEW.at AT TIME ZONE 'Asia/Shanghai')::date;
    finished integer;
BEGIN
    SELECT * INTO a FROM renovation_projects p WHERE p.id = NEW.project_id AND p.last_transition = NEW.sequence;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'huican.append_only: an entry says where its project now stands';
    END IF;
    -- Both ends hold until a transfer is decided, and nobody has a hand in what their own get.
    IF EXISTS (SELECT 1 FROM transfers t WHERE t.resident_id = a.resident_id AND t.state = 'offered') THEN
        RAISE EXCEPTION 'huican.resident_in_transfer';
    END IF;
    IF is_tied(NEW.actor_id, a.resident_id) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    IF a.assessed_date > day OR a.consented_date > day OR a.accepted_date > day THEN
        RAISE EXCEPTION 'huican.append_only: what is recorded has happened';
    END IF;
    -- The budget is what its items cost.
    IF NEW.action = 'design' AND (a.design <> NEW.sequence OR a.budget_fen IS DISTINCT FROM (
        SELECT sum(i.quantity * i.unit_price_fen) FROM renovation_items i WHERE i.project_id = a.id AND i.design = NEW.sequence))
    THEN
        RAISE EXCEPTION 'huican.renovation_budget';
    END IF;
    -- Nobody who surveyed, assessed, designed or chooses works for who builds; and the notice has hung out.
    IF NEW.action = 'contract' AND a.notice_until > day THEN
        RAISE EXCEPTION 'huican.renovation_notice';
    END IF;
    IF NEW.action = 'contract' AND (works_at(NEW.actor_id, a.contractor_id, day)
        OR NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = a.contractor_id AND o.kind = 'institution')
        OR EXISTS (SELECT 1 FROM renovation_transitions t WHERE t.project_id = a.id AND works_at(t.actor_id, a.contractor_id, day)))
    THEN
        RAISE EXCEPTION 'huican.renovation_contractor';
    END IF;
    IF NEW.action = 'start' THEN
        PERFORM hold_dwelling(a.dwelling_index);
        IF EXISTS (SELECT 1 FROM elderly_renovations e WHERE e.dwelling_index = a.dwelling_index AND e.withdrawn_at IS NULL) THEN
            RAISE EXCEPTION 'huican.renovation_elderly';
        END IF;
    END IF;
    -- All is built and photographed: by documents that still stand.
    IF NEW.action IN ('finish', 'accept') AND EXISTS (
        SELECT 1 FROM renovation_items i
        WHERE i.project_id = a.id AND i.design = a.design AND (i.state <> 'done' OR (SELECT count(*) FROM documents d
            WHERE d.id IN (i.before_document_id, i.after_document_id) AND d.kind = 'photo'
              AND NOT EXISTS (SELECT 1 FROM document_withdrawals w WHERE w.document_id = d.id)) <> 2))
    THEN
        RAISE EXCEPTION 'huican.renovation_items';
    END IF;
    SELECT max(t.sequence) INTO finished FROM renovation_transitions t WHERE t.project_id = a.id AND t.action = 'finish';
    -- An inspector belongs to the house, not to who builds, and looks once.
    IF NEW.action = 'inspect' AND (works_at(NEW.actor_id, a.contractor_id, day)
        OR NOT EXISTS (SELECT 1 FROM grants g WHERE g.user_id = NEW.actor_id AND works_at(NEW.actor_id, g.organization_id, day))
        OR EXISTS (SELECT 1 FROM renovation_transitions t
            WHERE t.project_id = a.id AND t.sequence > finished AND t.action = 'inspect' AND t.actor_id = NEW.actor_id))
    THEN
        RAISE EXCEPTION 'huican.renovation_inspector';
    END IF;
    -- At least two found all as it should be, and nobody a defect.
    IF NEW.action = 'accept' AND ((
        SELECT count(DISTINCT t.actor_id) FROM renovation_transitions t
        WHERE t.project_id = a.id AND t.sequence > finished AND t.action = 'inspect' AND t.passed AND NOT works_at(t.actor_id, a.contractor_id, day)) < 2
        OR EXISTS (SELECT 1 FROM renovation_transitions t WHERE t.project_id = a.id AND t.sequence > finished AND t.action = 'inspect' AND NOT t.passed))
    THEN
        RAISE EXCEPTION 'huican.renovation_inspections';
    END IF;
    IF NEW.action = 'reject' AND NOT EXISTS (
        SELECT 1 FROM renovation_transitions t WHERE t.project_id = a.id AND t.sequence > finished AND t.action = 'inspect' AND NOT t.passed)
    THEN
        RAISE EXCEPTION 'huican.renovation_inspections';
    END IF;
    -- Signed for when it was finished; it lasts as the case's version says.
    IF NEW.action = 'accept' AND (
        a.accepted_date < (SELECT (t.at AT TIME ZONE 'Asia/Shanghai')::date FROM renovation_transitions t WHERE t.project_id = a.id AND t.sequence = finished)
        OR a.possible_from IS DISTINCT FROM (
            SELECT (a.accepted_date + make_interval(months => v.use_life_months))::date
            FROM cases c JOIN program_versions v ON v.id = c.program_version_id WHERE c.id = a.case_id))
    THEN
        RAISE EXCEPTION 'huican.append_only: an acceptance is of what is finished, for the period laid down';
    END IF;
    -- Who proposes what is paid does not check it, and what was checked is owed.
    IF (NEW.action = 'propose' AND a.proposed_by <> NEW.actor_id)
        OR (NEW.action IN ('return', 'settle') AND EXISTS (SELECT 1 FROM renovation_transitions t
            WHERE t.project_id = a.id AND t.sequence = NEW.previous_sequence AND t.action = 'propose' AND t.actor_id = NEW.actor_id))
        OR (NEW.action IN ('propose', 'settle') AND works_at(NEW.actor_id, a.contractor_id, day))
    THEN
        RAISE EXCEPTION 'huican.renovation_own';
    END IF;
    IF NEW.action = 'settle' AND NOT EXISTS (
        SELECT 1 FROM payables o WHERE o.source = 'renovation_settlement' AND o.subject_id = a.id AND o.organization_id = a.contractor_id
          AND o.case_id = a.case_id AND o.amount_fen = a.settled_fen)
    THEN
        RAISE EXCEPTION 'huican.append_only: what was checked is owed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER renovation_transitions_step BEFORE INSERT ON renovation_transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_renovation_step();
CREATE TRIGGER renovation_transitions_fixed BEFORE UPDATE ON renovation_transitions FOR EACH ROW
    WHEN ((NEW.id, NEW.project_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.actor_id, NEW.passed, NEW.at)
            IS DISTINCT FROM (OLD.id, OLD.project_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.actor_id, OLD.passed, OLD.at)
        OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), true))
    EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_renovation_item() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    -- Designed with its project; built while it is.
    IF NOT EXISTS (
        SELECT 1 FROM renovation_projects p WHERE p.id = NEW.project_id AND p.design = NEW.design
          AND CASE TG_OP WHEN 'INSERT' THEN p.state = 'designed' AND p.last_transition = NEW.design AND NEW.state = 'planned' AND NEW.measured_after IS NULL
                AND NOT EXISTS (SELECT 1 FROM renovation_transitions t WHERE t.project_id = p.id AND t.sequence = NEW.design)
            ELSE p.state IN ('under_construction', 'rework')
                AND NOT EXISTS (SELECT 1 FROM renovation_transitions t WHERE t.project_id = p.id AND t.sequence = p.last_transition) END)
    THEN
        RAISE EXCEPTION 'huican.append_only: items change with an entry of their project';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER renovation_items_within BEFORE INSERT OR UPDATE ON renovation_items
    FOR EACH ROW EXECUTE FUNCTION refuse_renovation_item();
CREATE TRIGGER renovation_items_fixed BEFORE UPDATE ON renovation_items FOR EACH ROW
    WHEN ((NEW.id, NEW.project_id, NEW.case_id, NEW.design, NEW.number, NEW.kind, NEW.place, NEW.measured_before, NEW.quantity, NEW.unit_price_fen)
            IS DISTINCT FROM (OLD.id, OLD.project_id, OLD.case_id, OLD.design, OLD.number, OLD.kind, OLD.place, OLD.measured_before, OLD.quantity, OLD.unit_price_fen))
    EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_renovation_visit() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM follow_ups f
        WHERE f.id = NEW.follow_up_id AND f.subject_id = NEW.project_id AND f.kind = 'renovation_visit'
          AND f.state = 'done' AND f.ended_by = NEW.visited_by)
    THEN
        RAISE EXCEPTION 'huican.append_only: a finding is that of its follow-up';
    END IF;
    IF EXISTS (
        SELECT 1 FROM renovation_projects p JOIN transfers t ON t.resident_id = p.resident_id AND t.state = 'offered'
        WHERE p.id = NEW.project_id)
    THEN
        RAISE EXCEPTION 'huican.resident_in_transfer';
    END IF;
    IF is_tied(NEW.visited_by, (SELECT p.resident_id FROM renovation_projects p WHERE p.id = NEW.project_id)) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER renovation_visits_looked BEFORE INSERT ON renovation_visits
    FOR EACH ROW EXECUTE FUNCTION refuse_renovation_visit();
CREATE TRIGGER renovation_visits_fixed BEFORE UPDATE ON renovation_visits FOR EACH ROW
    WHEN ((NEW.id, NEW.follow_up_id, NEW.project_id, NEW.result, NEW.visited_by, NEW.visited_at)
            IS DISTINCT FROM (OLD.id, OLD.follow_up_id, OLD.project_id, OLD.result, OLD.visited_by, OLD.visited_at)
        OR coalesce(substr(NEW.note, 2, 2) <= substr(OLD.note, 2, 2), true))
    EXECUTE FUNCTION refuse_change();
-- What goes on ends before its case does.
CREATE FUNCTION refuse_unfinished_renovation() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM renovation_projects p
        WHERE p.case_id = NEW.id AND p.state NOT IN ('accepted', 'settlement_proposed', 'settled', 'cancelled'))
    THEN
        RAISE EXCEPTION 'huican.renovation_unfinished';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cases_renovations_finished BEFORE UPDATE ON cases FOR EACH ROW
    WHEN (NEW.state = 'completed' AND OLD.state <> 'completed') EXECUTE FUNCTION refuse_unfinished_renovation();
CREATE FUNCTION hold_elderly_dwelling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hold_dwelling(NEW.dwelling_index);
    RETURN NEW;
END $$;
CREATE TRIGGER elderly_renovations_held BEFORE INSERT ON elderly_renovations FOR EACH ROW EXECUTE FUNCTION hold_elderly_dwelling();
-- Withdrawn once, and nothing else.
CREATE TRIGGER elderly_renovations_fixed BEFORE UPDATE ON elderly_renovations FOR EACH ROW
    WHEN ((NEW.id, NEW.division_code, NEW.dwelling_index, NEW.completed_date, NEW.source, NEW.recorded_by, NEW.recorded_at)
            IS DISTINCT FROM (OLD.id, OLD.division_code, OLD.dwelling_index, OLD.completed_date, OLD.source, OLD.recorded_by, OLD.recorded_at)
        OR (OLD.withdrawn_at IS NOT NULL AND (NEW.withdrawn_by, NEW.withdrawn_at, NEW.reason) IS DISTINCT FROM (OLD.withdrawn_by, OLD.withdrawn_at, OLD.reason))
        OR (NEW.address IS DISTINCT FROM OLD.address AND coalesce(substr(NEW.address, 2, 2) <= substr(OLD.address, 2, 2), true)))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER renovation_projects_keep BEFORE DELETE ON renovation_projects FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER renovation_projects_keep_all BEFORE TRUNCATE ON renovation_projects FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER renovation_transitions_keep BEFORE DELETE ON renovation_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER renovation_transitions_keep_all BEFORE TRUNCATE ON renovation_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER renovation_items_keep BEFORE DELETE ON renovation_items FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER renovation_items_keep_all BEFORE TRUNCATE ON renovation_items FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER renovation_visits_keep BEFORE DELETE ON renovation_visits FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER renovation_visits_keep_all BEFORE TRUNCATE ON renovation_visits FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER elderly_renovations_keep BEFORE DELETE ON elderly_renovations FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER elderly_renovations_keep_all BEFORE TRUNCATE ON elderly_renovations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_renovation CHECK (
    ' ' || permits || ' ' NOT LIKE '% renovation.survey %'
    AND ' ' || permits || ' ' NOT LIKE '% renovation.act %');

GRANT SELECT, INSERT ON renovation_projects, renovation_transitions, renovation_items, renovation_visits, elderly_renovations TO huican_service;
GRANT UPDATE (state, last_transition, address, assessing_organization_id, assessor, assessed_date, budget_fen, design, consented_by, consent_relation,
    consented_date, consent_document_id, notice_from, notice_until, contractor_id, accepted_by, acceptance_relation, accepted_date, possible_from,
    settled_fen, proposed_by) ON renovation_projects TO huican_service;
GRANT UPDATE (comment) ON renovation_transitions TO huican_service;
GRANT UPDATE (state, measured_after, before_document_id, after_document_id) ON renovation_items TO huican_service;
GRANT UPDATE (note) ON renovation_visits TO huican_service;
GRANT UPDATE (address, withdrawn_by, withdrawn_at, reason) ON elderly_renovations TO huican_service;

-- Within reach where the case is.
ALTER TABLE renovation_projects ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON renovation_projects
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE elderly_renovations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON elderly_renovations
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE renovation_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON renovation_transitions
    USING (EXISTS (SELECT 1 FROM renovation_projects p WHERE p.id = project_id));
ALTER TABLE renovation_items ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON renovation_items
    USING (EXISTS (SELECT 1 FROM renovation_projects p WHERE p.id = project_id));
ALTER TABLE renovation_visits ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON renovation_visits
    USING (EXISTS (SELECT 1 FROM renovation_projects p WHERE p.id = project_id));
