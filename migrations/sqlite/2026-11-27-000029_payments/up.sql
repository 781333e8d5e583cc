-- What is paid: batches that three people make, check and release, the payments in them, what speaks against one, how
-- much may be spent, and what the bank answered. `payee` and `account` are sealed; `account_index` is a keyed
-- fingerprint of the account's number.

-- How much may be spent on a program by a county in a year. What is decided anew follows what was decided before.
CREATE TABLE budgets (
    id BLOB NOT NULL PRIMARY KEY,
    program_code TEXT NOT NULL REFERENCES programs (code),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    year INTEGER NOT NULL CHECK (year BETWEEN 2000 AND 2200),
    revision INTEGER NOT NULL CHECK (revision > 0),
    previous_revision INTEGER,
    amount_fen INTEGER NOT NULL CHECK (amount_fen >= 0),
    reason TEXT NOT NULL CHECK (length(reason) BETWEEN 2 AND 500),
    decided_by BLOB NOT NULL REFERENCES users (id),
    decided_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    UNIQUE (program_code, division_code, year, revision),
    CHECK (division_code LIKE '______000000' AND division_code NOT LIKE '____00%'),
    CHECK ((revision = 1) = (previous_revision IS NULL)),
    CHECK (previous_revision = revision - 1),
    FOREIGN KEY (program_code, division_code, year, previous_revision) REFERENCES budgets (program_code, division_code, year, revision)
) STRICT;
CREATE INDEX budgets_division ON budgets (division_code, id);
CREATE INDEX budgets_county ON budgets (county_code, id);
CREATE INDEX budgets_decided_by ON budgets (decided_by);

CREATE TABLE payment_batch_numbers (
    county_code TEXT NOT NULL REFERENCES divisions (code),
    month TEXT NOT NULL CHECK (length(month) = 7),
    last INTEGER NOT NULL CHECK (last > 0),
    PRIMARY KEY (county_code, month)
) STRICT;

