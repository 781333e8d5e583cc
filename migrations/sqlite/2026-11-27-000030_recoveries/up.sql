-- What was paid and not due, and how it comes back. The history is the truth, as of cases; what is recovered is the sum of
-- the movements. `comment`, `note` and `decision_note` are sealed.

CREATE TABLE recoveries (
    id BLOB NOT NULL PRIMARY KEY,
    recovery_number TEXT NOT NULL UNIQUE,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    enrollment_id BLOB NOT NULL,
    program_code TEXT NOT NULL REFERENCES programs (code),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    -- Why the benefit did not run in the months that were paid.
    reason TEXT NOT NULL CHECK (reason IN (
        'death', 'missing', 'moved_away', 'certificate_ended', 'imprisoned', 'review_failed', 'income_changed', 'voluntary',
        'extreme_poverty_support', 'work_injury_care', 'other_allowance', 'period_ended', 'error', 'other')),
    stage TEXT NOT NULL,
    last_transition INTEGER NOT NULL,
    total_fen INTEGER NOT NULL CHECK (total_fen > 0),
    -- Sums of the movements, kept by their triggers: what payments that are not released keep back, and what was recovered.
    reserved_fen INTEGER NOT NULL CHECK (reserved_fen >= 0),
    recovered_fen INTEGER NOT NULL CHECK (recovered_fen >= 0),
    opened_by BLOB NOT NULL REFERENCES users (id),
    opened_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK (reserved_fen + recovered_fen <= total_fen),
    CHECK (stage <> 'withdrawn' OR (reserved_fen = 0 AND recovered_fen = 0)),
    FOREIGN KEY (enrollment_id, resident_id, program_code) REFERENCES enrollments (id, resident_id, program_code),
    FOREIGN KEY (id, last_transition, stage) REFERENCES recovery_transitions (recovery_id, sequence, to_stage) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX recoveries_resident ON recoveries (resident_id, id);
CREATE INDEX recoveries_enrollment ON recoveries (enrollment_id, resident_id, program_code);
CREATE INDEX recoveries_program ON recoveries (program_code);
CREATE INDEX recoveries_division ON recoveries (division_code, id);
CREATE INDEX recoveries_county ON recoveries (county_code, id);
CREATE INDEX recoveries_stage ON recoveries (stage, id);
CREATE INDEX recoveries_opened_by ON recoveries (opened_by);

-- The months that were paid and not due: each is recovered once.
CREATE TABLE recovery_months (
    id BLOB NOT NULL PRIMARY KEY,
    recovery_id BLOB NOT NULL REFERENCES recoveries (id),
    entitlement_id BLOB NOT NULL REFERENCES entitlements (id),
    payment_id BLOB NOT NULL,
    month TEXT NOT NULL CHECK (length(month) = 7),
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    live INTEGER NOT NULL CHECK (live IN (0, 1)),
    UNIQUE (recovery_id, entitlement_id),
    FOREIGN KEY (payment_id, entitlement_id) REFERENCES payment_items (payment_id, entitlement_id)
) STRICT;
CREATE UNIQUE INDEX recovery_months_one ON recovery_months (entitlement_id) WHERE live = 1;
CREATE INDEX recovery_months_entitlement ON recovery_months (entitlement_id);
CREATE INDEX recovery_months_payment ON recovery_months (payment_id, entitlement_id);

CREATE TABLE recovery_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    recovery_id BLOB NOT NULL REFERENCES recoveries (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_stage TEXT,
    to_stage TEXT NOT NULL,
    actor_id BLOB NOT NULL REFERENCES users (id),
    -- How the notice was served.
    method TEXT CHECK (method IN ('in_person', 'post', 'left_at_home', 'public_notice')),
    recipient TEXT CHECK (recipient IN ('self', 'guardian', 'family_member', 'agent')),
    served_date TEXT,
    comment BLOB,
    at INTEGER NOT NULL,
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
        ELSE 1 = 0 END),
    CHECK ((action = 'notify') = (method IS NOT NULL) AND (action = 'notify') = (served_date IS NOT NULL)),
    CHECK (CASE WHEN method IS NULL THEN recipient IS NULL ELSE (method = 'public_notice') = (recipient IS NULL) END),
    CHECK (action <> 'withdraw' OR comment IS NOT NULL),
    FOREIGN KEY (recovery_id, previous_sequence, from_stage) REFERENCES recovery_transitions (recovery_id, sequence, to_stage)
) STRICT;
CREATE INDEX recovery_transitions_previous ON recovery_transitions (recovery_id, previous_sequence, from_stage);
CREATE INDEX recovery_transitions_actor ON recovery_transitions (actor_id);

