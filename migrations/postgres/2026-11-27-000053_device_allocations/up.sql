-- Devices for persons (辅具适配): who was evaluated to need which item, where it came from, who signed for it, until when
-- no second one is subsidized, and what became of it. As of cases, the history is the truth. The finding is its first
-- comment; `signed_by`, `comment` and `note` are sealed. A batch that is called back names everybody who holds a piece of it.

CREATE TABLE device_allocations (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL,
    resident_id uuid NOT NULL,
    -- Where the case is; it goes along with it.
    division_code text COLLATE "C" NOT NULL,
    edition text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    evaluation_level text NOT NULL CHECK (evaluation_level IN ('none', 'township', 'county', 'city')),
    evaluating_organization_id uuid NOT NULL REFERENCES organizations (id),
    evaluator text NOT NULL CHECK (length(evaluator) BETWEEN 1 AND 40),
    evaluated_date date NOT NULL,
    -- Why within the use-life of the one before.
    exception text CHECK (exception IN ('growth', 'loss', 'recall')),
    exception_document_id uuid,
    previous_id uuid REFERENCES device_allocations (id),
    -- From stock.
    movement_id uuid UNIQUE REFERENCES stock_movements (id),
    -- Or bought for this person.
    supplier_id uuid REFERENCES organizations (id),
    invoice_number text CHECK (length(invoice_number) BETWEEN 1 AND 100),
    price_fen bigint CHECK (price_fen BETWEEN 1 AND 100000000),
    brand text CHECK (length(brand) BETWEEN 1 AND 100),
    model text CHECK (length(model) BETWEEN 1 AND 100),
    batch_number text CHECK (length(batch_number) BETWEEN 1 AND 100),
    serial_number text CHECK (length(serial_number) BETWEEN 1 AND 100),
    supplied_by uuid REFERENCES users (id),
    signed_by bytea,
    signed_relation text CHECK (signed_relation IN ('self', 'guardian', 'relative', 'other')),
    delivered_date date,
    -- From then on another is possible; none where there is no such rule.
    use_life_until date,
    return_condition text CHECK (return_condition IN ('good', 'repairable', 'unusable')),
    state text NOT NULL,
    last_transition integer NOT NULL,
    recorded_by uuid NOT NULL REFERENCES users (id),
    recorded_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
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
        ELSE false END),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id),
    FOREIGN KEY (case_id, division_code) REFERENCES cases (id, division_code) ON UPDATE CASCADE,
    FOREIGN KEY (edition, code) REFERENCES device_codes (edition, code),
    FOREIGN KEY (case_id, exception_document_id) REFERENCES case_documents (case_id, document_id)
);
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
    id uuid NOT NULL PRIMARY KEY,
    allocation_id uuid NOT NULL REFERENCES device_allocations (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    actor_id uuid NOT NULL REFERENCES users (id),
    comment bytea,
    at timestamptz NOT NULL,
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
        ELSE false END),
    CHECK (action NOT IN ('evaluate', 'plan', 'repair', 'cancel') OR comment IS NOT NULL),
    FOREIGN KEY (allocation_id, previous_sequence, from_state) REFERENCES device_allocation_transitions (allocation_id, sequence, to_state)
);
CREATE INDEX device_allocation_transitions_previous ON device_allocation_transitions (allocation_id, previous_sequence, from_state);
CREATE INDEX device_allocation_transitions_actor ON device_allocation_transitions (actor_id);

-- What was found when somebody looked: one finding for each follow-up.
CREATE TABLE device_checks (
    id uuid NOT NULL PRIMARY KEY,
    follow_up_id uuid NOT NULL UNIQUE REFERENCES follow_ups (id),
    allocation_id uuid NOT NULL REFERENCES device_allocations (id),
    result text NOT NULL CHECK (result IN ('in_use', 'needs_repair', 'unused', 'returned')),
    note bytea,
    checked_by uuid NOT NULL REFERENCES users (id),
    checked_at timestamptz NOT NULL
);
CREATE INDEX device_checks_allocation ON device_checks (allocation_id, id);
CREATE INDEX device_checks_checked_by ON device_checks (checked_by);

-- A batch that is called back, by an office for its place.
CREATE TABLE device_recalls (
    id uuid NOT NULL PRIMARY KEY,
    edition text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    batch_number text NOT NULL CHECK (length(batch_number) BETWEEN 1 AND 100),
    reason text NOT NULL CHECK (length(reason) BETWEEN 2 AND 500),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    recalled_by uuid NOT NULL REFERENCES users (id),
    recalled_at timestamptz NOT NULL,
    UNIQUE (edition, code, batch_number, division_code),
    FOREIGN KEY (edition, code) REFERENCES device_codes (edition, code)
);
CREATE INDEX device_recalls_division ON device_recalls (division_code, id);
CREATE INDEX device_recalls_recalled_by ON device_recalls (recalled_by);

