-- Warehouses, who does what there, and the stock ledger (出入库): only ever added to. A lot is what lies together: one
-- item of one make, batch and price, or one piece with its number. Each movement continues the one before of its lot, so
-- that the balance is the sum of all by construction and never negative; `stock_balances` points to the last one, and
-- whoever writes takes its row first. Movements of a day are written on that day. '' stands for what a lot does not have.

CREATE UNIQUE INDEX organizations_place ON organizations (id, division_code);

CREATE TABLE warehouses (
    id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    organization_id uuid NOT NULL,
    division_code text COLLATE "C" NOT NULL,
    created_by uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (organization_id, name),
    UNIQUE (id, division_code),
    -- A county's or a city's.
    CHECK (division_code LIKE '______000000'),
    FOREIGN KEY (organization_id, division_code) REFERENCES organizations (id, division_code)
);
CREATE INDEX warehouses_organization ON warehouses (organization_id, division_code);
CREATE INDEX warehouses_division ON warehouses (division_code, id);
CREATE INDEX warehouses_county ON warehouses (county_code, id);
CREATE INDEX warehouses_created_by ON warehouses (created_by);

-- Who buys, keeps or counts there, from a day until before another. Nobody has two of these at a time.
CREATE TABLE warehouse_duties (
    id uuid NOT NULL PRIMARY KEY,
    warehouse_id uuid NOT NULL,
    division_code text COLLATE "C" NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id),
    duty text NOT NULL CHECK (duty IN ('buyer', 'keeper', 'stock_taker')),
    valid_from date NOT NULL,
    valid_to date,
    assigned_by uuid NOT NULL REFERENCES users (id),
    assigned_at timestamptz NOT NULL,
    ended_by uuid REFERENCES users (id),
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (id, warehouse_id, user_id, duty),
    CHECK (valid_to >= valid_from),
    CHECK (ended_by IS NULL OR valid_to IS NOT NULL),
    CHECK (assigned_by <> user_id),
    FOREIGN KEY (warehouse_id, division_code) REFERENCES warehouses (id, division_code)
);
CREATE INDEX warehouse_duties_warehouse ON warehouse_duties (warehouse_id, division_code);
CREATE INDEX warehouse_duties_user ON warehouse_duties (user_id, warehouse_id);
CREATE INDEX warehouse_duties_assigned_by ON warehouse_duties (assigned_by);
CREATE INDEX warehouse_duties_ended_by ON warehouse_duties (ended_by);

CREATE TABLE stock_lots (
    id uuid NOT NULL PRIMARY KEY,
    warehouse_id uuid NOT NULL,
    division_code text COLLATE "C" NOT NULL,
    edition text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    brand text NOT NULL CHECK (length(brand) <= 100),
    model text NOT NULL CHECK (length(model) <= 100),
    batch_number text NOT NULL CHECK (length(batch_number) <= 100),
    serial_number text NOT NULL CHECK (length(serial_number) <= 100),
    unit_price_fen bigint NOT NULL CHECK (unit_price_fen BETWEEN 0 AND 100000000000),
    fund_source text NOT NULL CHECK (fund_source IN ('fiscal', 'lottery', 'employment_levy', 'donation', 'other')),
    supplier text NOT NULL CHECK (length(supplier) <= 100),
    created_at timestamptz NOT NULL,
    UNIQUE (warehouse_id, edition, code, brand, model, batch_number, serial_number, unit_price_fen, fund_source, supplier),
    UNIQUE (id, warehouse_id),
    FOREIGN KEY (edition, code) REFERENCES device_codes (edition, code),
    FOREIGN KEY (warehouse_id, division_code) REFERENCES warehouses (id, division_code)
);
CREATE INDEX stock_lots_warehouse ON stock_lots (warehouse_id, division_code);
CREATE INDEX stock_lots_code ON stock_lots (edition, code, serial_number);
CREATE INDEX stock_lots_batch ON stock_lots (batch_number, edition, code) WHERE batch_number <> '';

CREATE TABLE stock_balances (
    lot_id uuid NOT NULL PRIMARY KEY REFERENCES stock_lots (id),
    quantity integer NOT NULL CHECK (quantity >= 0),
    last_movement integer NOT NULL CHECK (last_movement > 0)
);
CREATE INDEX stock_balances_last ON stock_balances (lot_id, last_movement, quantity);

CREATE TABLE stock_movement_numbers (
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    direction text NOT NULL CHECK (direction IN ('RK', 'CK')),
    year integer NOT NULL CHECK (year BETWEEN 2000 AND 2200),
    last integer NOT NULL CHECK (last > 0),
    PRIMARY KEY (division_code, direction, year)
);

