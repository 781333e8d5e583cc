-- What institutions are owed: a month's sessions, proposed by the institution and checked by an office, never more than the
-- year's cap of the person leaves.

CREATE UNIQUE INDEX rehabilitation_plans_whose ON rehabilitation_plans (id, resident_id);

-- What may be paid at the most for a person of a program in a year, and what was settled of it: the sum of the lines that
-- live, written by their triggers and by nothing else. A person who has several records is counted by the kept one.
CREATE TABLE rehabilitation_caps (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL REFERENCES residents (id),
    program_code text COLLATE "C" NOT NULL REFERENCES programs (code),
    year integer NOT NULL CHECK (year BETWEEN 2000 AND 2200),
    cap_fen bigint NOT NULL CHECK (cap_fen >= 0),
    settled_fen bigint NOT NULL CHECK (settled_fen >= 0),
    -- By which it was decided, with the facts of that day.
    program_version_id uuid NOT NULL REFERENCES program_versions (id),
    decided_date date NOT NULL,
    opened_at timestamptz NOT NULL,
    UNIQUE (resident_id, program_code, year),
    UNIQUE (id, program_code),
    CHECK (settled_fen <= cap_fen)
);
CREATE INDEX rehabilitation_caps_program ON rehabilitation_caps (program_code);
CREATE INDEX rehabilitation_caps_version ON rehabilitation_caps (program_version_id);

-- What an institution asks for a month's sessions with the children of a county.
CREATE TABLE settlements (
    id uuid NOT NULL PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES institutions (organization_id),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    month text COLLATE "C" NOT NULL CHECK (length(month) = 7),
    state text NOT NULL CHECK (state IN ('proposed', 'checked', 'returned', 'withdrawn')),
    last_transition integer NOT NULL,
    line_count integer NOT NULL CHECK (line_count > 0),
    -- Of all lines: what it came to, and what of that is kept back for what was reversed before.
    amount_fen bigint NOT NULL CHECK (amount_fen >= 0),
    deduction_fen bigint NOT NULL CHECK (deduction_fen >= 0 AND deduction_fen <= amount_fen),
    proposed_by uuid NOT NULL REFERENCES users (id),
    proposed_at timestamptz NOT NULL,
    checked_by uuid REFERENCES users (id),
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK (division_code LIKE '______000000' AND division_code NOT LIKE '____00%'),
    CHECK ((state = 'checked') = (checked_by IS NOT NULL)),
    CHECK (checked_by <> proposed_by)
);
CREATE UNIQUE INDEX settlements_one ON settlements (organization_id, division_code, month) WHERE state = 'proposed';
CREATE INDEX settlements_organization ON settlements (organization_id, id);
CREATE INDEX settlements_division ON settlements (division_code, id);
CREATE INDEX settlements_county ON settlements (county_code, id);
CREATE INDEX settlements_state ON settlements (state, id);
CREATE INDEX settlements_proposed_by ON settlements (proposed_by);
CREATE INDEX settlements_checked_by ON settlements (checked_by);

