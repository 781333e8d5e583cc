-- Warehouses, who does what there, and the stock ledger (出入库): only ever added to. A lot is what lies together: one
-- item of one make, batch and price, or one piece with its number. Each movement continues the one before of its lot, so
-- that the balance is the sum of all by construction and never negative; `stock_balances` points to the last one, and
-- whoever writes takes its row first. Movements of a day are written on that day. '' stands for what a lot does not have.

CREATE UNIQUE INDEX organizations_place ON organizations (id, division_code);

CREATE TABLE warehouses (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    organization_id BLOB NOT NULL,
    division_code TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    UNIQUE (organization_id, name),
    UNIQUE (id, division_code),
    -- A county's or a city's.
    CHECK (division_code LIKE '______000000'),
    FOREIGN KEY (organization_id, division_code) REFERENCES organizations (id, division_code)
) STRICT;
CREATE INDEX warehouses_organization ON warehouses (organization_id, division_code);
CREATE INDEX warehouses_division ON warehouses (division_code, id);
CREATE INDEX warehouses_county ON warehouses (county_code, id);
CREATE INDEX warehouses_created_by ON warehouses (created_by);

-- Who buys, keeps or counts there, from a day until before another. Nobody has two of these at a time.
CREATE TABLE warehouse_duties (
    id BLOB NOT NULL PRIMARY KEY,
    warehouse_id BLOB NOT NULL,
    division_code TEXT NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id),
    duty TEXT NOT NULL CHECK (duty IN ('buyer', 'keeper', 'stock_taker')),
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    assigned_by BLOB NOT NULL REFERENCES users (id),
    assigned_at INTEGER NOT NULL,
    ended_by BLOB REFERENCES users (id),
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    UNIQUE (id, warehouse_id, user_id, duty),
    CHECK (valid_to >= valid_from),
    CHECK (ended_by IS NULL OR valid_to IS NOT NULL),
    CHECK (assigned_by <> user_id),
    FOREIGN KEY (warehouse_id, division_code) REFERENCES warehouses (id, division_code)
) STRICT;
CREATE INDEX warehouse_duties_warehouse ON warehouse_duties (warehouse_id, division_code);
CREATE INDEX warehouse_duties_user ON warehouse_duties (user_id, warehouse_id);
CREATE INDEX warehouse_duties_assigned_by ON warehouse_duties (assigned_by);
CREATE INDEX warehouse_duties_ended_by ON warehouse_duties (ended_by);

CREATE TABLE stock_lots (
    id BLOB NOT NULL PRIMARY KEY,
    warehouse_id BLOB NOT NULL,
    division_code TEXT NOT NULL,
    edition TEXT NOT NULL,
    code TEXT NOT NULL,
    brand TEXT NOT NULL CHECK (length(brand) <= 100),
    model TEXT NOT NULL CHECK (length(model) <= 100),
    batch_number TEXT NOT NULL CHECK (length(batch_number) <= 100),
    serial_number TEXT NOT NULL CHECK (length(serial_number) <= 100),
    unit_price_fen INTEGER NOT NULL CHECK (unit_price_fen BETWEEN 0 AND 100000000000),
    fund_source TEXT NOT NULL CHECK (fund_source IN ('fiscal', 'lottery', 'employment_levy', 'donation', 'other')),
    supplier TEXT NOT NULL CHECK (length(supplier) <= 100),
    created_at INTEGER NOT NULL,
    UNIQUE (warehouse_id, edition, code, brand, model, batch_number, serial_number, unit_price_fen, fund_source, supplier),
    UNIQUE (id, warehouse_id),
    FOREIGN KEY (edition, code) REFERENCES device_codes (edition, code),
    FOREIGN KEY (warehouse_id, division_code) REFERENCES warehouses (id, division_code)
) STRICT;
CREATE INDEX stock_lots_warehouse ON stock_lots (warehouse_id, division_code);
CREATE INDEX stock_lots_code ON stock_lots (edition, code, serial_number);
CREATE INDEX stock_lots_batch ON stock_lots (batch_number, edition, code) WHERE batch_number <> '';

