-- What was paid and not due, and how it comes back. The history is the truth, as of cases; what is recovered is the sum of
-- the movements. `comment`, `note` and `decision_note` are sealed.

CREATE TABLE recoveries (
    id uuid NOT NULL PRIMARY KEY,
    recovery_number text COLLATE "C" NOT NULL UNIQUE,
    resident_id uuid NOT NULL REFERENCES residents (id),
    enrollment_id uuid NOT NULL,
    program_code text COLLATE "C" NOT NULL REFERENCES programs (code),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    -- Why the benefit did not run in the months that were paid.
    reason text NOT NULL CHECK (reason IN (
        'death', 'missing', 'moved_away', 'certificate_ended', 'imprisoned', 'review_failed', 'income_changed', 'voluntary',
        'extreme_poverty_support', 'work_injury_care', 'other_allowance', 'period_ended', 'error', 'other')),
    stage text NOT NULL,
    last_transition integer NOT NULL,
    total_fen bigint NOT NULL CHECK (total_fen > 0),
    -- Sums of the movements, kept by their triggers: what payments that are not released keep back, and what was recovered.
    reserved_fen bigint NOT NULL CHECK (reserved_fen >= 0),
    recovered_fen bigint NOT NULL CHECK (recovered_fen >= 0),
    opened_by uuid NOT NULL REFERENCES users (id),
    opened_at timestamptz NOT NULL,
    version integer NOT NULL,
    updated_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK (reserved_fen + recovered_fen <= total_fen),
    CHECK (stage <> 'withdrawn' OR (reserved_fen = 0 AND recovered_fen = 0)),
    FOREIGN KEY (enrollment_id, resident_id, program_code) REFERENCES enrollments (id, resident_id, program_code)
);
CREATE INDEX recoveries_resident ON recoveries (resident_id, id);
CREATE INDEX recoveries_enrollment ON recoveries (enrollment_id, resident_id, program_code);
CREATE INDEX recoveries_program ON recoveries (program_code);
CREATE INDEX recoveries_division ON recoveries (division_code, id);
CREATE INDEX recoveries_county ON recoveries (county_code, id);
CREATE INDEX recoveries_stage ON recoveries (stage, id);
CREATE INDEX recoveries_opened_by ON recoveries (opened_by);

-- The months that were paid and not due: each is recovered once.
CREATE TABLE recovery_months (
    id uuid NOT NULL PRIMARY KEY,
    recovery_id uuid NOT NULL REFERENCES recoveries (id),
    entitlement_id uuid NOT NULL REFERENCES entitlements (id),
    payment_id uuid NOT NULL,
    month text COLLATE "C" NOT NULL CHECK (length(month) = 7),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    live boolean NOT NULL,
    UNIQUE (recovery_id, entitlement_id),
    FOREIGN KEY (payment_id, entitlement_id) REFERENCES payment_items (payment_id, entitlement_id)
);
CREATE UNIQUE INDEX recovery_months_one ON recovery_months (entitlement_id) WHERE live;
CREATE INDEX recovery_months_entitlement ON recovery_months (entitlement_id);
CREATE INDEX recovery_months_payment ON recovery_months (payment_id, entitlement_id);