-- What is on its way: bought by one and received by another, or sent from one warehouse to the next. What was sent
-- belongs to nobody's stock until it is received; what is missing then is explained.
CREATE TABLE stock_deliveries (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('purchase', 'transfer')),
    from_warehouse_id uuid,
    from_division_code text COLLATE "C",
    to_warehouse_id uuid NOT NULL,
    to_division_code text COLLATE "C" NOT NULL,
    edition text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    brand text NOT NULL CHECK (length(brand) <= 100),
    model text NOT NULL CHECK (length(model) <= 100),
    batch_number text NOT NULL CHECK (length(batch_number) <= 100),
    serial_number text NOT NULL CHECK (length(serial_number) <= 100),
    unit_price_fen bigint NOT NULL CHECK (unit_price_fen BETWEEN 0 AND 100000000000),
    fund_source text NOT NULL,
    supplier text NOT NULL,
    invoice_number text CHECK (length(invoice_number) BETWEEN 1 AND 100),
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
    note text CHECK (length(note) BETWEEN 1 AND 500),
    announced_by uuid NOT NULL REFERENCES users (id),
    announced_duty_id uuid NOT NULL,
    announced_duty text NOT NULL,
    announced_date date NOT NULL,
    announced_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('expected', 'received', 'cancelled')),
    received_quantity integer,
    -- Why less came than was announced, or why it was called off.
    reason text CHECK (length(reason) BETWEEN 2 AND 500),
    closed_by uuid REFERENCES users (id),
    closed_duty_id uuid,
    closed_duty text,
    closed_date date,
    closed_at timestamptz,
    announcing_warehouse_id uuid GENERATED ALWAYS AS (coalesce(from_warehouse_id, to_warehouse_id)) STORED,
    closing_warehouse_id uuid GENERATED ALWAYS AS (
        CASE state WHEN 'received' THEN to_warehouse_id WHEN 'cancelled' THEN coalesce(from_warehouse_id, to_warehouse_id) END) STORED,
    CHECK ((from_warehouse_id IS NULL) = (from_division_code IS NULL)),
    CHECK (from_warehouse_id <> to_warehouse_id),
    CHECK (CASE kind
        WHEN 'purchase' THEN from_warehouse_id IS NULL AND announced_duty = 'buyer' AND invoice_number IS NOT NULL
            AND serial_number = '' AND supplier <> ''
        ELSE from_warehouse_id IS NOT NULL AND announced_duty = 'keeper' AND invoice_number IS NULL
            AND (serial_number = '' OR quantity = 1) END),
    CHECK (CASE state
        WHEN 'expected' THEN received_quantity IS NULL AND reason IS NULL AND closed_by IS NULL AND closed_duty_id IS NULL
            AND closed_duty IS NULL AND closed_date IS NULL AND closed_at IS NULL
        WHEN 'received' THEN received_quantity IS NOT NULL AND received_quantity BETWEEN 0 AND quantity
            AND (received_quantity = quantity OR reason IS NOT NULL) AND closed_by IS NOT NULL AND closed_duty_id IS NOT NULL
            AND closed_duty IS NOT NULL AND closed_duty = 'keeper' AND closed_date IS NOT NULL AND closed_at IS NOT NULL
        ELSE received_quantity IS NULL AND reason IS NOT NULL AND closed_by IS NOT NULL AND closed_duty_id IS NOT NULL
            AND closed_duty IS NOT NULL AND closed_duty = announced_duty AND closed_date IS NOT NULL AND closed_at IS NOT NULL END),
    -- Who buys or sends does not receive.
    CHECK (state <> 'received' OR closed_by <> announced_by),
    FOREIGN KEY (edition, code) REFERENCES device_codes (edition, code),
    FOREIGN KEY (from_warehouse_id, from_division_code) REFERENCES warehouses (id, division_code),
    FOREIGN KEY (to_warehouse_id, to_division_code) REFERENCES warehouses (id, division_code),
    FOREIGN KEY (announced_duty_id, announcing_warehouse_id, announced_by, announced_duty) REFERENCES warehouse_duties (id, warehouse_id, user_id, duty),
    FOREIGN KEY (closed_duty_id, closing_warehouse_id, closed_by, closed_duty) REFERENCES warehouse_duties (id, warehouse_id, user_id, duty)
);
CREATE INDEX stock_deliveries_from ON stock_deliveries (from_warehouse_id, from_division_code, id);
CREATE INDEX stock_deliveries_to ON stock_deliveries (to_warehouse_id, to_division_code, id);
CREATE INDEX stock_deliveries_from_place ON stock_deliveries (from_division_code, id);
CREATE INDEX stock_deliveries_to_place ON stock_deliveries (to_division_code, id);
CREATE INDEX stock_deliveries_state ON stock_deliveries (state, id);
CREATE INDEX stock_deliveries_code ON stock_deliveries (edition, code);
CREATE INDEX stock_deliveries_announced_by ON stock_deliveries (announced_by);
CREATE INDEX stock_deliveries_announced_duty ON stock_deliveries (announced_duty_id);
CREATE INDEX stock_deliveries_closed_by ON stock_deliveries (closed_by);
CREATE INDEX stock_deliveries_closed_duty ON stock_deliveries (closed_duty_id);