-- What the person was told, as issued; `content` is JSON.
CREATE TABLE recovery_notices (
    recovery_id BLOB NOT NULL PRIMARY KEY REFERENCES recoveries (id),
    content TEXT NOT NULL,
    issued_date TEXT NOT NULL,
    issued_at INTEGER NOT NULL
) STRICT;

-- How much of each month's payment is kept back, from a month on. What is agreed anew follows what was agreed before.
CREATE TABLE recovery_instalments (
    recovery_id BLOB NOT NULL REFERENCES recoveries (id),
    revision INTEGER NOT NULL CHECK (revision > 0),
    previous_revision INTEGER,
    from_month TEXT NOT NULL CHECK (length(from_month) = 7),
    -- All that there is, where it says nothing.
    amount_fen INTEGER CHECK (amount_fen > 0),
    agreed_by BLOB NOT NULL REFERENCES users (id),
    agreed_at INTEGER NOT NULL,
    PRIMARY KEY (recovery_id, revision),
    CHECK ((revision = 1) = (previous_revision IS NULL)),
    CHECK (previous_revision = revision - 1),
    FOREIGN KEY (recovery_id, previous_revision) REFERENCES recovery_instalments (recovery_id, revision)
) STRICT;
CREATE INDEX recovery_instalments_previous ON recovery_instalments (recovery_id, previous_revision);
CREATE INDEX recovery_instalments_agreed_by ON recovery_instalments (agreed_by);

-- What comes back, or does not have to: kept back from a payment, paid back, written off. One person proposes what another decides.
CREATE TABLE recovery_movements (
    id BLOB NOT NULL PRIMARY KEY,
    recovery_id BLOB NOT NULL REFERENCES recoveries (id),
    kind TEXT NOT NULL CHECK (kind IN ('offset', 'refund', 'write_off')),
    state TEXT NOT NULL,
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    -- Of an offset: the payment that it is kept back from, and its batch's month.
    payment_id BLOB REFERENCES payments (id),
    month TEXT CHECK (length(month) = 7),
    -- Of a refund.
    receipt_number TEXT CHECK (length(receipt_number) BETWEEN 1 AND 50),
    received_date TEXT,
    note BLOB,
    proposed_by BLOB NOT NULL REFERENCES users (id),
    proposed_at INTEGER NOT NULL,
    decided_by BLOB REFERENCES users (id),
    decided_at INTEGER,
    decision_note BLOB,
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
) STRICT;
CREATE UNIQUE INDEX recovery_movements_payment ON recovery_movements (payment_id, recovery_id) WHERE payment_id IS NOT NULL;
CREATE UNIQUE INDEX recovery_movements_receipt ON recovery_movements (recovery_id, receipt_number)
    WHERE receipt_number IS NOT NULL AND state <> 'rejected';
CREATE INDEX recovery_movements_recovery ON recovery_movements (recovery_id, id);
CREATE INDEX recovery_movements_paid ON recovery_movements (payment_id);
CREATE INDEX recovery_movements_proposed_by ON recovery_movements (proposed_by);
CREATE INDEX recovery_movements_decided_by ON recovery_movements (decided_by);

-- A recovery begins open, with nothing recovered; what it is of stays, and its sums are those of its movements.
CREATE TRIGGER recoveries_begin BEFORE INSERT ON recoveries
WHEN NEW.stage <> 'open' OR NEW.last_transition <> 1 OR NEW.reserved_fen <> 0 OR NEW.recovered_fen <> 0
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a recovery begins open');
END;
CREATE TRIGGER recoveries_fixed BEFORE UPDATE ON recoveries
WHEN (NEW.id, NEW.recovery_number, NEW.resident_id, NEW.enrollment_id, NEW.program_code, NEW.division_code, NEW.reason, NEW.total_fen,
        NEW.opened_by, NEW.opened_at)
        IS NOT
        (OLD.id, OLD.recovery_number, OLD.resident_id, OLD.enrollment_id, OLD.program_code, OLD.division_code, OLD.reason, OLD.total_fen,
        OLD.opened_by, OLD.opened_at)
    OR NEW.last_transition < OLD.last_transition OR OLD.stage = 'withdrawn'
    OR NEW.reserved_fen <> (SELECT coalesce(sum(m.amount_fen), 0) FROM recovery_movements m WHERE m.recovery_id = NEW.id AND m.state = 'reserved')
    OR NEW.recovered_fen <> (SELECT coalesce(sum(m.amount_fen), 0) FROM recovery_movements m WHERE m.recovery_id = NEW.id AND m.state = 'approved')
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what is recovered is what its movements say');
END;
CREATE TRIGGER recoveries_withdrawn AFTER UPDATE OF stage ON recoveries
WHEN NEW.stage = 'withdrawn' AND OLD.stage <> 'withdrawn'
BEGIN
    UPDATE recovery_months SET live = 0 WHERE recovery_id = NEW.id;
