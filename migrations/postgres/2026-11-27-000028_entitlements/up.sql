-- What is due for a month and what is held, found by runs, and the books that follow from it.
CREATE UNIQUE INDEX enrollments_whose ON enrollments (id, resident_id, program_code);

-- Asked for once, done chunk by chunk by whichever process is free; `reached` is the last enrollment that was looked at.
CREATE TABLE entitlement_runs (
    id uuid NOT NULL PRIMARY KEY,
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    month text COLLATE "C" NOT NULL CHECK (length(month) = 7),
    state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    done integer NOT NULL CHECK (done >= 0),
    total integer NOT NULL CHECK (total >= 0),
    reached uuid,
    due_count integer NOT NULL CHECK (due_count >= 0),
    held_count integer NOT NULL CHECK (held_count >= 0),
    due_fen bigint NOT NULL CHECK (due_fen >= 0),
    -- Who works at it: only grows. `tries`: how often it was taken up without getting anywhere.
    attempts integer NOT NULL,
    tries integer NOT NULL,
    leased_until timestamptz,
    requested_by uuid NOT NULL REFERENCES users (id),
    requested_at timestamptz NOT NULL,
    finished_at timestamptz,
    version integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK ((state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
);
CREATE UNIQUE INDEX entitlement_runs_open ON entitlement_runs (division_code, month) WHERE state IN ('queued', 'running');
CREATE INDEX entitlement_runs_division ON entitlement_runs (division_code, id);
CREATE INDEX entitlement_runs_county ON entitlement_runs (county_code, id);
CREATE INDEX entitlement_runs_requested ON entitlement_runs (requested_by);
CREATE INDEX entitlement_runs_waiting ON entitlement_runs (state, id);

-- What is due a person of a program for a month: once.
CREATE TABLE entitlements (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL REFERENCES residents (id),
    enrollment_id uuid NOT NULL REFERENCES enrollments (id),
    program_code text COLLATE "C" NOT NULL REFERENCES programs (code),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    month text COLLATE "C" NOT NULL CHECK (length(month) = 7),
    run_month text COLLATE "C" NOT NULL CHECK (length(run_month) = 7),
    run_id uuid NOT NULL REFERENCES entitlement_runs (id),
    state text NOT NULL CHECK (state IN ('held', 'due', 'reversed')),
    amount_fen bigint NOT NULL CHECK (amount_fen >= 0),
    -- Why it is held, as JSON.
    reasons text,
    program_version_id uuid REFERENCES program_versions (id),
    -- Fingerprint of the facts it was computed from.
    facts bytea,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK (month <= run_month),
    CHECK (CASE state
        WHEN 'held' THEN amount_fen = 0 AND reasons IS NOT NULL
        WHEN 'due' THEN amount_fen > 0 AND reasons IS NULL AND program_version_id IS NOT NULL AND facts IS NOT NULL
        ELSE true END),
    FOREIGN KEY (enrollment_id, resident_id, program_code) REFERENCES enrollments (id, resident_id, program_code)
);
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
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    entry text NOT NULL,
    debit text NOT NULL,
    credit text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    resident_id uuid NOT NULL REFERENCES residents (id),
    program_code text COLLATE "C" NOT NULL REFERENCES programs (code),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    -- What it books: one of these.
    entitlement_id uuid REFERENCES entitlements (id),
    payable_id uuid,
    payment_id uuid,
    recovery_month_id uuid,
    recovery_movement_id uuid,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
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
        ELSE false END),
    CHECK (CASE
        WHEN entry IN ('due', 'reversal') THEN (entitlement_id IS NULL) <> (payable_id IS NULL) AND payment_id IS NULL AND recovery_month_id IS NULL AND recovery_movement_id IS NULL
        WHEN entry IN ('release', 'offset', 'return', 'offset_return') THEN entitlement_id IS NULL AND payable_id IS NULL AND payment_id IS NOT NULL AND recovery_month_id IS NULL AND recovery_movement_id IS NULL
        WHEN entry IN ('overpaid', 'withdrawal') THEN entitlement_id IS NULL AND payable_id IS NULL AND payment_id IS NULL AND recovery_month_id IS NOT NULL AND recovery_movement_id IS NULL
        ELSE entitlement_id IS NULL AND payable_id IS NULL AND payment_id IS NULL AND recovery_month_id IS NULL AND recovery_movement_id IS NOT NULL END)
);
CREATE UNIQUE INDEX ledger_entries_entitlement ON ledger_entries (entitlement_id, entry) WHERE entitlement_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_entries_payable ON ledger_entries (payable_id, entry) WHERE payable_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_entries_payment ON ledger_entries (payment_id, entry) WHERE payment_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_entries_recovery_month ON ledger_entries (recovery_month_id, entry) WHERE recovery_month_id IS NOT NULL;
CREATE UNIQUE INDEX ledger_entries_recovery_movement ON ledger_entries (recovery_movement_id, entry) WHERE recovery_movement_id IS NOT NULL;
CREATE INDEX ledger_entries_resident ON ledger_entries (resident_id, sequence);
CREATE INDEX ledger_entries_program ON ledger_entries (program_code, sequence);
CREATE INDEX ledger_entries_division ON ledger_entries (division_code, sequence);
CREATE INDEX ledger_entries_county ON ledger_entries (county_code, sequence);

