-- Cases and their history. The history is the truth: a case's state is a foreign key into it, each
-- entry continues the one before, and whoever takes a step holds the one duty that a person may
-- hold in a round. So separation of duties is a primary key, not a promise of the code.

CREATE TABLE case_numbers (
    county_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    year integer NOT NULL,
    last integer NOT NULL CHECK (last > 0),
    PRIMARY KEY (county_code, year)
);

CREATE TABLE cases (
    id uuid NOT NULL PRIMARY KEY,
    case_number text COLLATE "C" NOT NULL UNIQUE,
    service text NOT NULL,
    program_code text COLLATE "C" NOT NULL REFERENCES programs (code),
    program_version_id uuid NOT NULL REFERENCES program_versions (id),
    resident_id uuid NOT NULL REFERENCES residents (id),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    state text NOT NULL CHECK (state IN (
        'draft', 'submitted', 'in_review', 'approved', 'in_service', 'completed', 'returned',
        'rejected', 'withdrawn', 'suspended', 'terminated', 'under_reconsideration')),
    step text CHECK (step IN ('initial_review', 'verification', 'determination', 'public_notice', 'approval')),
    round integer NOT NULL CHECK (round > 0),
    last_transition integer NOT NULL,
    due_date date,
    details text NOT NULL,
    eligibility text NOT NULL,
    version integer NOT NULL,
    created_by uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    submitted_at timestamptz,
    decided_at timestamptz,
    closed_at timestamptz,
    UNIQUE (id, resident_id),
    CHECK ((state = 'in_review') = (step IS NOT NULL))
);
-- One open case per person and program.
CREATE UNIQUE INDEX cases_one_open ON cases (resident_id, program_code)
    WHERE state IN ('draft', 'submitted', 'in_review', 'returned', 'approved', 'in_service', 'suspended', 'under_reconsideration');
CREATE INDEX cases_resident ON cases (resident_id, id);
CREATE INDEX cases_division ON cases (division_code, id);
CREATE INDEX cases_state ON cases (state, step, division_code, id);
CREATE INDEX cases_submitted ON cases (submitted_at, id);
CREATE INDEX cases_due ON cases (due_date, id);
CREATE INDEX cases_program ON cases (program_code, id);
CREATE INDEX cases_program_version ON cases (program_version_id);
CREATE INDEX cases_created_by ON cases (created_by);

CREATE TABLE case_duties (
    case_id uuid NOT NULL REFERENCES cases (id),
    round integer NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id),
    duty text NOT NULL CHECK (duty IN ('filing', 'initial_review', 'verification', 'determination', 'approval')),
    PRIMARY KEY (case_id, round, user_id),
    UNIQUE (case_id, round, user_id, duty)
);
CREATE INDEX case_duties_user ON case_duties (user_id);