CREATE TABLE stock_balances (
    lot_id BLOB NOT NULL PRIMARY KEY REFERENCES stock_lots (id),
    quantity INTEGER NOT NULL CHECK (quantity >= 0),
    last_movement INTEGER NOT NULL CHECK (last_movement > 0),
    FOREIGN KEY (lot_id, last_movement, quantity) REFERENCES stock_movements (lot_id, sequence, balance) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX stock_balances_last ON stock_balances (lot_id, last_movement, quantity);

CREATE TABLE stock_movement_numbers (
    division_code TEXT NOT NULL REFERENCES divisions (code),
    direction TEXT NOT NULL CHECK (direction IN ('RK', 'CK')),
    year INTEGER NOT NULL CHECK (year BETWEEN 2000 AND 2200),
    last INTEGER NOT NULL CHECK (last > 0),
    PRIMARY KEY (division_code, direction, year)
) STRICT;

-- What is on its way: bought by one and received by another, or sent from one warehouse to the next. What was sent
-- belongs to nobody's stock until it is received; what is missing then is explained.
CREATE TABLE stock_deliveries (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('purchase', 'transfer')),
    from_warehouse_id BLOB,
    from_division_code TEXT,
    to_warehouse_id BLOB NOT NULL,
    to_division_code TEXT NOT NULL,
    edition TEXT NOT NULL,
    code TEXT NOT NULL,
    brand TEXT NOT NULL CHECK (length(brand) <= 100),
    model TEXT NOT NULL CHECK (length(model) <= 100),
    batch_number TEXT NOT NULL CHECK (length(batch_number) <= 100),
    serial_number TEXT NOT NULL CHECK (length(serial_number) <= 100),
    unit_price_fen INTEGER NOT NULL CHECK (unit_price_fen BETWEEN 0 AND 100000000000),
    fund_source TEXT NOT NULL,
    supplier TEXT NOT NULL,
    invoice_number TEXT CHECK (length(invoice_number) BETWEEN 1 AND 100),
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
    note TEXT CHECK (length(note) BETWEEN 1 AND 500),
    announced_by BLOB NOT NULL REFERENCES users (id),
    announced_duty_id BLOB NOT NULL,
    announced_duty TEXT NOT NULL,
    announced_date TEXT NOT NULL,
    announced_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('expected', 'received', 'cancelled')),
    received_quantity INTEGER,
    -- Why less came than was announced, or why it was called off.
    reason TEXT CHECK (length(reason) BETWEEN 2 AND 500),
    closed_by BLOB REFERENCES users (id),
    closed_duty_id BLOB,
    closed_duty TEXT,
    closed_date TEXT,
    closed_at INTEGER,
    announcing_warehouse_id BLOB GENERATED ALWAYS AS (coalesce(from_warehouse_id, to_warehouse_id)) STORED,
    closing_warehouse_id BLOB GENERATED ALWAYS AS (
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
) STRICT;
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
    id BLOB NOT NULL PRIMARY KEY,
    warehouse_id BLOB NOT NULL,
    division_code TEXT NOT NULL,
    counted_by BLOB NOT NULL REFERENCES users (id),
    duty_id BLOB NOT NULL,
    duty TEXT NOT NULL CHECK (duty = 'stock_taker'),
    counted_date TEXT NOT NULL,
    counted_at INTEGER NOT NULL,
    note TEXT CHECK (length(note) BETWEEN 1 AND 500),
    line_count INTEGER NOT NULL CHECK (line_count > 0),
    state TEXT NOT NULL CHECK (state IN ('submitted', 'approved', 'returned')),
    decided_by BLOB REFERENCES users (id),
    decided_date TEXT,
    decided_at INTEGER,
    comment TEXT CHECK (length(comment) BETWEEN 1 AND 500),
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    UNIQUE (id, decided_by, state),
    UNIQUE (id, warehouse_id),
    CHECK ((state = 'submitted') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_date IS NULL)),
    CHECK (state <> 'returned' OR comment IS NOT NULL),
    CHECK (decided_by <> counted_by),
    FOREIGN KEY (warehouse_id, division_code) REFERENCES warehouses (id, division_code),
    FOREIGN KEY (duty_id, warehouse_id, counted_by, duty) REFERENCES warehouse_duties (id, warehouse_id, user_id, duty)
) STRICT;
CREATE INDEX stocktakes_warehouse ON stocktakes (warehouse_id, division_code, id);
CREATE INDEX stocktakes_division ON stocktakes (division_code, id);
CREATE INDEX stocktakes_county ON stocktakes (county_code, id);
CREATE INDEX stocktakes_counted_by ON stocktakes (counted_by);
CREATE INDEX stocktakes_duty ON stocktakes (duty_id);
CREATE INDEX stocktakes_decided_by ON stocktakes (decided_by);