CREATE TABLE payment_batches (
    id BLOB NOT NULL PRIMARY KEY,
    batch_number TEXT NOT NULL UNIQUE,
    division_code TEXT NOT NULL REFERENCES divisions (code),
    program_code TEXT NOT NULL REFERENCES programs (code),
    month TEXT NOT NULL CHECK (length(month) = 7),
    state TEXT NOT NULL,
    last_transition INTEGER NOT NULL,
    maker_id BLOB NOT NULL REFERENCES users (id),
    checker_id BLOB REFERENCES users (id),
    releaser_id BLOB REFERENCES users (id),
    payment_count INTEGER NOT NULL CHECK (payment_count >= 0),
    total_fen INTEGER NOT NULL CHECK (total_fen >= 0),
    -- Of all payments in their order, from the first submission on.
    digest BLOB,
    made_at INTEGER NOT NULL,
    released_at INTEGER,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    year INTEGER GENERATED ALWAYS AS (CAST(substr(month, 1, 4) AS INTEGER)) STORED,
    CHECK (division_code LIKE '______000000' AND division_code NOT LIKE '____00%'),
    CHECK (batch_number LIKE substr(division_code, 1, 6) || '-' || replace(month, '-', '') || '-____'),
    -- Three persons.
    CHECK (maker_id <> checker_id),
    CHECK (maker_id <> releaser_id),
    CHECK (checker_id <> releaser_id),
    CHECK (CASE state
        WHEN 'draft' THEN checker_id IS NULL AND releaser_id IS NULL
        WHEN 'submitted' THEN checker_id IS NULL AND releaser_id IS NULL AND digest IS NOT NULL
        WHEN 'checked' THEN checker_id IS NOT NULL AND releaser_id IS NULL AND digest IS NOT NULL
        WHEN 'released' THEN checker_id IS NOT NULL AND releaser_id IS NOT NULL AND digest IS NOT NULL
        WHEN 'settled' THEN checker_id IS NOT NULL AND releaser_id IS NOT NULL AND digest IS NOT NULL
        WHEN 'cancelled' THEN releaser_id IS NULL
        ELSE 1 = 0 END),
    CHECK ((releaser_id IS NULL) = (released_at IS NULL)),
    CHECK (digest IS NULL OR length(digest) = 32),
    FOREIGN KEY (id, last_transition, state) REFERENCES payment_batch_transitions (batch_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX payment_batches_division ON payment_batches (division_code, id);
CREATE INDEX payment_batches_county ON payment_batches (county_code, id);
CREATE INDEX payment_batches_state ON payment_batches (state, id);
CREATE INDEX payment_batches_spent ON payment_batches (program_code, division_code, year, state);
CREATE INDEX payment_batches_maker ON payment_batches (maker_id);
CREATE INDEX payment_batches_checker ON payment_batches (checker_id);
CREATE INDEX payment_batches_releaser ON payment_batches (releaser_id);

-- One person has one duty in a batch, whatever became of it since.
CREATE TABLE payment_batch_duties (
    batch_id BLOB NOT NULL REFERENCES payment_batches (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    duty TEXT NOT NULL CHECK (duty IN ('make', 'check', 'release')),
    PRIMARY KEY (batch_id, user_id),
    UNIQUE (batch_id, user_id, duty)
) STRICT;
CREATE INDEX payment_batch_duties_user ON payment_batch_duties (user_id);

CREATE TABLE payment_batch_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    batch_id BLOB NOT NULL REFERENCES payment_batches (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    actor_id BLOB NOT NULL REFERENCES users (id),
    duty TEXT,
    comment TEXT CHECK (length(comment) BETWEEN 1 AND 1000),
    at INTEGER NOT NULL,
    UNIQUE (batch_id, sequence),
    UNIQUE (batch_id, sequence, to_state),
    CHECK ((action = 'make') = (sequence = 1)),
    CHECK ((action = 'make') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    -- An action leads from where and to where its name says, and is somebody's duty.
    CHECK (CASE action
        WHEN 'make' THEN to_state = 'draft' AND duty IS NOT NULL AND duty = 'make'
        WHEN 'submit' THEN from_state = 'draft' AND to_state = 'submitted' AND duty IS NOT NULL AND duty = 'make'
        WHEN 'check' THEN from_state = 'submitted' AND to_state = 'checked' AND duty IS NOT NULL AND duty = 'check'
        WHEN 'return' THEN from_state IN ('submitted', 'checked') AND to_state = 'draft' AND duty IS NOT NULL
            AND (duty = 'check' OR (duty = 'release' AND from_state = 'checked'))
        WHEN 'release' THEN from_state = 'checked' AND to_state = 'released' AND duty IS NOT NULL AND duty = 'release'
        WHEN 'cancel' THEN from_state IN ('draft', 'submitted', 'checked') AND to_state = 'cancelled' AND duty IS NOT NULL AND duty = 'make'
        WHEN 'settle' THEN from_state = 'released' AND to_state = 'settled' AND duty IS NULL
        ELSE 1 = 0 END),
    CHECK (action NOT IN ('return', 'cancel') OR comment IS NOT NULL),
    FOREIGN KEY (batch_id, previous_sequence, from_state) REFERENCES payment_batch_transitions (batch_id, sequence, to_state),
    FOREIGN KEY (batch_id, actor_id, duty) REFERENCES payment_batch_duties (batch_id, user_id, duty)
) STRICT;
CREATE INDEX payment_batch_transitions_previous ON payment_batch_transitions (batch_id, previous_sequence, from_state);
CREATE INDEX payment_batch_transitions_duty ON payment_batch_transitions (batch_id, actor_id, duty);
CREATE INDEX payment_batch_transitions_actor ON payment_batch_transitions (actor_id);

-- Where organizations are paid that deliver services: proposed by one person, confirmed by another. `number` is sealed,
-- `number_index` a keyed fingerprint.
CREATE TABLE organization_accounts (
    id BLOB NOT NULL PRIMARY KEY,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    number BLOB NOT NULL,
    number_index BLOB NOT NULL,
    bank_name TEXT NOT NULL CHECK (length(bank_name) BETWEEN 1 AND 100),
    valid_from TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'confirmed', 'rejected')),
    proposed_by BLOB NOT NULL REFERENCES users (id),
    proposed_at INTEGER NOT NULL,
    decided_by BLOB REFERENCES users (id),
    decided_at INTEGER,
    reason TEXT CHECK (length(reason) BETWEEN 2 AND 200),
    UNIQUE (id, organization_id),
    -- Two persons.
    CHECK (proposed_by <> decided_by),
    CHECK ((state = 'proposed') = (decided_by IS NULL) AND (state = 'proposed') = (decided_at IS NULL)),
    CHECK (state <> 'rejected' OR reason IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX organization_accounts_one_proposed ON organization_accounts (organization_id) WHERE state = 'proposed';
CREATE UNIQUE INDEX organization_accounts_one_a_day ON organization_accounts (organization_id, valid_from) WHERE state = 'confirmed';
CREATE INDEX organization_accounts_organization ON organization_accounts (organization_id, id);
CREATE INDEX organization_accounts_number ON organization_accounts (number_index);
CREATE INDEX organization_accounts_proposed_by ON organization_accounts (proposed_by);
CREATE INDEX organization_accounts_decided_by ON organization_accounts (decided_by);

-- What is owed to an organization that delivered a case's service. How it is paid, payments say.
CREATE TABLE payables (
    id BLOB NOT NULL PRIMARY KEY,
    source TEXT NOT NULL CHECK (source IN ('rehabilitation_settlement', 'renovation_settlement', 'device_purchase')),
    -- What it is for: a line of a settlement, by its own id there; owed once.
    subject_id BLOB NOT NULL,
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    case_id BLOB NOT NULL,
    resident_id BLOB NOT NULL,
    program_code TEXT NOT NULL REFERENCES programs (code),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    month TEXT NOT NULL CHECK (length(month) = 7),
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    state TEXT NOT NULL CHECK (state IN ('due', 'in_payment', 'paid', 'withdrawn')),
    reason TEXT CHECK (length(reason) BETWEEN 2 AND 200),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK ((state = 'withdrawn') = (reason IS NOT NULL)),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id)
) STRICT;
CREATE UNIQUE INDEX payables_subject ON payables (source, subject_id);
CREATE INDEX payables_organization ON payables (organization_id, id);
CREATE INDEX payables_case ON payables (case_id, resident_id);
CREATE INDEX payables_resident ON payables (resident_id);
CREATE INDEX payables_program ON payables (program_code);
CREATE INDEX payables_division ON payables (division_code, id);
CREATE INDEX payables_county ON payables (county_code, id);
CREATE INDEX payables_open ON payables (county_code, program_code, month) WHERE state = 'due';

-- To whom something is due that cannot be paid.
CREATE TABLE payment_omissions (
    batch_id BLOB NOT NULL REFERENCES payment_batches (id),
    resident_id BLOB NOT NULL REFERENCES residents (id),
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    reason TEXT NOT NULL CHECK (reason IN ('no_bank_account', 'no_organization_account')),
    PRIMARY KEY (batch_id, resident_id)
) STRICT;
CREATE INDEX payment_omissions_resident ON payment_omissions (resident_id);

CREATE TABLE payments (
    id BLOB NOT NULL PRIMARY KEY,
    payment_number TEXT NOT NULL UNIQUE,
    batch_id BLOB NOT NULL REFERENCES payment_batches (id),
    resident_id BLOB NOT NULL REFERENCES residents (id),
    program_code TEXT NOT NULL REFERENCES programs (code),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    -- Of the batch's month, of months before, and what is kept back of it.
    gross_fen INTEGER NOT NULL CHECK (gross_fen >= 0),
    arrears_fen INTEGER NOT NULL CHECK (arrears_fen >= 0),
    deduction_fen INTEGER NOT NULL CHECK (deduction_fen >= 0),
    net_fen INTEGER NOT NULL CHECK (net_fen >= 0),
    -- The person's account, or that of an organization that served them.
    bank_account_id BLOB REFERENCES bank_accounts (id),
    organization_id BLOB,
    organization_account_id BLOB,
    account BLOB NOT NULL,
    account_index BLOB NOT NULL,
    payee BLOB NOT NULL,
    bank_name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'paid', 'failed', 'cancelled')),
    failure TEXT CHECK (length(failure) BETWEEN 1 AND 200),
    retry_of BLOB REFERENCES payments (id),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    UNIQUE (id, batch_id),
    CHECK (net_fen = gross_fen + arrears_fen - deduction_fen),
    CHECK ((bank_account_id IS NULL) <> (organization_account_id IS NULL)),
    CHECK ((organization_id IS NULL) = (organization_account_id IS NULL)),
    -- What somebody owes is not kept back from others.
    CHECK (organization_id IS NULL OR deduction_fen = 0),
    FOREIGN KEY (organization_account_id, organization_id) REFERENCES organization_accounts (id, organization_id),
    CHECK (gross_fen + arrears_fen > 0),
    CHECK ((state = 'failed') = (failure IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX payments_one ON payments (batch_id, resident_id) WHERE organization_id IS NULL;
CREATE UNIQUE INDEX payments_one_organization ON payments (batch_id, resident_id, organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX payments_organization ON payments (organization_id, id);
CREATE INDEX payments_organization_account ON payments (organization_account_id, organization_id);
CREATE INDEX payments_batch ON payments (batch_id, id);
CREATE INDEX payments_batch_state ON payments (batch_id, state);
CREATE INDEX payments_failed ON payments (batch_id, net_fen) WHERE state = 'failed';
CREATE INDEX payments_resident ON payments (resident_id, id);
CREATE INDEX payments_program ON payments (program_code);
CREATE INDEX payments_division ON payments (division_code, id);
CREATE INDEX payments_county ON payments (county_code, id);
CREATE INDEX payments_bank_account ON payments (bank_account_id);
CREATE INDEX payments_retry ON payments (retry_of);

-- The months that a payment pays. What failed or was cancelled pays none any more.
CREATE TABLE payment_items (
    payment_id BLOB NOT NULL REFERENCES payments (id),
    entitlement_id BLOB NOT NULL REFERENCES entitlements (id),
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    live INTEGER NOT NULL CHECK (live IN (0, 1)),
    PRIMARY KEY (payment_id, entitlement_id)
) STRICT;
CREATE UNIQUE INDEX payment_items_one ON payment_items (entitlement_id) WHERE live = 1;
CREATE INDEX payment_items_entitlement ON payment_items (entitlement_id, payment_id);

-- What is owed to an organization that a payment pays, likewise.
CREATE TABLE payment_payables (
    payment_id BLOB NOT NULL REFERENCES payments (id),
    payable_id BLOB NOT NULL REFERENCES payables (id),
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    live INTEGER NOT NULL CHECK (live IN (0, 1)),
    PRIMARY KEY (payment_id, payable_id)
) STRICT;
CREATE UNIQUE INDEX payment_payables_one ON payment_payables (payable_id) WHERE live = 1;
CREATE INDEX payment_payables_payable ON payment_payables (payable_id, payment_id);

-- What speaks against a payment, until somebody says why it does not.
CREATE TABLE payment_flags (
    id BLOB NOT NULL PRIMARY KEY,
    batch_id BLOB NOT NULL REFERENCES payment_batches (id),
    payment_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('same_account', 'payee_other', 'exclusive_elsewhere')),
    -- As JSON; names nobody.
    details TEXT NOT NULL,
    found_at INTEGER NOT NULL,
    cleared_at INTEGER,
    cleared_by BLOB REFERENCES users (id),
    reason TEXT CHECK (length(reason) BETWEEN 5 AND 500),
    UNIQUE (payment_id, kind),
    CHECK ((cleared_at IS NULL) = (cleared_by IS NULL) AND (cleared_at IS NULL) = (reason IS NULL)),
    FOREIGN KEY (payment_id, batch_id) REFERENCES payments (id, batch_id)
) STRICT;
CREATE INDEX payment_flags_batch ON payment_flags (batch_id, id);
CREATE INDEX payment_flags_open ON payment_flags (batch_id) WHERE cleared_at IS NULL;
CREATE INDEX payment_flags_payment ON payment_flags (payment_id, batch_id);
CREATE INDEX payment_flags_cleared_by ON payment_flags (cleared_by);

-- What the bank answered: a file once.
CREATE TABLE bank_returns (
    id BLOB NOT NULL PRIMARY KEY,
    batch_id BLOB NOT NULL REFERENCES payment_batches (id),
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    row_count INTEGER NOT NULL CHECK (row_count >= 0),
    paid_count INTEGER NOT NULL CHECK (paid_count >= 0),
    failed_count INTEGER NOT NULL CHECK (failed_count >= 0),
    read_by BLOB NOT NULL REFERENCES users (id),
    read_at INTEGER NOT NULL,
    UNIQUE (batch_id, sha256),
    CHECK (paid_count + failed_count <= row_count)
) STRICT;
CREATE INDEX bank_returns_batch ON bank_returns (batch_id, id);
CREATE INDEX bank_returns_read_by ON bank_returns (read_by);

CREATE TABLE bank_return_rows (
    return_id BLOB NOT NULL REFERENCES bank_returns (id),
    line INTEGER NOT NULL CHECK (line > 0),
    payment_id BLOB REFERENCES payments (id),
    reference TEXT,
    account_masked TEXT,
    amount_fen INTEGER,
    result TEXT CHECK (result IN ('paid', 'failed')),
    reason TEXT,
    verdict TEXT NOT NULL CHECK (verdict IN ('matched', 'unknown_reference', 'repeated', 'contradictory', 'amount_differs',
        'account_differs', 'name_differs', 'settled_before', 'unreadable')),
    PRIMARY KEY (return_id, line),
    CHECK (verdict <> 'matched' OR (payment_id IS NOT NULL AND result IS NOT NULL))
) STRICT;
CREATE INDEX bank_return_rows_payment ON bank_return_rows (payment_id);

-- What a batch is made for stays; what was submitted once stays as it was counted then.
CREATE TRIGGER payment_batches_fixed BEFORE UPDATE ON payment_batches
WHEN (NEW.id, NEW.batch_number, NEW.division_code, NEW.program_code, NEW.month, NEW.made_at)
        IS NOT (OLD.id, OLD.batch_number, OLD.division_code, OLD.program_code, OLD.month, OLD.made_at)
    OR NEW.last_transition < OLD.last_transition
    OR (NEW.last_transition = OLD.last_transition
        AND (NEW.maker_id, NEW.checker_id, NEW.releaser_id, NEW.released_at)
            IS NOT (OLD.maker_id, OLD.checker_id, OLD.releaser_id, OLD.released_at))
    OR (OLD.releaser_id IS NOT NULL
        AND (NEW.maker_id, NEW.checker_id, NEW.releaser_id, NEW.released_at)
            IS NOT (OLD.maker_id, OLD.checker_id, OLD.releaser_id, OLD.released_at))
    OR (OLD.digest IS NOT NULL
        AND (NEW.digest, NEW.payment_count, NEW.total_fen) IS NOT (OLD.digest, OLD.payment_count, OLD.total_fen))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was submitted stays');
END;

-- Whose step it is, and whether all is there that it needs.
CREATE TRIGGER payment_batch_transitions_step BEFORE INSERT ON payment_batch_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an entry says where its batch now stands')
    WHERE NOT EXISTS (SELECT 1 FROM payment_batches b WHERE b.id = NEW.batch_id AND b.last_transition = NEW.sequence);
    SELECT RAISE(ABORT, 'huican.payment_separation')
    WHERE EXISTS (SELECT 1 FROM payment_batches b WHERE b.id = NEW.batch_id AND NEW.actor_id IS NOT CASE NEW.action
        WHEN 'make' THEN b.maker_id WHEN 'submit' THEN b.maker_id WHEN 'check' THEN b.checker_id WHEN 'release' THEN b.releaser_id
        ELSE NEW.actor_id END);
    SELECT RAISE(ABORT, 'huican.recusal_required')
    WHERE NEW.action IN ('check', 'release') AND EXISTS (SELECT 1 FROM user_traces t WHERE t.user_id = NEW.actor_id) AND EXISTS (
        SELECT 1 FROM user_ties t JOIN payments p ON p.resident_id = t.resident_id AND p.batch_id = NEW.batch_id
        WHERE t.user_id = NEW.actor_id);
    SELECT RAISE(ABORT, 'huican.payment_sums')
    WHERE NEW.action = 'submit' AND (
        NOT EXISTS (SELECT 1 FROM payment_batches b WHERE b.id = NEW.batch_id AND b.payment_count > 0 AND (b.payment_count, b.total_fen) =
            (SELECT count(*), coalesce(sum(p.net_fen), 0) FROM payments p WHERE p.batch_id = NEW.batch_id))
        OR EXISTS (
            SELECT 1 FROM payments p WHERE p.batch_id = NEW.batch_id AND p.gross_fen + p.arrears_fen IS NOT
                (SELECT sum(i.amount_fen) FROM (SELECT i.amount_fen FROM payment_items i WHERE i.payment_id = p.id
                    UNION ALL SELECT o.amount_fen FROM payment_payables o WHERE o.payment_id = p.id) AS i)));
    SELECT RAISE(ABORT, 'huican.payments_left')
    WHERE EXISTS (SELECT 1 FROM payments p WHERE p.batch_id = NEW.batch_id AND CASE NEW.action
        WHEN 'release' THEN p.state = 'pending' WHEN 'cancel' THEN p.state = 'pending' WHEN 'settle' THEN p.state = 'sent'
        ELSE 1 = 0 END);
    SELECT RAISE(ABORT, 'huican.payment_ended')
    WHERE NEW.action = 'release' AND EXISTS (
        SELECT 1 FROM payments p JOIN payment_items i ON i.payment_id = p.id JOIN entitlements e ON e.id = i.entitlement_id
        WHERE p.batch_id = NEW.batch_id AND (
            SELECT t.to_state FROM enrollment_transitions t
            WHERE t.enrollment_id = e.enrollment_id AND t.effective_month <= e.month ORDER BY t.sequence DESC LIMIT 1) IS NOT 'active');
    SELECT RAISE(ABORT, 'huican.payment_flagged')
    WHERE NEW.action = 'release' AND EXISTS (SELECT 1 FROM payment_flags f WHERE f.batch_id = NEW.batch_id AND f.cleared_at IS NULL);
    SELECT RAISE(ABORT, 'huican.budget_missing')
    WHERE NEW.action = 'release' AND NOT EXISTS (SELECT 1 FROM payment_batches b
        JOIN budgets g ON g.program_code = b.program_code AND g.division_code = b.division_code AND g.year = b.year
        WHERE b.id = NEW.batch_id);
    SELECT RAISE(ABORT, 'huican.budget_exceeded')
    WHERE NEW.action = 'release' AND EXISTS (SELECT 1 FROM payment_batches b WHERE b.id = NEW.batch_id AND (
            SELECT sum(o.total_fen - (SELECT coalesce(sum(p.net_fen), 0) FROM payments p WHERE p.batch_id = o.id AND p.state = 'failed'))
            FROM payment_batches o WHERE o.program_code = b.program_code AND o.division_code = b.division_code AND o.year = b.year
              AND o.state IN ('released', 'settled')
        ) > (
            SELECT g.amount_fen FROM budgets g
            WHERE g.program_code = b.program_code AND g.division_code = b.division_code AND g.year = b.year
            ORDER BY g.revision DESC LIMIT 1));
END;

-- A batch takes in until it is submitted, of its own county and program.
CREATE TRIGGER payments_taken BEFORE INSERT ON payments
WHEN NEW.state <> 'pending' OR NOT EXISTS (
    SELECT 1 FROM payment_batches b WHERE b.id = NEW.batch_id AND b.state = 'draft' AND b.digest IS NULL
      AND b.program_code = NEW.program_code AND b.county_code = substr(NEW.division_code, 1, 6)
      AND substr(NEW.payment_number, 1, length(b.batch_number)) = b.batch_number)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a batch takes in until it is submitted');
END;
-- Nobody is paid at an account that only one person stands for.
CREATE TRIGGER payments_to_confirmed BEFORE INSERT ON payments
WHEN NEW.organization_account_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM organization_accounts a WHERE a.id = NEW.organization_account_id AND a.state = 'confirmed')
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an account is paid to once it is confirmed');
END;
-- What is paid, to whom and where, stays. Only how it went is added, once; a sealed value may get a newer key.
CREATE TRIGGER payments_fixed BEFORE UPDATE ON payments
WHEN (NEW.id, NEW.payment_number, NEW.batch_id, NEW.resident_id, NEW.program_code, NEW.division_code, NEW.gross_fen, NEW.arrears_fen,
        NEW.deduction_fen, NEW.net_fen, NEW.bank_account_id, NEW.organization_id, NEW.organization_account_id, NEW.account_index, NEW.bank_name, NEW.retry_of, NEW.created_at)
        IS NOT
        (OLD.id, OLD.payment_number, OLD.batch_id, OLD.resident_id, OLD.program_code, OLD.division_code, OLD.gross_fen, OLD.arrears_fen,
        OLD.deduction_fen, OLD.net_fen, OLD.bank_account_id, OLD.organization_id, OLD.organization_account_id, OLD.account_index, OLD.bank_name, OLD.retry_of, OLD.created_at)
    OR (NEW.account <> OLD.account AND substr(NEW.account, 2, 2) <= substr(OLD.account, 2, 2))
    OR (NEW.payee <> OLD.payee AND substr(NEW.payee, 2, 2) <= substr(OLD.payee, 2, 2))
    OR (NEW.state = OLD.state AND (NEW.failure, NEW.version, NEW.updated_at) IS NOT (OLD.failure, OLD.version, OLD.updated_at))
    OR (NEW.state <> OLD.state AND NOT CASE OLD.state
        WHEN 'pending' THEN NEW.state = 'cancelled' OR NEW.state = CASE WHEN NEW.net_fen = 0 THEN 'paid' ELSE 'sent' END
        WHEN 'sent' THEN NEW.state IN ('paid', 'failed')
        ELSE 1 = 0 END)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what is paid stays');
END;
CREATE TRIGGER payments_with_batch BEFORE UPDATE ON payments
WHEN NEW.state <> OLD.state AND NOT EXISTS (SELECT 1 FROM payment_batches b WHERE b.id = NEW.batch_id
    AND b.state = CASE NEW.state WHEN 'cancelled' THEN 'cancelled' ELSE 'released' END)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a payment goes with its batch');
END;

-- Lets go of the months, and writes the books.
CREATE TRIGGER payments_booked AFTER UPDATE OF state ON payments
WHEN NEW.state <> OLD.state
BEGIN
    UPDATE payment_items SET live = 0 WHERE payment_id = NEW.id AND live = 1 AND NEW.state IN ('failed', 'cancelled');
    UPDATE payment_payables SET live = 0 WHERE payment_id = NEW.id AND live = 1 AND NEW.state IN ('failed', 'cancelled');
    UPDATE payables SET state = CASE NEW.state WHEN 'paid' THEN 'paid' ELSE 'due' END, updated_at = NEW.updated_at
        WHERE NEW.organization_id IS NOT NULL AND NEW.state IN ('paid', 'failed', 'cancelled') AND state = 'in_payment'
          AND id IN (SELECT o.payable_id FROM payment_payables o WHERE o.payment_id = NEW.id);
    INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, payment_id)
    SELECT NEW.updated_at, 'release', 'payable', 'paid', NEW.net_fen, NEW.resident_id, NEW.program_code, NEW.division_code, NEW.id
    WHERE OLD.state = 'pending' AND NEW.state = 'sent' AND NEW.net_fen > 0;
    INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, payment_id)
    SELECT NEW.updated_at, 'offset', 'payable', 'recovery', NEW.deduction_fen, NEW.resident_id, NEW.program_code, NEW.division_code, NEW.id
    WHERE OLD.state = 'pending' AND NEW.state IN ('sent', 'paid') AND NEW.deduction_fen > 0;
    INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, payment_id)
    SELECT NEW.updated_at, 'return', 'returned', 'payable', NEW.net_fen, NEW.resident_id, NEW.program_code, NEW.division_code, NEW.id
    WHERE NEW.state = 'failed' AND NEW.net_fen > 0;
    INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, payment_id)
    SELECT NEW.updated_at, 'offset_return', 'recovery', 'payable', NEW.deduction_fen, NEW.resident_id, NEW.program_code, NEW.division_code, NEW.id
    WHERE NEW.state = 'failed' AND NEW.deduction_fen > 0;
