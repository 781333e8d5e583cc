-- Devices for persons (辅具适配): who was evaluated to need which item, where it came from, who signed for it, until when
-- no second one is subsidized, and what became of it. As of cases, the history is the truth. The finding is its first
-- comment; `signed_by`, `comment` and `note` are sealed. A batch that is called back names everybody who holds a piece of it.

CREATE TABLE device_allocations (
    id BLOB NOT NULL PRIMARY KEY,
    case_id BLOB NOT NULL,
    resident_id BLOB NOT NULL,
    -- Where the case is; it goes along with it.
    division_code TEXT NOT NULL,
    edition TEXT NOT NULL,
    code TEXT NOT NULL,
    evaluation_level TEXT NOT NULL CHECK (evaluation_level IN ('none', 'township', 'county', 'city')),
    evaluating_organization_id BLOB NOT NULL REFERENCES organizations (id),
    evaluator TEXT NOT NULL CHECK (length(evaluator) BETWEEN 1 AND 40),
    evaluated_date TEXT NOT NULL,
    -- Why within the use-life of the one before.
    exception TEXT CHECK (exception IN ('growth', 'loss', 'recall')),
    exception_document_id BLOB,
    previous_id BLOB REFERENCES device_allocations (id),
    -- From stock.
    movement_id BLOB UNIQUE REFERENCES stock_movements (id),
    -- Or bought for this person.
    supplier_id BLOB REFERENCES organizations (id),
    invoice_number TEXT CHECK (length(invoice_number) BETWEEN 1 AND 100),
    price_fen INTEGER CHECK (price_fen BETWEEN 1 AND 100000000),
    brand TEXT CHECK (length(brand) BETWEEN 1 AND 100),
    model TEXT CHECK (length(model) BETWEEN 1 AND 100),
    batch_number TEXT CHECK (length(batch_number) BETWEEN 1 AND 100),
    serial_number TEXT CHECK (length(serial_number) BETWEEN 1 AND 100),
    supplied_by BLOB REFERENCES users (id),
    signed_by BLOB,
    signed_relation TEXT CHECK (signed_relation IN ('self', 'guardian', 'relative', 'other')),
    delivered_date TEXT,
    -- From then on another is possible; none where there is no such rule.
    use_life_until TEXT,
    return_condition TEXT CHECK (return_condition IN ('good', 'repairable', 'unusable')),
    state TEXT NOT NULL,
    last_transition INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES users (id),
    recorded_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK (coalesce(exception, '') = 'loss' OR exception_document_id IS NULL),
    CHECK (coalesce(exception, '') <> 'loss' OR exception_document_id IS NOT NULL),
    CHECK ((exception IS NULL) = (previous_id IS NULL)),
    CHECK (previous_id <> id),
    CHECK (movement_id IS NULL OR (supplier_id IS NULL AND price_fen IS NULL)),
    CHECK ((supplier_id IS NULL) = (price_fen IS NULL)),
    CHECK ((supplier_id IS NULL) = (invoice_number IS NULL)),
    CHECK ((supplied_by IS NULL) = (movement_id IS NULL AND supplier_id IS NULL)),
    CHECK (supplied_by IS NOT NULL OR coalesce(brand, model, batch_number, serial_number) IS NULL),
    -- Who evaluates neither issues nor supplies.
    CHECK (supplied_by <> recorded_by),
    CHECK (supplier_id <> evaluating_organization_id),
    CHECK ((delivered_date IS NULL) = (signed_by IS NULL)),
    CHECK ((delivered_date IS NULL) = (signed_relation IS NULL)),
    CHECK (delivered_date >= evaluated_date),
    CHECK (use_life_until > delivered_date),
    CHECK (use_life_until IS NULL OR delivered_date IS NOT NULL),
    CHECK (CASE state
        WHEN 'evaluated' THEN supplied_by IS NULL AND delivered_date IS NULL AND return_condition IS NULL
        WHEN 'planned' THEN supplied_by IS NULL AND delivered_date IS NULL AND return_condition IS NULL
        WHEN 'supplied' THEN supplied_by IS NOT NULL AND delivered_date IS NULL AND return_condition IS NULL
        WHEN 'fitted' THEN supplied_by IS NOT NULL AND delivered_date IS NULL AND return_condition IS NULL
        WHEN 'trained' THEN supplied_by IS NOT NULL AND delivered_date IS NULL AND return_condition IS NULL
        WHEN 'delivered' THEN supplied_by IS NOT NULL AND delivered_date IS NOT NULL AND return_condition IS NULL
        WHEN 'returned' THEN supplied_by IS NOT NULL AND delivered_date IS NOT NULL AND return_condition IS NOT NULL
        WHEN 'cancelled' THEN delivered_date IS NULL AND return_condition IS NULL
        ELSE 1 = 0 END),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id),
    FOREIGN KEY (case_id, division_code) REFERENCES cases (id, division_code) ON UPDATE CASCADE,
    FOREIGN KEY (edition, code) REFERENCES device_codes (edition, code),
    FOREIGN KEY (case_id, exception_document_id) REFERENCES case_documents (case_id, document_id),
    FOREIGN KEY (id, last_transition, state) REFERENCES device_allocation_transitions (allocation_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED
) STRICT;
-- A piece has one holder at a time, and a device is replaced once.
CREATE UNIQUE INDEX device_allocations_piece ON device_allocations (edition, code, serial_number)
    WHERE serial_number IS NOT NULL AND state NOT IN ('returned', 'cancelled');