END;

-- A month that was paid, whole, though the benefit did not run in it; taken in before the recovery is open.
CREATE TRIGGER recovery_months_overpaid BEFORE INSERT ON recovery_months
WHEN NEW.live = 0
    OR EXISTS (SELECT 1 FROM recovery_transitions t WHERE t.recovery_id = NEW.recovery_id)
    OR NOT EXISTS (
        SELECT 1 FROM recoveries r
        JOIN entitlements e ON e.enrollment_id = r.enrollment_id
        JOIN payment_items i ON i.entitlement_id = e.id AND i.live = 1
        JOIN payments p ON p.id = i.payment_id AND p.state = 'paid'
        WHERE r.id = NEW.recovery_id AND e.id = NEW.entitlement_id AND p.id = NEW.payment_id
          AND e.month = NEW.month AND i.amount_fen = NEW.amount_fen AND p.county_code = r.county_code
          AND coalesce((
            SELECT t.to_state FROM enrollment_transitions t
            WHERE t.enrollment_id = r.enrollment_id AND t.effective_month <= e.month ORDER BY t.sequence DESC LIMIT 1), 'stopped') <> 'active')
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a recovery is of months that were paid and not due');
END;
CREATE TRIGGER recovery_months_fixed BEFORE UPDATE ON recovery_months
WHEN (NEW.id, NEW.recovery_id, NEW.entitlement_id, NEW.payment_id, NEW.month, NEW.amount_fen)
        IS NOT (OLD.id, OLD.recovery_id, OLD.entitlement_id, OLD.payment_id, OLD.month, OLD.amount_fen)
    OR NEW.live = 1 OR OLD.live = 0
    OR NOT EXISTS (SELECT 1 FROM recoveries r WHERE r.id = NEW.recovery_id AND r.stage = 'withdrawn')
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was overpaid stays');
END;
CREATE TRIGGER recovery_months_booked AFTER INSERT ON recovery_months
BEGIN
    INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, recovery_month_id)
    SELECT r.opened_at, 'overpaid', 'recovery', 'obligation', NEW.amount_fen, r.resident_id, r.program_code, r.division_code, NEW.id
    FROM recoveries r WHERE r.id = NEW.recovery_id;
END;
CREATE TRIGGER recovery_months_booked_back AFTER UPDATE OF live ON recovery_months
WHEN NEW.live = 0 AND OLD.live = 1
BEGIN
    INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, recovery_month_id)
    SELECT r.updated_at, 'withdrawal', 'obligation', 'recovery', NEW.amount_fen, r.resident_id, r.program_code, r.division_code, NEW.id
    FROM recoveries r WHERE r.id = NEW.recovery_id;
END;

CREATE TRIGGER recovery_transitions_stand BEFORE INSERT ON recovery_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an entry says where its recovery now stands')
    WHERE NOT EXISTS (SELECT 1 FROM recoveries r WHERE r.id = NEW.recovery_id AND r.last_transition = NEW.sequence);
    SELECT RAISE(ABORT, 'huican.append_only: a recovery is of its months, told in a notice, by whoever opened it')
    WHERE NEW.action = 'open' AND NOT EXISTS (
        SELECT 1 FROM recoveries r JOIN recovery_notices n ON n.recovery_id = r.id
        WHERE r.id = NEW.recovery_id AND r.opened_by = NEW.actor_id
          AND r.total_fen = (SELECT sum(m.amount_fen) FROM recovery_months m WHERE m.recovery_id = r.id));
    SELECT RAISE(ABORT, 'huican.append_only: a notice is served after it was issued')
    WHERE NEW.action = 'notify' AND NOT EXISTS (
        SELECT 1 FROM recovery_notices n WHERE n.recovery_id = NEW.recovery_id AND n.issued_date <= NEW.served_date);
    SELECT RAISE(ABORT, 'huican.recovery_own')
    WHERE NEW.action = 'withdraw' AND EXISTS (
        SELECT 1 FROM recoveries r WHERE r.id = NEW.recovery_id AND r.opened_by = NEW.actor_id);
    SELECT RAISE(ABORT, 'huican.recusal_required')
    WHERE EXISTS (
        SELECT 1 FROM user_ties t JOIN recoveries r ON r.resident_id = t.resident_id
        WHERE r.id = NEW.recovery_id AND t.user_id = NEW.actor_id);