END;
-- Nobody writes in the books by hand: an entry of a payment is that payment's.
CREATE TRIGGER ledger_entries_of_payment BEFORE INSERT ON ledger_entries
WHEN NEW.payment_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM payments p WHERE p.id = NEW.payment_id AND p.resident_id = NEW.resident_id
      AND p.program_code = NEW.program_code AND p.division_code = NEW.division_code
      AND NEW.amount_fen = CASE WHEN NEW.entry IN ('release', 'return') THEN p.net_fen ELSE p.deduction_fen END
      AND CASE WHEN NEW.entry IN ('release', 'offset') THEN p.state IN ('sent', 'paid') ELSE p.state = 'failed' END)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: the books follow what happened');
END;

-- A month that is due, of the same person and program, as it is due; and nobody takes it back meanwhile.
CREATE TRIGGER payment_items_due BEFORE INSERT ON payment_items
WHEN NEW.live = 0 OR NOT EXISTS (
    SELECT 1 FROM entitlements e
    JOIN payments p ON p.resident_id = e.resident_id AND p.program_code = e.program_code AND p.organization_id IS NULL
    JOIN payment_batches b ON b.id = p.batch_id AND b.month >= e.run_month
    WHERE e.id = NEW.entitlement_id AND e.state = 'due' AND e.amount_fen = NEW.amount_fen
      AND p.id = NEW.payment_id AND p.state = 'pending' AND b.state = 'draft' AND b.digest IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a payment pays what is due');
END;
CREATE TRIGGER payment_items_fixed BEFORE UPDATE ON payment_items
WHEN (NEW.payment_id, NEW.entitlement_id, NEW.amount_fen) IS NOT (OLD.payment_id, OLD.entitlement_id, OLD.amount_fen)
    OR NEW.live = 1 OR OLD.live = 0
    OR NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id AND p.state IN ('failed', 'cancelled'))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what a payment pays stays');