CREATE TABLE recovery_transitions (
    id uuid NOT NULL PRIMARY KEY,
    recovery_id uuid NOT NULL REFERENCES recoveries (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_stage text,
    to_stage text NOT NULL,
    actor_id uuid NOT NULL REFERENCES users (id),
    -- How the notice was served.
    method text CHECK (method IN ('in_person', 'post', 'left_at_home', 'public_notice')),
    recipient text CHECK (recipient IN ('self', 'guardian', 'family_member', 'agent')),
    served_date date,
    comment bytea,
    at timestamptz NOT NULL,
    UNIQUE (recovery_id, sequence),
    UNIQUE (recovery_id, sequence, to_stage),
    CHECK ((action = 'open') = (sequence = 1)),
    CHECK ((action = 'open') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_stage IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    CHECK (CASE action
        WHEN 'open' THEN to_stage = 'open'
        WHEN 'notify' THEN from_stage = 'open' AND to_stage = 'notified'
        WHEN 'withdraw' THEN from_stage IN ('open', 'notified') AND to_stage = 'withdrawn'
        ELSE false END),
    CHECK ((action = 'notify') = (method IS NOT NULL) AND (action = 'notify') = (served_date IS NOT NULL)),
    CHECK (CASE WHEN method IS NULL THEN recipient IS NULL ELSE (method = 'public_notice') = (recipient IS NULL) END),
    CHECK (action <> 'withdraw' OR comment IS NOT NULL),
    FOREIGN KEY (recovery_id, previous_sequence, from_stage) REFERENCES recovery_transitions (recovery_id, sequence, to_stage)
);
ALTER TABLE recoveries
    ADD FOREIGN KEY (id, last_transition, stage) REFERENCES recovery_transitions (recovery_id, sequence, to_stage) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX recovery_transitions_previous ON recovery_transitions (recovery_id, previous_sequence, from_stage);
CREATE INDEX recovery_transitions_actor ON recovery_transitions (actor_id);

-- What the person was told, as issued; `content` is JSON.
CREATE TABLE recovery_notices (
    recovery_id uuid NOT NULL PRIMARY KEY REFERENCES recoveries (id),
    content text NOT NULL,
    issued_date date NOT NULL,
    issued_at timestamptz NOT NULL
);

-- How much of each month's payment is kept back, from a month on. What is agreed anew follows what was agreed before.
CREATE TABLE recovery_instalments (
    recovery_id uuid NOT NULL REFERENCES recoveries (id),
    revision integer NOT NULL CHECK (revision > 0),
    previous_revision integer,
    from_month text COLLATE "C" NOT NULL CHECK (length(from_month) = 7),
    -- All that there is, where it says nothing.
    amount_fen bigint CHECK (amount_fen > 0),
    agreed_by uuid NOT NULL REFERENCES users (id),
    agreed_at timestamptz NOT NULL,
    PRIMARY KEY (recovery_id, revision),
    CHECK ((revision = 1) = (previous_revision IS NULL)),
    CHECK (previous_revision = revision - 1),
    FOREIGN KEY (recovery_id, previous_revision) REFERENCES recovery_instalments (recovery_id, revision)
);
CREATE INDEX recovery_instalments_previous ON recovery_instalments (recovery_id, previous_revision);
CREATE INDEX recovery_instalments_agreed_by ON recovery_instalments (agreed_by);

-- What comes back, or does not have to: kept back from a payment, paid back, written off. One person proposes what another decides.
CREATE TABLE recovery_movements (
    id uuid NOT NULL PRIMARY KEY,
    recovery_id uuid NOT NULL REFERENCES recoveries (id),
    kind text NOT NULL CHECK (kind IN ('offset', 'refund', 'write_off')),
    state text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    -- Of an offset: the payment that it is kept back from, and its batch's month.
    payment_id uuid REFERENCES payments (id),
    month text COLLATE "C" CHECK (length(month) = 7),
    -- Of a refund.
    receipt_number text CHECK (length(receipt_number) BETWEEN 1 AND 50),
    received_date date,
    note bytea,
    proposed_by uuid NOT NULL REFERENCES users (id),
    proposed_at timestamptz NOT NULL,
    decided_by uuid REFERENCES users (id),
    decided_at timestamptz,
    decision_note bytea,
    CHECK (CASE kind
        WHEN 'offset' THEN state IN ('reserved', 'approved', 'returned')
        ELSE state IN ('proposed', 'approved', 'rejected') END),
    CHECK ((kind = 'offset') = (payment_id IS NOT NULL) AND (kind = 'offset') = (month IS NOT NULL)),
    CHECK ((kind = 'refund') = (receipt_number IS NOT NULL) AND (kind = 'refund') = (received_date IS NOT NULL)),
    CHECK (kind <> 'write_off' OR note IS NOT NULL),
    -- Two persons.
    CHECK (proposed_by <> decided_by),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (CASE WHEN kind = 'offset' OR state = 'proposed' THEN decided_by IS NULL ELSE decided_by IS NOT NULL END),
    CHECK (decision_note IS NULL OR decided_by IS NOT NULL),
    CHECK (state <> 'rejected' OR decision_note IS NOT NULL)
);
CREATE UNIQUE INDEX recovery_movements_payment ON recovery_movements (payment_id, recovery_id) WHERE payment_id IS NOT NULL;
CREATE UNIQUE INDEX recovery_movements_receipt ON recovery_movements (recovery_id, receipt_number)
    WHERE receipt_number IS NOT NULL AND state <> 'rejected';
CREATE INDEX recovery_movements_recovery ON recovery_movements (recovery_id, id);
CREATE INDEX recovery_movements_paid ON recovery_movements (payment_id);
CREATE INDEX recovery_movements_proposed_by ON recovery_movements (proposed_by);
CREATE INDEX recovery_movements_decided_by ON recovery_movements (decided_by);

-- What concerns every office: who asks may see but one of a person's records.
CREATE FUNCTION is_tied(whose uuid, to_resident uuid) RETURNS boolean LANGUAGE plpgsql STABLE SET huican.reach = '{(,)}' AS $$
BEGIN
    -- Most people have neither declared a relation nor left a number, or their number is nobody else's.
    IF NOT EXISTS (SELECT 1 FROM user_traces t WHERE t.user_id = whose) THEN
        RETURN false;
    END IF;
    RETURN EXISTS (SELECT 1 FROM user_ties t WHERE t.user_id = whose AND t.resident_id = to_resident);
END $$;

-- A recovery begins open, with nothing recovered; what it is of stays, and its sums are those of its movements.
CREATE TRIGGER recoveries_begin BEFORE INSERT ON recoveries FOR EACH ROW
    WHEN (NEW.stage <> 'open' OR NEW.last_transition <> 1 OR NEW.reserved_fen <> 0 OR NEW.recovered_fen <> 0)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recoveries_fixed BEFORE UPDATE ON recoveries FOR EACH ROW
    WHEN ((NEW.id, NEW.recovery_number, NEW.resident_id, NEW.enrollment_id, NEW.program_code, NEW.division_code, NEW.reason, NEW.total_fen,
            NEW.opened_by, NEW.opened_at)
            IS DISTINCT FROM
            (OLD.id, OLD.recovery_number, OLD.resident_id, OLD.enrollment_id, OLD.program_code, OLD.division_code, OLD.reason, OLD.total_fen,
            OLD.opened_by, OLD.opened_at)
        OR NEW.last_transition < OLD.last_transition OR OLD.stage = 'withdrawn')
    EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_recovery_sums() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NEW.reserved_fen <> (SELECT coalesce(sum(m.amount_fen), 0) FROM recovery_movements m WHERE m.recovery_id = NEW.id AND m.state = 'reserved')
        OR NEW.recovered_fen <> (SELECT coalesce(sum(m.amount_fen), 0) FROM recovery_movements m WHERE m.recovery_id = NEW.id AND m.state = 'approved')
    THEN
        RAISE EXCEPTION 'huican.append_only: what is recovered is what its movements say';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recoveries_sums BEFORE UPDATE OF reserved_fen, recovered_fen ON recoveries
    FOR EACH ROW EXECUTE FUNCTION refuse_recovery_sums();
CREATE FUNCTION release_recovery_months() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE recovery_months SET live = false WHERE recovery_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER recoveries_withdrawn AFTER UPDATE OF stage ON recoveries FOR EACH ROW
    WHEN (NEW.stage = 'withdrawn' AND OLD.stage <> 'withdrawn') EXECUTE FUNCTION release_recovery_months();

-- A month that was paid, whole, though the benefit did not run in it; taken in before the recovery is open.
CREATE FUNCTION refuse_recovery_month() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT NEW.live
        OR EXISTS (SELECT 1 FROM recovery_transitions t WHERE t.recovery_id = NEW.recovery_id)
        OR NOT EXISTS (
            SELECT 1 FROM recoveries r
            JOIN entitlements e ON e.enrollment_id = r.enrollment_id
            JOIN payment_items i ON i.entitlement_id = e.id AND i.live
            JOIN payments p ON p.id = i.payment_id AND p.state = 'paid'
            WHERE r.id = NEW.recovery_id AND e.id = NEW.entitlement_id AND p.id = NEW.payment_id
              AND e.month = NEW.month AND i.amount_fen = NEW.amount_fen AND p.county_code = r.county_code
              AND coalesce((
                SELECT t.to_state FROM enrollment_transitions t
                WHERE t.enrollment_id = r.enrollment_id AND t.effective_month <= e.month ORDER BY t.sequence DESC LIMIT 1), 'stopped') <> 'active')
    THEN
        RAISE EXCEPTION 'huican.append_only: a recovery is of months that were paid and not due';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recovery_months_overpaid BEFORE INSERT ON recovery_months FOR EACH ROW EXECUTE FUNCTION refuse_recovery_month();
CREATE FUNCTION refuse_recovery_month_change() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF (NEW.id, NEW.recovery_id, NEW.entitlement_id, NEW.payment_id, NEW.month, NEW.amount_fen)
            IS DISTINCT FROM (OLD.id, OLD.recovery_id, OLD.entitlement_id, OLD.payment_id, OLD.month, OLD.amount_fen)
        OR NEW.live OR NOT OLD.live
        OR NOT EXISTS (SELECT 1 FROM recoveries r WHERE r.id = NEW.recovery_id AND r.stage = 'withdrawn')
    THEN
        RAISE EXCEPTION 'huican.append_only: what was overpaid stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recovery_months_fixed BEFORE UPDATE ON recovery_months FOR EACH ROW EXECUTE FUNCTION refuse_recovery_month_change();
CREATE FUNCTION book_recovery_month() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, recovery_month_id)
    SELECT CASE WHEN NEW.live THEN r.opened_at ELSE r.updated_at END, CASE WHEN NEW.live THEN 'overpaid' ELSE 'withdrawal' END,
        CASE WHEN NEW.live THEN 'recovery' ELSE 'obligation' END, CASE WHEN NEW.live THEN 'obligation' ELSE 'recovery' END,
        NEW.amount_fen, r.resident_id, r.program_code, r.division_code, NEW.id
    FROM recoveries r WHERE r.id = NEW.recovery_id;
    RETURN NULL;
END $$;
CREATE TRIGGER recovery_months_booked AFTER INSERT OR UPDATE OF live ON recovery_months
    FOR EACH ROW EXECUTE FUNCTION book_recovery_month();

CREATE FUNCTION refuse_recovery_entry() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    r recoveries%ROWTYPE;
BEGIN
    SELECT * INTO r FROM recoveries WHERE id = NEW.recovery_id;
    IF r.last_transition IS DISTINCT FROM NEW.sequence THEN
        RAISE EXCEPTION 'huican.append_only: an entry says where its recovery now stands';
    END IF;
    IF NEW.action = 'open' AND (r.opened_by <> NEW.actor_id
        OR NOT EXISTS (SELECT 1 FROM recovery_notices n WHERE n.recovery_id = r.id)
        OR r.total_fen IS DISTINCT FROM (SELECT sum(m.amount_fen) FROM recovery_months m WHERE m.recovery_id = r.id))
    THEN
        RAISE EXCEPTION 'huican.append_only: a recovery is of its months, told in a notice, by whoever opened it';
    END IF;
    IF NEW.action = 'notify' AND NOT EXISTS (
        SELECT 1 FROM recovery_notices n WHERE n.recovery_id = NEW.recovery_id AND n.issued_date <= NEW.served_date)
    THEN
        RAISE EXCEPTION 'huican.append_only: a notice is served after it was issued';
    END IF;
    IF NEW.action = 'withdraw' AND r.opened_by = NEW.actor_id THEN
        RAISE EXCEPTION 'huican.recovery_own';
    END IF;
    IF is_tied(NEW.actor_id, r.resident_id) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recovery_transitions_stand BEFORE INSERT ON recovery_transitions FOR EACH ROW EXECUTE FUNCTION refuse_recovery_entry();
-- What was written stays. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER recovery_transitions_fixed BEFORE UPDATE ON recovery_transitions FOR EACH ROW
    WHEN ((NEW.id, NEW.recovery_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_stage, NEW.to_stage, NEW.actor_id, NEW.method,
            NEW.recipient, NEW.served_date, NEW.at)
            IS DISTINCT FROM
            (OLD.id, OLD.recovery_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_stage, OLD.to_stage, OLD.actor_id, OLD.method,
            OLD.recipient, OLD.served_date, OLD.at)
        OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), true))
    EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_recovery_instalment() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    r recoveries%ROWTYPE;