CREATE TABLE stock_movements (
    id BLOB NOT NULL PRIMARY KEY,
    movement_number TEXT NOT NULL UNIQUE,
    warehouse_id BLOB NOT NULL,
    division_code TEXT NOT NULL,
    lot_id BLOB NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    previous_sequence INTEGER,
    previous_balance INTEGER,
    kind TEXT NOT NULL CHECK (kind IN ('purchase', 'donation', 'return', 'transfer_in', 'stocktake_gain', 'issue', 'loan',
        'transfer_out', 'scrap', 'stocktake_loss')),
    change INTEGER NOT NULL CHECK (change <> 0),
    balance INTEGER NOT NULL CHECK (balance >= 0),
    moved_date TEXT NOT NULL,
    actor_id BLOB NOT NULL REFERENCES users (id),
    duty_id BLOB,
    duty TEXT,
    case_id BLOB REFERENCES cases (id),
    counterpart TEXT CHECK (length(counterpart) BETWEEN 1 AND 100),
    note TEXT CHECK (length(note) BETWEEN 2 AND 500),
    -- Of a return: what was issued or lent.
    origin_id BLOB,
    -- A counter-movement says which one it takes back.
    reverses_id BLOB UNIQUE,
    delivery_id BLOB REFERENCES stock_deliveries (id),
    stocktake_id BLOB,
    at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    stocktake_state TEXT GENERATED ALWAYS AS (CASE WHEN stocktake_id IS NOT NULL THEN 'approved' END) STORED,
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
    FOREIGN KEY (stocktake_id, lot_id) REFERENCES stocktake_lines (stocktake_id, lot_id),
    FOREIGN KEY (stocktake_id, actor_id, stocktake_state) REFERENCES stocktakes (id, decided_by, state) DEFERRABLE INITIALLY DEFERRED
) STRICT;
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

CREATE TABLE stocktake_lines (
    stocktake_id BLOB NOT NULL REFERENCES stocktakes (id),
    lot_id BLOB NOT NULL,
    book_movement INTEGER NOT NULL,
    book_quantity INTEGER NOT NULL,
    counted_quantity INTEGER NOT NULL CHECK (counted_quantity BETWEEN 0 AND 1000000),
    explanation TEXT CHECK (length(explanation) BETWEEN 2 AND 500),
    PRIMARY KEY (stocktake_id, lot_id),
    CHECK (counted_quantity = book_quantity OR explanation IS NOT NULL),
    FOREIGN KEY (lot_id, book_movement, book_quantity) REFERENCES stock_movements (lot_id, sequence, balance)
) STRICT;
CREATE INDEX stocktake_lines_book ON stocktake_lines (lot_id, book_movement, book_quantity);