END;
CREATE TRIGGER entitlements_in_payment BEFORE UPDATE ON entitlements
WHEN OLD.state = 'due' AND NEW.state <> 'due'
    AND EXISTS (SELECT 1 FROM payment_items i WHERE i.entitlement_id = NEW.id AND i.live = 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.entitlement_in_payment');
END;

-- What is owed, to the payment's organization and for its person, as it is owed.
CREATE TRIGGER payment_payables_due BEFORE INSERT ON payment_payables
WHEN NEW.live = 0 OR NOT EXISTS (
    SELECT 1 FROM payables o
    JOIN payments p ON p.resident_id = o.resident_id AND p.program_code = o.program_code AND p.organization_id = o.organization_id
    JOIN payment_batches b ON b.id = p.batch_id AND b.month >= o.month
    WHERE o.id = NEW.payable_id AND o.state = 'due' AND o.amount_fen = NEW.amount_fen
      AND p.id = NEW.payment_id AND p.state = 'pending' AND b.state = 'draft' AND b.digest IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a payment pays what is due');
END;
CREATE TRIGGER payment_payables_taken AFTER INSERT ON payment_payables
BEGIN
    UPDATE payables SET state = 'in_payment', updated_at = (SELECT p.created_at FROM payments p WHERE p.id = NEW.payment_id)
        WHERE id = NEW.payable_id;
END;
CREATE TRIGGER payment_payables_fixed BEFORE UPDATE ON payment_payables
WHEN (NEW.payment_id, NEW.payable_id, NEW.amount_fen) IS NOT (OLD.payment_id, OLD.payable_id, OLD.amount_fen)
    OR NEW.live = 1 OR OLD.live = 0
    OR NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id AND p.state IN ('failed', 'cancelled'))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what a payment pays stays');
END;
CREATE TRIGGER payment_payables_keep BEFORE DELETE ON payment_payables
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what a payment pays is never deleted');
END;
CREATE TRIGGER payment_payables_no_replace BEFORE INSERT ON payment_payables
WHEN EXISTS (SELECT 1 FROM payment_payables WHERE (payment_id = NEW.payment_id AND payable_id = NEW.payable_id) OR (payable_id = NEW.payable_id AND live = 1))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: payment_payables.payable_id');
END;

-- What is owed stays as it was owed. Its state is what its payments say; only what is in none is withdrawn.
CREATE TRIGGER payables_in_payment BEFORE UPDATE ON payables
WHEN OLD.state IN ('in_payment', 'paid') AND NEW.state = 'withdrawn'
BEGIN
    SELECT RAISE(ABORT, 'huican.payable_in_payment');
END;
CREATE TRIGGER payables_fixed BEFORE UPDATE ON payables
WHEN (NEW.id, NEW.source, NEW.subject_id, NEW.organization_id, NEW.case_id, NEW.resident_id, NEW.program_code, NEW.division_code, NEW.month,
        NEW.amount_fen, NEW.created_at) IS NOT
    (OLD.id, OLD.source, OLD.subject_id, OLD.organization_id, OLD.case_id, OLD.resident_id, OLD.program_code, OLD.division_code, OLD.month,
        OLD.amount_fen, OLD.created_at)
    OR NOT CASE OLD.state
        WHEN 'due' THEN NEW.state = 'withdrawn'
            OR (NEW.state = 'in_payment' AND EXISTS (SELECT 1 FROM payment_payables i WHERE i.payable_id = NEW.id AND i.live = 1))
        WHEN 'in_payment' THEN CASE NEW.state
            WHEN 'paid' THEN EXISTS (SELECT 1 FROM payment_payables i JOIN payments p ON p.id = i.payment_id
                WHERE i.payable_id = NEW.id AND i.live = 1 AND p.state = 'paid')
            WHEN 'due' THEN NOT EXISTS (SELECT 1 FROM payment_payables i WHERE i.payable_id = NEW.id AND i.live = 1)
            ELSE 1 = 0 END
        ELSE 1 = 0 END
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what is owed stays as it was owed');
END;
CREATE TRIGGER payables_due_first BEFORE INSERT ON payables
WHEN NEW.state <> 'due'
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what is owed begins as due');
END;
CREATE TRIGGER payables_keep BEFORE DELETE ON payables
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what is owed is never deleted');
END;
CREATE TRIGGER payables_no_replace BEFORE INSERT ON payables
WHEN EXISTS (SELECT 1 FROM payables WHERE id = NEW.id OR (source = NEW.source AND subject_id = NEW.subject_id))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: payables.subject_id');
END;
CREATE TRIGGER payables_booked AFTER INSERT ON payables
BEGIN
    INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, payable_id)
    VALUES (NEW.updated_at, 'due', 'obligation', 'payable', NEW.amount_fen, NEW.resident_id, NEW.program_code, NEW.division_code, NEW.id);