BEGIN
    SELECT * INTO r FROM recoveries WHERE id = NEW.recovery_id;
    IF r.stage = 'withdrawn' THEN
        RAISE EXCEPTION 'huican.recovery_transition';
    END IF;
    IF is_tied(NEW.agreed_by, r.resident_id) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recovery_instalments_agreed BEFORE INSERT ON recovery_instalments
    FOR EACH ROW EXECUTE FUNCTION refuse_recovery_instalment();

-- Never more than what is left; from a payment of the same program, county and person, while its batch is made.
CREATE FUNCTION refuse_recovery_movement() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET huican.reach = '{(,)}' AS $$
DECLARE
    r recoveries%ROWTYPE;
BEGIN
    -- One movement of a recovery at a time: the questions after this see what the one before has taken.
    PERFORM 1 FROM recoveries WHERE id = NEW.recovery_id FOR UPDATE;
    SELECT * INTO r FROM recoveries WHERE id = NEW.recovery_id;
    IF (NEW.state <> CASE NEW.kind WHEN 'offset' THEN 'reserved' ELSE 'proposed' END) THEN
        RAISE EXCEPTION 'huican.append_only: a movement begins undecided';
    END IF;
    IF r.stage = 'withdrawn' OR (NEW.kind = 'offset' AND r.stage <> 'notified') THEN
        RAISE EXCEPTION 'huican.recovery_transition';
    END IF;
    IF NEW.amount_fen > r.total_fen - r.reserved_fen - r.recovered_fen THEN
        RAISE EXCEPTION 'huican.recovery_rest';
    END IF;
    IF NEW.kind <> 'offset' AND is_tied(NEW.proposed_by, r.resident_id) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    IF NEW.kind = 'offset' AND NOT EXISTS (
        SELECT 1 FROM residents w
        JOIN payments p ON p.program_code = r.program_code AND p.county_code = r.county_code
        JOIN residents q ON q.id = p.resident_id AND coalesce(q.merged_into_id, q.id) = coalesce(w.merged_into_id, w.id)
        JOIN payment_batches b ON b.id = p.batch_id AND b.month = NEW.month AND b.state = 'draft' AND b.digest IS NULL
        WHERE w.id = r.resident_id AND p.id = NEW.payment_id AND p.state = 'pending'
          AND NEW.amount_fen + (SELECT coalesce(sum(m.amount_fen), 0) FROM recovery_movements m WHERE m.payment_id = p.id) <= p.deduction_fen)
    THEN
        RAISE EXCEPTION 'huican.append_only: an offset is kept back from a payment of the same program, county and person';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recovery_movements_begin BEFORE INSERT ON recovery_movements FOR EACH ROW EXECUTE FUNCTION refuse_recovery_movement();