-- From which quantity on more is ordered. What is laid down anew follows what was laid down before.
CREATE TABLE stock_reorder_levels (
    warehouse_id BLOB NOT NULL,
    edition TEXT NOT NULL,
    code TEXT NOT NULL,
    revision INTEGER NOT NULL CHECK (revision > 0),
    previous_revision INTEGER,
    division_code TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 0 AND 1000000),
    set_by BLOB NOT NULL REFERENCES users (id),
    set_at INTEGER NOT NULL,
    PRIMARY KEY (warehouse_id, edition, code, revision),
    CHECK ((revision = 1) = (previous_revision IS NULL)),
    CHECK (previous_revision = revision - 1),
    FOREIGN KEY (warehouse_id, edition, code, previous_revision) REFERENCES stock_reorder_levels (warehouse_id, edition, code, revision),
    FOREIGN KEY (warehouse_id, division_code) REFERENCES warehouses (id, division_code),
    FOREIGN KEY (edition, code) REFERENCES device_codes (edition, code)
) STRICT;
CREATE INDEX stock_reorder_levels_warehouse ON stock_reorder_levels (warehouse_id, division_code);
CREATE INDEX stock_reorder_levels_code ON stock_reorder_levels (edition, code);
CREATE INDEX stock_reorder_levels_set_by ON stock_reorder_levels (set_by);

-- One duty of a warehouse at a time; a duty is ended once.
CREATE TRIGGER warehouse_duties_one BEFORE INSERT ON warehouse_duties
WHEN EXISTS (
    SELECT 1 FROM warehouse_duties d
    WHERE d.warehouse_id = NEW.warehouse_id AND d.user_id = NEW.user_id
      AND (d.valid_to IS NULL OR d.valid_to > NEW.valid_from)
      AND (NEW.valid_to IS NULL OR NEW.valid_to > d.valid_from))
BEGIN
    SELECT RAISE(ABORT, 'huican.warehouse_duty_overlap');
END;
CREATE TRIGGER warehouse_duties_fixed BEFORE UPDATE ON warehouse_duties
WHEN (NEW.id, NEW.warehouse_id, NEW.division_code, NEW.user_id, NEW.duty, NEW.valid_from, NEW.assigned_by, NEW.assigned_at)
        IS NOT (OLD.id, OLD.warehouse_id, OLD.division_code, OLD.user_id, OLD.duty, OLD.valid_from, OLD.assigned_by, OLD.assigned_at)
    OR OLD.ended_by IS NOT NULL OR NEW.ended_by IS NULL OR coalesce(NEW.valid_to > OLD.valid_to, 1 = 0)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a duty is ended once');
END;

-- A balance moves on by one movement at a time.
CREATE TRIGGER stock_balances_begin BEFORE INSERT ON stock_balances WHEN NEW.last_movement <> 1
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a lot begins with its first movement');
END;
CREATE TRIGGER stock_balances_fixed BEFORE UPDATE ON stock_balances
WHEN NEW.lot_id <> OLD.lot_id OR NEW.last_movement <> OLD.last_movement + 1
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a balance follows its movements');
END;