-- A count of what lies there, beside the books of that moment. What differs is explained, and booked when somebody else
-- has approved it.
CREATE TABLE stocktakes (
    id uuid NOT NULL PRIMARY KEY,
    warehouse_id uuid NOT NULL,
    division_code text COLLATE "C" NOT NULL,
    counted_by uuid NOT NULL REFERENCES users (id),
    duty_id uuid NOT NULL,
    duty text NOT NULL CHECK (duty = 'stock_taker'),
    counted_date date NOT NULL,
    counted_at timestamptz NOT NULL,
    note text CHECK (length(note) BETWEEN 1 AND 500),
    line_count integer NOT NULL CHECK (line_count > 0),
    state text NOT NULL CHECK (state IN ('submitted', 'approved', 'returned')),
    decided_by uuid REFERENCES users (id),
    decided_date date,
    decided_at timestamptz,
    comment text CHECK (length(comment) BETWEEN 1 AND 500),
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (id, decided_by, state),
    UNIQUE (id, warehouse_id),
    CHECK ((state = 'submitted') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_date IS NULL)),
    CHECK (state <> 'returned' OR comment IS NOT NULL),
    CHECK (decided_by <> counted_by),
    FOREIGN KEY (warehouse_id, division_code) REFERENCES warehouses (id, division_code),
    FOREIGN KEY (duty_id, warehouse_id, counted_by, duty) REFERENCES warehouse_duties (id, warehouse_id, user_id, duty)
);
CREATE INDEX stocktakes_warehouse ON stocktakes (warehouse_id, division_code, id);
CREATE INDEX stocktakes_division ON stocktakes (division_code, id);
CREATE INDEX stocktakes_county ON stocktakes (county_code, id);
CREATE INDEX stocktakes_counted_by ON stocktakes (counted_by);
CREATE INDEX stocktakes_duty ON stocktakes (duty_id);
CREATE INDEX stocktakes_decided_by ON stocktakes (decided_by);