CREATE FUNCTION refuse_recovery_decision() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET huican.reach = '{(,)}' AS $$
DECLARE
    r recoveries%ROWTYPE;
BEGIN
    IF (NEW.id, NEW.recovery_id, NEW.kind, NEW.amount_fen, NEW.payment_id, NEW.month, NEW.receipt_number, NEW.received_date,
            NEW.proposed_by, NEW.proposed_at)
            IS DISTINCT FROM
            (OLD.id, OLD.recovery_id, OLD.kind, OLD.amount_fen, OLD.payment_id, OLD.month, OLD.receipt_number, OLD.received_date,
            OLD.proposed_by, OLD.proposed_at)
        OR (NEW.note IS DISTINCT FROM OLD.note AND coalesce(substr(NEW.note, 2, 2) <= substr(OLD.note, 2, 2), true))
        OR (NEW.state = OLD.state AND ((NEW.decided_by, NEW.decided_at) IS DISTINCT FROM (OLD.decided_by, OLD.decided_at)
            OR (NEW.decision_note IS DISTINCT FROM OLD.decision_note
                AND coalesce(substr(NEW.decision_note, 2, 2) <= substr(OLD.decision_note, 2, 2), true))))
        OR (NEW.state <> OLD.state AND NOT CASE
            WHEN OLD.state = 'proposed' THEN true
            WHEN OLD.kind <> 'offset' THEN false
            WHEN OLD.state IN ('reserved', 'approved') AND NEW.state = 'returned' THEN EXISTS (
                SELECT 1 FROM payments p WHERE p.id = NEW.payment_id AND p.state IN ('failed', 'cancelled'))
            WHEN OLD.state = 'reserved' AND NEW.state = 'approved' THEN EXISTS (
                SELECT 1 FROM payments p WHERE p.id = NEW.payment_id AND p.state IN ('sent', 'paid'))
            ELSE false END)
    THEN
        RAISE EXCEPTION 'huican.append_only: a movement is decided once';
    END IF;
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    -- One movement of a recovery at a time: the questions after this see what the one before has taken.
    PERFORM 1 FROM recoveries WHERE id = NEW.recovery_id FOR UPDATE;
    IF OLD.state = 'proposed' THEN
        SELECT * INTO r FROM recoveries WHERE id = NEW.recovery_id;
        IF NEW.decided_by = NEW.proposed_by THEN
            RAISE EXCEPTION 'huican.recovery_own';
        END IF;
        IF r.stage = 'withdrawn' THEN
            RAISE EXCEPTION 'huican.recovery_transition';
        END IF;
        IF NEW.state = 'approved' AND NEW.amount_fen > r.total_fen - r.reserved_fen - r.recovered_fen THEN
            RAISE EXCEPTION 'huican.recovery_rest';
        END IF;
        IF is_tied(NEW.decided_by, r.resident_id) THEN
            RAISE EXCEPTION 'huican.recusal_required';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recovery_movements_fixed BEFORE UPDATE ON recovery_movements FOR EACH ROW EXECUTE FUNCTION refuse_recovery_decision();