CREATE TRIGGER stock_movements_step BEFORE INSERT ON stock_movements
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a movement says where its lot now stands')
    WHERE NOT EXISTS (SELECT 1 FROM stock_balances b WHERE b.lot_id = NEW.lot_id AND b.last_movement = NEW.sequence)
       OR EXISTS (SELECT 1 FROM stock_movements m WHERE m.lot_id = NEW.lot_id AND m.sequence = NEW.previous_sequence AND m.moved_date > NEW.moved_date);
    SELECT RAISE(ABORT, 'huican.warehouse_duty: nobody moves what they do not keep')
    WHERE NEW.duty_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM warehouse_duties d WHERE d.id = NEW.duty_id AND d.valid_from <= NEW.moved_date
          AND (d.valid_to IS NULL OR d.valid_to > NEW.moved_date));
    -- What is taken back is taken back whole, once, and not before what came of it.
    SELECT RAISE(ABORT, 'huican.stock_reversal')
    WHERE NEW.reverses_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM stock_movements m WHERE m.id = NEW.reverses_id AND m.reverses_id IS NULL AND m.change = -NEW.change
          AND (m.origin_id, m.case_id, m.delivery_id) IS (NEW.origin_id, NEW.case_id, NEW.delivery_id)
          AND (SELECT coalesce(sum(r.change), 0) FROM stock_movements r WHERE r.origin_id = m.id) = 0);
    -- No more comes back than went out.
    SELECT RAISE(ABORT, 'huican.stock_returned')
    WHERE NEW.kind = 'return' AND NEW.reverses_id IS NULL AND NOT EXISTS (
        SELECT 1 FROM stock_movements m WHERE m.id = NEW.origin_id AND m.kind IN ('issue', 'loan') AND m.reverses_id IS NULL
          AND m.case_id IS NEW.case_id
          AND NOT EXISTS (SELECT 1 FROM stock_movements v WHERE v.reverses_id = m.id)
          AND NEW.change + (SELECT coalesce(sum(r.change), 0) FROM stock_movements r WHERE r.origin_id = m.id) <= -m.change);
    SELECT RAISE(ABORT, 'huican.delivery_separation')
    WHERE NEW.kind IN ('purchase', 'transfer_in') AND NEW.reverses_id IS NULL AND EXISTS (
        SELECT 1 FROM stock_deliveries d WHERE d.id = NEW.delivery_id AND d.announced_by = NEW.actor_id);
    SELECT RAISE(ABORT, 'huican.delivery_closed')
    WHERE (NEW.kind = 'transfer_out' OR NEW.reverses_id IS NULL) AND EXISTS (
        SELECT 1 FROM stock_deliveries d WHERE d.id = NEW.delivery_id AND d.state <> 'expected');
    SELECT RAISE(ABORT, 'huican.append_only: a movement is that of its delivery')
    WHERE NEW.delivery_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM stock_deliveries d JOIN stock_lots l ON l.id = NEW.lot_id
        WHERE d.id = NEW.delivery_id
          AND (l.edition, l.code, l.brand, l.model, l.batch_number, l.unit_price_fen, l.fund_source, l.supplier)
            = (d.edition, d.code, d.brand, d.model, d.batch_number, d.unit_price_fen, d.fund_source, d.supplier)
          AND CASE NEW.kind
            WHEN 'purchase' THEN d.kind = 'purchase' AND d.to_warehouse_id = NEW.warehouse_id
            WHEN 'transfer_out' THEN d.kind = 'transfer' AND d.from_warehouse_id = NEW.warehouse_id AND abs(NEW.change) = d.quantity
                AND l.serial_number = d.serial_number AND (NEW.reverses_id IS NOT NULL OR d.announced_by = NEW.actor_id)
            ELSE d.kind = 'transfer' AND d.to_warehouse_id = NEW.warehouse_id AND l.serial_number = d.serial_number
                AND EXISTS (SELECT 1 FROM stock_movements o WHERE o.delivery_id = d.id AND o.kind = 'transfer_out' AND o.reverses_id IS NULL)
                AND NOT EXISTS (SELECT 1 FROM stock_movements v WHERE v.delivery_id = d.id AND v.reverses_id IS NOT NULL) END
          AND (NEW.kind = 'transfer_out' OR NEW.reverses_id IS NOT NULL OR NEW.change + (
            SELECT coalesce(sum(m.change), 0) FROM stock_movements m
            WHERE m.delivery_id = d.id AND m.kind = NEW.kind AND m.reverses_id IS NULL) <= d.quantity));
    SELECT RAISE(ABORT, 'huican.stocktake_decided')
    WHERE EXISTS (SELECT 1 FROM stocktakes s WHERE s.id = NEW.stocktake_id AND s.state <> 'submitted');
    SELECT RAISE(ABORT, 'huican.append_only: a difference is that of its count')
    WHERE NEW.stocktake_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM stocktakes s JOIN stocktake_lines l ON l.stocktake_id = s.id
        WHERE s.id = NEW.stocktake_id AND l.lot_id = NEW.lot_id
          AND NEW.change = l.counted_quantity - l.book_quantity);
    -- The same difference is not booked twice: by another count, or by what was taken back since.
    SELECT RAISE(ABORT, 'huican.stocktake_overtaken')
    WHERE NEW.stocktake_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM stocktake_lines l JOIN stock_movements m ON m.lot_id = l.lot_id AND m.sequence > l.book_movement
        WHERE l.stocktake_id = NEW.stocktake_id AND l.lot_id = NEW.lot_id
          AND (m.stocktake_id IS NOT NULL OR m.reverses_id IS NOT NULL));
    -- A piece is one, and in one place: in a warehouse, on its way, or with somebody.
    SELECT RAISE(ABORT, 'huican.stock_piece')
    WHERE EXISTS (SELECT 1 FROM stock_lots l WHERE l.id = NEW.lot_id AND l.serial_number <> '') AND (
        CASE WHEN NEW.kind IN ('issue', 'loan', 'return') THEN 0 ELSE NEW.change END + (
            SELECT coalesce(sum(m.change), 0) FROM stock_movements m
            JOIN stock_lots a ON a.id = m.lot_id JOIN stock_lots l ON l.id = NEW.lot_id
            WHERE (a.edition, a.code, a.serial_number) = (l.edition, l.code, l.serial_number)
              AND m.kind NOT IN ('issue', 'loan', 'return')) NOT BETWEEN 0 AND 1
        OR (NEW.kind IN ('purchase', 'donation', 'stocktake_gain') AND NEW.change > 0 AND EXISTS (
            SELECT 1 FROM stock_deliveries d JOIN stock_lots l ON l.id = NEW.lot_id
            WHERE (d.edition, d.code, d.serial_number) = (l.edition, l.code, l.serial_number) AND d.state = 'expected')));
