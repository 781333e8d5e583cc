-- What is due for a month and what is held, found by runs, and the books that follow from it.
CREATE UNIQUE INDEX enrollments_whose ON enrollments (id, resident_id, program_code);

-- Asked for once, done chunk by chunk by whichever process is free; `reached` is the last enrollment that was looked at.
CREATE TABLE entitlement_runs (
    id BLOB NOT NULL PRIMARY KEY,
    division_code TEXT NOT NULL REFERENCES divisions (code),
    month TEXT NOT NULL CHECK (length(month) = 7),
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    done INTEGER NOT NULL CHECK (done >= 0),
    total INTEGER NOT NULL CHECK (total >= 0),
    reached BLOB,
    due_count INTEGER NOT NULL CHECK (due_count >= 0),
    held_count INTEGER NOT NULL CHECK (held_count >= 0),
    due_fen INTEGER NOT NULL CHECK (due_fen >= 0),
    -- Who works at it: only grows. `tries`: how often it was taken up without getting anywhere.
    attempts INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    leased_until INTEGER,
    requested_by BLOB NOT NULL REFERENCES users (id),
    requested_at INTEGER NOT NULL,
    finished_at INTEGER,
    version INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK ((state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX entitlement_runs_open ON entitlement_runs (division_code, month) WHERE state IN ('queued', 'running');
CREATE INDEX entitlement_runs_division ON entitlement_runs (division_code, id);
CREATE INDEX entitlement_runs_county ON entitlement_runs (county_code, id);
CREATE INDEX entitlement_runs_requested ON entitlement_runs (requested_by);
CREATE INDEX entitlement_runs_waiting ON entitlement_runs (state, id);

-- What is due a person of a program for a month: once.
CREATE TABLE entitlements (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    enrollment_id BLOB NOT NULL REFERENCES enrollments (id),
    program_code TEXT NOT NULL REFERENCES programs (code),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    month TEXT NOT NULL CHECK (length(month) = 7),
    run_month TEXT NOT NULL CHECK (length(run_month) = 7),
    run_id BLOB NOT NULL REFERENCES entitlement_runs (id),
    state TEXT NOT NULL CHECK (state IN ('held', 'due', 'reversed')),
    amount_fen INTEGER NOT NULL CHECK (amount_fen >= 0),
    -- Why it is held, as JSON.
    reasons TEXT,
    program_version_id BLOB REFERENCES program_versions (id),
    -- Fingerprint of the facts it was computed from.
    facts BLOB,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK (month <= run_month),
    CHECK (CASE state
        WHEN 'held' THEN amount_fen = 0 AND reasons IS NOT NULL
        WHEN 'due' THEN amount_fen > 0 AND reasons IS NULL AND program_version_id IS NOT NULL AND facts IS NOT NULL
        ELSE 1 = 1 END),
    FOREIGN KEY (enrollment_id, resident_id, program_code) REFERENCES enrollments (id, resident_id, program_code)
) STRICT;
CREATE UNIQUE INDEX entitlements_one ON entitlements (resident_id, program_code, month) WHERE state <> 'reversed';
CREATE INDEX entitlements_resident ON entitlements (resident_id, id);
CREATE INDEX entitlements_enrollment ON entitlements (enrollment_id, resident_id, program_code);
CREATE INDEX entitlements_program ON entitlements (program_code);
CREATE INDEX entitlements_division ON entitlements (division_code, id);
CREATE INDEX entitlements_county ON entitlements (county_code, id);
CREATE INDEX entitlements_county_month ON entitlements (county_code, program_code, run_month, id);
CREATE INDEX entitlements_run ON entitlements (run_id, id);
CREATE INDEX entitlements_version ON entitlements (program_version_id);

-- The books. Each row is a double entry, so that debits equal credits whatever happens; rows are made by the triggers of
-- what they book, and by nobody else.
CREATE TABLE ledger_entries (
    sequence INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    entry TEXT NOT NULL,
    debit TEXT NOT NULL,
    credit TEXT NOT NULL,
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    resident_id BLOB NOT NULL REFERENCES residents (id),
    program_code TEXT NOT NULL REFERENCES programs (code),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    -- What it books: one of these.
    entitlement_id BLOB REFERENCES entitlements (id),
    payable_id BLOB,
    payment_id BLOB,
    recovery_month_id BLOB,
    recovery_movement_id BLOB,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK (CASE entry
        WHEN 'due' THEN debit = 'obligation' AND credit = 'payable'
        WHEN 'reversal' THEN debit = 'payable' AND credit = 'obligation'
        WHEN 'release' THEN debit = 'payable' AND credit = 'paid'
        WHEN 'offset' THEN debit = 'payable' AND credit = 'recovery'
        WHEN 'return' THEN debit = 'returned' AND credit = 'payable'
        WHEN 'offset_return' THEN debit = 'recovery' AND credit = 'payable'
        WHEN 'overpaid' THEN debit = 'recovery' AND credit = 'obligation'
        WHEN 'withdrawal' THEN debit = 'obligation' AND credit = 'recovery'
        WHEN 'refund' THEN debit = 'returned' AND credit = 'recovery'
        WHEN 'write_off' THEN debit = 'written_off' AND credit = 'recovery'
        ELSE 1 = 0 END),
    CHECK (CASE
        WHEN entry IN ('due', 'reversal') THEN (entitlement_id IS NULL) <> (payable_id IS NULL) AND payment_id IS NULL AND recovery_month_id IS NULL AND recovery_movement_id IS NULL
        WHEN entry IN ('release', 'offset', 'return', 'offset_return') THEN entitlement_id IS NULL AND payable_id IS NULL AND payment_id IS NOT NULL AND recovery_month_id IS NULL AND recovery_movement_id IS NULL
        WHEN entry IN ('overpaid', 'withdrawal') THEN entitlement_id IS NULL AND payable_id IS NULL AND payment_id IS NULL AND recovery_month_id IS NOT NULL AND recovery_movement_id IS NULL
        ELSE entitlement_id IS NULL AND payable_id IS NULL AND payment_id IS NULL AND recovery_month_id IS NULL AND recovery_movement_id IS NOT NULL END)
) STRICT;
CREATE UNIQUE INDEX ledger_entries_entitlement ON ledger_entries (entitlement_id, entry) WHERE entitlement_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_entries_payable ON ledger_entries (payable_id, entry) WHERE payable_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_entries_payment ON ledger_entries (payment_id, entry) WHERE payment_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_entries_recovery_month ON ledger_entries (recovery_month_id, entry) WHERE recovery_month_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_entries_recovery_movement ON ledger_entries (recovery_movement_id, entry) WHERE recovery_movement_id IS NOT NULL;
CREATE INDEX ledger_entries_resident ON ledger_entries (resident_id, sequence);
CREATE INDEX ledger_entries_program ON ledger_entries (program_code, sequence);
CREATE INDEX ledger_entries_division ON ledger_entries (division_code, sequence);
CREATE INDEX ledger_entries_county ON ledger_entries (county_code, sequence);

CREATE TRIGGER entitlement_runs_fixed BEFORE UPDATE ON entitlement_runs
WHEN (NEW.id, NEW.division_code, NEW.month, NEW.requested_by, NEW.requested_at)
        IS NOT (OLD.id, OLD.division_code, OLD.month, OLD.requested_by, OLD.requested_at)
    OR OLD.state = 'done' OR NEW.done < OLD.done
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a run stays as it was');
END;

-- What is due stays as it was found; what was held may become due, or nothing.
CREATE TRIGGER entitlements_fixed BEFORE UPDATE ON entitlements
WHEN (NEW.id, NEW.resident_id, NEW.enrollment_id, NEW.program_code, NEW.month, NEW.created_at)
        IS NOT (OLD.id, OLD.resident_id, OLD.enrollment_id, OLD.program_code, OLD.month, OLD.created_at)
    OR OLD.state = 'reversed'
    OR (OLD.state = 'due' AND (NEW.state <> 'reversed'
        OR (NEW.division_code, NEW.run_month, NEW.run_id, NEW.amount_fen, NEW.program_version_id, NEW.facts)
            IS NOT (OLD.division_code, OLD.run_month, OLD.run_id, OLD.amount_fen, OLD.program_version_id, OLD.facts)))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what is due stays as it was found');
END;
-- Once a person, whichever of their records it is of. From the person on: by itself the planner takes all that is due of the
-- program first.
CREATE TRIGGER entitlements_one_of_person BEFORE INSERT ON entitlements
WHEN EXISTS (
    SELECT 1 FROM residents r
    CROSS JOIN residents o ON o.id <> r.id AND (o.merged_into_id = coalesce(r.merged_into_id, r.id) OR o.id = r.merged_into_id)
    CROSS JOIN entitlements e ON e.resident_id = o.id AND e.program_code = NEW.program_code AND e.month = NEW.month AND e.state <> 'reversed'
    WHERE r.id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.entitled_already');
END;
-- Nothing is due, and nothing held, for a month in which the enrollment had not begun or had ended.
CREATE TRIGGER entitlements_enrolled BEFORE INSERT ON entitlements
WHEN coalesce((
    SELECT t.to_state FROM enrollment_transitions t
    WHERE t.enrollment_id = NEW.enrollment_id AND t.effective_month <= NEW.month ORDER BY t.sequence DESC LIMIT 1), 'stopped')
    NOT IN ('active', CASE NEW.state WHEN 'held' THEN 'suspended' ELSE 'active' END)
BEGIN
    SELECT RAISE(ABORT, 'huican.not_enrolled: the enrollment does not run in that month');
END;
CREATE TRIGGER entitlements_enrolled_later BEFORE UPDATE OF state ON entitlements
WHEN NEW.state = 'due' AND OLD.state <> 'due' AND coalesce((
    SELECT t.to_state FROM enrollment_transitions t
    WHERE t.enrollment_id = NEW.enrollment_id AND t.effective_month <= NEW.month ORDER BY t.sequence DESC LIMIT 1), 'stopped') <> 'active'
BEGIN
    SELECT RAISE(ABORT, 'huican.not_enrolled: the enrollment does not run in that month');
END;
CREATE TRIGGER entitlements_not_made_reversed BEFORE INSERT ON entitlements
WHEN NEW.state = 'reversed'
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what is reversed was there before');
END;

-- Books what becomes due, and what is reversed of it.
CREATE TRIGGER entitlements_booked AFTER INSERT ON entitlements
WHEN NEW.state = 'due'
BEGIN
    INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, entitlement_id)
    VALUES (NEW.updated_at, 'due', 'obligation', 'payable', NEW.amount_fen, NEW.resident_id, NEW.program_code, NEW.division_code, NEW.id);
END;
CREATE TRIGGER entitlements_booked_later AFTER UPDATE OF state ON entitlements
WHEN NEW.state <> 'held' AND NEW.state <> OLD.state AND (NEW.state = 'due' OR OLD.state = 'due')
BEGIN
    INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, entitlement_id)
    VALUES (NEW.updated_at, CASE NEW.state WHEN 'due' THEN 'due' ELSE 'reversal' END,
        CASE NEW.state WHEN 'due' THEN 'obligation' ELSE 'payable' END, CASE NEW.state WHEN 'due' THEN 'payable' ELSE 'obligation' END,
        NEW.amount_fen, NEW.resident_id, NEW.program_code, NEW.division_code, NEW.id);
END;
-- Nobody writes in the books by hand: an entry of an entitlement is that entitlement's.
CREATE TRIGGER ledger_entries_of_entitlement BEFORE INSERT ON ledger_entries
WHEN NEW.entitlement_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM entitlements e WHERE e.id = NEW.entitlement_id AND e.amount_fen = NEW.amount_fen AND e.resident_id = NEW.resident_id
      AND e.program_code = NEW.program_code AND e.division_code = NEW.division_code
      AND e.state = CASE NEW.entry WHEN 'due' THEN 'due' ELSE 'reversed' END)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: the books follow what happened');
END;

CREATE TRIGGER entitlement_runs_keep BEFORE DELETE ON entitlement_runs
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: entitlement runs are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER entitlement_runs_no_replace BEFORE INSERT ON entitlement_runs
WHEN EXISTS (SELECT 1 FROM entitlement_runs WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: entitlement_runs.id');
END;
CREATE TRIGGER entitlements_keep BEFORE DELETE ON entitlements
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: entitlements are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER entitlements_no_replace BEFORE INSERT ON entitlements
WHEN EXISTS (SELECT 1 FROM entitlements WHERE id = NEW.id OR (resident_id = NEW.resident_id AND program_code = NEW.program_code AND month = NEW.month AND state <> 'reversed'))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: entitlements.resident_id');
END;
CREATE TRIGGER ledger_entries_fixed BEFORE UPDATE ON ledger_entries
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: ledger entries are never changed');
END;
CREATE TRIGGER ledger_entries_keep BEFORE DELETE ON ledger_entries
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: ledger entries are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER ledger_entries_no_replace BEFORE INSERT ON ledger_entries
WHEN EXISTS (SELECT 1 FROM ledger_entries WHERE sequence = NEW.sequence OR (entitlement_id = NEW.entitlement_id AND entry = NEW.entry) OR (payment_id = NEW.payment_id AND entry = NEW.entry) OR (recovery_month_id = NEW.recovery_month_id AND entry = NEW.entry) OR (recovery_movement_id = NEW.recovery_movement_id AND entry = NEW.entry))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: ledger_entries.recovery_movement_id');
END;