CREATE FUNCTION count_recovery_movement() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state IN ('proposed', 'rejected') OR (TG_OP = 'UPDATE' AND NEW.state = OLD.state) THEN
        RETURN NULL;
    END IF;
    UPDATE recoveries SET version = version + 1, updated_at = greatest(updated_at, coalesce(NEW.decided_at, NEW.proposed_at)),
        reserved_fen = (SELECT coalesce(sum(m.amount_fen), 0) FROM recovery_movements m WHERE m.recovery_id = NEW.recovery_id AND m.state = 'reserved'),
        recovered_fen = (SELECT coalesce(sum(m.amount_fen), 0) FROM recovery_movements m WHERE m.recovery_id = NEW.recovery_id AND m.state = 'approved')
    WHERE id = NEW.recovery_id;
    INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, recovery_movement_id)
    SELECT NEW.decided_at, NEW.kind, CASE NEW.kind WHEN 'refund' THEN 'returned' ELSE 'written_off' END, 'recovery', NEW.amount_fen,
        r.resident_id, r.program_code, r.division_code, NEW.id
    FROM recoveries r WHERE r.id = NEW.recovery_id AND NEW.kind <> 'offset' AND NEW.state = 'approved';
    RETURN NULL;
END $$;
CREATE TRIGGER recovery_movements_counted AFTER INSERT OR UPDATE OF state ON recovery_movements
    FOR EACH ROW EXECUTE FUNCTION count_recovery_movement();