CREATE TRIGGER entitlement_runs_fixed BEFORE UPDATE ON entitlement_runs FOR EACH ROW
    WHEN ((NEW.id, NEW.division_code, NEW.month, NEW.requested_by, NEW.requested_at)
            IS DISTINCT FROM (OLD.id, OLD.division_code, OLD.month, OLD.requested_by, OLD.requested_at)
        OR OLD.state = 'done' OR NEW.done < OLD.done)
    EXECUTE FUNCTION refuse_change();

-- What is due stays as it was found; what was held may become due, or nothing.
CREATE TRIGGER entitlements_fixed BEFORE UPDATE ON entitlements FOR EACH ROW
    WHEN ((NEW.id, NEW.resident_id, NEW.enrollment_id, NEW.program_code, NEW.month, NEW.created_at)
            IS DISTINCT FROM (OLD.id, OLD.resident_id, OLD.enrollment_id, OLD.program_code, OLD.month, OLD.created_at)
        OR OLD.state = 'reversed'
        OR (OLD.state = 'due' AND (NEW.state <> 'reversed'
            OR (NEW.division_code, NEW.run_month, NEW.run_id, NEW.amount_fen, NEW.program_version_id, NEW.facts)
                IS DISTINCT FROM (OLD.division_code, OLD.run_month, OLD.run_id, OLD.amount_fen, OLD.program_version_id, OLD.facts))))
    EXECUTE FUNCTION refuse_change();
-- Once a person, whichever of their records it is of.
CREATE FUNCTION refuse_entitlement_of_other_record() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    kept uuid := (SELECT coalesce(r.merged_into_id, r.id) FROM residents r WHERE r.id = NEW.resident_id);
    -- Nearly everybody has but one record. One query that asks for both kinds of others at once, or looks for entitlements
    -- as well, reads all residents for each row where the service's fence is in it.
    others uuid[] := ARRAY(
        SELECT kept WHERE kept <> NEW.resident_id
        UNION ALL SELECT o.id FROM residents o WHERE o.merged_into_id = kept AND o.id <> NEW.resident_id);
BEGIN
    IF others <> '{}' AND EXISTS (
        SELECT 1 FROM entitlements e
        WHERE e.resident_id = ANY (others) AND e.program_code = NEW.program_code AND e.month = NEW.month AND e.state <> 'reversed')
    THEN
        RAISE EXCEPTION 'huican.entitled_already';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER entitlements_one_of_person BEFORE INSERT ON entitlements
    FOR EACH ROW EXECUTE FUNCTION refuse_entitlement_of_other_record();

-- Books what becomes due, and what is reversed of it.
CREATE FUNCTION book_entitlement() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state = 'due' THEN
        INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, entitlement_id)
        VALUES (NEW.updated_at, 'due', 'obligation', 'payable', NEW.amount_fen, NEW.resident_id, NEW.program_code, NEW.division_code, NEW.id);
    ELSIF NEW.state = 'reversed' AND TG_OP = 'UPDATE' AND OLD.state = 'due' THEN
        INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, entitlement_id)
        VALUES (NEW.updated_at, 'reversal', 'payable', 'obligation', NEW.amount_fen, NEW.resident_id, NEW.program_code, NEW.division_code, NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER entitlements_booked AFTER INSERT OR UPDATE OF state ON entitlements FOR EACH ROW
    WHEN (NEW.state <> 'held') EXECUTE FUNCTION book_entitlement();
-- Nothing is due, and nothing held, for a month in which the enrollment had not begun or had ended.
CREATE FUNCTION refuse_unenrolled_entitlement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    standing text := coalesce((
        SELECT t.to_state FROM enrollment_transitions t
        WHERE t.enrollment_id = NEW.enrollment_id AND t.effective_month <= NEW.month ORDER BY t.sequence DESC LIMIT 1), 'stopped');
BEGIN
    IF standing = 'stopped' OR (standing = 'suspended' AND NEW.state = 'due') THEN
        RAISE EXCEPTION 'huican.not_enrolled: the enrollment does not run in that month';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER entitlements_enrolled BEFORE INSERT ON entitlements
    FOR EACH ROW EXECUTE FUNCTION refuse_unenrolled_entitlement();
CREATE TRIGGER entitlements_enrolled_later BEFORE UPDATE OF state ON entitlements FOR EACH ROW
    WHEN (NEW.state = 'due' AND OLD.state <> 'due') EXECUTE FUNCTION refuse_unenrolled_entitlement();
CREATE TRIGGER entitlements_not_made_reversed BEFORE INSERT ON entitlements FOR EACH ROW
    WHEN (NEW.state = 'reversed') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entitlement_runs_keep BEFORE DELETE ON entitlement_runs FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entitlement_runs_keep_all BEFORE TRUNCATE ON entitlement_runs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entitlements_keep BEFORE DELETE ON entitlements FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entitlements_keep_all BEFORE TRUNCATE ON entitlements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_keep BEFORE DELETE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_keep_all BEFORE TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_fixed BEFORE UPDATE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT, UPDATE ON entitlement_runs TO huican_service;
GRANT SELECT, INSERT ON entitlements TO huican_service;
GRANT UPDATE (division_code, run_month, run_id, state, amount_fen, reasons, program_version_id, facts, version, updated_at) ON entitlements TO huican_service;
GRANT SELECT ON ledger_entries TO huican_service;

ALTER TABLE entitlement_runs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON entitlement_runs
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE entitlements ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON entitlements
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE ledger_entries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON ledger_entries
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