END;

-- A delivery is announced by who may, and closed once, with what came of it.
CREATE TRIGGER stock_deliveries_announced BEFORE INSERT ON stock_deliveries
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a delivery is expected first') WHERE NEW.state <> 'expected';
    SELECT RAISE(ABORT, 'huican.warehouse_duty: nobody buys or sends whose duty it is not')
    WHERE NOT EXISTS (
        SELECT 1 FROM warehouse_duties d WHERE d.id = NEW.announced_duty_id AND d.valid_from <= NEW.announced_date
          AND (d.valid_to IS NULL OR d.valid_to > NEW.announced_date));
END;
CREATE TRIGGER stock_deliveries_fixed BEFORE UPDATE ON stock_deliveries
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was announced stays, and is closed once')
    WHERE OLD.state <> 'expected' OR NEW.state = 'expected'
        OR (NEW.id, NEW.kind, NEW.from_warehouse_id, NEW.from_division_code, NEW.to_warehouse_id, NEW.to_division_code, NEW.edition,
            NEW.code, NEW.brand, NEW.model, NEW.batch_number, NEW.serial_number, NEW.unit_price_fen, NEW.fund_source, NEW.supplier,
            NEW.invoice_number, NEW.quantity, NEW.note, NEW.announced_by, NEW.announced_duty_id, NEW.announced_duty,
            NEW.announced_date, NEW.announced_at)
        IS NOT (OLD.id, OLD.kind, OLD.from_warehouse_id, OLD.from_division_code, OLD.to_warehouse_id, OLD.to_division_code, OLD.edition,
            OLD.code, OLD.brand, OLD.model, OLD.batch_number, OLD.serial_number, OLD.unit_price_fen, OLD.fund_source, OLD.supplier,
            OLD.invoice_number, OLD.quantity, OLD.note, OLD.announced_by, OLD.announced_duty_id, OLD.announced_duty,
            OLD.announced_date, OLD.announced_at);
    SELECT RAISE(ABORT, 'huican.warehouse_duty: nobody receives or calls off whose duty it is not')
    WHERE NOT EXISTS (
        SELECT 1 FROM warehouse_duties d WHERE d.id = NEW.closed_duty_id AND d.valid_from <= NEW.closed_date
          AND (d.valid_to IS NULL OR d.valid_to > NEW.closed_date));
    SELECT RAISE(ABORT, 'huican.append_only: what was received is what was booked')
    WHERE (SELECT coalesce(sum(m.change), 0) FROM stock_movements m
            WHERE m.delivery_id = NEW.id AND m.kind IN ('purchase', 'transfer_in') AND m.reverses_id IS NULL) <> coalesce(NEW.received_quantity, 0)
       OR (NEW.kind = 'transfer' AND (SELECT coalesce(sum(m.change), 0) FROM stock_movements m
            WHERE m.delivery_id = NEW.id AND m.kind = 'transfer_out') <> CASE NEW.state WHEN 'received' THEN -NEW.quantity ELSE 0 END);