-- What a payment keeps back goes with it.
CREATE FUNCTION move_offset() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    goes text := CASE WHEN NEW.state IN ('sent', 'paid') THEN 'approved' ELSE 'returned' END;
BEGIN
    UPDATE recovery_movements SET state = goes WHERE payment_id = NEW.id AND state <> goes;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_offset AFTER UPDATE OF state ON payments FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND NEW.deduction_fen > 0) EXECUTE FUNCTION move_offset();
CREATE FUNCTION refuse_unmatched_deduction() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM payments p WHERE p.batch_id = NEW.batch_id AND p.deduction_fen <>
            (SELECT coalesce(sum(m.amount_fen), 0) FROM recovery_movements m WHERE m.payment_id = p.id))
    THEN
        RAISE EXCEPTION 'huican.payment_sums';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_batch_transitions_offset BEFORE INSERT ON payment_batch_transitions FOR EACH ROW
    WHEN (NEW.action = 'submit') EXECUTE FUNCTION refuse_unmatched_deduction();

-- Nobody writes in the books by hand: an entry of a recovery is what happened to it.
CREATE FUNCTION refuse_entry_of_recovery() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF (NEW.recovery_month_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM recovery_months m JOIN recoveries r ON r.id = m.recovery_id
        WHERE m.id = NEW.recovery_month_id AND m.amount_fen = NEW.amount_fen AND r.resident_id = NEW.resident_id
          AND r.program_code = NEW.program_code AND r.division_code = NEW.division_code AND m.live = (NEW.entry = 'overpaid')))
      OR (NEW.recovery_movement_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM recovery_movements m JOIN recoveries r ON r.id = m.recovery_id
        WHERE m.id = NEW.recovery_movement_id AND m.amount_fen = NEW.amount_fen AND r.resident_id = NEW.resident_id
          AND r.program_code = NEW.program_code AND r.division_code = NEW.division_code AND m.kind = NEW.entry AND m.state = 'approved'))
    THEN
        RAISE EXCEPTION 'huican.append_only: the books follow what happened';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_entries_of_recovery BEFORE INSERT ON ledger_entries FOR EACH ROW
    WHEN (NEW.recovery_month_id IS NOT NULL OR NEW.recovery_movement_id IS NOT NULL) EXECUTE FUNCTION refuse_entry_of_recovery();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_recoveries CHECK (' ' || permits || ' ' NOT LIKE '% recovery.act %'
    AND ' ' || permits || ' ' NOT LIKE '% recovery.approve %');