END;
CREATE TRIGGER payables_booked_back AFTER UPDATE OF state ON payables
WHEN NEW.state = 'withdrawn'
BEGIN
    INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, payable_id)
    VALUES (NEW.updated_at, 'reversal', 'payable', 'obligation', NEW.amount_fen, NEW.resident_id, NEW.program_code, NEW.division_code, NEW.id);
END;
CREATE TRIGGER ledger_entries_of_payable BEFORE INSERT ON ledger_entries
WHEN NEW.payable_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM payables o WHERE o.id = NEW.payable_id AND o.resident_id = NEW.resident_id AND o.program_code = NEW.program_code
      AND o.division_code = NEW.division_code AND o.amount_fen = NEW.amount_fen AND (NEW.entry = 'due' OR o.state = 'withdrawn'))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: the books follow what happened');
END;

-- An account is proposed, decided once by somebody else, and stays; a sealed value may get a newer key.
CREATE TRIGGER organization_accounts_proposed_first BEFORE INSERT ON organization_accounts
WHEN NEW.state <> 'proposed'
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an account is proposed first');
END;
CREATE TRIGGER organization_accounts_fixed BEFORE UPDATE ON organization_accounts
WHEN (NEW.id, NEW.organization_id, NEW.number_index, NEW.bank_name, NEW.valid_from, NEW.proposed_by, NEW.proposed_at)
        IS NOT (OLD.id, OLD.organization_id, OLD.number_index, OLD.bank_name, OLD.valid_from, OLD.proposed_by, OLD.proposed_at)
    OR (NEW.number <> OLD.number AND substr(NEW.number, 2, 2) <= substr(OLD.number, 2, 2))
    OR (OLD.state <> 'proposed' AND (NEW.state, NEW.decided_by, NEW.decided_at, NEW.reason)
        IS NOT (OLD.state, OLD.decided_by, OLD.decided_at, OLD.reason))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an organization''s account stays as it was decided');