-- Who held a piece of it that day, and the follow-up by which it is fetched.
CREATE TABLE device_recall_holders (
    recall_id uuid NOT NULL REFERENCES device_recalls (id),
    allocation_id uuid NOT NULL REFERENCES device_allocations (id),
    follow_up_id uuid NOT NULL REFERENCES follow_ups (id),
    PRIMARY KEY (recall_id, allocation_id)
);
CREATE INDEX device_recall_holders_allocation ON device_recall_holders (allocation_id);
CREATE INDEX device_recall_holders_follow_up ON device_recall_holders (follow_up_id);

ALTER TABLE device_allocations
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES device_allocation_transitions (allocation_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED;

-- Of a batch one at a time: what leaves is seen by the recall after it, and a recall by what would leave after it.
CREATE FUNCTION hold_device_batch(edition text, code text, batch_number text) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtextextended(edition || '|' || code || '|' || batch_number, 54))
$$;

CREATE FUNCTION refuse_device_allocation() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    kept uuid;
BEGIN
    -- One at a time for a person: what is asked after this sees who came before.
    SELECT coalesce(r.merged_into_id, r.id) INTO kept FROM residents r WHERE r.id = NEW.resident_id;
    PERFORM pg_advisory_xact_lock(hashtextextended(kept::text, 53));
    -- Of a case that was approved and is not closed, nor just being; it begins with an evaluation of a day that has come.
    PERFORM 1 FROM cases c
        WHERE c.id = NEW.case_id AND c.service = 'assistive_device' AND c.state IN ('approved', 'in_service') FOR SHARE;
    IF NOT FOUND OR NEW.state <> 'evaluated' OR NEW.last_transition <> 1
        OR NEW.evaluated_date > (NEW.recorded_at AT TIME ZONE 'Asia/Shanghai')::date
    THEN
        RAISE EXCEPTION 'huican.allocation_case';
    END IF;
    -- Nobody has two of an item within its use-life, under whichever record.
    IF EXISTS (
        SELECT 1 FROM residents w
        JOIN residents q ON coalesce(q.merged_into_id, q.id) = coalesce(w.merged_into_id, w.id)
        JOIN device_allocations o ON o.resident_id = q.id
        WHERE w.id = NEW.resident_id AND o.state NOT IN ('returned', 'cancelled') AND o.id IS DISTINCT FROM NEW.previous_id
          AND ((o.edition = NEW.edition AND o.code = NEW.code)
            OR EXISTS (SELECT 1 FROM device_code_mappings k WHERE
                (k.from_edition = o.edition AND k.from_code = o.code AND k.to_edition = NEW.edition AND k.to_code = NEW.code)
                OR (k.from_edition = NEW.edition AND k.from_code = NEW.code AND k.to_edition = o.edition AND k.to_code = o.code)))
          AND (o.delivered_date IS NULL OR o.use_life_until > (NEW.recorded_at AT TIME ZONE 'Asia/Shanghai')::date)
          AND NOT EXISTS (SELECT 1 FROM device_allocations x WHERE x.previous_id = o.id AND x.state <> 'cancelled'))
    THEN
        RAISE EXCEPTION 'huican.use_life';
    END IF;
    -- An exception says what it replaces, and is one.
    IF NEW.previous_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM residents w
        JOIN residents q ON coalesce(q.merged_into_id, q.id) = coalesce(w.merged_into_id, w.id)
        JOIN device_allocations o ON o.resident_id = q.id
        WHERE w.id = NEW.resident_id AND o.id = NEW.previous_id AND o.state = 'delivered' AND ((o.edition = NEW.edition AND o.code = NEW.code)
            OR EXISTS (SELECT 1 FROM device_code_mappings k WHERE
                (k.from_edition = o.edition AND k.from_code = o.code AND k.to_edition = NEW.edition AND k.to_code = NEW.code)
                OR (k.from_edition = NEW.edition AND k.from_code = NEW.code AND k.to_edition = o.edition AND k.to_code = o.code)))
          AND CASE NEW.exception WHEN 'growth' THEN (w.birth_date + interval '18 years') > (NEW.recorded_at AT TIME ZONE 'Asia/Shanghai')::date
            WHEN 'recall' THEN EXISTS (SELECT 1 FROM device_recalls c
                WHERE c.edition = o.edition AND c.code = o.code AND c.batch_number = o.batch_number)
            ELSE NEW.exception = 'loss' END)
    THEN
        RAISE EXCEPTION 'huican.device_exception';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER device_allocations_within BEFORE INSERT ON device_allocations
    FOR EACH ROW EXECUTE FUNCTION refuse_device_allocation();