CREATE TABLE stock_movements (
    id uuid NOT NULL PRIMARY KEY,
    movement_number text COLLATE "C" NOT NULL UNIQUE,
    warehouse_id uuid NOT NULL,
    division_code text COLLATE "C" NOT NULL,
    lot_id uuid NOT NULL,
    sequence integer NOT NULL CHECK (sequence > 0),
    previous_sequence integer,
    previous_balance integer,
    kind text NOT NULL CHECK (kind IN ('purchase', 'donation', 'return', 'transfer_in', 'stocktake_gain', 'issue', 'loan',
        'transfer_out', 'scrap', 'stocktake_loss')),
    change integer NOT NULL CHECK (change <> 0),
    balance integer NOT NULL CHECK (balance >= 0),
    moved_date date NOT NULL,
    actor_id uuid NOT NULL REFERENCES users (id),
    duty_id uuid,
    duty text,
    case_id uuid REFERENCES cases (id),
    counterpart text CHECK (length(counterpart) BETWEEN 1 AND 100),
    note text CHECK (length(note) BETWEEN 2 AND 500),
    -- Of a return: what was issued or lent.
    origin_id uuid,
    -- A counter-movement says which one it takes back.
    reverses_id uuid UNIQUE,
    delivery_id uuid REFERENCES stock_deliveries (id),
    stocktake_id uuid,
    at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    stocktake_state text GENERATED ALWAYS AS (CASE WHEN stocktake_id IS NOT NULL THEN 'approved' END) STORED,
    UNIQUE (lot_id, sequence),
    UNIQUE (lot_id, sequence, balance),
    UNIQUE (id, lot_id, kind),
    UNIQUE (id, lot_id),
    CHECK (movement_number LIKE substr(division_code, 1, 6) || CASE WHEN change > 0 THEN '-RK-' ELSE '-CK-' END || '____-______'),
    CHECK ((previous_sequence IS NULL) = (sequence = 1)),
    CHECK ((previous_sequence IS NULL) = (previous_balance IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    CHECK (balance = coalesce(previous_balance, 0) + change),
    CHECK ((change > 0) = ((kind IN ('purchase', 'donation', 'return', 'transfer_in', 'stocktake_gain')) = (reverses_id IS NULL))),
    CHECK (reverses_id IS NULL OR kind NOT IN ('transfer_in', 'stocktake_gain', 'stocktake_loss')),
    CHECK (CASE WHEN kind IN ('stocktake_gain', 'stocktake_loss') THEN stocktake_id IS NOT NULL AND duty_id IS NULL AND duty IS NULL
        ELSE stocktake_id IS NULL AND duty_id IS NOT NULL AND duty IS NOT NULL AND duty = 'keeper' END),
    CHECK ((kind = 'return') = (origin_id IS NOT NULL)),
    CHECK ((kind IN ('purchase', 'transfer_in', 'transfer_out')) = (delivery_id IS NOT NULL)),
    CHECK (case_id IS NULL OR kind IN ('issue', 'loan', 'return')),
    CHECK (kind NOT IN ('issue', 'loan') OR case_id IS NOT NULL OR counterpart IS NOT NULL),
    CHECK (note IS NOT NULL OR (kind <> 'scrap' AND reverses_id IS NULL)),
    FOREIGN KEY (lot_id, previous_sequence, previous_balance) REFERENCES stock_movements (lot_id, sequence, balance),
    FOREIGN KEY (lot_id, warehouse_id) REFERENCES stock_lots (id, warehouse_id),
    FOREIGN KEY (warehouse_id, division_code) REFERENCES warehouses (id, division_code),
    FOREIGN KEY (duty_id, warehouse_id, actor_id, duty) REFERENCES warehouse_duties (id, warehouse_id, user_id, duty),
    FOREIGN KEY (origin_id, lot_id) REFERENCES stock_movements (id, lot_id),
    FOREIGN KEY (reverses_id, lot_id, kind) REFERENCES stock_movements (id, lot_id, kind),
    FOREIGN KEY (stocktake_id, warehouse_id) REFERENCES stocktakes (id, warehouse_id),
    FOREIGN KEY (stocktake_id, actor_id, stocktake_state) REFERENCES stocktakes (id, decided_by, state) DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX stock_movements_dispatch ON stock_movements (delivery_id) WHERE kind = 'transfer_out' AND reverses_id IS NULL;
CREATE UNIQUE INDEX stock_movements_counted ON stock_movements (stocktake_id, lot_id);
CREATE INDEX stock_movements_previous ON stock_movements (lot_id, previous_sequence, previous_balance);
CREATE INDEX stock_movements_lot ON stock_movements (lot_id, warehouse_id);
CREATE INDEX stock_movements_warehouse ON stock_movements (warehouse_id, division_code);
CREATE INDEX stock_movements_register ON stock_movements (warehouse_id, moved_date, id);
CREATE INDEX stock_movements_listed ON stock_movements (warehouse_id, id);
CREATE INDEX stock_movements_division ON stock_movements (division_code, id);
CREATE INDEX stock_movements_county ON stock_movements (county_code, id);
CREATE INDEX stock_movements_actor ON stock_movements (actor_id);
CREATE INDEX stock_movements_duty ON stock_movements (duty_id);
CREATE INDEX stock_movements_case ON stock_movements (case_id);
CREATE INDEX stock_movements_origin ON stock_movements (origin_id);
CREATE INDEX stock_movements_reverses ON stock_movements (reverses_id, lot_id, kind);
CREATE INDEX stock_movements_delivery ON stock_movements (delivery_id);
CREATE INDEX stock_movements_stocktake ON stock_movements (stocktake_id, warehouse_id);
CREATE INDEX stock_movements_decided ON stock_movements (stocktake_id, actor_id, stocktake_state);
ALTER TABLE stock_balances
    ADD FOREIGN KEY (lot_id, last_movement, quantity) REFERENCES stock_movements (lot_id, sequence, balance) DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE stocktake_lines (
    stocktake_id uuid NOT NULL REFERENCES stocktakes (id),
    lot_id uuid NOT NULL,
    book_movement integer NOT NULL,
    book_quantity integer NOT NULL,
    counted_quantity integer NOT NULL CHECK (counted_quantity BETWEEN 0 AND 1000000),
    explanation text CHECK (length(explanation) BETWEEN 2 AND 500),
    PRIMARY KEY (stocktake_id, lot_id),
    CHECK (counted_quantity = book_quantity OR explanation IS NOT NULL),
    FOREIGN KEY (lot_id, book_movement, book_quantity) REFERENCES stock_movements (lot_id, sequence, balance)
);
CREATE INDEX stocktake_lines_book ON stocktake_lines (lot_id, book_movement, book_quantity);
ALTER TABLE stock_movements
    ADD FOREIGN KEY (stocktake_id, lot_id) REFERENCES stocktake_lines (stocktake_id, lot_id);

-- From which quantity on more is ordered. What is laid down anew follows what was laid down before.
CREATE TABLE stock_reorder_levels (
    warehouse_id uuid NOT NULL,
    edition text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    revision integer NOT NULL CHECK (revision > 0),
    previous_revision integer,
    division_code text COLLATE "C" NOT NULL,
    quantity integer NOT NULL CHECK (quantity BETWEEN 0 AND 1000000),
    set_by uuid NOT NULL REFERENCES users (id),
    set_at timestamptz NOT NULL,
    PRIMARY KEY (warehouse_id, edition, code, revision),
    CHECK ((revision = 1) = (previous_revision IS NULL)),
    CHECK (previous_revision = revision - 1),
    FOREIGN KEY (warehouse_id, edition, code, previous_revision) REFERENCES stock_reorder_levels (warehouse_id, edition, code, revision),
    FOREIGN KEY (warehouse_id, division_code) REFERENCES warehouses (id, division_code),
    FOREIGN KEY (edition, code) REFERENCES device_codes (edition, code)
);
CREATE INDEX stock_reorder_levels_warehouse ON stock_reorder_levels (warehouse_id, division_code);
CREATE INDEX stock_reorder_levels_code ON stock_reorder_levels (edition, code);
CREATE INDEX stock_reorder_levels_set_by ON stock_reorder_levels (set_by);

-- One duty of a warehouse at a time; a duty is ended once.
CREATE FUNCTION refuse_second_warehouse_duty() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    -- Two duties given at once would not see each other.
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.warehouse_id::text || NEW.user_id::text, 0));
    IF EXISTS (
        SELECT 1 FROM warehouse_duties d
        WHERE d.warehouse_id = NEW.warehouse_id AND d.user_id = NEW.user_id
          AND (d.valid_to IS NULL OR d.valid_to > NEW.valid_from)
          AND (NEW.valid_to IS NULL OR NEW.valid_to > d.valid_from))
    THEN
        RAISE EXCEPTION 'huican.warehouse_duty_overlap';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER warehouse_duties_one BEFORE INSERT ON warehouse_duties
    FOR EACH ROW EXECUTE FUNCTION refuse_second_warehouse_duty();
CREATE TRIGGER warehouse_duties_fixed BEFORE UPDATE ON warehouse_duties FOR EACH ROW
    WHEN ((NEW.id, NEW.warehouse_id, NEW.division_code, NEW.user_id, NEW.duty, NEW.valid_from, NEW.assigned_by, NEW.assigned_at)
            IS DISTINCT FROM (OLD.id, OLD.warehouse_id, OLD.division_code, OLD.user_id, OLD.duty, OLD.valid_from, OLD.assigned_by, OLD.assigned_at)
        OR OLD.ended_by IS NOT NULL OR NEW.ended_by IS NULL OR coalesce(NEW.valid_to > OLD.valid_to, false))
    EXECUTE FUNCTION refuse_change();

-- A balance moves on by one movement at a time.
CREATE TRIGGER stock_balances_begin BEFORE INSERT ON stock_balances FOR EACH ROW
    WHEN (NEW.last_movement <> 1) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_balances_fixed BEFORE UPDATE ON stock_balances FOR EACH ROW
    WHEN (NEW.lot_id <> OLD.lot_id OR NEW.last_movement <> OLD.last_movement + 1) EXECUTE FUNCTION refuse_change();

CREATE FUNCTION warehouse_duty_holds(asked uuid, on_day date) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM warehouse_duties d WHERE d.id = asked AND d.valid_from <= on_day AND (d.valid_to IS NULL OR d.valid_to > on_day))
$$;