END;
-- What was written stays. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER recovery_transitions_fixed BEFORE UPDATE ON recovery_transitions
WHEN (NEW.id, NEW.recovery_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_stage, NEW.to_stage, NEW.actor_id, NEW.method,
        NEW.recipient, NEW.served_date, NEW.at)
        IS NOT
        (OLD.id, OLD.recovery_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_stage, OLD.to_stage, OLD.actor_id, OLD.method,
        OLD.recipient, OLD.served_date, OLD.at)
    OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), 1 = 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: entries are never changed');
END;

CREATE TRIGGER recovery_instalments_agreed BEFORE INSERT ON recovery_instalments
BEGIN
    SELECT RAISE(ABORT, 'huican.recovery_transition')
    WHERE EXISTS (SELECT 1 FROM recoveries r WHERE r.id = NEW.recovery_id AND r.stage = 'withdrawn');
    SELECT RAISE(ABORT, 'huican.recusal_required')
    WHERE EXISTS (
        SELECT 1 FROM user_ties t JOIN recoveries r ON r.resident_id = t.resident_id
        WHERE r.id = NEW.recovery_id AND t.user_id = NEW.agreed_by);
END;

-- Never more than what is left; from a payment of the same program, county and person, while its batch is made.
CREATE TRIGGER recovery_movements_begin BEFORE INSERT ON recovery_movements
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a movement begins undecided')
    WHERE NEW.state <> CASE NEW.kind WHEN 'offset' THEN 'reserved' ELSE 'proposed' END;
    SELECT RAISE(ABORT, 'huican.recovery_transition')
    WHERE EXISTS (SELECT 1 FROM recoveries r WHERE r.id = NEW.recovery_id
        AND (r.stage = 'withdrawn' OR (NEW.kind = 'offset' AND r.stage <> 'notified')));
    SELECT RAISE(ABORT, 'huican.recovery_rest')
    WHERE EXISTS (SELECT 1 FROM recoveries r WHERE r.id = NEW.recovery_id
        AND NEW.amount_fen > r.total_fen - r.reserved_fen - r.recovered_fen);
    SELECT RAISE(ABORT, 'huican.recusal_required')
    WHERE NEW.kind <> 'offset' AND EXISTS (
        SELECT 1 FROM user_ties t JOIN recoveries r ON r.resident_id = t.resident_id
        WHERE r.id = NEW.recovery_id AND t.user_id = NEW.proposed_by);
    SELECT RAISE(ABORT, 'huican.append_only: an offset is kept back from a payment of the same program, county and person')
    WHERE NEW.kind = 'offset' AND NOT EXISTS (
        SELECT 1 FROM recoveries r
        JOIN residents w ON w.id = r.resident_id
        JOIN payments p ON p.program_code = r.program_code AND p.county_code = r.county_code
        JOIN residents q ON q.id = p.resident_id AND coalesce(q.merged_into_id, q.id) = coalesce(w.merged_into_id, w.id)
        JOIN payment_batches b ON b.id = p.batch_id AND b.month = NEW.month AND b.state = 'draft' AND b.digest IS NULL
        WHERE r.id = NEW.recovery_id AND p.id = NEW.payment_id AND p.state = 'pending'
          AND NEW.amount_fen + (SELECT coalesce(sum(m.amount_fen), 0) FROM recovery_movements m WHERE m.payment_id = p.id) <= p.deduction_fen);