-- What goes on ends before its case does.
CREATE FUNCTION refuse_unfinished_allocation() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM device_allocations a
        WHERE a.case_id = NEW.id AND a.state IN ('evaluated', 'planned', 'supplied', 'fitted', 'trained'))
    THEN
        RAISE EXCEPTION 'huican.allocation_unfinished';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cases_allocations_finished BEFORE UPDATE ON cases FOR EACH ROW
    WHEN (NEW.state = 'completed' AND OLD.state <> 'completed') EXECUTE FUNCTION refuse_unfinished_allocation();
-- Both go along when the case does; a sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER device_allocations_fixed BEFORE UPDATE ON device_allocations FOR EACH ROW
    WHEN ((NEW.id, NEW.case_id, NEW.resident_id, NEW.edition, NEW.code, NEW.evaluation_level, NEW.evaluating_organization_id, NEW.evaluator, NEW.evaluated_date, NEW.exception, NEW.exception_document_id, NEW.previous_id, NEW.recorded_by, NEW.recorded_at)
            IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.resident_id, OLD.edition, OLD.code, OLD.evaluation_level, OLD.evaluating_organization_id, OLD.evaluator, OLD.evaluated_date, OLD.exception, OLD.exception_document_id, OLD.previous_id, OLD.recorded_by, OLD.recorded_at)
        OR NEW.last_transition NOT IN (OLD.last_transition, OLD.last_transition + 1)
        OR (NEW.last_transition = OLD.last_transition AND (NEW.movement_id, NEW.supplier_id, NEW.invoice_number, NEW.price_fen, NEW.brand, NEW.model, NEW.batch_number, NEW.serial_number, NEW.supplied_by, NEW.signed_relation, NEW.delivered_date, NEW.use_life_until, NEW.return_condition)
            IS DISTINCT FROM (OLD.movement_id, OLD.supplier_id, OLD.invoice_number, OLD.price_fen, OLD.brand, OLD.model, OLD.batch_number, OLD.serial_number, OLD.supplied_by, OLD.signed_relation, OLD.delivered_date, OLD.use_life_until, OLD.return_condition))
        OR (OLD.supplied_by IS NOT NULL AND (NEW.movement_id, NEW.supplier_id, NEW.invoice_number, NEW.price_fen, NEW.brand, NEW.model, NEW.batch_number, NEW.serial_number, NEW.supplied_by)
            IS DISTINCT FROM (OLD.movement_id, OLD.supplier_id, OLD.invoice_number, OLD.price_fen, OLD.brand, OLD.model, OLD.batch_number, OLD.serial_number, OLD.supplied_by))
        OR (OLD.delivered_date IS NOT NULL AND (NEW.signed_relation, NEW.delivered_date, NEW.use_life_until) IS DISTINCT FROM (OLD.signed_relation, OLD.delivered_date, OLD.use_life_until))
        OR (OLD.signed_by IS NOT NULL AND NEW.signed_by IS DISTINCT FROM OLD.signed_by AND coalesce(substr(NEW.signed_by, 2, 2) <= substr(OLD.signed_by, 2, 2), true)))
    EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_device_step() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM device_allocations a WHERE a.id = NEW.allocation_id AND a.last_transition = NEW.sequence)
    THEN
        RAISE EXCEPTION 'huican.append_only: an entry says where its allocation now stands';
    END IF;
    -- Both ends hold until a transfer is decided, and nobody has a hand in what their own get.
    IF EXISTS (
        SELECT 1 FROM device_allocations a JOIN transfers t ON t.resident_id = a.resident_id AND t.state = 'offered'
        WHERE a.id = NEW.allocation_id)
    THEN
        RAISE EXCEPTION 'huican.resident_in_transfer';
    END IF;
    IF is_tied(NEW.actor_id, (SELECT a.resident_id FROM device_allocations a WHERE a.id = NEW.allocation_id)) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    -- By an issue of stock for this case by the same person, or by a purchase of what was never in stock.
    IF (NEW.action = 'issue' AND NOT EXISTS (
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
    THEN
        RAISE EXCEPTION 'huican.device_supply';
    END IF;
    -- Nobody is given what is called back.
    IF NEW.action IN ('issue', 'purchase', 'deliver') THEN
        PERFORM hold_device_batch(a.edition, a.code, a.batch_number)
            FROM device_allocations a WHERE a.id = NEW.allocation_id AND a.batch_number IS NOT NULL;
    END IF;
    IF NEW.action IN ('issue', 'purchase', 'deliver') AND EXISTS (
        SELECT 1 FROM device_allocations a
        JOIN device_recalls c ON c.edition = a.edition AND c.code = a.code AND c.batch_number = a.batch_number
        WHERE a.id = NEW.allocation_id)
    THEN
        RAISE EXCEPTION 'huican.device_recalled';
    END IF;
    -- Signed for when it was there, and lasting as the catalog said when it was found to be needed.
    IF NEW.action = 'deliver' AND EXISTS (
        SELECT 1 FROM device_allocations a JOIN residents r ON r.id = a.resident_id
        WHERE a.id = NEW.allocation_id AND (
            a.delivered_date > (NEW.at AT TIME ZONE 'Asia/Shanghai')::date
            OR EXISTS (
                SELECT 1 FROM device_allocation_transitions t WHERE t.allocation_id = a.id AND t.action IN ('issue', 'purchase')
                  AND (t.at AT TIME ZONE 'Asia/Shanghai')::date > a.delivered_date)
            OR a.use_life_until IS DISTINCT FROM (
                SELECT (a.delivered_date + make_interval(months => CASE WHEN r.birth_date + interval '18 years' > a.delivered_date
                    THEN coalesce(i.child_use_life_months, i.use_life_months) ELSE i.use_life_months END))::date
                FROM device_items i
                WHERE i.edition = a.edition AND i.code = a.code AND i.recorded_at <= a.recorded_at
                  AND i.effective_from <= (a.recorded_at AT TIME ZONE 'Asia/Shanghai')::date
                ORDER BY i.version DESC LIMIT 1)))
    THEN
        RAISE EXCEPTION 'huican.append_only: a delivery is signed for when it was supplied, for its use-life';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER device_allocation_transitions_step BEFORE INSERT ON device_allocation_transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_device_step();
CREATE TRIGGER device_allocation_transitions_fixed BEFORE UPDATE ON device_allocation_transitions FOR EACH ROW
    WHEN ((NEW.id, NEW.allocation_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.actor_id, NEW.at)
            IS DISTINCT FROM (OLD.id, OLD.allocation_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.actor_id, OLD.at)
        OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), true))
    EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_device_check() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM follow_ups f
        WHERE f.id = NEW.follow_up_id AND f.subject_id = NEW.allocation_id AND f.kind IN ('device_check', 'device_recall')
          AND f.state = 'done' AND f.ended_by = NEW.checked_by)
    THEN
        RAISE EXCEPTION 'huican.append_only: a finding is that of its follow-up';
    END IF;
    IF EXISTS (
        SELECT 1 FROM device_allocations a JOIN transfers t ON t.resident_id = a.resident_id AND t.state = 'offered'
        WHERE a.id = NEW.allocation_id)
    THEN
        RAISE EXCEPTION 'huican.resident_in_transfer';
    END IF;
    IF is_tied(NEW.checked_by, (SELECT a.resident_id FROM device_allocations a WHERE a.id = NEW.allocation_id)) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER device_checks_looked BEFORE INSERT ON device_checks
    FOR EACH ROW EXECUTE FUNCTION refuse_device_check();