CREATE FUNCTION refuse_stock_movement() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    l stock_lots%ROWTYPE;
    d stock_deliveries%ROWTYPE;
BEGIN
    SELECT * INTO l FROM stock_lots WHERE id = NEW.lot_id;
    IF NOT EXISTS (SELECT 1 FROM stock_balances b WHERE b.lot_id = NEW.lot_id AND b.last_movement = NEW.sequence)
        OR EXISTS (SELECT 1 FROM stock_movements m WHERE m.lot_id = NEW.lot_id AND m.sequence = NEW.previous_sequence AND m.moved_date > NEW.moved_date)
    THEN
        RAISE EXCEPTION 'huican.append_only: a movement says where its lot now stands';
    END IF;
    IF NEW.duty_id IS NOT NULL AND NOT warehouse_duty_holds(NEW.duty_id, NEW.moved_date) THEN
        RAISE EXCEPTION 'huican.warehouse_duty: nobody moves what they do not keep';
    END IF;
    -- What is taken back is taken back whole, once, and not before what came of it.
    IF NEW.reverses_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM stock_movements m WHERE m.id = NEW.reverses_id AND m.reverses_id IS NULL AND m.change = -NEW.change
          AND (m.origin_id, m.case_id, m.delivery_id) IS NOT DISTINCT FROM (NEW.origin_id, NEW.case_id, NEW.delivery_id)
          AND (SELECT coalesce(sum(r.change), 0) FROM stock_movements r WHERE r.origin_id = m.id) = 0)
    THEN
        RAISE EXCEPTION 'huican.stock_reversal';
    END IF;
    -- No more comes back than went out.
    IF NEW.kind = 'return' AND NEW.reverses_id IS NULL AND NOT EXISTS (
        SELECT 1 FROM stock_movements m WHERE m.id = NEW.origin_id AND m.kind IN ('issue', 'loan') AND m.reverses_id IS NULL
          AND m.case_id IS NOT DISTINCT FROM NEW.case_id
          AND NOT EXISTS (SELECT 1 FROM stock_movements v WHERE v.reverses_id = m.id)
          AND NEW.change + (SELECT coalesce(sum(r.change), 0) FROM stock_movements r WHERE r.origin_id = m.id) <= -m.change)
    THEN
        RAISE EXCEPTION 'huican.stock_returned';
    END IF;
    IF NEW.delivery_id IS NOT NULL THEN
        SELECT * INTO d FROM stock_deliveries WHERE id = NEW.delivery_id;
        IF (NEW.kind = 'transfer_out' OR NEW.reverses_id IS NULL) AND d.state <> 'expected' THEN
            RAISE EXCEPTION 'huican.delivery_closed';
        END IF;
        IF NEW.kind IN ('purchase', 'transfer_in') AND NEW.reverses_id IS NULL AND d.announced_by = NEW.actor_id THEN
            RAISE EXCEPTION 'huican.delivery_separation';
        END IF;
        IF ((l.edition, l.code, l.brand, l.model, l.batch_number, l.unit_price_fen, l.fund_source, l.supplier)
                <> (d.edition, d.code, d.brand, d.model, d.batch_number, d.unit_price_fen, d.fund_source, d.supplier)
            OR NOT CASE NEW.kind
                WHEN 'purchase' THEN d.kind = 'purchase' AND d.to_warehouse_id = NEW.warehouse_id
                WHEN 'transfer_out' THEN d.kind = 'transfer' AND d.from_warehouse_id = NEW.warehouse_id AND abs(NEW.change) = d.quantity
                    AND l.serial_number = d.serial_number AND (NEW.reverses_id IS NOT NULL OR d.announced_by = NEW.actor_id)
                ELSE d.kind = 'transfer' AND d.to_warehouse_id = NEW.warehouse_id AND l.serial_number = d.serial_number
                    AND EXISTS (SELECT 1 FROM stock_movements o WHERE o.delivery_id = d.id AND o.kind = 'transfer_out' AND o.reverses_id IS NULL)
                    AND NOT EXISTS (SELECT 1 FROM stock_movements v WHERE v.delivery_id = d.id AND v.reverses_id IS NOT NULL) END
            OR (NEW.kind <> 'transfer_out' AND NEW.reverses_id IS NULL AND NEW.change + (
                SELECT coalesce(sum(m.change), 0) FROM stock_movements m
                WHERE m.delivery_id = d.id AND m.kind = NEW.kind AND m.reverses_id IS NULL) > d.quantity)) IS DISTINCT FROM false
        THEN
            RAISE EXCEPTION 'huican.append_only: a movement is that of its delivery';
        END IF;
    END IF;
    IF EXISTS (SELECT 1 FROM stocktakes s WHERE s.id = NEW.stocktake_id AND s.state <> 'submitted') THEN
        RAISE EXCEPTION 'huican.stocktake_decided';
    END IF;
    IF NEW.stocktake_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM stocktakes s JOIN stocktake_lines c ON c.stocktake_id = s.id
        WHERE s.id = NEW.stocktake_id AND c.lot_id = NEW.lot_id
          AND NEW.change = c.counted_quantity - c.book_quantity)
    THEN
        RAISE EXCEPTION 'huican.append_only: a difference is that of its count';
    END IF;
    -- The same difference is not booked twice: by another count, or by what was taken back since.
    IF NEW.stocktake_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM stocktake_lines c JOIN stock_movements m ON m.lot_id = c.lot_id AND m.sequence > c.book_movement
        WHERE c.stocktake_id = NEW.stocktake_id AND c.lot_id = NEW.lot_id
          AND (m.stocktake_id IS NOT NULL OR m.reverses_id IS NOT NULL))
    THEN
        RAISE EXCEPTION 'huican.stocktake_overtaken';
    END IF;
    -- A piece is one, and in one place: in a warehouse, on its way, or with somebody.
    IF l.serial_number <> '' THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(l.edition || l.code || l.serial_number, 1));
        IF (CASE WHEN NEW.kind IN ('issue', 'loan', 'return') THEN 0 ELSE NEW.change END + (
            SELECT coalesce(sum(m.change), 0) FROM stock_movements m JOIN stock_lots a ON a.id = m.lot_id
            WHERE a.edition = l.edition AND a.code = l.code AND a.serial_number = l.serial_number
              AND m.kind NOT IN ('issue', 'loan', 'return')) NOT BETWEEN 0 AND 1
            OR (NEW.kind IN ('purchase', 'donation', 'stocktake_gain') AND NEW.change > 0 AND EXISTS (
                SELECT 1 FROM stock_deliveries o
                WHERE o.edition = l.edition AND o.code = l.code AND o.serial_number = l.serial_number AND o.state = 'expected')))
        THEN
            RAISE EXCEPTION 'huican.stock_piece';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_movements_step BEFORE INSERT ON stock_movements
    FOR EACH ROW EXECUTE FUNCTION refuse_stock_movement();