END;
CREATE TRIGGER recovery_movements_fixed BEFORE UPDATE ON recovery_movements
WHEN (NEW.id, NEW.recovery_id, NEW.kind, NEW.amount_fen, NEW.payment_id, NEW.month, NEW.receipt_number, NEW.received_date,
        NEW.proposed_by, NEW.proposed_at)
        IS NOT
        (OLD.id, OLD.recovery_id, OLD.kind, OLD.amount_fen, OLD.payment_id, OLD.month, OLD.receipt_number, OLD.received_date,
        OLD.proposed_by, OLD.proposed_at)
    OR (NEW.note IS NOT OLD.note AND coalesce(substr(NEW.note, 2, 2) <= substr(OLD.note, 2, 2), 1 = 1))
    OR (NEW.state = OLD.state AND ((NEW.decided_by, NEW.decided_at) IS NOT (OLD.decided_by, OLD.decided_at)
        OR (NEW.decision_note IS NOT OLD.decision_note
            AND coalesce(substr(NEW.decision_note, 2, 2) <= substr(OLD.decision_note, 2, 2), 1 = 1))))
    OR (NEW.state <> OLD.state AND NOT CASE
        WHEN OLD.state = 'proposed' THEN 1 = 1
        WHEN OLD.kind <> 'offset' THEN 1 = 0
        WHEN OLD.state IN ('reserved', 'approved') AND NEW.state = 'returned' THEN EXISTS (
            SELECT 1 FROM payments p WHERE p.id = NEW.payment_id AND p.state IN ('failed', 'cancelled'))
        WHEN OLD.state = 'reserved' AND NEW.state = 'approved' THEN EXISTS (
            SELECT 1 FROM payments p WHERE p.id = NEW.payment_id AND p.state IN ('sent', 'paid'))
        ELSE 1 = 0 END)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a movement is decided once');
END;
CREATE TRIGGER recovery_movements_decided BEFORE UPDATE OF state ON recovery_movements
WHEN OLD.state = 'proposed' AND NEW.state <> OLD.state
BEGIN
    SELECT RAISE(ABORT, 'huican.recovery_own')
    WHERE NEW.decided_by = NEW.proposed_by;
    SELECT RAISE(ABORT, 'huican.recovery_transition')
    WHERE EXISTS (SELECT 1 FROM recoveries r WHERE r.id = NEW.recovery_id AND r.stage = 'withdrawn');
    SELECT RAISE(ABORT, 'huican.recovery_rest')
    WHERE NEW.state = 'approved' AND EXISTS (SELECT 1 FROM recoveries r WHERE r.id = NEW.recovery_id
        AND NEW.amount_fen > r.total_fen - r.reserved_fen - r.recovered_fen);
    SELECT RAISE(ABORT, 'huican.recusal_required')
    WHERE EXISTS (
        SELECT 1 FROM user_ties t JOIN recoveries r ON r.resident_id = t.resident_id
        WHERE r.id = NEW.recovery_id AND t.user_id = NEW.decided_by);
END;
CREATE TRIGGER recovery_movements_counted AFTER INSERT ON recovery_movements
WHEN NEW.state = 'reserved'
BEGIN
    UPDATE recoveries SET version = version + 1, updated_at = NEW.proposed_at,
        reserved_fen = (SELECT coalesce(sum(m.amount_fen), 0) FROM recovery_movements m WHERE m.recovery_id = NEW.recovery_id AND m.state = 'reserved')
    WHERE id = NEW.recovery_id;
END;
CREATE TRIGGER recovery_movements_counted_later AFTER UPDATE OF state ON recovery_movements
WHEN NEW.state <> OLD.state
BEGIN
    UPDATE recoveries SET version = version + 1, updated_at = max(updated_at, coalesce(NEW.decided_at, updated_at)),
        reserved_fen = (SELECT coalesce(sum(m.amount_fen), 0) FROM recovery_movements m WHERE m.recovery_id = NEW.recovery_id AND m.state = 'reserved'),
        recovered_fen = (SELECT coalesce(sum(m.amount_fen), 0) FROM recovery_movements m WHERE m.recovery_id = NEW.recovery_id AND m.state = 'approved')
    WHERE id = NEW.recovery_id AND NEW.state <> 'rejected';
    INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, recovery_movement_id)
    SELECT NEW.decided_at, NEW.kind, CASE NEW.kind WHEN 'refund' THEN 'returned' ELSE 'written_off' END, 'recovery', NEW.amount_fen,
        r.resident_id, r.program_code, r.division_code, NEW.id
    FROM recoveries r WHERE r.id = NEW.recovery_id AND NEW.kind <> 'offset' AND NEW.state = 'approved';
END;
-- What a payment keeps back goes with it.
CREATE TRIGGER payments_offset AFTER UPDATE OF state ON payments
WHEN NEW.state <> OLD.state AND NEW.deduction_fen > 0
BEGIN
    UPDATE recovery_movements SET state = CASE WHEN NEW.state IN ('sent', 'paid') THEN 'approved' ELSE 'returned' END
    WHERE payment_id = NEW.id AND state <> CASE WHEN NEW.state IN ('sent', 'paid') THEN 'approved' ELSE 'returned' END;
