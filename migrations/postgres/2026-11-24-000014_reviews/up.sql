-- Recusal and tasks. Who is tied to a resident, by own declaration or by what the office sees, takes no
-- step of that resident's cases; a step that waits for somebody is a task, assigned by rule or by hand.

ALTER TABLE users ADD COLUMN phone bytea;
ALTER TABLE users ADD COLUMN phone_index bytea CHECK ((phone IS NULL) = (phone_index IS NULL));
CREATE INDEX users_phone ON users (phone_index);

-- Declared by the user. Somebody else may end it, with a reason.
CREATE TABLE user_relations (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    resident_id uuid NOT NULL REFERENCES residents (id),
    relation text NOT NULL CHECK (relation IN (
        'self', 'spouse', 'parent', 'child', 'sibling', 'other_relative', 'friend_or_interest')),
    reason text,
    declared_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by uuid REFERENCES users (id),
    end_reason text CHECK (end_reason <> ''),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CHECK (ended_by <> user_id)
);
CREATE UNIQUE INDEX user_relations_open ON user_relations (user_id, resident_id) WHERE ended_at IS NULL;
CREATE INDEX user_relations_user ON user_relations (user_id);
CREATE INDEX user_relations_resident ON user_relations (resident_id, id);
CREATE INDEX user_relations_ended_by ON user_relations (ended_by);
CREATE TRIGGER user_relations_only_end BEFORE UPDATE ON user_relations FOR EACH ROW
    WHEN (OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
        OR (NEW.id, NEW.user_id, NEW.resident_id, NEW.relation, NEW.reason, NEW.declared_at)
           IS DISTINCT FROM
           (OLD.id, OLD.user_id, OLD.resident_id, OLD.relation, OLD.reason, OLD.declared_at))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER user_relations_keep BEFORE DELETE ON user_relations FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER user_relations_keep_all BEFORE TRUNCATE ON user_relations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Whether a user keeps off a duty, as `casework/recusals/store.rs` says it of many at once: whatever
-- else shows a relation is added to both. A village liaison files for everybody but themself.
CREATE FUNCTION is_recused(whose uuid, of_case uuid, as_what text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM (
            SELECT d.relation FROM cases c
            JOIN user_relations d ON d.resident_id = c.resident_id AND d.user_id = whose AND d.ended_at IS NULL
            WHERE c.id = of_case
            UNION ALL
            SELECT 'same_phone' FROM cases c
            JOIN residents r ON r.id = c.resident_id
            JOIN users u ON u.id = whose AND u.phone_index = r.phone_index
            WHERE c.id = of_case) tie
        WHERE tie.relation = 'self' OR as_what IS DISTINCT FROM 'filing' OR NOT EXISTS (
            SELECT 1 FROM grants g WHERE g.user_id = whose AND g.role = 'village_liaison' AND g.revoked_at IS NULL))
$$;
CREATE FUNCTION refuse_recused_duty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF is_recused(NEW.user_id, NEW.case_id, NEW.duty) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER case_duties_recused BEFORE INSERT ON case_duties FOR EACH ROW EXECUTE FUNCTION refuse_recused_duty();
-- Whoever took a duty before the relation was known acts on it no more.
CREATE FUNCTION refuse_recused_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.actor_id IS NOT NULL AND is_recused(NEW.actor_id, NEW.case_id, NEW.duty) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER case_transitions_recused BEFORE INSERT ON case_transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_recused_step();

-- A review step that waits for somebody, begun by an entry of the case's history.
CREATE TABLE tasks (
    case_id uuid NOT NULL,
    sequence integer NOT NULL,
    resident_id uuid NOT NULL,
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    round integer NOT NULL,
    step text NOT NULL,
    role text COLLATE "C" NOT NULL,
    due_date date NOT NULL,
    assignee_id uuid REFERENCES users (id),
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    done_at timestamptz,
    -- When it was said that the day comes near, and that it is past.
    soon_reminded_at timestamptz,
    late_reminded_at timestamptz,
    -- Since when its clock stands still.
    paused_at timestamptz,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    PRIMARY KEY (case_id, sequence),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id),
    FOREIGN KEY (case_id, sequence, step) REFERENCES case_transitions (case_id, sequence, to_step),
    FOREIGN KEY (case_id, sequence, round) REFERENCES case_transitions (case_id, sequence, round)
);
CREATE UNIQUE INDEX tasks_open ON tasks (case_id) WHERE done_at IS NULL;
-- Lists go by due date: of a person, of a role in a county or a township, of a city.
CREATE INDEX tasks_assignee ON tasks (assignee_id, due_date, case_id) WHERE done_at IS NULL;
CREATE INDEX tasks_county ON tasks (county_code, role, due_date, case_id) WHERE done_at IS NULL;
CREATE INDEX tasks_division ON tasks (division_code, role, due_date, case_id) WHERE done_at IS NULL;
CREATE INDEX tasks_due ON tasks (due_date, case_id) WHERE done_at IS NULL;
-- What nobody was reminded of yet.
CREATE INDEX tasks_unreminded ON tasks (due_date, case_id)
    WHERE done_at IS NULL AND soon_reminded_at IS NULL AND late_reminded_at IS NULL;