CREATE TABLE case_transitions (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    round integer NOT NULL,
    action text NOT NULL CHECK (action IN (
        'create', 'submit', 'endorse', 'return', 'reject', 'object', 'approve', 'start', 'suspend', 'resume',
        'complete', 'terminate', 'withdraw', 'request_reconsideration', 'close_notice')),
    previous_sequence integer,
    previous_round integer,
    from_state text,
    from_step text,
    to_state text NOT NULL,
    to_step text,
    actor_id uuid REFERENCES users (id),
    duty text,
    comment text,
    at timestamptz NOT NULL,
    UNIQUE (case_id, sequence),
    UNIQUE (case_id, sequence, to_state),
    UNIQUE (case_id, sequence, to_step),
    UNIQUE (case_id, sequence, round),
    -- A step is taken by a person with a duty; only a notice ends by itself.
    CHECK ((actor_id IS NULL) = (action = 'close_notice')),
    CHECK (action NOT IN ('create', 'submit', 'endorse', 'return', 'reject', 'approve', 'withdraw') OR duty IS NOT NULL),
    CHECK (duty IS NULL OR action IN ('create', 'submit', 'withdraw') OR duty = from_step),
    CHECK (action NOT IN ('create', 'submit', 'withdraw') OR duty = 'filing'),
    -- An action leads where its name says.
    CHECK (to_state = CASE action
        WHEN 'create' THEN 'draft' WHEN 'submit' THEN 'in_review' WHEN 'endorse' THEN 'in_review'
        WHEN 'return' THEN 'returned' WHEN 'reject' THEN 'rejected' WHEN 'object' THEN 'in_review'
        WHEN 'approve' THEN 'approved' WHEN 'start' THEN 'in_service' WHEN 'suspend' THEN 'suspended'
        WHEN 'resume' THEN 'in_service' WHEN 'complete' THEN 'completed' WHEN 'terminate' THEN 'terminated'
        WHEN 'withdraw' THEN 'withdrawn' WHEN 'request_reconsideration' THEN 'under_reconsideration'
        WHEN 'close_notice' THEN 'in_review' END),
    CHECK ((to_state = 'in_review') = (to_step IS NOT NULL)),
    CHECK (action NOT IN ('object', 'close_notice') OR from_step = 'public_notice'),
    CHECK (action <> 'object' OR to_step NOT IN ('public_notice', 'approval')),
    CHECK (action <> 'approve' OR from_step = 'approval'),
    CHECK (action <> 'submit' OR from_state IN ('draft', 'returned')),
    CHECK ((action = 'create') = (previous_sequence IS NULL)),
    CHECK (previous_sequence IS NULL OR (previous_sequence = sequence - 1 AND from_state IS NOT NULL AND previous_round IS NOT NULL)),
    -- A round ends only with a return and the submission that follows it.
    CHECK (round = CASE WHEN action = 'create' THEN 1 WHEN action = 'submit' AND from_state = 'returned' THEN previous_round + 1 ELSE previous_round END),
    FOREIGN KEY (case_id, round, actor_id, duty) REFERENCES case_duties (case_id, round, user_id, duty) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (case_id, previous_sequence, from_state) REFERENCES case_transitions (case_id, sequence, to_state),
    FOREIGN KEY (case_id, previous_sequence, from_step) REFERENCES case_transitions (case_id, sequence, to_step),
    FOREIGN KEY (case_id, previous_sequence, previous_round) REFERENCES case_transitions (case_id, sequence, round)
);
CREATE INDEX case_transitions_actor ON case_transitions (actor_id, at);
CREATE INDEX case_transitions_duty ON case_transitions (case_id, round, actor_id, duty);
CREATE INDEX case_transitions_previous ON case_transitions (case_id, previous_sequence, from_state);
ALTER TABLE cases
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES case_transitions (case_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED,
    ADD FOREIGN KEY (id, last_transition, step) REFERENCES case_transitions (case_id, sequence, to_step) DEFERRABLE INITIALLY DEFERRED,
    ADD FOREIGN KEY (id, last_transition, round) REFERENCES case_transitions (case_id, sequence, round) DEFERRABLE INITIALLY DEFERRED;
CREATE TRIGGER cases_keep BEFORE DELETE ON cases FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cases_keep_all BEFORE TRUNCATE ON cases FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cases_identity BEFORE UPDATE ON cases FOR EACH ROW
    WHEN (NEW.id <> OLD.id OR NEW.case_number <> OLD.case_number OR NEW.program_code <> OLD.program_code
        OR NEW.resident_id <> OLD.resident_id OR NEW.created_by <> OLD.created_by
        OR NEW.created_at <> OLD.created_at OR NEW.last_transition < OLD.last_transition
        OR (OLD.submitted_at IS NOT NULL AND NEW.submitted_at IS DISTINCT FROM OLD.submitted_at))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_duties_fixed BEFORE UPDATE OR DELETE ON case_duties FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_duties_keep BEFORE TRUNCATE ON case_duties FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_transitions_fixed BEFORE UPDATE OR DELETE ON case_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER case_transitions_keep BEFORE TRUNCATE ON case_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