CREATE TRIGGER device_checks_fixed BEFORE UPDATE ON device_checks FOR EACH ROW
    WHEN ((NEW.id, NEW.follow_up_id, NEW.allocation_id, NEW.result, NEW.checked_by, NEW.checked_at)
            IS DISTINCT FROM (OLD.id, OLD.follow_up_id, OLD.allocation_id, OLD.result, OLD.checked_by, OLD.checked_at)
        OR coalesce(substr(NEW.note, 2, 2) <= substr(OLD.note, 2, 2), true))
    EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_recall_holder() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM device_recalls c
        JOIN device_allocations a ON a.edition = c.edition AND a.code = c.code AND a.batch_number = c.batch_number
        JOIN follow_ups f ON f.subject_id = a.id AND f.kind = 'device_recall'
        WHERE c.id = NEW.recall_id AND a.id = NEW.allocation_id AND f.id = NEW.follow_up_id
          AND a.state IN ('supplied', 'fitted', 'trained', 'delivered'))
    THEN
        RAISE EXCEPTION 'huican.append_only: a recall names who holds a piece of the batch';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER device_recall_holders_holds BEFORE INSERT ON device_recall_holders
    FOR EACH ROW EXECUTE FUNCTION refuse_recall_holder();
CREATE FUNCTION refuse_allocated_movement() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    -- What somebody holds by an allocation comes back with it.
    IF EXISTS (
        SELECT 1 FROM device_allocations a
        WHERE a.movement_id IN (NEW.origin_id, NEW.reverses_id) AND a.state NOT IN ('returned', 'cancelled'))
    THEN
        RAISE EXCEPTION 'huican.stock_reversal';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_movements_allocated BEFORE INSERT ON stock_movements FOR EACH ROW
    WHEN (NEW.origin_id IS NOT NULL OR NEW.reverses_id IS NOT NULL) EXECUTE FUNCTION refuse_allocated_movement();