CREATE INDEX tasks_late ON tasks (due_date, case_id) WHERE done_at IS NULL AND late_reminded_at IS NULL;
CREATE INDEX tasks_resident ON tasks (case_id, resident_id);
CREATE TRIGGER tasks_identity BEFORE UPDATE ON tasks FOR EACH ROW
    WHEN (OLD.done_at IS NOT NULL
        OR (NEW.case_id, NEW.sequence, NEW.resident_id, NEW.division_code, NEW.round, NEW.step, NEW.role, NEW.created_at)
           IS DISTINCT FROM
           (OLD.case_id, OLD.sequence, OLD.resident_id, OLD.division_code, OLD.round, OLD.step, OLD.role, OLD.created_at))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER tasks_keep BEFORE DELETE ON tasks FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER tasks_keep_all BEFORE TRUNCATE ON tasks FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who was given a task when, and by whom: an assignment holds until the next one, or until the task is
-- done. Without a user it is nobody's; without an assigner it came about by rule.
CREATE TABLE task_assignments (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL,
    sequence integer NOT NULL,
    user_id uuid REFERENCES users (id),
    assigned_by uuid REFERENCES users (id),
    assigned_at timestamptz NOT NULL,
    FOREIGN KEY (case_id, sequence) REFERENCES tasks (case_id, sequence)
);
CREATE INDEX task_assignments_task ON task_assignments (case_id, sequence, id);
CREATE INDEX task_assignments_user ON task_assignments (user_id, assigned_at);
CREATE INDEX task_assignments_assigned_by ON task_assignments (assigned_by);
CREATE TRIGGER task_assignments_fixed BEFORE UPDATE OR DELETE ON task_assignments FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER task_assignments_keep BEFORE TRUNCATE ON task_assignments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a reviewer still needs to see. The step's clock stands still until the answer, or until the day has
-- passed: then the case goes back by itself.
CREATE TABLE supplement_requests (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL,
    sequence integer NOT NULL,
    what text NOT NULL CHECK (what <> ''),
    due_date date NOT NULL,
    remaining_days integer NOT NULL CHECK (remaining_days >= 0),
    requested_by uuid NOT NULL REFERENCES users (id),
    requested_at timestamptz NOT NULL,
    outcome text CHECK (outcome IN ('answered', 'lapsed', 'closed')),
    ended_at timestamptz,
    answered_by uuid REFERENCES users (id),
    answer text,
    CHECK ((outcome IS NULL) = (ended_at IS NULL)),
    CHECK ((answered_by IS NULL) = (answer IS NULL)),
    CHECK (coalesce(outcome, '') = 'answered' OR answered_by IS NULL),
    CHECK (coalesce(outcome, '') <> 'answered' OR answered_by IS NOT NULL),
    FOREIGN KEY (case_id, sequence) REFERENCES tasks (case_id, sequence)
);
CREATE UNIQUE INDEX supplement_requests_open ON supplement_requests (case_id) WHERE outcome IS NULL;
CREATE INDEX supplement_requests_due ON supplement_requests (due_date, case_id) WHERE outcome IS NULL;
CREATE INDEX supplement_requests_task ON supplement_requests (case_id, sequence, id);
CREATE INDEX supplement_requests_requested_by ON supplement_requests (requested_by);
CREATE INDEX supplement_requests_answered_by ON supplement_requests (answered_by);
CREATE TRIGGER supplement_requests_only_end BEFORE UPDATE ON supplement_requests FOR EACH ROW
    WHEN (OLD.outcome IS NOT NULL OR NEW.outcome IS NULL
        OR (NEW.id, NEW.case_id, NEW.sequence, NEW.what, NEW.due_date, NEW.remaining_days, NEW.requested_by, NEW.requested_at)
           IS DISTINCT FROM
           (OLD.id, OLD.case_id, OLD.sequence, OLD.what, OLD.due_date, OLD.remaining_days, OLD.requested_by, OLD.requested_at))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER supplement_requests_keep BEFORE DELETE ON supplement_requests FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER supplement_requests_keep_all BEFORE TRUNCATE ON supplement_requests FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE case_transitions
    DROP CONSTRAINT case_transitions_action_check,
    ADD CONSTRAINT case_transitions_action_check CHECK (action IN (
        'create', 'submit', 'endorse', 'return', 'reject', 'object', 'approve', 'start', 'suspend', 'resume',
        'complete', 'terminate', 'withdraw', 'request_reconsideration', 'close_notice', 'lapse')),
    DROP CONSTRAINT case_transitions_check,
    ADD CONSTRAINT case_transitions_check CHECK ((actor_id IS NULL) = (action IN ('close_notice', 'lapse'))),
    DROP CONSTRAINT case_transitions_check4,
    ADD CONSTRAINT case_transitions_check4 CHECK (to_state = CASE action
        WHEN 'create' THEN 'draft' WHEN 'submit' THEN 'in_review' WHEN 'endorse' THEN 'in_review'
        WHEN 'return' THEN 'returned' WHEN 'reject' THEN 'rejected' WHEN 'object' THEN 'in_review'
        WHEN 'approve' THEN 'approved' WHEN 'start' THEN 'in_service' WHEN 'suspend' THEN 'suspended'
        WHEN 'resume' THEN 'in_service' WHEN 'complete' THEN 'completed' WHEN 'terminate' THEN 'terminated'
        WHEN 'withdraw' THEN 'withdrawn' WHEN 'request_reconsideration' THEN 'under_reconsideration'
        WHEN 'close_notice' THEN 'in_review' WHEN 'lapse' THEN 'returned' END);