END;

-- A count is beside the books of its moment, and decided once, by somebody who has nothing to do with the stock.
CREATE TRIGGER stocktakes_counted BEFORE INSERT ON stocktakes
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a count is submitted first') WHERE NEW.state <> 'submitted';
    SELECT RAISE(ABORT, 'huican.warehouse_duty: nobody counts whose duty it is not')
    WHERE NOT EXISTS (
        SELECT 1 FROM warehouse_duties d WHERE d.id = NEW.duty_id AND d.valid_from <= NEW.counted_date
          AND (d.valid_to IS NULL OR d.valid_to > NEW.counted_date));
END;
CREATE TRIGGER stocktake_lines_counted BEFORE INSERT ON stocktake_lines
WHEN NOT EXISTS (
    SELECT 1 FROM stocktakes s JOIN stock_lots l ON l.warehouse_id = s.warehouse_id JOIN stock_balances b ON b.lot_id = l.id
    WHERE s.id = NEW.stocktake_id AND s.state = 'submitted' AND l.id = NEW.lot_id AND b.last_movement = NEW.book_movement)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a count is beside the books of its moment');
END;
CREATE TRIGGER stocktakes_fixed BEFORE UPDATE ON stocktakes
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a count stays, and is decided once')
    WHERE OLD.state <> 'submitted' OR NEW.state = 'submitted'
        OR (NEW.id, NEW.warehouse_id, NEW.division_code, NEW.counted_by, NEW.duty_id, NEW.duty, NEW.counted_date, NEW.counted_at, NEW.note, NEW.line_count)
        IS NOT (OLD.id, OLD.warehouse_id, OLD.division_code, OLD.counted_by, OLD.duty_id, OLD.duty, OLD.counted_date, OLD.counted_at, OLD.note, OLD.line_count);
    SELECT RAISE(ABORT, 'huican.stocktake_own')
    WHERE EXISTS (
        SELECT 1 FROM warehouse_duties d WHERE d.warehouse_id = NEW.warehouse_id AND d.user_id = NEW.decided_by
          AND d.valid_from <= NEW.decided_date AND (d.valid_to IS NULL OR d.valid_to > NEW.counted_date));
    SELECT RAISE(ABORT, 'huican.append_only: what was counted is what is booked')
    WHERE NEW.line_count <> (SELECT count(*) FROM stocktake_lines l WHERE l.stocktake_id = NEW.id)
       OR (SELECT count(*) FROM stock_movements m WHERE m.stocktake_id = NEW.id) <> CASE NEW.state
            WHEN 'approved' THEN (SELECT count(*) FROM stocktake_lines l WHERE l.stocktake_id = NEW.id AND l.counted_quantity <> l.book_quantity)
            ELSE 0 END;
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_stock BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% stock.act %' OR ' ' || NEW.permits || ' ' LIKE '% stock.approve %'
    OR ' ' || NEW.permits || ' ' LIKE '% warehouse.manage %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;