END;
CREATE TRIGGER organization_accounts_keep BEFORE DELETE ON organization_accounts
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: accounts are never deleted');
END;
CREATE TRIGGER organization_accounts_no_replace BEFORE INSERT ON organization_accounts
WHEN EXISTS (SELECT 1 FROM organization_accounts WHERE id = NEW.id OR (organization_id = NEW.organization_id AND state = 'proposed'))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: organization_accounts.organization_id');
END;

-- A flag is cleared once, before its batch is released, and not by who made that.
CREATE TRIGGER payment_flags_found BEFORE INSERT ON payment_flags
WHEN NEW.cleared_at IS NOT NULL OR NOT EXISTS (
    SELECT 1 FROM payment_batches b WHERE b.id = NEW.batch_id AND b.state IN ('draft', 'submitted', 'checked'))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: flags are for what is not released');
END;
CREATE TRIGGER payment_flags_fixed BEFORE UPDATE ON payment_flags
WHEN (NEW.id, NEW.batch_id, NEW.payment_id, NEW.kind, NEW.details, NEW.found_at)
        IS NOT (OLD.id, OLD.batch_id, OLD.payment_id, OLD.kind, OLD.details, OLD.found_at)
    OR OLD.cleared_at IS NOT NULL OR NEW.cleared_at IS NULL
    OR NOT EXISTS (SELECT 1 FROM payment_batches b WHERE b.id = NEW.batch_id AND b.state IN ('draft', 'submitted', 'checked'))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a flag is cleared once');