-- Nothing lapses but what was asked for at this step and not answered.
CREATE FUNCTION refuse_lapse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM supplement_requests s
        WHERE s.case_id = NEW.case_id AND s.sequence = NEW.previous_sequence AND s.outcome = 'lapsed')
    THEN
        RAISE EXCEPTION 'huican.nothing_lapsed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER case_transitions_lapse BEFORE INSERT ON case_transitions FOR EACH ROW
    WHEN (NEW.action = 'lapse') EXECUTE FUNCTION refuse_lapse();

-- What waits already waits for nobody in particular.
INSERT INTO tasks (case_id, sequence, resident_id, division_code, round, step, role, due_date, version, created_at)
SELECT c.id, c.last_transition, c.resident_id, c.division_code, c.round, c.step, s.value ->> 'role', c.due_date, 1, c.updated_at
FROM cases c
JOIN program_versions v ON v.id = c.program_version_id
CROSS JOIN LATERAL json_array_elements(v.steps::json) s
WHERE c.state = 'in_review' AND s.value ->> 'step' = c.step AND s.value ->> 'role' IS NOT NULL AND c.due_date IS NOT NULL;

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_personal CHECK (
    ' ' || permits || ' ' NOT LIKE '% recusal.end %' AND ' ' || permits || ' ' NOT LIKE '% task.assign %');

GRANT SELECT, INSERT ON user_relations, tasks, task_assignments, supplement_requests TO huican_service;
GRANT UPDATE (ended_at, ended_by, end_reason) ON user_relations TO huican_service;
GRANT UPDATE (assignee_id, version, due_date, done_at, soon_reminded_at, late_reminded_at, paused_at) ON tasks TO huican_service;
GRANT UPDATE (outcome, ended_at, answered_by, answer) ON supplement_requests TO huican_service;

ALTER TABLE user_relations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON user_relations
    USING (EXISTS (SELECT 1 FROM residents r WHERE r.id = resident_id));
ALTER TABLE tasks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON tasks
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE task_assignments ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON task_assignments
    USING (EXISTS (SELECT 1 FROM cases c WHERE c.id = case_id));
ALTER TABLE supplement_requests ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON supplement_requests
    USING (EXISTS (SELECT 1 FROM cases c WHERE c.id = case_id));