-- A delivery is announced by who may, and closed once, with what came of it.
CREATE FUNCTION refuse_stock_delivery() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'expected' THEN
            RAISE EXCEPTION 'huican.append_only: a delivery is expected first';
        END IF;
        IF NOT warehouse_duty_holds(NEW.announced_duty_id, NEW.announced_date) THEN
            RAISE EXCEPTION 'huican.warehouse_duty: nobody buys or sends whose duty it is not';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'expected' OR NEW.state = 'expected'
        OR (NEW.id, NEW.kind, NEW.from_warehouse_id, NEW.from_division_code, NEW.to_warehouse_id, NEW.to_division_code, NEW.edition,
            NEW.code, NEW.brand, NEW.model, NEW.batch_number, NEW.serial_number, NEW.unit_price_fen, NEW.fund_source, NEW.supplier,
            NEW.invoice_number, NEW.quantity, NEW.note, NEW.announced_by, NEW.announced_duty_id, NEW.announced_duty,
            NEW.announced_date, NEW.announced_at)
        IS DISTINCT FROM (OLD.id, OLD.kind, OLD.from_warehouse_id, OLD.from_division_code, OLD.to_warehouse_id, OLD.to_division_code, OLD.edition,
            OLD.code, OLD.brand, OLD.model, OLD.batch_number, OLD.serial_number, OLD.unit_price_fen, OLD.fund_source, OLD.supplier,
            OLD.invoice_number, OLD.quantity, OLD.note, OLD.announced_by, OLD.announced_duty_id, OLD.announced_duty,
            OLD.announced_date, OLD.announced_at)
    THEN
        RAISE EXCEPTION 'huican.append_only: what was announced stays, and is closed once';
    END IF;
    IF NEW.closed_duty_id IS NOT NULL AND NOT warehouse_duty_holds(NEW.closed_duty_id, NEW.closed_date) THEN
        RAISE EXCEPTION 'huican.warehouse_duty: nobody receives or calls off whose duty it is not';
    END IF;
    IF (SELECT coalesce(sum(m.change), 0) FROM stock_movements m
            WHERE m.delivery_id = NEW.id AND m.kind IN ('purchase', 'transfer_in') AND m.reverses_id IS NULL) <> coalesce(NEW.received_quantity, 0)
        OR (NEW.kind = 'transfer' AND (SELECT coalesce(sum(m.change), 0) FROM stock_movements m
            WHERE m.delivery_id = NEW.id AND m.kind = 'transfer_out') <> CASE NEW.state WHEN 'received' THEN -NEW.quantity ELSE 0 END)
    THEN
        RAISE EXCEPTION 'huican.append_only: what was received is what was booked';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_deliveries_announced BEFORE INSERT ON stock_deliveries FOR EACH ROW EXECUTE FUNCTION refuse_stock_delivery();