END;
CREATE TRIGGER payment_flags_cleared BEFORE UPDATE ON payment_flags
WHEN EXISTS (SELECT 1 FROM payment_batch_duties d WHERE d.batch_id = NEW.batch_id AND d.user_id = NEW.cleared_by AND d.duty = 'make')
BEGIN
    SELECT RAISE(ABORT, 'huican.payment_flag_own');
END;
-- And by nobody who makes it later.
CREATE TRIGGER payment_batch_duties_made BEFORE INSERT ON payment_batch_duties
WHEN NEW.duty = 'make' AND EXISTS (SELECT 1 FROM payment_flags f WHERE f.batch_id = NEW.batch_id AND f.cleared_by = NEW.user_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.payment_separation');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_payments BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% payment.act %' OR ' ' || NEW.permits || ' ' LIKE '% payment.make %'
    OR ' ' || NEW.permits || ' ' LIKE '% payment.exchange %' OR ' ' || NEW.permits || ' ' LIKE '% budget.decide %'
    OR ' ' || NEW.permits || ' ' LIKE '% payee.propose %' OR ' ' || NEW.permits || ' ' LIKE '% payee.decide %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;

CREATE TRIGGER budgets_fixed BEFORE UPDATE ON budgets
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: budgets are never changed');
END;
CREATE TRIGGER budgets_keep BEFORE DELETE ON budgets
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: budgets are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER budgets_no_replace BEFORE INSERT ON budgets
WHEN EXISTS (SELECT 1 FROM budgets WHERE id = NEW.id OR (program_code = NEW.program_code AND division_code = NEW.division_code AND year = NEW.year AND revision = NEW.revision))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: budgets.id');
END;
CREATE TRIGGER payment_batches_keep BEFORE DELETE ON payment_batches
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: payment batches are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER payment_batches_no_replace BEFORE INSERT ON payment_batches
WHEN EXISTS (SELECT 1 FROM payment_batches WHERE id = NEW.id OR batch_number = NEW.batch_number)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: payment_batches.id');
END;
CREATE TRIGGER payment_batch_duties_fixed BEFORE UPDATE ON payment_batch_duties
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: duties are never changed');
END;
CREATE TRIGGER payment_batch_duties_keep BEFORE DELETE ON payment_batch_duties
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: duties are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER payment_batch_duties_no_replace BEFORE INSERT ON payment_batch_duties
WHEN EXISTS (SELECT 1 FROM payment_batch_duties WHERE batch_id = NEW.batch_id AND user_id = NEW.user_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: payment_batch_duties.id');
END;
CREATE TRIGGER payment_batch_transitions_fixed BEFORE UPDATE ON payment_batch_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: entries are never changed');
END;
CREATE TRIGGER payment_batch_transitions_keep BEFORE DELETE ON payment_batch_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: entries are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER payment_batch_transitions_no_replace BEFORE INSERT ON payment_batch_transitions
WHEN EXISTS (SELECT 1 FROM payment_batch_transitions WHERE id = NEW.id OR (batch_id = NEW.batch_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: payment_batch_transitions.id');
END;
CREATE TRIGGER payment_omissions_fixed BEFORE UPDATE ON payment_omissions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: omissions are never changed');
END;
CREATE TRIGGER payment_omissions_keep BEFORE DELETE ON payment_omissions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: omissions are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER payment_omissions_no_replace BEFORE INSERT ON payment_omissions
WHEN EXISTS (SELECT 1 FROM payment_omissions WHERE batch_id = NEW.batch_id AND resident_id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: payment_omissions.id');
END;
CREATE TRIGGER payments_keep BEFORE DELETE ON payments
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: payments are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER payments_no_replace BEFORE INSERT ON payments
WHEN EXISTS (SELECT 1 FROM payments WHERE id = NEW.id OR payment_number = NEW.payment_number OR (batch_id = NEW.batch_id AND resident_id = NEW.resident_id AND organization_id IS NEW.organization_id))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: payments.id');
END;
CREATE TRIGGER payment_items_keep BEFORE DELETE ON payment_items
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: payment items are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER payment_items_no_replace BEFORE INSERT ON payment_items
WHEN EXISTS (SELECT 1 FROM payment_items WHERE (payment_id = NEW.payment_id AND entitlement_id = NEW.entitlement_id) OR (entitlement_id = NEW.entitlement_id AND live = 1))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: payment_items.id');
END;
CREATE TRIGGER payment_flags_keep BEFORE DELETE ON payment_flags
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: payment flags are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER payment_flags_no_replace BEFORE INSERT ON payment_flags
WHEN EXISTS (SELECT 1 FROM payment_flags WHERE id = NEW.id OR (payment_id = NEW.payment_id AND kind = NEW.kind))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: payment_flags.id');
END;
CREATE TRIGGER bank_returns_fixed BEFORE UPDATE ON bank_returns
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: bank returns are never changed');
END;
CREATE TRIGGER bank_returns_keep BEFORE DELETE ON bank_returns
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: bank returns are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER bank_returns_no_replace BEFORE INSERT ON bank_returns
WHEN EXISTS (SELECT 1 FROM bank_returns WHERE id = NEW.id OR (batch_id = NEW.batch_id AND sha256 = NEW.sha256))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: bank_returns.id');
END;
CREATE TRIGGER bank_return_rows_fixed BEFORE UPDATE ON bank_return_rows
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: bank returns are never changed');
END;
CREATE TRIGGER bank_return_rows_keep BEFORE DELETE ON bank_return_rows
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: bank returns are never deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the trigger above.
CREATE TRIGGER bank_return_rows_no_replace BEFORE INSERT ON bank_return_rows
WHEN EXISTS (SELECT 1 FROM bank_return_rows WHERE return_id = NEW.return_id AND line = NEW.line)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: bank_return_rows.id');
END;