CREATE TRIGGER recovery_transitions_keep BEFORE DELETE ON recovery_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recovery_transitions_keep_all BEFORE TRUNCATE ON recovery_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recovery_notices_fixed BEFORE UPDATE ON recovery_notices FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recovery_notices_keep BEFORE DELETE ON recovery_notices FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recovery_notices_keep_all BEFORE TRUNCATE ON recovery_notices FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recovery_instalments_fixed BEFORE UPDATE ON recovery_instalments FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recovery_instalments_keep BEFORE DELETE ON recovery_instalments FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recovery_instalments_keep_all BEFORE TRUNCATE ON recovery_instalments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recoveries_keep BEFORE DELETE ON recoveries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recoveries_keep_all BEFORE TRUNCATE ON recoveries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recovery_months_keep BEFORE DELETE ON recovery_months FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recovery_months_keep_all BEFORE TRUNCATE ON recovery_months FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recovery_movements_keep BEFORE DELETE ON recovery_movements FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recovery_movements_keep_all BEFORE TRUNCATE ON recovery_movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON recoveries, recovery_months, recovery_transitions, recovery_notices, recovery_instalments, recovery_movements
    TO huican_service;
GRANT UPDATE (stage, last_transition, version, updated_at) ON recoveries TO huican_service;
GRANT UPDATE (comment) ON recovery_transitions TO huican_service;
GRANT UPDATE (state, note, decided_by, decided_at, decision_note) ON recovery_movements TO huican_service;

ALTER TABLE recoveries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON recoveries
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE recovery_months ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON recovery_months USING (EXISTS (SELECT 1 FROM recoveries r WHERE r.id = recovery_id));
ALTER TABLE recovery_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON recovery_transitions USING (EXISTS (SELECT 1 FROM recoveries r WHERE r.id = recovery_id));
ALTER TABLE recovery_notices ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON recovery_notices USING (EXISTS (SELECT 1 FROM recoveries r WHERE r.id = recovery_id));
ALTER TABLE recovery_instalments ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON recovery_instalments USING (EXISTS (SELECT 1 FROM recoveries r WHERE r.id = recovery_id));
ALTER TABLE recovery_movements ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON recovery_movements USING (EXISTS (SELECT 1 FROM recoveries r WHERE r.id = recovery_id));