CREATE TRIGGER stock_deliveries_fixed BEFORE UPDATE ON stock_deliveries FOR EACH ROW EXECUTE FUNCTION refuse_stock_delivery();

-- A count is beside the books of its moment, and decided once, by somebody who has nothing to do with the stock.
CREATE FUNCTION refuse_stocktake() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'submitted' THEN
            RAISE EXCEPTION 'huican.append_only: a count is submitted first';
        END IF;
        IF NOT warehouse_duty_holds(NEW.duty_id, NEW.counted_date) THEN
            RAISE EXCEPTION 'huican.warehouse_duty: nobody counts whose duty it is not';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'submitted' OR NEW.state = 'submitted'
        OR (NEW.id, NEW.warehouse_id, NEW.division_code, NEW.counted_by, NEW.duty_id, NEW.duty, NEW.counted_date, NEW.counted_at, NEW.note, NEW.line_count)
        IS DISTINCT FROM (OLD.id, OLD.warehouse_id, OLD.division_code, OLD.counted_by, OLD.duty_id, OLD.duty, OLD.counted_date, OLD.counted_at, OLD.note, OLD.line_count)
    THEN
        RAISE EXCEPTION 'huican.append_only: a count stays, and is decided once';
    END IF;
    IF EXISTS (
        SELECT 1 FROM warehouse_duties d WHERE d.warehouse_id = NEW.warehouse_id AND d.user_id = NEW.decided_by
          AND d.valid_from <= NEW.decided_date AND (d.valid_to IS NULL OR d.valid_to > NEW.counted_date))
    THEN
        RAISE EXCEPTION 'huican.stocktake_own';
    END IF;
    IF (NEW.line_count <> (SELECT count(*) FROM stocktake_lines l WHERE l.stocktake_id = NEW.id)
        OR (SELECT count(*) FROM stock_movements m WHERE m.stocktake_id = NEW.id) <> CASE NEW.state
            WHEN 'approved' THEN (SELECT count(*) FROM stocktake_lines l WHERE l.stocktake_id = NEW.id AND l.counted_quantity <> l.book_quantity)
            ELSE 0 END)
    THEN
        RAISE EXCEPTION 'huican.append_only: what was counted is what is booked';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stocktakes_counted BEFORE INSERT ON stocktakes FOR EACH ROW EXECUTE FUNCTION refuse_stocktake();