CREATE TABLE settlement_transitions (
    id uuid NOT NULL PRIMARY KEY,
    settlement_id uuid NOT NULL REFERENCES settlements (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    actor_id uuid NOT NULL REFERENCES users (id),
    comment text CHECK (length(comment) BETWEEN 1 AND 1000),
    at timestamptz NOT NULL,
    UNIQUE (settlement_id, sequence),
    UNIQUE (settlement_id, sequence, to_state),
    CHECK ((action = 'propose') = (sequence = 1)),
    CHECK ((action = 'propose') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    CHECK (CASE action
        WHEN 'propose' THEN to_state = 'proposed'
        WHEN 'check' THEN from_state = 'proposed' AND to_state = 'checked'
        WHEN 'return' THEN from_state = 'proposed' AND to_state = 'returned'
        WHEN 'withdraw' THEN from_state = 'proposed' AND to_state = 'withdrawn'
        ELSE false END),
    CHECK (action NOT IN ('return', 'withdraw') OR comment IS NOT NULL),
    FOREIGN KEY (settlement_id, previous_sequence, from_state) REFERENCES settlement_transitions (settlement_id, sequence, to_state)
);
CREATE INDEX settlement_transitions_previous ON settlement_transitions (settlement_id, previous_sequence, from_state);
CREATE INDEX settlement_transitions_actor ON settlement_transitions (actor_id);

-- One a plan: its sessions that month, what they come to, and what the year's cap leaves of that. A line counts while it
-- lives: it is dropped with its settlement, or reversed after the check.
CREATE TABLE settlement_lines (
    id uuid NOT NULL PRIMARY KEY,
    settlement_id uuid NOT NULL REFERENCES settlements (id) DEFERRABLE INITIALLY DEFERRED,
    plan_id uuid NOT NULL,
    resident_id uuid NOT NULL,
    program_code text COLLATE "C" NOT NULL,
    cap_id uuid NOT NULL,
    -- By which the rate is.
    program_version_id uuid NOT NULL REFERENCES program_versions (id),
    session_count integer NOT NULL CHECK (session_count > 0),
    rate_fen bigint NOT NULL CHECK (rate_fen > 0),
    gross_fen bigint NOT NULL,
    remaining_fen bigint NOT NULL CHECK (remaining_fen >= 0),
    amount_fen bigint NOT NULL,
    deduction_fen bigint NOT NULL CHECK (deduction_fen >= 0 AND deduction_fen <= amount_fen),
    payable_id uuid REFERENCES payables (id),
    state text NOT NULL CHECK (state IN ('live', 'dropped', 'reversed')),
    reversal_reason text CHECK (length(reversal_reason) BETWEEN 2 AND 500),
    reversed_by uuid REFERENCES users (id),
    reversed_at timestamptz,
    UNIQUE (id, plan_id),
    UNIQUE (settlement_id, plan_id),
    CHECK (gross_fen = session_count * rate_fen),
    CHECK (amount_fen = CASE WHEN gross_fen <= remaining_fen THEN gross_fen ELSE remaining_fen END),
    CHECK ((state = 'reversed') = (reversed_by IS NOT NULL)),
    CHECK ((reversed_by IS NULL) = (reversed_at IS NULL) AND (reversed_by IS NULL) = (reversal_reason IS NULL)),
    FOREIGN KEY (plan_id, resident_id) REFERENCES rehabilitation_plans (id, resident_id),
    FOREIGN KEY (cap_id, program_code) REFERENCES rehabilitation_caps (id, program_code)
);
CREATE INDEX settlement_lines_plan ON settlement_lines (plan_id, resident_id);
CREATE INDEX settlement_lines_cap ON settlement_lines (cap_id, program_code);
CREATE INDEX settlement_lines_version ON settlement_lines (program_version_id);
CREATE INDEX settlement_lines_payable ON settlement_lines (payable_id);
CREATE INDEX settlement_lines_reversed_by ON settlement_lines (reversed_by);

-- What was reversed after it went into a payment: the same institution's next settlements keep it back.
CREATE TABLE settlement_deductions (
    line_id uuid NOT NULL PRIMARY KEY REFERENCES settlement_lines (id),
    organization_id uuid NOT NULL REFERENCES institutions (organization_id),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    taken_fen bigint NOT NULL CHECK (taken_fen >= 0),
    opened_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK (taken_fen <= amount_fen)
);
CREATE INDEX settlement_deductions_organization ON settlement_deductions (organization_id, division_code, line_id);
CREATE INDEX settlement_deductions_division ON settlement_deductions (division_code);

CREATE TABLE settlement_deduction_items (
    reversed_line_id uuid NOT NULL REFERENCES settlement_deductions (line_id),
    line_id uuid NOT NULL REFERENCES settlement_lines (id),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    live boolean NOT NULL,
    PRIMARY KEY (reversed_line_id, line_id)
);
CREATE INDEX settlement_deduction_items_line ON settlement_deduction_items (line_id);

ALTER TABLE settlements
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES settlement_transitions (settlement_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE rehabilitation_sessions
    ADD FOREIGN KEY (settlement_line_id, plan_id) REFERENCES settlement_lines (id, plan_id);

CREATE FUNCTION refuse_cap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Nobody merges the record meanwhile.
    PERFORM 1 FROM residents WHERE id = NEW.resident_id FOR SHARE;
    IF NEW.settled_fen <> 0 OR EXISTS (SELECT 1 FROM residents r WHERE r.id = NEW.resident_id AND r.merged_into_id IS NOT NULL) THEN
        RAISE EXCEPTION 'huican.settlement_cap: a cap is the person''s, and begins with nothing settled';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rehabilitation_caps_begin BEFORE INSERT ON rehabilitation_caps FOR EACH ROW EXECUTE FUNCTION refuse_cap();
CREATE FUNCTION keep_cap() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF (NEW.id, NEW.resident_id, NEW.program_code, NEW.year, NEW.cap_fen, NEW.program_version_id, NEW.decided_date, NEW.opened_at) IS DISTINCT FROM (OLD.id, OLD.resident_id, OLD.program_code, OLD.year, OLD.cap_fen, OLD.program_version_id, OLD.decided_date, OLD.opened_at)
        OR NEW.settled_fen <> (SELECT coalesce(sum(l.amount_fen), 0) FROM settlement_lines l WHERE l.cap_id = NEW.id AND l.state = 'live')
    THEN
        RAISE EXCEPTION 'huican.append_only: a cap follows the lines that were settled';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rehabilitation_caps_fixed BEFORE UPDATE ON rehabilitation_caps FOR EACH ROW EXECUTE FUNCTION keep_cap();

CREATE TRIGGER settlements_fixed BEFORE UPDATE ON settlements FOR EACH ROW
    WHEN ((NEW.id, NEW.organization_id, NEW.division_code, NEW.month, NEW.line_count, NEW.amount_fen, NEW.deduction_fen, NEW.proposed_by, NEW.proposed_at)
            IS DISTINCT FROM (OLD.id, OLD.organization_id, OLD.division_code, OLD.month, OLD.line_count, OLD.amount_fen, OLD.deduction_fen, OLD.proposed_by, OLD.proposed_at)
        OR NEW.last_transition < OLD.last_transition
        OR (NEW.last_transition = OLD.last_transition AND (NEW.state, NEW.checked_by) IS DISTINCT FROM (OLD.state, OLD.checked_by)))
    EXECUTE FUNCTION refuse_change();
-- Whose step it is, and whether all is there that it needs.
CREATE FUNCTION refuse_settlement_step() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    s settlements%ROWTYPE;
    here boolean;
BEGIN
    SELECT * INTO s FROM settlements WHERE id = NEW.settlement_id;
    IF s.last_transition IS DISTINCT FROM NEW.sequence
        OR (NEW.actor_id IS DISTINCT FROM
            CASE NEW.action WHEN 'propose' THEN s.proposed_by WHEN 'check' THEN s.checked_by ELSE NEW.actor_id END)
    THEN
        RAISE EXCEPTION 'huican.append_only: an entry says what its actor did';
    END IF;
    IF NEW.action IN ('propose', 'withdraw') AND NOT EXISTS (
        SELECT 1 FROM grants g WHERE g.organization_id = s.organization_id AND g.user_id = NEW.actor_id
          AND g.role = 'institution_worker' AND g.revoked_at IS NULL)
    THEN
        RAISE EXCEPTION 'huican.settlement_side';
    END IF;
    IF NEW.action IN ('check', 'return') AND EXISTS (
        SELECT 1 FROM grants g WHERE g.organization_id = s.organization_id AND g.user_id = NEW.actor_id AND g.revoked_at IS NULL)
    THEN
        RAISE EXCEPTION 'huican.settlement_own';
    END IF;
    IF NEW.action = 'check' AND EXISTS (SELECT 1 FROM user_traces t WHERE t.user_id = NEW.actor_id) AND EXISTS (
        SELECT 1 FROM user_ties t JOIN settlement_lines l ON l.resident_id = t.resident_id AND l.settlement_id = NEW.settlement_id
        WHERE t.user_id = NEW.actor_id)
    THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    IF NEW.action IN ('propose', 'check') AND (
        (s.line_count, s.amount_fen, s.deduction_fen) IS DISTINCT FROM (
            SELECT (count(*)::integer, sum(l.amount_fen)::bigint, sum(l.deduction_fen)::bigint)
            FROM settlement_lines l WHERE l.settlement_id = s.id AND l.state = 'live')
        OR EXISTS (SELECT 1 FROM settlement_lines l WHERE l.settlement_id = NEW.settlement_id AND (
            l.session_count <> (SELECT count(*) FROM rehabilitation_sessions o WHERE o.settlement_line_id = l.id)
            OR l.deduction_fen <> (SELECT coalesce(sum(i.amount_fen), 0) FROM settlement_deduction_items i WHERE i.line_id = l.id AND i.live)
            OR (NEW.action = 'check' AND l.payable_id IS NULL AND l.amount_fen > l.deduction_fen))))
    THEN
        RAISE EXCEPTION 'huican.settlement_sums';
    END IF;
    IF NEW.action IN ('return', 'withdraw') AND EXISTS (
        SELECT 1 FROM settlement_lines l WHERE l.settlement_id = NEW.settlement_id AND l.state = 'live')
    THEN
        RAISE EXCEPTION 'huican.settlement_line: what is given up leaves no line';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_transitions_step BEFORE INSERT ON settlement_transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_settlement_step();

-- Before the settlement is proposed, of its institution and county, by the person's cap, and by what that leaves: of all
-- records of the person.
CREATE FUNCTION refuse_settlement_line() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET huican.reach = '{(,)}' AS $$
DECLARE
    c rehabilitation_caps%ROWTYPE;
    kept uuid;
BEGIN
    IF NEW.state <> 'live' OR NEW.payable_id IS NOT NULL
        OR EXISTS (SELECT 1 FROM settlement_transitions t WHERE t.settlement_id = NEW.settlement_id)
        OR NOT EXISTS (
            SELECT 1 FROM settlements s JOIN rehabilitation_plans p ON p.id = NEW.plan_id
            WHERE s.id = NEW.settlement_id AND s.state = 'proposed' AND p.organization_id = s.organization_id
              AND p.county_code = s.county_code AND p.program_code = NEW.program_code)
    THEN
        RAISE EXCEPTION 'huican.settlement_line';
    END IF;
    -- Nobody merges the record meanwhile, and one settles of a cap at a time: what was settled before is seen.
    PERFORM 1 FROM residents WHERE id = NEW.resident_id FOR SHARE;
    kept := (SELECT coalesce(r.merged_into_id, r.id) FROM residents r WHERE r.id = NEW.resident_id);
    SELECT * INTO c FROM rehabilitation_caps WHERE id = NEW.cap_id FOR UPDATE;
    IF c.resident_id IS DISTINCT FROM kept
        OR NOT EXISTS (SELECT 1 FROM settlements s WHERE s.id = NEW.settlement_id AND left(s.month, 4)::integer = c.year)
        OR NEW.remaining_fen IS DISTINCT FROM greatest(0, c.cap_fen - (
            SELECT coalesce(sum(o.settled_fen), 0) FROM rehabilitation_caps o
            WHERE o.program_code = c.program_code AND o.year = c.year AND o.resident_id IN (
                SELECT kept UNION ALL SELECT r.id FROM residents r WHERE r.merged_into_id = kept)))
    THEN
        RAISE EXCEPTION 'huican.settlement_cap';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_lines_begin BEFORE INSERT ON settlement_lines FOR EACH ROW EXECUTE FUNCTION refuse_settlement_line();
CREATE FUNCTION count_settlement_line() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET huican.reach = '{(,)}' AS $$
BEGIN
    UPDATE rehabilitation_caps SET settled_fen = (
        SELECT coalesce(sum(l.amount_fen), 0) FROM settlement_lines l WHERE l.cap_id = NEW.cap_id AND l.state = 'live') WHERE id = NEW.cap_id;
    RETURN NULL;
END $$;
CREATE TRIGGER settlement_lines_counted AFTER INSERT ON settlement_lines FOR EACH ROW EXECUTE FUNCTION count_settlement_line();
CREATE TRIGGER settlement_lines_given_back AFTER UPDATE OF state ON settlement_lines FOR EACH ROW
    WHEN (OLD.state = 'live' AND NEW.state <> 'live') EXECUTE FUNCTION count_settlement_line();
CREATE TRIGGER settlement_lines_fixed BEFORE UPDATE ON settlement_lines FOR EACH ROW
    WHEN ((NEW.id, NEW.settlement_id, NEW.plan_id, NEW.resident_id, NEW.program_code, NEW.cap_id, NEW.program_version_id, NEW.session_count, NEW.rate_fen, NEW.gross_fen, NEW.remaining_fen, NEW.amount_fen, NEW.deduction_fen)
            IS DISTINCT FROM (OLD.id, OLD.settlement_id, OLD.plan_id, OLD.resident_id, OLD.program_code, OLD.cap_id, OLD.program_version_id, OLD.session_count, OLD.rate_fen, OLD.gross_fen, OLD.remaining_fen, OLD.amount_fen, OLD.deduction_fen)
        OR (OLD.state <> 'live' AND (NEW.state, NEW.reversed_by, NEW.reversed_at, NEW.reversal_reason)
            IS DISTINCT FROM (OLD.state, OLD.reversed_by, OLD.reversed_at, OLD.reversal_reason))
        OR (NEW.payable_id IS DISTINCT FROM OLD.payable_id AND (OLD.payable_id IS NOT NULL OR NEW.state <> 'live')))
    EXECUTE FUNCTION refuse_change();
-- What is owed for a line that was checked is what it comes to, and no more is once it is taken back.
CREATE FUNCTION refuse_owing() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM payables o JOIN settlements s ON s.id = NEW.settlement_id AND s.state = 'checked'
        WHERE o.id = NEW.payable_id AND o.source = 'rehabilitation_settlement' AND o.subject_id = NEW.id
          AND o.organization_id = s.organization_id AND o.amount_fen = NEW.amount_fen - NEW.deduction_fen)
    THEN
        RAISE EXCEPTION 'huican.settlement_line';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_lines_owed BEFORE UPDATE OF payable_id ON settlement_lines FOR EACH ROW
    WHEN (NEW.payable_id IS NOT NULL) EXECUTE FUNCTION refuse_owing();
-- What was paid is owed back; what is not is withdrawn before.
CREATE FUNCTION owe_back() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET huican.reach = '{(,)}' AS $$
DECLARE
    stands text := (SELECT o.state FROM payables o WHERE o.id = NEW.payable_id FOR SHARE);
BEGIN
    IF stands = 'due' THEN
        RAISE EXCEPTION 'huican.settlement_line: what is not paid yet is withdrawn';
    ELSIF stands = 'in_payment' THEN
        -- Were the bank not to pay it, it would be due again.
        RAISE EXCEPTION 'huican.payable_in_payment';
    ELSIF stands = 'paid' THEN
        INSERT INTO settlement_deductions (line_id, organization_id, division_code, amount_fen, taken_fen, opened_at)
            SELECT NEW.id, s.organization_id, s.division_code, NEW.amount_fen, 0, NEW.reversed_at
            FROM settlements s WHERE s.id = NEW.settlement_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER settlement_lines_owed_back AFTER UPDATE OF state ON settlement_lines FOR EACH ROW
    WHEN (OLD.state = 'live' AND NEW.state = 'reversed') EXECUTE FUNCTION owe_back();
CREATE FUNCTION refuse_giving_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM settlements s WHERE s.id = NEW.settlement_id AND CASE NEW.state
            WHEN 'dropped' THEN s.state IN ('returned', 'withdrawn')
            ELSE s.state = 'checked' AND NOT EXISTS (
                SELECT 1 FROM grants g WHERE g.organization_id = s.organization_id AND g.user_id = NEW.reversed_by AND g.revoked_at IS NULL) END)
    THEN
        RAISE EXCEPTION 'huican.settlement_line';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_lines_given_up BEFORE UPDATE OF state ON settlement_lines FOR EACH ROW
    WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION refuse_giving_up();
-- A session is settled once, of its month, before the settlement is proposed, and is free again when its line is given up.
CREATE FUNCTION refuse_settling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (CASE
        WHEN OLD.settlement_line_id IS NOT NULL THEN NEW.settlement_line_id IS NOT NULL
            OR EXISTS (SELECT 1 FROM settlement_lines l WHERE l.id = OLD.settlement_line_id AND l.state = 'live')
        ELSE NOT EXISTS (
            SELECT 1 FROM settlement_lines l JOIN settlements s ON s.id = l.settlement_id AND s.month = NEW.month
            WHERE l.id = NEW.settlement_line_id AND l.state = 'live'
              AND NOT EXISTS (SELECT 1 FROM settlement_transitions t WHERE t.settlement_id = s.id)) END)
    THEN
        RAISE EXCEPTION 'huican.session_settled';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rehabilitation_sessions_settled BEFORE UPDATE OF settlement_line_id ON rehabilitation_sessions FOR EACH ROW
    WHEN (NEW.settlement_line_id IS DISTINCT FROM OLD.settlement_line_id) EXECUTE FUNCTION refuse_settling();

-- Of a line that was reversed, whole, and owed by whom it was settled with.
CREATE FUNCTION refuse_deduction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.taken_fen <> 0 OR NOT EXISTS (
        SELECT 1 FROM settlement_lines l JOIN settlements s ON s.id = l.settlement_id
        JOIN payables o ON o.id = l.payable_id AND o.state IN ('in_payment', 'paid')
        WHERE l.id = NEW.line_id AND l.state = 'reversed' AND l.amount_fen = NEW.amount_fen
          AND s.organization_id = NEW.organization_id AND s.division_code = NEW.division_code)
    THEN
        RAISE EXCEPTION 'huican.settlement_line';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_deductions_begin BEFORE INSERT ON settlement_deductions FOR EACH ROW EXECUTE FUNCTION refuse_deduction();
CREATE FUNCTION keep_deduction() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF (NEW.line_id, NEW.organization_id, NEW.division_code, NEW.amount_fen, NEW.opened_at) IS DISTINCT FROM (OLD.line_id, OLD.organization_id, OLD.division_code, OLD.amount_fen, OLD.opened_at)
        OR NEW.taken_fen <> (SELECT coalesce(sum(i.amount_fen), 0) FROM settlement_deduction_items i WHERE i.reversed_line_id = NEW.line_id AND i.live)
    THEN
        RAISE EXCEPTION 'huican.append_only: a deduction follows what was kept back';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_deductions_fixed BEFORE UPDATE ON settlement_deductions FOR EACH ROW EXECUTE FUNCTION keep_deduction();
CREATE FUNCTION refuse_deduction_item() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET huican.reach = '{(,)}' AS $$
BEGIN
    -- One keeps back of a deduction at a time.
    PERFORM 1 FROM settlement_deductions WHERE line_id = NEW.reversed_line_id FOR UPDATE;
    IF NOT NEW.live OR NOT EXISTS (
        SELECT 1 FROM settlement_deductions d
        JOIN settlement_lines l ON l.id = NEW.line_id AND l.state = 'live'
        JOIN settlements s ON s.id = l.settlement_id AND s.organization_id = d.organization_id AND s.division_code = d.division_code
        WHERE d.line_id = NEW.reversed_line_id
          AND NOT EXISTS (SELECT 1 FROM settlement_transitions t WHERE t.settlement_id = s.id))
    THEN
        RAISE EXCEPTION 'huican.settlement_line';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_deduction_items_begin BEFORE INSERT ON settlement_deduction_items
    FOR EACH ROW EXECUTE FUNCTION refuse_deduction_item();
CREATE FUNCTION count_deduction_item() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET huican.reach = '{(,)}' AS $$
BEGIN
    UPDATE settlement_deductions SET taken_fen = (
        SELECT coalesce(sum(i.amount_fen), 0) FROM settlement_deduction_items i WHERE i.reversed_line_id = NEW.reversed_line_id AND i.live)
        WHERE line_id = NEW.reversed_line_id;
    RETURN NULL;
END $$;
CREATE TRIGGER settlement_deduction_items_taken AFTER INSERT ON settlement_deduction_items
    FOR EACH ROW EXECUTE FUNCTION count_deduction_item();
CREATE TRIGGER settlement_deduction_items_back AFTER UPDATE ON settlement_deduction_items FOR EACH ROW
    WHEN (OLD.live AND NOT NEW.live) EXECUTE FUNCTION count_deduction_item();
CREATE FUNCTION keep_deduction_item() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF (NEW.reversed_line_id, NEW.line_id, NEW.amount_fen) IS DISTINCT FROM (OLD.reversed_line_id, OLD.line_id, OLD.amount_fen) OR NEW.live
        OR EXISTS (SELECT 1 FROM settlement_lines l LEFT JOIN payables o ON o.id = l.payable_id
            WHERE l.id = NEW.line_id AND (l.state = 'live' OR o.state IN ('in_payment', 'paid')))
    THEN
        RAISE EXCEPTION 'huican.append_only: what was kept back stays, unless its line is given up';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_deduction_items_fixed BEFORE UPDATE ON settlement_deduction_items
    FOR EACH ROW EXECUTE FUNCTION keep_deduction_item();
CREATE TRIGGER settlement_transitions_fixed BEFORE UPDATE ON settlement_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rehabilitation_caps_keep BEFORE DELETE ON rehabilitation_caps FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rehabilitation_caps_keep_all BEFORE TRUNCATE ON rehabilitation_caps FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlements_keep BEFORE DELETE ON settlements FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlements_keep_all BEFORE TRUNCATE ON settlements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_transitions_keep BEFORE DELETE ON settlement_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_transitions_keep_all BEFORE TRUNCATE ON settlement_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_lines_keep BEFORE DELETE ON settlement_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_lines_keep_all BEFORE TRUNCATE ON settlement_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_deductions_keep BEFORE DELETE ON settlement_deductions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_deductions_keep_all BEFORE TRUNCATE ON settlement_deductions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_deduction_items_keep BEFORE DELETE ON settlement_deduction_items FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_deduction_items_keep_all BEFORE TRUNCATE ON settlement_deduction_items FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_settlements CHECK (' ' || permits || ' ' NOT LIKE '% settlement.propose %'
    AND ' ' || permits || ' ' NOT LIKE '% settlement.act %' AND ' ' || permits || ' ' NOT LIKE '% settlement.correct %');

GRANT SELECT, INSERT ON rehabilitation_caps, settlements, settlement_transitions, settlement_lines, settlement_deduction_items
    TO huican_service;
GRANT SELECT ON settlement_deductions TO huican_service;
GRANT UPDATE (state, last_transition, checked_by) ON settlements TO huican_service;
GRANT UPDATE (state, payable_id, reversal_reason, reversed_by, reversed_at) ON settlement_lines TO huican_service;
GRANT UPDATE (live) ON settlement_deduction_items TO huican_service;

-- Within reach of the county that pays, and of whoever works at the institution.
ALTER TABLE settlements ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON settlements
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true
        ELSE organization_id IN (
            SELECT g.organization_id FROM grants g
            WHERE g.user_id = (SELECT nullif(current_setting('huican.user_id', true), '')::uuid)
              AND g.role = 'institution_worker' AND g.revoked_at IS NULL) END);
ALTER TABLE settlement_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON settlement_transitions USING (EXISTS (SELECT 1 FROM settlements s WHERE s.id = settlement_id));
ALTER TABLE settlement_lines ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON settlement_lines USING (EXISTS (SELECT 1 FROM settlements s WHERE s.id = settlement_id));
ALTER TABLE settlement_deductions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON settlement_deductions USING (EXISTS (SELECT 1 FROM settlement_lines l WHERE l.id = line_id));
ALTER TABLE settlement_deduction_items ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON settlement_deduction_items USING (EXISTS (SELECT 1 FROM settlement_lines l WHERE l.id = line_id));
-- Where the person is.
ALTER TABLE rehabilitation_caps ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON rehabilitation_caps USING (EXISTS (SELECT 1 FROM residents r WHERE r.id = resident_id));