CREATE UNIQUE INDEX device_allocations_replaced ON device_allocations (previous_id) WHERE state <> 'cancelled';
CREATE INDEX device_allocations_previous ON device_allocations (previous_id);
CREATE INDEX device_allocations_case ON device_allocations (case_id, id);
CREATE INDEX device_allocations_case_resident ON device_allocations (case_id, resident_id);
CREATE INDEX device_allocations_case_division ON device_allocations (case_id, division_code);
CREATE INDEX device_allocations_document ON device_allocations (case_id, exception_document_id);
CREATE INDEX device_allocations_resident ON device_allocations (resident_id, id);
CREATE INDEX device_allocations_item ON device_allocations (edition, code, batch_number);
CREATE INDEX device_allocations_evaluating ON device_allocations (evaluating_organization_id);
CREATE INDEX device_allocations_supplier ON device_allocations (supplier_id);
CREATE INDEX device_allocations_supplied_by ON device_allocations (supplied_by);
CREATE INDEX device_allocations_recorded_by ON device_allocations (recorded_by);
CREATE INDEX device_allocations_division ON device_allocations (division_code, id);
CREATE INDEX device_allocations_county ON device_allocations (county_code, id);
CREATE INDEX device_allocations_state ON device_allocations (state, id);

CREATE TABLE device_allocation_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    allocation_id BLOB NOT NULL REFERENCES device_allocations (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    actor_id BLOB NOT NULL REFERENCES users (id),
    comment BLOB,
    at INTEGER NOT NULL,
    UNIQUE (allocation_id, sequence),
    UNIQUE (allocation_id, sequence, to_state),
    CHECK ((action = 'evaluate') = (sequence = 1)),
    CHECK ((action = 'evaluate') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    CHECK (CASE action
        WHEN 'evaluate' THEN to_state = 'evaluated'
        WHEN 'plan' THEN from_state = 'evaluated' AND to_state = 'planned'
        WHEN 'issue' THEN from_state = 'planned' AND to_state = 'supplied'
        WHEN 'purchase' THEN from_state = 'planned' AND to_state = 'supplied'
        WHEN 'fit' THEN from_state = 'supplied' AND to_state = 'fitted'
        WHEN 'train' THEN from_state = 'fitted' AND to_state = 'trained'
        WHEN 'deliver' THEN from_state = 'trained' AND to_state = 'delivered'
        WHEN 'repair' THEN from_state = 'delivered' AND to_state = 'delivered'
        WHEN 'return' THEN from_state = 'delivered' AND to_state = 'returned'
        WHEN 'cancel' THEN from_state IN ('evaluated', 'planned', 'supplied', 'fitted', 'trained') AND to_state = 'cancelled'
        ELSE 1 = 0 END),
    CHECK (action NOT IN ('evaluate', 'plan', 'repair', 'cancel') OR comment IS NOT NULL),
    FOREIGN KEY (allocation_id, previous_sequence, from_state) REFERENCES device_allocation_transitions (allocation_id, sequence, to_state)
) STRICT;
CREATE INDEX device_allocation_transitions_previous ON device_allocation_transitions (allocation_id, previous_sequence, from_state);
CREATE INDEX device_allocation_transitions_actor ON device_allocation_transitions (actor_id);

-- What was found when somebody looked: one finding for each follow-up.
CREATE TABLE device_checks (
    id BLOB NOT NULL PRIMARY KEY,
    follow_up_id BLOB NOT NULL UNIQUE REFERENCES follow_ups (id),
    allocation_id BLOB NOT NULL REFERENCES device_allocations (id),
    result TEXT NOT NULL CHECK (result IN ('in_use', 'needs_repair', 'unused', 'returned')),
    note BLOB,
    checked_by BLOB NOT NULL REFERENCES users (id),
    checked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX device_checks_allocation ON device_checks (allocation_id, id);
CREATE INDEX device_checks_checked_by ON device_checks (checked_by);

-- A batch that is called back, by an office for its place.
CREATE TABLE device_recalls (
    id BLOB NOT NULL PRIMARY KEY,
    edition TEXT NOT NULL,
    code TEXT NOT NULL,
    batch_number TEXT NOT NULL CHECK (length(batch_number) BETWEEN 1 AND 100),
    reason TEXT NOT NULL CHECK (length(reason) BETWEEN 2 AND 500),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    recalled_by BLOB NOT NULL REFERENCES users (id),
    recalled_at INTEGER NOT NULL,
    UNIQUE (edition, code, batch_number, division_code),
    FOREIGN KEY (edition, code) REFERENCES device_codes (edition, code)
) STRICT;
CREATE INDEX device_recalls_division ON device_recalls (division_code, id);
CREATE INDEX device_recalls_recalled_by ON device_recalls (recalled_by);

-- Who held a piece of it that day, and the follow-up by which it is fetched.
CREATE TABLE device_recall_holders (
    recall_id BLOB NOT NULL REFERENCES device_recalls (id),
    allocation_id BLOB NOT NULL REFERENCES device_allocations (id),
    follow_up_id BLOB NOT NULL REFERENCES follow_ups (id),
    PRIMARY KEY (recall_id, allocation_id)
) STRICT;
CREATE INDEX device_recall_holders_allocation ON device_recall_holders (allocation_id);
CREATE INDEX device_recall_holders_follow_up ON device_recall_holders (follow_up_id);

-- Of a case that was approved and is not closed; it begins with an evaluation of a day that has come.
CREATE TRIGGER device_allocations_case_open BEFORE INSERT ON device_allocations
WHEN NEW.state <> 'evaluated' OR NEW.last_transition <> 1 OR NEW.evaluated_date > date(NEW.recorded_at / 1000000, 'unixepoch', '+8 hours')
    OR NOT EXISTS (SELECT 1 FROM cases c WHERE c.id = NEW.case_id AND c.service = 'assistive_device' AND c.state IN ('approved', 'in_service'))
BEGIN
    SELECT RAISE(ABORT, 'huican.allocation_case');
END;
-- Nobody has two of an item within its use-life, under whichever record.
CREATE TRIGGER device_allocations_use_life BEFORE INSERT ON device_allocations
WHEN EXISTS (
    SELECT 1 FROM residents w
    JOIN residents q ON coalesce(q.merged_into_id, q.id) = coalesce(w.merged_into_id, w.id)
    JOIN device_allocations o ON o.resident_id = q.id
    WHERE w.id = NEW.resident_id AND o.state NOT IN ('returned', 'cancelled') AND o.id IS NOT NEW.previous_id
      AND ((o.edition = NEW.edition AND o.code = NEW.code)
        OR EXISTS (SELECT 1 FROM device_code_mappings k WHERE
            (k.from_edition = o.edition AND k.from_code = o.code AND k.to_edition = NEW.edition AND k.to_code = NEW.code)
            OR (k.from_edition = NEW.edition AND k.from_code = NEW.code AND k.to_edition = o.edition AND k.to_code = o.code)))
      AND (o.delivered_date IS NULL OR o.use_life_until > date(NEW.recorded_at / 1000000, 'unixepoch', '+8 hours'))
      AND NOT EXISTS (SELECT 1 FROM device_allocations x WHERE x.previous_id = o.id AND x.state <> 'cancelled'))
BEGIN
    SELECT RAISE(ABORT, 'huican.use_life');
END;
-- An exception says what it replaces, and is one.
CREATE TRIGGER device_allocations_exception BEFORE INSERT ON device_allocations
WHEN NEW.previous_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM residents w
    JOIN residents q ON coalesce(q.merged_into_id, q.id) = coalesce(w.merged_into_id, w.id)
    JOIN device_allocations o ON o.resident_id = q.id
    WHERE w.id = NEW.resident_id AND o.id = NEW.previous_id AND o.state = 'delivered' AND ((o.edition = NEW.edition AND o.code = NEW.code)
        OR EXISTS (SELECT 1 FROM device_code_mappings k WHERE
            (k.from_edition = o.edition AND k.from_code = o.code AND k.to_edition = NEW.edition AND k.to_code = NEW.code)
            OR (k.from_edition = NEW.edition AND k.from_code = NEW.code AND k.to_edition = o.edition AND k.to_code = o.code)))
      AND CASE NEW.exception WHEN 'growth' THEN date(w.birth_date, '+18 years') > date(NEW.recorded_at / 1000000, 'unixepoch', '+8 hours')
        WHEN 'recall' THEN EXISTS (SELECT 1 FROM device_recalls c
            WHERE c.edition = o.edition AND c.code = o.code AND c.batch_number = o.batch_number)
        ELSE NEW.exception = 'loss' END)
BEGIN
    SELECT RAISE(ABORT, 'huican.device_exception');
END;
-- What goes on ends before its case does.
CREATE TRIGGER cases_allocations_finished BEFORE UPDATE ON cases
WHEN NEW.state = 'completed' AND OLD.state <> 'completed' AND EXISTS (
    SELECT 1 FROM device_allocations a
    WHERE a.case_id = NEW.id AND a.state IN ('evaluated', 'planned', 'supplied', 'fitted', 'trained'))
BEGIN
    SELECT RAISE(ABORT, 'huican.allocation_unfinished');
END;
-- Both go along when the case does; a sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER device_allocations_fixed BEFORE UPDATE ON device_allocations
WHEN (NEW.id, NEW.case_id, NEW.resident_id, NEW.edition, NEW.code, NEW.evaluation_level, NEW.evaluating_organization_id, NEW.evaluator, NEW.evaluated_date, NEW.exception, NEW.exception_document_id, NEW.previous_id, NEW.recorded_by, NEW.recorded_at)
        IS NOT (OLD.id, OLD.case_id, OLD.resident_id, OLD.edition, OLD.code, OLD.evaluation_level, OLD.evaluating_organization_id, OLD.evaluator, OLD.evaluated_date, OLD.exception, OLD.exception_document_id, OLD.previous_id, OLD.recorded_by, OLD.recorded_at)
    OR NEW.last_transition NOT IN (OLD.last_transition, OLD.last_transition + 1)
    OR (NEW.last_transition = OLD.last_transition AND (NEW.movement_id, NEW.supplier_id, NEW.invoice_number, NEW.price_fen, NEW.brand, NEW.model, NEW.batch_number, NEW.serial_number, NEW.supplied_by, NEW.signed_relation, NEW.delivered_date, NEW.use_life_until, NEW.return_condition)
        IS NOT (OLD.movement_id, OLD.supplier_id, OLD.invoice_number, OLD.price_fen, OLD.brand, OLD.model, OLD.batch_number, OLD.serial_number, OLD.supplied_by, OLD.signed_relation, OLD.delivered_date, OLD.use_life_until, OLD.return_condition))
    OR (OLD.supplied_by IS NOT NULL AND (NEW.movement_id, NEW.supplier_id, NEW.invoice_number, NEW.price_fen, NEW.brand, NEW.model, NEW.batch_number, NEW.serial_number, NEW.supplied_by)
        IS NOT (OLD.movement_id, OLD.supplier_id, OLD.invoice_number, OLD.price_fen, OLD.brand, OLD.model, OLD.batch_number, OLD.serial_number, OLD.supplied_by))
    OR (OLD.delivered_date IS NOT NULL AND (NEW.signed_relation, NEW.delivered_date, NEW.use_life_until) IS NOT (OLD.signed_relation, OLD.delivered_date, OLD.use_life_until))
    OR (OLD.signed_by IS NOT NULL AND NEW.signed_by IS NOT OLD.signed_by AND coalesce(substr(NEW.signed_by, 2, 2) <= substr(OLD.signed_by, 2, 2), 1 = 1))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what an allocation is does not change');
END;
CREATE TRIGGER device_allocation_transitions_stands BEFORE INSERT ON device_allocation_transitions
WHEN NOT EXISTS (SELECT 1 FROM device_allocations a WHERE a.id = NEW.allocation_id AND a.last_transition = NEW.sequence)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an entry says where its allocation now stands');
END;
-- Both ends hold until a transfer is decided, and nobody has a hand in what their own get.
CREATE TRIGGER device_allocation_transitions_held BEFORE INSERT ON device_allocation_transitions
WHEN EXISTS (
    SELECT 1 FROM device_allocations a JOIN transfers t ON t.resident_id = a.resident_id AND t.state = 'offered'
    WHERE a.id = NEW.allocation_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_in_transfer');
END;
CREATE TRIGGER device_allocation_transitions_recused BEFORE INSERT ON device_allocation_transitions
WHEN EXISTS (
    SELECT 1 FROM user_ties t
    WHERE t.user_id = NEW.actor_id AND t.resident_id = (SELECT resident_id FROM device_allocations WHERE id = NEW.allocation_id))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
-- By an issue of stock for this case by the same person, or by a purchase of what was never in stock.
CREATE TRIGGER device_allocation_transitions_supplied BEFORE INSERT ON device_allocation_transitions
WHEN (NEW.action = 'issue' AND NOT EXISTS (
    SELECT 1 FROM device_allocations a
    JOIN stock_movements m ON m.id = a.movement_id JOIN stock_lots l ON l.id = m.lot_id
    WHERE a.id = NEW.allocation_id AND a.supplied_by = NEW.actor_id AND m.actor_id = NEW.actor_id
      AND m.kind = 'issue' AND m.change = -1 AND m.reverses_id IS NULL AND m.case_id = a.case_id
      AND l.edition = a.edition AND l.code = a.code
      AND l.batch_number = coalesce(a.batch_number, '') AND l.serial_number = coalesce(a.serial_number, '')
      AND NOT EXISTS (SELECT 1 FROM stock_movements b WHERE b.origin_id = m.id OR b.reverses_id = m.id)))
    OR (NEW.action = 'purchase' AND NOT EXISTS (
    SELECT 1 FROM device_allocations a
    WHERE a.id = NEW.allocation_id AND a.supplied_by = NEW.actor_id AND a.supplier_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM stock_lots l WHERE l.edition = a.edition AND l.code = a.code AND l.serial_number = a.serial_number)))
BEGIN
    SELECT RAISE(ABORT, 'huican.device_supply');
END;
-- Nobody is given what is called back.
CREATE TRIGGER device_allocation_transitions_recalled BEFORE INSERT ON device_allocation_transitions
WHEN NEW.action IN ('issue', 'purchase', 'deliver') AND EXISTS (
    SELECT 1 FROM device_allocations a
    JOIN device_recalls c ON c.edition = a.edition AND c.code = a.code AND c.batch_number = a.batch_number
    WHERE a.id = NEW.allocation_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.device_recalled');
END;
-- Signed for when it was there, and lasting as the catalog said when it was found to be needed.
CREATE TRIGGER device_allocation_transitions_delivered BEFORE INSERT ON device_allocation_transitions
WHEN NEW.action = 'deliver' AND EXISTS (
    SELECT 1 FROM device_allocations a JOIN residents r ON r.id = a.resident_id
    WHERE a.id = NEW.allocation_id AND (
        a.delivered_date > date(NEW.at / 1000000, 'unixepoch', '+8 hours')
        OR EXISTS (
            SELECT 1 FROM device_allocation_transitions t WHERE t.allocation_id = a.id AND t.action IN ('issue', 'purchase')
              AND date(t.at / 1000000, 'unixepoch', '+8 hours') > a.delivered_date)
        OR a.use_life_until IS NOT (
            SELECT date(a.delivered_date, '+' || CASE WHEN date(r.birth_date, '+18 years', 'floor') > a.delivered_date
                THEN coalesce(i.child_use_life_months, i.use_life_months) ELSE i.use_life_months END || ' months', 'floor')
            FROM device_items i
            WHERE i.edition = a.edition AND i.code = a.code AND i.recorded_at <= a.recorded_at
              AND i.effective_from <= date(a.recorded_at / 1000000, 'unixepoch', '+8 hours')
            ORDER BY i.version DESC LIMIT 1)))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a delivery is signed for when it was supplied, for its use-life');
END;
CREATE TRIGGER device_allocation_transitions_fixed BEFORE UPDATE ON device_allocation_transitions
WHEN (NEW.id, NEW.allocation_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.actor_id, NEW.at)
        IS NOT (OLD.id, OLD.allocation_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.actor_id, OLD.at)
    OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), 1 = 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be changed');
END;
CREATE TRIGGER device_checks_looked BEFORE INSERT ON device_checks
WHEN NOT EXISTS (
    SELECT 1 FROM follow_ups f
    WHERE f.id = NEW.follow_up_id AND f.subject_id = NEW.allocation_id AND f.kind IN ('device_check', 'device_recall')
      AND f.state = 'done' AND f.ended_by = NEW.checked_by)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a finding is that of its follow-up');
END;
CREATE TRIGGER device_checks_held BEFORE INSERT ON device_checks
WHEN EXISTS (
    SELECT 1 FROM device_allocations a JOIN transfers t ON t.resident_id = a.resident_id AND t.state = 'offered'
    WHERE a.id = NEW.allocation_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_in_transfer');
END;
CREATE TRIGGER device_checks_recused BEFORE INSERT ON device_checks
WHEN EXISTS (
    SELECT 1 FROM user_ties t
    WHERE t.user_id = NEW.checked_by AND t.resident_id = (SELECT resident_id FROM device_allocations WHERE id = NEW.allocation_id))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
CREATE TRIGGER device_checks_fixed BEFORE UPDATE ON device_checks
WHEN (NEW.id, NEW.follow_up_id, NEW.allocation_id, NEW.result, NEW.checked_by, NEW.checked_at)
        IS NOT (OLD.id, OLD.follow_up_id, OLD.allocation_id, OLD.result, OLD.checked_by, OLD.checked_at)
    OR coalesce(substr(NEW.note, 2, 2) <= substr(OLD.note, 2, 2), 1 = 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a finding stays as it was recorded');
END;
CREATE TRIGGER device_recall_holders_holds BEFORE INSERT ON device_recall_holders
WHEN NOT EXISTS (
    SELECT 1 FROM device_recalls c
    JOIN device_allocations a ON a.edition = c.edition AND a.code = c.code AND a.batch_number = c.batch_number
    JOIN follow_ups f ON f.subject_id = a.id AND f.kind = 'device_recall'
    WHERE c.id = NEW.recall_id AND a.id = NEW.allocation_id AND f.id = NEW.follow_up_id
      AND a.state IN ('supplied', 'fitted', 'trained', 'delivered'))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a recall names who holds a piece of the batch');
END;
-- What somebody holds by an allocation comes back with it.
CREATE TRIGGER stock_movements_allocated BEFORE INSERT ON stock_movements
WHEN EXISTS (
    SELECT 1 FROM device_allocations a
    WHERE a.movement_id IN (NEW.origin_id, NEW.reverses_id) AND a.state NOT IN ('returned', 'cancelled'))
BEGIN
    SELECT RAISE(ABORT, 'huican.stock_reversal');
END;
-- Nothing of what is called back leaves a warehouse to be used.
CREATE TRIGGER stock_movements_recalled BEFORE INSERT ON stock_movements
WHEN NEW.kind IN ('issue', 'loan') AND NEW.reverses_id IS NULL AND EXISTS (
    SELECT 1 FROM stock_lots l JOIN device_recalls c ON c.edition = l.edition AND c.code = l.code AND c.batch_number = l.batch_number
    WHERE l.id = NEW.lot_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.device_recalled');
END;
CREATE TRIGGER device_recalls_fixed BEFORE UPDATE ON device_recalls
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: recalls are never changed');
END;
CREATE TRIGGER device_recall_holders_fixed BEFORE UPDATE ON device_recall_holders
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: recalls are never changed');
END;
CREATE TRIGGER device_allocations_keep BEFORE DELETE ON device_allocations
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: allocations are never deleted');
END;
CREATE TRIGGER device_allocation_transitions_keep BEFORE DELETE ON device_allocation_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: entries are never deleted');
END;
CREATE TRIGGER device_checks_keep BEFORE DELETE ON device_checks
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: findings are never deleted');
END;
CREATE TRIGGER device_recalls_keep BEFORE DELETE ON device_recalls
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: recalls are never deleted');
END;
CREATE TRIGGER device_recall_holders_keep BEFORE DELETE ON device_recall_holders
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: recalls are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the triggers above.
CREATE TRIGGER device_allocations_no_replace BEFORE INSERT ON device_allocations
WHEN EXISTS (SELECT 1 FROM device_allocations WHERE id = NEW.id OR movement_id = NEW.movement_id
    OR (edition = NEW.edition AND code = NEW.code AND serial_number = NEW.serial_number AND state NOT IN ('returned', 'cancelled'))
    OR (previous_id = NEW.previous_id AND state <> 'cancelled'))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: device_allocations.id');
END;
CREATE TRIGGER device_allocation_transitions_no_replace BEFORE INSERT ON device_allocation_transitions
WHEN EXISTS (SELECT 1 FROM device_allocation_transitions WHERE id = NEW.id OR (allocation_id = NEW.allocation_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: device_allocation_transitions.allocation_id');
END;
CREATE TRIGGER device_checks_no_replace BEFORE INSERT ON device_checks
WHEN EXISTS (SELECT 1 FROM device_checks WHERE id = NEW.id OR follow_up_id = NEW.follow_up_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: device_checks.follow_up_id');
END;
CREATE TRIGGER device_recalls_no_replace BEFORE INSERT ON device_recalls
WHEN EXISTS (SELECT 1 FROM device_recalls WHERE id = NEW.id OR (edition = NEW.edition AND code = NEW.code AND batch_number = NEW.batch_number AND division_code = NEW.division_code))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: device_recalls.edition');
END;
CREATE TRIGGER device_recall_holders_no_replace BEFORE INSERT ON device_recall_holders
WHEN EXISTS (SELECT 1 FROM device_recall_holders WHERE recall_id = NEW.recall_id AND allocation_id = NEW.allocation_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: device_recall_holders.recall_id');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_allocation BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% device_allocation.evaluate %'
    OR ' ' || NEW.permits || ' ' LIKE '% device_allocation.act %'
    OR ' ' || NEW.permits || ' ' LIKE '% device_recall.make %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;