CREATE TRIGGER stocktakes_fixed BEFORE UPDATE ON stocktakes FOR EACH ROW EXECUTE FUNCTION refuse_stocktake();
CREATE FUNCTION refuse_stocktake_line() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM stocktakes s JOIN stock_lots l ON l.warehouse_id = s.warehouse_id JOIN stock_balances b ON b.lot_id = l.id
        WHERE s.id = NEW.stocktake_id AND s.state = 'submitted' AND l.id = NEW.lot_id AND b.last_movement = NEW.book_movement)
    THEN
        RAISE EXCEPTION 'huican.append_only: a count is beside the books of its moment';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stocktake_lines_counted BEFORE INSERT ON stocktake_lines FOR EACH ROW EXECUTE FUNCTION refuse_stocktake_line();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_stock CHECK (
    ' ' || permits || ' ' NOT LIKE '% stock.act %' AND ' ' || permits || ' ' NOT LIKE '% stock.approve %'
    AND ' ' || permits || ' ' NOT LIKE '% warehouse.manage %');

CREATE TRIGGER warehouses_fixed BEFORE UPDATE ON warehouses FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER warehouses_keep BEFORE DELETE ON warehouses FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER warehouses_keep_all BEFORE TRUNCATE ON warehouses FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER warehouse_duties_keep BEFORE DELETE ON warehouse_duties FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER warehouse_duties_keep_all BEFORE TRUNCATE ON warehouse_duties FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_lots_fixed BEFORE UPDATE ON stock_lots FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_lots_keep BEFORE DELETE ON stock_lots FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_lots_keep_all BEFORE TRUNCATE ON stock_lots FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_balances_keep BEFORE DELETE ON stock_balances FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_balances_keep_all BEFORE TRUNCATE ON stock_balances FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_deliveries_keep BEFORE DELETE ON stock_deliveries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_deliveries_keep_all BEFORE TRUNCATE ON stock_deliveries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stocktakes_keep BEFORE DELETE ON stocktakes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stocktakes_keep_all BEFORE TRUNCATE ON stocktakes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_movements_fixed BEFORE UPDATE ON stock_movements FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_movements_keep BEFORE DELETE ON stock_movements FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_movements_keep_all BEFORE TRUNCATE ON stock_movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stocktake_lines_fixed BEFORE UPDATE ON stocktake_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stocktake_lines_keep BEFORE DELETE ON stocktake_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stocktake_lines_keep_all BEFORE TRUNCATE ON stocktake_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_reorder_levels_fixed BEFORE UPDATE ON stock_reorder_levels FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_reorder_levels_keep BEFORE DELETE ON stock_reorder_levels FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_reorder_levels_keep_all BEFORE TRUNCATE ON stock_reorder_levels FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON warehouses, warehouse_duties, stock_lots, stock_balances, stock_deliveries, stocktakes, stock_movements,
    stocktake_lines, stock_reorder_levels TO huican_service;
GRANT SELECT, INSERT, UPDATE ON stock_movement_numbers TO huican_service;
GRANT UPDATE (valid_to, ended_by) ON warehouse_duties TO huican_service;
GRANT UPDATE (quantity, last_movement) ON stock_balances TO huican_service;
GRANT UPDATE (state, received_quantity, reason, closed_by, closed_duty_id, closed_duty, closed_date, closed_at) ON stock_deliveries TO huican_service;
GRANT UPDATE (state, decided_by, decided_date, decided_at, comment) ON stocktakes TO huican_service;

-- Where a warehouse is, is no secret; what lies in it is its county's. A delivery is seen at both ends.
ALTER TABLE warehouse_duties ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON warehouse_duties
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE stock_lots ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON stock_lots
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE stocktakes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON stocktakes
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE stock_movements ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON stock_movements
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE stock_reorder_levels ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON stock_reorder_levels
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE stock_balances ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON stock_balances
    USING (EXISTS (SELECT 1 FROM stock_lots l WHERE l.id = lot_id));
ALTER TABLE stocktake_lines ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON stocktake_lines
    USING (EXISTS (SELECT 1 FROM stocktakes s WHERE s.id = stocktake_id));
ALTER TABLE stock_deliveries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON stock_deliveries
    USING (CASE WHEN to_division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true
        WHEN from_division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