END;
CREATE TRIGGER payment_batch_transitions_offset BEFORE INSERT ON payment_batch_transitions
WHEN NEW.action = 'submit' AND EXISTS (
    SELECT 1 FROM payments p WHERE p.batch_id = NEW.batch_id AND p.deduction_fen <>
        (SELECT coalesce(sum(m.amount_fen), 0) FROM recovery_movements m WHERE m.payment_id = p.id))
BEGIN
    SELECT RAISE(ABORT, 'huican.payment_sums');
END;

-- Nobody writes in the books by hand: an entry of a recovery is what happened to it.
CREATE TRIGGER ledger_entries_of_recovery BEFORE INSERT ON ledger_entries
WHEN (NEW.recovery_month_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM recovery_months m JOIN recoveries r ON r.id = m.recovery_id
    WHERE m.id = NEW.recovery_month_id AND m.amount_fen = NEW.amount_fen AND r.resident_id = NEW.resident_id
      AND r.program_code = NEW.program_code AND r.division_code = NEW.division_code
      AND m.live = CASE NEW.entry WHEN 'overpaid' THEN 1 ELSE 0 END))
  OR (NEW.recovery_movement_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM recovery_movements m JOIN recoveries r ON r.id = m.recovery_id
    WHERE m.id = NEW.recovery_movement_id AND m.amount_fen = NEW.amount_fen AND r.resident_id = NEW.resident_id
      AND r.program_code = NEW.program_code AND r.division_code = NEW.division_code AND m.kind = NEW.entry AND m.state = 'approved'))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: the books follow what happened');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_recoveries BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% recovery.act %' OR ' ' || NEW.permits || ' ' LIKE '% recovery.approve %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;

CREATE TRIGGER recovery_transitions_keep BEFORE DELETE ON recovery_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: entries are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER recovery_transitions_no_replace BEFORE INSERT ON recovery_transitions
WHEN EXISTS (SELECT 1 FROM recovery_transitions WHERE id = NEW.id OR (recovery_id = NEW.recovery_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: recovery_transitions.id');
END;
CREATE TRIGGER recovery_notices_fixed BEFORE UPDATE ON recovery_notices
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: notices are never changed');
END;
CREATE TRIGGER recovery_notices_keep BEFORE DELETE ON recovery_notices
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: notices are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER recovery_notices_no_replace BEFORE INSERT ON recovery_notices
WHEN EXISTS (SELECT 1 FROM recovery_notices WHERE recovery_id = NEW.recovery_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: recovery_notices.recovery_id');
END;
CREATE TRIGGER recovery_instalments_fixed BEFORE UPDATE ON recovery_instalments
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: instalments are never changed');
END;
CREATE TRIGGER recovery_instalments_keep BEFORE DELETE ON recovery_instalments
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: instalments are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER recovery_instalments_no_replace BEFORE INSERT ON recovery_instalments
WHEN EXISTS (SELECT 1 FROM recovery_instalments WHERE recovery_id = NEW.recovery_id AND revision = NEW.revision)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: recovery_instalments.recovery_id');
END;
CREATE TRIGGER recoveries_keep BEFORE DELETE ON recoveries
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: recoveries are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER recoveries_no_replace BEFORE INSERT ON recoveries
WHEN EXISTS (SELECT 1 FROM recoveries WHERE id = NEW.id OR recovery_number = NEW.recovery_number)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: recoveries.id');
END;
CREATE TRIGGER recovery_months_keep BEFORE DELETE ON recovery_months
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: months are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER recovery_months_no_replace BEFORE INSERT ON recovery_months
WHEN EXISTS (SELECT 1 FROM recovery_months WHERE id = NEW.id OR (recovery_id = NEW.recovery_id AND entitlement_id = NEW.entitlement_id) OR (entitlement_id = NEW.entitlement_id AND live = 1 AND NEW.live = 1))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: recovery_months.id');
END;
CREATE TRIGGER recovery_movements_keep BEFORE DELETE ON recovery_movements
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: movements are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER recovery_movements_no_replace BEFORE INSERT ON recovery_movements
WHEN EXISTS (SELECT 1 FROM recovery_movements WHERE id = NEW.id OR (payment_id = NEW.payment_id AND recovery_id = NEW.recovery_id) OR (recovery_id = NEW.recovery_id AND receipt_number = NEW.receipt_number AND state <> 'rejected'))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: recovery_movements.id');
END;