CREATE TRIGGER warehouses_fixed BEFORE UPDATE ON warehouses
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: warehouses are never changed');
END;
CREATE TRIGGER warehouses_keep BEFORE DELETE ON warehouses
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: warehouses are never deleted');
END;
CREATE TRIGGER warehouses_no_replace BEFORE INSERT ON warehouses
WHEN EXISTS (SELECT 1 FROM warehouses WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: warehouses.id');
END;
CREATE TRIGGER warehouse_duties_keep BEFORE DELETE ON warehouse_duties
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: duties are never deleted');
END;
CREATE TRIGGER warehouse_duties_no_replace BEFORE INSERT ON warehouse_duties
WHEN EXISTS (SELECT 1 FROM warehouse_duties WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: warehouse_duties.id');
END;
CREATE TRIGGER stock_lots_fixed BEFORE UPDATE ON stock_lots
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: lots are never changed');
END;
CREATE TRIGGER stock_lots_keep BEFORE DELETE ON stock_lots
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: lots are never deleted');
END;
CREATE TRIGGER stock_lots_no_replace BEFORE INSERT ON stock_lots
WHEN EXISTS (SELECT 1 FROM stock_lots WHERE id = NEW.id OR (warehouse_id = NEW.warehouse_id AND edition = NEW.edition AND code = NEW.code AND brand = NEW.brand AND model = NEW.model
    AND batch_number = NEW.batch_number AND serial_number = NEW.serial_number AND unit_price_fen = NEW.unit_price_fen
    AND fund_source = NEW.fund_source AND supplier = NEW.supplier))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: stock_lots.id');
END;
CREATE TRIGGER stock_balances_keep BEFORE DELETE ON stock_balances
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: balances are never deleted');
END;
CREATE TRIGGER stock_balances_no_replace BEFORE INSERT ON stock_balances
WHEN EXISTS (SELECT 1 FROM stock_balances WHERE lot_id = NEW.lot_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: stock_balances.lot_id');
END;
CREATE TRIGGER stock_deliveries_keep BEFORE DELETE ON stock_deliveries
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: deliveries are never deleted');
END;
CREATE TRIGGER stock_deliveries_no_replace BEFORE INSERT ON stock_deliveries
WHEN EXISTS (SELECT 1 FROM stock_deliveries WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: stock_deliveries.id');
END;
CREATE TRIGGER stocktakes_keep BEFORE DELETE ON stocktakes
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: counts are never deleted');
END;
CREATE TRIGGER stocktakes_no_replace BEFORE INSERT ON stocktakes
WHEN EXISTS (SELECT 1 FROM stocktakes WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: stocktakes.id');
END;
CREATE TRIGGER stock_movements_fixed BEFORE UPDATE ON stock_movements
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: movements are never changed');
END;
CREATE TRIGGER stock_movements_keep BEFORE DELETE ON stock_movements
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: movements are never deleted');
END;
CREATE TRIGGER stock_movements_no_replace BEFORE INSERT ON stock_movements
WHEN EXISTS (SELECT 1 FROM stock_movements WHERE id = NEW.id OR movement_number = NEW.movement_number OR (lot_id = NEW.lot_id AND sequence = NEW.sequence)
    OR (stocktake_id = NEW.stocktake_id AND lot_id = NEW.lot_id))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: stock_movements.id');
END;
CREATE TRIGGER stocktake_lines_fixed BEFORE UPDATE ON stocktake_lines
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: counts are never changed');
END;
CREATE TRIGGER stocktake_lines_keep BEFORE DELETE ON stocktake_lines
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: counts are never deleted');
END;
CREATE TRIGGER stocktake_lines_no_replace BEFORE INSERT ON stocktake_lines
WHEN EXISTS (SELECT 1 FROM stocktake_lines WHERE stocktake_id = NEW.stocktake_id AND lot_id = NEW.lot_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: stocktake_lines.stocktake_id');
END;
CREATE TRIGGER stock_reorder_levels_fixed BEFORE UPDATE ON stock_reorder_levels
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: levels are never changed');
END;
CREATE TRIGGER stock_reorder_levels_keep BEFORE DELETE ON stock_reorder_levels
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: levels are never deleted');
END;
CREATE TRIGGER stock_reorder_levels_no_replace BEFORE INSERT ON stock_reorder_levels
WHEN EXISTS (SELECT 1 FROM stock_reorder_levels WHERE warehouse_id = NEW.warehouse_id AND edition = NEW.edition AND code = NEW.code AND revision = NEW.revision)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: stock_reorder_levels.warehouse_id');
END;
CREATE TRIGGER warehouses_no_second BEFORE INSERT ON warehouses
WHEN EXISTS (SELECT 1 FROM warehouses WHERE organization_id = NEW.organization_id AND name = NEW.name)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: warehouses.organization_id');
END;
CREATE TRIGGER stock_movements_no_second BEFORE INSERT ON stock_movements
WHEN EXISTS (SELECT 1 FROM stock_movements WHERE reverses_id = NEW.reverses_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: stock_movements.reverses_id');
END;