CREATE FUNCTION refuse_recalled_movement() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    -- Nothing of what is called back leaves a warehouse to be used.
    PERFORM hold_device_batch(l.edition, l.code, l.batch_number) FROM stock_lots l WHERE l.id = NEW.lot_id AND l.batch_number <> '';
    IF EXISTS (
        SELECT 1 FROM stock_lots l JOIN device_recalls c ON c.edition = l.edition AND c.code = l.code AND c.batch_number = l.batch_number
        WHERE l.id = NEW.lot_id)
    THEN
        RAISE EXCEPTION 'huican.device_recalled';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_movements_recalled BEFORE INSERT ON stock_movements FOR EACH ROW
    WHEN (NEW.kind IN ('issue', 'loan') AND NEW.reverses_id IS NULL) EXECUTE FUNCTION refuse_recalled_movement();
CREATE FUNCTION hold_recalled_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hold_device_batch(NEW.edition, NEW.code, NEW.batch_number);
    RETURN NEW;
END $$;
CREATE TRIGGER device_recalls_held BEFORE INSERT ON device_recalls FOR EACH ROW EXECUTE FUNCTION hold_recalled_batch();
CREATE TRIGGER device_recalls_fixed BEFORE UPDATE ON device_recalls FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_recall_holders_fixed BEFORE UPDATE ON device_recall_holders FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_allocations_keep BEFORE DELETE ON device_allocations FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_allocations_keep_all BEFORE TRUNCATE ON device_allocations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_allocation_transitions_keep BEFORE DELETE ON device_allocation_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_allocation_transitions_keep_all BEFORE TRUNCATE ON device_allocation_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_checks_keep BEFORE DELETE ON device_checks FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_checks_keep_all BEFORE TRUNCATE ON device_checks FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_recalls_keep BEFORE DELETE ON device_recalls FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_recalls_keep_all BEFORE TRUNCATE ON device_recalls FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_recall_holders_keep BEFORE DELETE ON device_recall_holders FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER device_recall_holders_keep_all BEFORE TRUNCATE ON device_recall_holders FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_allocation CHECK (
    ' ' || permits || ' ' NOT LIKE '% device_allocation.evaluate %'
    AND ' ' || permits || ' ' NOT LIKE '% device_allocation.act %'
    AND ' ' || permits || ' ' NOT LIKE '% device_recall.make %');

GRANT SELECT, INSERT ON device_allocations, device_allocation_transitions, device_checks, device_recalls, device_recall_holders TO huican_service;
GRANT UPDATE (state, last_transition, movement_id, supplier_id, invoice_number, price_fen, brand, model, batch_number, serial_number, supplied_by,
    signed_by, signed_relation, delivered_date, use_life_until, return_condition) ON device_allocations TO huican_service;
GRANT UPDATE (comment) ON device_allocation_transitions TO huican_service;
GRANT UPDATE (note) ON device_checks TO huican_service;

-- Within reach where the case is. A recall speaks of no resident.
ALTER TABLE device_allocations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON device_allocations
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE device_allocation_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON device_allocation_transitions
    USING (EXISTS (SELECT 1 FROM device_allocations a WHERE a.id = allocation_id));
ALTER TABLE device_checks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON device_checks
    USING (EXISTS (SELECT 1 FROM device_allocations a WHERE a.id = allocation_id));
ALTER TABLE device_recall_holders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON device_recall_holders
    USING (EXISTS (SELECT 1 FROM device_allocations a WHERE a.id = allocation_id));
