-- What institutions are owed: a month's sessions, proposed by the institution and checked by an office, never more than the
-- year's cap of the person leaves.

CREATE UNIQUE INDEX rehabilitation_plans_whose ON rehabilitation_plans (id, resident_id);

-- What may be paid at the most for a person of a program in a year, and what was settled of it: the sum of the lines that
-- live, written by their triggers and by nothing else. A person who has several records is counted by the kept one.
CREATE TABLE rehabilitation_caps (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    program_code TEXT NOT NULL REFERENCES programs (code),
    year INTEGER NOT NULL CHECK (year BETWEEN 2000 AND 2200),
    cap_fen INTEGER NOT NULL CHECK (cap_fen >= 0),
    settled_fen INTEGER NOT NULL CHECK (settled_fen >= 0),
    -- By which it was decided, with the facts of that day.
    program_version_id BLOB NOT NULL REFERENCES program_versions (id),
    decided_date TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    UNIQUE (resident_id, program_code, year),
    UNIQUE (id, program_code),
    CHECK (settled_fen <= cap_fen)
) STRICT;
CREATE INDEX rehabilitation_caps_program ON rehabilitation_caps (program_code);
CREATE INDEX rehabilitation_caps_version ON rehabilitation_caps (program_version_id);

-- What an institution asks for a month's sessions with the children of a county.
CREATE TABLE settlements (
    id BLOB NOT NULL PRIMARY KEY,
    organization_id BLOB NOT NULL REFERENCES institutions (organization_id),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    month TEXT NOT NULL CHECK (length(month) = 7),
    state TEXT NOT NULL CHECK (state IN ('proposed', 'checked', 'returned', 'withdrawn')),
    last_transition INTEGER NOT NULL,
    line_count INTEGER NOT NULL CHECK (line_count > 0),
    -- Of all lines: what it came to, and what of that is kept back for what was reversed before.
    amount_fen INTEGER NOT NULL CHECK (amount_fen >= 0),
    deduction_fen INTEGER NOT NULL CHECK (deduction_fen >= 0 AND deduction_fen <= amount_fen),
    proposed_by BLOB NOT NULL REFERENCES users (id),
    proposed_at INTEGER NOT NULL,
    checked_by BLOB REFERENCES users (id),
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK (division_code LIKE '______000000' AND division_code NOT LIKE '____00%'),
    CHECK ((state = 'checked') = (checked_by IS NOT NULL)),
    CHECK (checked_by <> proposed_by),
    FOREIGN KEY (id, last_transition, state) REFERENCES settlement_transitions (settlement_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE UNIQUE INDEX settlements_one ON settlements (organization_id, division_code, month) WHERE state = 'proposed';
CREATE INDEX settlements_organization ON settlements (organization_id, id);
CREATE INDEX settlements_division ON settlements (division_code, id);
CREATE INDEX settlements_county ON settlements (county_code, id);
CREATE INDEX settlements_state ON settlements (state, id);
CREATE INDEX settlements_proposed_by ON settlements (proposed_by);
CREATE INDEX settlements_checked_by ON settlements (checked_by);

CREATE TABLE settlement_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    settlement_id BLOB NOT NULL REFERENCES settlements (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    actor_id BLOB NOT NULL REFERENCES users (id),
    comment TEXT CHECK (length(comment) BETWEEN 1 AND 1000),
    at INTEGER NOT NULL,
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
        ELSE 1 = 0 END),
    CHECK (action NOT IN ('return', 'withdraw') OR comment IS NOT NULL),
    FOREIGN KEY (settlement_id, previous_sequence, from_state) REFERENCES settlement_transitions (settlement_id, sequence, to_state)
) STRICT;
CREATE INDEX settlement_transitions_previous ON settlement_transitions (settlement_id, previous_sequence, from_state);
CREATE INDEX settlement_transitions_actor ON settlement_transitions (actor_id);

-- One a plan: its sessions that month, what they come to, and what the year's cap leaves of that. A line counts while it
-- lives: it is dropped with its settlement, or reversed after the check.
CREATE TABLE settlement_lines (
    id BLOB NOT NULL PRIMARY KEY,
    settlement_id BLOB NOT NULL REFERENCES settlements (id) DEFERRABLE INITIALLY DEFERRED,
    plan_id BLOB NOT NULL,
    resident_id BLOB NOT NULL,
    program_code TEXT NOT NULL,
    cap_id BLOB NOT NULL,
    -- By which the rate is.
    program_version_id BLOB NOT NULL REFERENCES program_versions (id),
    session_count INTEGER NOT NULL CHECK (session_count > 0),
    rate_fen INTEGER NOT NULL CHECK (rate_fen > 0),
    gross_fen INTEGER NOT NULL,
    remaining_fen INTEGER NOT NULL CHECK (remaining_fen >= 0),
    amount_fen INTEGER NOT NULL,
    deduction_fen INTEGER NOT NULL CHECK (deduction_fen >= 0 AND deduction_fen <= amount_fen),
    payable_id BLOB REFERENCES payables (id),
    state TEXT NOT NULL CHECK (state IN ('live', 'dropped', 'reversed')),
    reversal_reason TEXT CHECK (length(reversal_reason) BETWEEN 2 AND 500),
    reversed_by BLOB REFERENCES users (id),
    reversed_at INTEGER,
    UNIQUE (id, plan_id),
    UNIQUE (settlement_id, plan_id),
    CHECK (gross_fen = session_count * rate_fen),
    CHECK (amount_fen = CASE WHEN gross_fen <= remaining_fen THEN gross_fen ELSE remaining_fen END),
    CHECK ((state = 'reversed') = (reversed_by IS NOT NULL)),
    CHECK ((reversed_by IS NULL) = (reversed_at IS NULL) AND (reversed_by IS NULL) = (reversal_reason IS NULL)),
    FOREIGN KEY (plan_id, resident_id) REFERENCES rehabilitation_plans (id, resident_id),
    FOREIGN KEY (cap_id, program_code) REFERENCES rehabilitation_caps (id, program_code)
) STRICT;
CREATE INDEX settlement_lines_plan ON settlement_lines (plan_id, resident_id);
CREATE INDEX settlement_lines_cap ON settlement_lines (cap_id, program_code);
CREATE INDEX settlement_lines_version ON settlement_lines (program_version_id);
CREATE INDEX settlement_lines_payable ON settlement_lines (payable_id);
CREATE INDEX settlement_lines_reversed_by ON settlement_lines (reversed_by);

-- What was reversed after it went into a payment: the same institution's next settlements keep it back.
CREATE TABLE settlement_deductions (
    line_id BLOB NOT NULL PRIMARY KEY REFERENCES settlement_lines (id),
    organization_id BLOB NOT NULL REFERENCES institutions (organization_id),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    taken_fen INTEGER NOT NULL CHECK (taken_fen >= 0),
    opened_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK (taken_fen <= amount_fen)
) STRICT;
CREATE INDEX settlement_deductions_organization ON settlement_deductions (organization_id, division_code, line_id);
CREATE INDEX settlement_deductions_division ON settlement_deductions (division_code);

CREATE TABLE settlement_deduction_items (
    reversed_line_id BLOB NOT NULL REFERENCES settlement_deductions (line_id),
    line_id BLOB NOT NULL REFERENCES settlement_lines (id),
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    live INTEGER NOT NULL CHECK (live IN (0, 1)),
    PRIMARY KEY (reversed_line_id, line_id)
) STRICT;
CREATE INDEX settlement_deduction_items_line ON settlement_deduction_items (line_id);

CREATE TRIGGER rehabilitation_caps_begin BEFORE INSERT ON rehabilitation_caps
WHEN NEW.settled_fen <> 0 OR EXISTS (SELECT 1 FROM residents r WHERE r.id = NEW.resident_id AND r.merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.settlement_cap: a cap is the person''s, and begins with nothing settled');
END;
CREATE TRIGGER rehabilitation_caps_fixed BEFORE UPDATE ON rehabilitation_caps
WHEN (NEW.id, NEW.resident_id, NEW.program_code, NEW.year, NEW.cap_fen, NEW.program_version_id, NEW.decided_date, NEW.opened_at) IS NOT (OLD.id, OLD.resident_id, OLD.program_code, OLD.year, OLD.cap_fen, OLD.program_version_id, OLD.decided_date, OLD.opened_at)
    OR NEW.settled_fen <> (SELECT coalesce(sum(l.amount_fen), 0) FROM settlement_lines l WHERE l.cap_id = NEW.id AND l.state = 'live')
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a cap follows the lines that were settled');
END;

CREATE TRIGGER settlements_fixed BEFORE UPDATE ON settlements
WHEN (NEW.id, NEW.organization_id, NEW.division_code, NEW.month, NEW.line_count, NEW.amount_fen, NEW.deduction_fen, NEW.proposed_by, NEW.proposed_at)
        IS NOT (OLD.id, OLD.organization_id, OLD.division_code, OLD.month, OLD.line_count, OLD.amount_fen, OLD.deduction_fen, OLD.proposed_by, OLD.proposed_at)
    OR NEW.last_transition < OLD.last_transition
    OR (NEW.last_transition = OLD.last_transition AND (NEW.state, NEW.checked_by) IS NOT (OLD.state, OLD.checked_by))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a settlement stays as it was proposed');
END;
-- Whose step it is, and whether all is there that it needs.
CREATE TRIGGER settlement_transitions_stands BEFORE INSERT ON settlement_transitions
WHEN NOT EXISTS (SELECT 1 FROM settlements s WHERE s.id = NEW.settlement_id AND s.last_transition = NEW.sequence
    AND NEW.actor_id = CASE NEW.action WHEN 'propose' THEN s.proposed_by WHEN 'check' THEN s.checked_by ELSE NEW.actor_id END)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an entry says what its actor did');
END;
CREATE TRIGGER settlement_transitions_side BEFORE INSERT ON settlement_transitions
WHEN NEW.action IN ('propose', 'withdraw') AND NOT EXISTS (
    SELECT 1 FROM settlements s
    JOIN grants g ON g.organization_id = s.organization_id AND g.user_id = NEW.actor_id
      AND g.role = 'institution_worker' AND g.revoked_at IS NULL
    WHERE s.id = NEW.settlement_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.settlement_side');
END;
CREATE TRIGGER settlement_transitions_own BEFORE INSERT ON settlement_transitions
WHEN NEW.action IN ('check', 'return') AND EXISTS (
    SELECT 1 FROM settlements s
    JOIN grants g ON g.organization_id = s.organization_id AND g.user_id = NEW.actor_id AND g.revoked_at IS NULL
    WHERE s.id = NEW.settlement_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.settlement_own');
END;
CREATE TRIGGER settlement_transitions_recusal BEFORE INSERT ON settlement_transitions
WHEN NEW.action = 'check' AND EXISTS (
    SELECT 1 FROM settlement_lines l JOIN user_ties t ON t.resident_id = l.resident_id AND t.user_id = NEW.actor_id
    WHERE l.settlement_id = NEW.settlement_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
CREATE TRIGGER settlement_transitions_sums BEFORE INSERT ON settlement_transitions
WHEN NEW.action IN ('propose', 'check') AND (
    EXISTS (SELECT 1 FROM settlements s WHERE s.id = NEW.settlement_id AND (s.line_count, s.amount_fen, s.deduction_fen) IS NOT (
        SELECT count(*), sum(l.amount_fen), sum(l.deduction_fen) FROM settlement_lines l WHERE l.settlement_id = s.id AND l.state = 'live'))
    OR EXISTS (SELECT 1 FROM settlement_lines l WHERE l.settlement_id = NEW.settlement_id AND (
        l.session_count <> (SELECT count(*) FROM rehabilitation_sessions s WHERE s.settlement_line_id = l.id)
        OR l.deduction_fen <> (SELECT coalesce(sum(i.amount_fen), 0) FROM settlement_deduction_items i WHERE i.line_id = l.id AND i.live)
        OR (NEW.action = 'check' AND l.payable_id IS NULL AND l.amount_fen > l.deduction_fen))))
BEGIN
    SELECT RAISE(ABORT, 'huican.settlement_sums');
END;
CREATE TRIGGER settlement_transitions_left BEFORE INSERT ON settlement_transitions
WHEN NEW.action IN ('return', 'withdraw') AND EXISTS (
    SELECT 1 FROM settlement_lines l WHERE l.settlement_id = NEW.settlement_id AND l.state = 'live')
BEGIN
    SELECT RAISE(ABORT, 'huican.settlement_line: what is given up leaves no line');
END;

-- Before the settlement is proposed, of its institution and county, by the person's cap, and by what that leaves: of all
-- records of the person.
CREATE TRIGGER settlement_lines_begin BEFORE INSERT ON settlement_lines
WHEN NEW.state <> 'live' OR NEW.payable_id IS NOT NULL
    OR EXISTS (SELECT 1 FROM settlement_transitions t WHERE t.settlement_id = NEW.settlement_id)
    OR NOT EXISTS (
        SELECT 1 FROM settlements s JOIN rehabilitation_plans p ON p.id = NEW.plan_id
        WHERE s.id = NEW.settlement_id AND s.state = 'proposed' AND p.organization_id = s.organization_id
          AND p.county_code = s.county_code AND p.program_code = NEW.program_code)
BEGIN
    SELECT RAISE(ABORT, 'huican.settlement_line');
END;
CREATE TRIGGER settlement_lines_cap_left BEFORE INSERT ON settlement_lines
WHEN NOT EXISTS (
    SELECT 1 FROM rehabilitation_caps c
    JOIN settlements s ON s.id = NEW.settlement_id AND c.year = CAST(substr(s.month, 1, 4) AS INTEGER)
    JOIN residents r ON r.id = NEW.resident_id AND c.resident_id = coalesce(r.merged_into_id, r.id)
    WHERE c.id = NEW.cap_id AND NEW.remaining_fen = max(0, c.cap_fen - (
        SELECT coalesce(sum(o.settled_fen), 0) FROM rehabilitation_caps o
        WHERE o.program_code = c.program_code AND o.year = c.year AND o.resident_id IN (SELECT o.id FROM residents r
            CROSS JOIN residents o ON o.id = r.id OR o.id = r.merged_into_id OR o.merged_into_id = coalesce(r.merged_into_id, r.id)
            WHERE r.id = NEW.resident_id))))
BEGIN
    SELECT RAISE(ABORT, 'huican.settlement_cap');
END;
CREATE TRIGGER settlement_lines_counted AFTER INSERT ON settlement_lines
BEGIN
    UPDATE rehabilitation_caps SET settled_fen = (
        SELECT coalesce(sum(l.amount_fen), 0) FROM settlement_lines l WHERE l.cap_id = NEW.cap_id AND l.state = 'live') WHERE id = NEW.cap_id;
END;
CREATE TRIGGER settlement_lines_fixed BEFORE UPDATE ON settlement_lines
WHEN (NEW.id, NEW.settlement_id, NEW.plan_id, NEW.resident_id, NEW.program_code, NEW.cap_id, NEW.program_version_id, NEW.session_count, NEW.rate_fen, NEW.gross_fen, NEW.remaining_fen, NEW.amount_fen, NEW.deduction_fen)
        IS NOT (OLD.id, OLD.settlement_id, OLD.plan_id, OLD.resident_id, OLD.program_code, OLD.cap_id, OLD.program_version_id, OLD.session_count, OLD.rate_fen, OLD.gross_fen, OLD.remaining_fen, OLD.amount_fen, OLD.deduction_fen)
    OR (OLD.state <> 'live' AND (NEW.state, NEW.reversed_by, NEW.reversed_at, NEW.reversal_reason)
        IS NOT (OLD.state, OLD.reversed_by, OLD.reversed_at, OLD.reversal_reason))
    OR (NEW.payable_id IS NOT OLD.payable_id AND (OLD.payable_id IS NOT NULL OR NEW.state <> 'live'))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a line stays as it was proposed');
END;
-- What is owed for a line that was checked is what it comes to, and no more is once it is taken back.
CREATE TRIGGER settlement_lines_owed BEFORE UPDATE OF payable_id ON settlement_lines
WHEN NEW.payable_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM payables o JOIN settlements s ON s.id = NEW.settlement_id AND s.state = 'checked'
    WHERE o.id = NEW.payable_id AND o.source = 'rehabilitation_settlement' AND o.subject_id = NEW.id
      AND o.organization_id = s.organization_id AND o.amount_fen = NEW.amount_fen - NEW.deduction_fen)
BEGIN
    SELECT RAISE(ABORT, 'huican.settlement_line');
END;
CREATE TRIGGER settlement_lines_not_owed BEFORE UPDATE OF state ON settlement_lines
WHEN NEW.state = 'reversed' AND EXISTS (SELECT 1 FROM payables o WHERE o.id = NEW.payable_id AND o.state = 'due')
BEGIN
    SELECT RAISE(ABORT, 'huican.settlement_line: what is not paid yet is withdrawn');
END;
CREATE TRIGGER settlement_lines_given_up BEFORE UPDATE OF state ON settlement_lines
WHEN NEW.state <> OLD.state AND NOT EXISTS (
    SELECT 1 FROM settlements s WHERE s.id = NEW.settlement_id AND CASE NEW.state
        WHEN 'dropped' THEN s.state IN ('returned', 'withdrawn')
        ELSE s.state = 'checked' AND NOT EXISTS (
            SELECT 1 FROM grants g WHERE g.organization_id = s.organization_id AND g.user_id = NEW.reversed_by AND g.revoked_at IS NULL) END)
BEGIN
    SELECT RAISE(ABORT, 'huican.settlement_line');
END;
CREATE TRIGGER settlement_lines_given_back AFTER UPDATE OF state ON settlement_lines
WHEN OLD.state = 'live' AND NEW.state <> 'live'
BEGIN
    UPDATE rehabilitation_caps SET settled_fen = (
        SELECT coalesce(sum(l.amount_fen), 0) FROM settlement_lines l WHERE l.cap_id = NEW.cap_id AND l.state = 'live') WHERE id = NEW.cap_id;
END;
-- What a payment has taken is owed back.
CREATE TRIGGER settlement_lines_owed_back AFTER UPDATE OF state ON settlement_lines
WHEN OLD.state = 'live' AND NEW.state = 'reversed'
    AND EXISTS (SELECT 1 FROM payables o WHERE o.id = NEW.payable_id AND o.state IN ('in_payment', 'paid'))
BEGIN
    -- Were the bank not to pay it, it would be due again.
    SELECT RAISE(ABORT, 'huican.payable_in_payment')
    WHERE EXISTS (SELECT 1 FROM payables o WHERE o.id = NEW.payable_id AND o.state = 'in_payment');
    INSERT INTO settlement_deductions (line_id, organization_id, division_code, amount_fen, taken_fen, opened_at)
        SELECT NEW.id, s.organization_id, s.division_code, NEW.amount_fen, 0, NEW.reversed_at
        FROM settlements s WHERE s.id = NEW.settlement_id;
END;
-- A session is settled once, of its month, before the settlement is proposed, and is free again when its line is given up.
CREATE TRIGGER rehabilitation_sessions_settled BEFORE UPDATE OF settlement_line_id ON rehabilitation_sessions
WHEN NEW.settlement_line_id IS NOT OLD.settlement_line_id AND CASE
    WHEN OLD.settlement_line_id IS NOT NULL THEN NEW.settlement_line_id IS NOT NULL
        OR EXISTS (SELECT 1 FROM settlement_lines l WHERE l.id = OLD.settlement_line_id AND l.state = 'live')
    ELSE NOT EXISTS (
        SELECT 1 FROM settlement_lines l JOIN settlements s ON s.id = l.settlement_id AND s.month = NEW.month
        WHERE l.id = NEW.settlement_line_id AND l.state = 'live'
          AND NOT EXISTS (SELECT 1 FROM settlement_transitions t WHERE t.settlement_id = s.id)) END
BEGIN
    SELECT RAISE(ABORT, 'huican.session_settled');
END;

-- Of a line that was reversed, whole, and owed by whom it was settled with.
CREATE TRIGGER settlement_deductions_begin BEFORE INSERT ON settlement_deductions
WHEN NEW.taken_fen <> 0 OR NOT EXISTS (
    SELECT 1 FROM settlement_lines l JOIN settlements s ON s.id = l.settlement_id
    JOIN payables o ON o.id = l.payable_id AND o.state IN ('in_payment', 'paid')
    WHERE l.id = NEW.line_id AND l.state = 'reversed' AND l.amount_fen = NEW.amount_fen
      AND s.organization_id = NEW.organization_id AND s.division_code = NEW.division_code)
BEGIN
    SELECT RAISE(ABORT, 'huican.settlement_line');
END;
CREATE TRIGGER settlement_deductions_fixed BEFORE UPDATE ON settlement_deductions
WHEN (NEW.line_id, NEW.organization_id, NEW.division_code, NEW.amount_fen, NEW.opened_at) IS NOT (OLD.line_id, OLD.organization_id, OLD.division_code, OLD.amount_fen, OLD.opened_at)
    OR NEW.taken_fen <> (SELECT coalesce(sum(i.amount_fen), 0) FROM settlement_deduction_items i WHERE i.reversed_line_id = NEW.line_id AND i.live)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a deduction follows what was kept back');
END;
CREATE TRIGGER settlement_deduction_items_begin BEFORE INSERT ON settlement_deduction_items
WHEN NOT NEW.live OR NOT EXISTS (
    SELECT 1 FROM settlement_deductions d
    JOIN settlement_lines l ON l.id = NEW.line_id AND l.state = 'live'
    JOIN settlements s ON s.id = l.settlement_id AND s.organization_id = d.organization_id AND s.division_code = d.division_code
    WHERE d.line_id = NEW.reversed_line_id
      AND NOT EXISTS (SELECT 1 FROM settlement_transitions t WHERE t.settlement_id = s.id))
BEGIN
    SELECT RAISE(ABORT, 'huican.settlement_line');
END;
CREATE TRIGGER settlement_deduction_items_taken AFTER INSERT ON settlement_deduction_items
BEGIN
    UPDATE settlement_deductions SET taken_fen = (
        SELECT coalesce(sum(i.amount_fen), 0) FROM settlement_deduction_items i WHERE i.reversed_line_id = NEW.reversed_line_id AND i.live)
        WHERE line_id = NEW.reversed_line_id;
END;
CREATE TRIGGER settlement_deduction_items_fixed BEFORE UPDATE ON settlement_deduction_items
WHEN (NEW.reversed_line_id, NEW.line_id, NEW.amount_fen) IS NOT (OLD.reversed_line_id, OLD.line_id, OLD.amount_fen) OR NEW.live
    OR EXISTS (SELECT 1 FROM settlement_lines l LEFT JOIN payables o ON o.id = l.payable_id
        WHERE l.id = NEW.line_id AND (l.state = 'live' OR o.state IN ('in_payment', 'paid')))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was kept back stays, unless its line is given up');
END;
CREATE TRIGGER settlement_deduction_items_back AFTER UPDATE ON settlement_deduction_items
WHEN OLD.live AND NOT NEW.live
BEGIN
    UPDATE settlement_deductions SET taken_fen = (
        SELECT coalesce(sum(i.amount_fen), 0) FROM settlement_deduction_items i WHERE i.reversed_line_id = NEW.reversed_line_id AND i.live)
        WHERE line_id = NEW.reversed_line_id;
END;
CREATE TRIGGER settlement_transitions_fixed BEFORE UPDATE ON settlement_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: settlement transitions are never changed');
END;
CREATE TRIGGER rehabilitation_caps_keep BEFORE DELETE ON rehabilitation_caps
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: rehabilitation caps are never deleted');
END;
CREATE TRIGGER settlements_keep BEFORE DELETE ON settlements
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: settlements are never deleted');
END;
CREATE TRIGGER settlement_transitions_keep BEFORE DELETE ON settlement_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: settlement transitions are never deleted');
END;
CREATE TRIGGER settlement_lines_keep BEFORE DELETE ON settlement_lines
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: settlement lines are never deleted');
END;
CREATE TRIGGER settlement_deductions_keep BEFORE DELETE ON settlement_deductions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: settlement deductions are never deleted');
END;
CREATE TRIGGER settlement_deduction_items_keep BEFORE DELETE ON settlement_deduction_items
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: settlement deduction items are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the triggers above.
CREATE TRIGGER rehabilitation_caps_no_replace BEFORE INSERT ON rehabilitation_caps
WHEN EXISTS (SELECT 1 FROM rehabilitation_caps WHERE id = NEW.id OR (resident_id = NEW.resident_id AND program_code = NEW.program_code AND year = NEW.year))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: rehabilitation_caps.resident_id');
END;
CREATE TRIGGER settlements_no_replace BEFORE INSERT ON settlements
WHEN EXISTS (SELECT 1 FROM settlements WHERE id = NEW.id OR (organization_id = NEW.organization_id AND division_code = NEW.division_code AND month = NEW.month
    AND state = 'proposed' AND NEW.state = 'proposed'))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: settlements.organization_id');
END;
CREATE TRIGGER settlement_transitions_no_replace BEFORE INSERT ON settlement_transitions
WHEN EXISTS (SELECT 1 FROM settlement_transitions WHERE id = NEW.id OR (settlement_id = NEW.settlement_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: settlement_transitions.settlement_id');
END;
CREATE TRIGGER settlement_lines_no_replace BEFORE INSERT ON settlement_lines
WHEN EXISTS (SELECT 1 FROM settlement_lines WHERE id = NEW.id OR (settlement_id = NEW.settlement_id AND plan_id = NEW.plan_id))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: settlement_lines.settlement_id');
END;
CREATE TRIGGER settlement_deductions_no_replace BEFORE INSERT ON settlement_deductions
WHEN EXISTS (SELECT 1 FROM settlement_deductions WHERE line_id = NEW.line_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: settlement_deductions.line_id');
END;
CREATE TRIGGER settlement_deduction_items_no_replace BEFORE INSERT ON settlement_deduction_items
WHEN EXISTS (SELECT 1 FROM settlement_deduction_items WHERE reversed_line_id = NEW.reversed_line_id AND line_id = NEW.line_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: settlement_deduction_items.reversed_line_id');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_settlements BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% settlement.propose %' OR ' ' || NEW.permits || ' ' LIKE '% settlement.act %'
    OR ' ' || NEW.permits || ' ' LIKE '% settlement.correct %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;
