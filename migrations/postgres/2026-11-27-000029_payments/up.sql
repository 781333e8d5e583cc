-- What is paid: batches that three people make, check and release, the payments in them, what speaks against one, how
-- much may be spent, and what the bank answered. `payee` and `account` are sealed; `account_index` is a keyed
-- fingerprint of the account's number.

-- How much may be spent on a program by a county in a year. What is decided anew follows what was decided before.
CREATE TABLE budgets (
    id uuid NOT NULL PRIMARY KEY,
    program_code text COLLATE "C" NOT NULL REFERENCES programs (code),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    year integer NOT NULL CHECK (year BETWEEN 2000 AND 2200),
    revision integer NOT NULL CHECK (revision > 0),
    previous_revision integer,
    amount_fen bigint NOT NULL CHECK (amount_fen >= 0),
    reason text NOT NULL CHECK (length(reason) BETWEEN 2 AND 500),
    decided_by uuid NOT NULL REFERENCES users (id),
    decided_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (program_code, division_code, year, revision),
    CHECK (division_code LIKE '______000000' AND division_code NOT LIKE '____00%'),
    CHECK ((revision = 1) = (previous_revision IS NULL)),
    CHECK (previous_revision = revision - 1),
    FOREIGN KEY (program_code, division_code, year, previous_revision) REFERENCES budgets (program_code, division_code, year, revision)
);
CREATE INDEX budgets_division ON budgets (division_code, id);
CREATE INDEX budgets_county ON budgets (county_code, id);
CREATE INDEX budgets_decided_by ON budgets (decided_by);

CREATE TABLE payment_batch_numbers (
    county_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    month text COLLATE "C" NOT NULL CHECK (length(month) = 7),
    last integer NOT NULL CHECK (last > 0),
    PRIMARY KEY (county_code, month)
);

CREATE TABLE payment_batches (
    id uuid NOT NULL PRIMARY KEY,
    batch_number text COLLATE "C" NOT NULL UNIQUE,
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    program_code text COLLATE "C" NOT NULL REFERENCES programs (code),
    month text COLLATE "C" NOT NULL CHECK (length(month) = 7),
    state text NOT NULL,
    last_transition integer NOT NULL,
    maker_id uuid NOT NULL REFERENCES users (id),
    checker_id uuid REFERENCES users (id),
    releaser_id uuid REFERENCES users (id),
    payment_count integer NOT NULL CHECK (payment_count >= 0),
    total_fen bigint NOT NULL CHECK (total_fen >= 0),
    -- Of all payments in their order, from the first submission on.
    digest bytea,
    made_at timestamptz NOT NULL,
    released_at timestamptz,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    year integer GENERATED ALWAYS AS (left(month, 4)::integer) STORED,
    CHECK (division_code LIKE '______000000' AND division_code NOT LIKE '____00%'),
    CHECK (batch_number LIKE left(division_code, 6) || '-' || replace(month, '-', '') || '-____'),
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
        ELSE false END),
    CHECK ((releaser_id IS NULL) = (released_at IS NULL)),
    CHECK (digest IS NULL OR length(digest) = 32)
);
CREATE INDEX payment_batches_division ON payment_batches (division_code, id);
CREATE INDEX payment_batches_county ON payment_batches (county_code, id);
CREATE INDEX payment_batches_state ON payment_batches (state, id);
CREATE INDEX payment_batches_spent ON payment_batches (program_code, division_code, year, state);
CREATE INDEX payment_batches_maker ON payment_batches (maker_id);
CREATE INDEX payment_batches_checker ON payment_batches (checker_id);
CREATE INDEX payment_batches_releaser ON payment_batches (releaser_id);

-- One person has one duty in a batch, whatever became of it since.
CREATE TABLE payment_batch_duties (
    batch_id uuid NOT NULL REFERENCES payment_batches (id),
    user_id uuid NOT NULL REFERENCES users (id),
    duty text NOT NULL CHECK (duty IN ('make', 'check', 'release')),
    PRIMARY KEY (batch_id, user_id),
    UNIQUE (batch_id, user_id, duty)
);
CREATE INDEX payment_batch_duties_user ON payment_batch_duties (user_id);

CREATE TABLE payment_batch_transitions (
    id uuid NOT NULL PRIMARY KEY,
    batch_id uuid NOT NULL REFERENCES payment_batches (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    actor_id uuid NOT NULL REFERENCES users (id),
    duty text,
    comment text CHECK (length(comment) BETWEEN 1 AND 1000),
    at timestamptz NOT NULL,
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
        ELSE false END),
    CHECK (action NOT IN ('return', 'cancel') OR comment IS NOT NULL),
    FOREIGN KEY (batch_id, previous_sequence, from_state) REFERENCES payment_batch_transitions (batch_id, sequence, to_state),
    FOREIGN KEY (batch_id, actor_id, duty) REFERENCES payment_batch_duties (batch_id, user_id, duty)
);
ALTER TABLE payment_batches
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES payment_batch_transitions (batch_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX payment_batch_transitions_previous ON payment_batch_transitions (batch_id, previous_sequence, from_state);
CREATE INDEX payment_batch_transitions_duty ON payment_batch_transitions (batch_id, actor_id, duty);
CREATE INDEX payment_batch_transitions_actor ON payment_batch_transitions (actor_id);

-- Where organizations are paid that deliver services: proposed by one person, confirmed by another. `number` is sealed,
-- `number_index` a keyed fingerprint.
CREATE TABLE organization_accounts (
    id uuid NOT NULL PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations (id),
    number bytea NOT NULL,
    number_index bytea NOT NULL,
    bank_name text NOT NULL CHECK (length(bank_name) BETWEEN 1 AND 100),
    valid_from date NOT NULL,
    state text NOT NULL CHECK (state IN ('proposed', 'confirmed', 'rejected')),
    proposed_by uuid NOT NULL REFERENCES users (id),
    proposed_at timestamptz NOT NULL,
    decided_by uuid REFERENCES users (id),
    decided_at timestamptz,
    reason text CHECK (length(reason) BETWEEN 2 AND 200),
    UNIQUE (id, organization_id),
    -- Two persons.
    CHECK (proposed_by <> decided_by),
    CHECK ((state = 'proposed') = (decided_by IS NULL) AND (state = 'proposed') = (decided_at IS NULL)),
    CHECK (state <> 'rejected' OR reason IS NOT NULL)
);
CREATE UNIQUE INDEX organization_accounts_one_proposed ON organization_accounts (organization_id) WHERE state = 'proposed';
CREATE UNIQUE INDEX organization_accounts_one_a_day ON organization_accounts (organization_id, valid_from) WHERE state = 'confirmed';
CREATE INDEX organization_accounts_organization ON organization_accounts (organization_id, id);
CREATE INDEX organization_accounts_number ON organization_accounts (number_index);
CREATE INDEX organization_accounts_proposed_by ON organization_accounts (proposed_by);
CREATE INDEX organization_accounts_decided_by ON organization_accounts (decided_by);

-- What is owed to an organization that delivered a case's service. How it is paid, payments say.
CREATE TABLE payables (
    id uuid NOT NULL PRIMARY KEY,
    source text NOT NULL CHECK (source IN ('rehabilitation_settlement', 'renovation_settlement', 'device_purchase')),
    -- What it is for: a line of a settlement, by its own id there; owed once.
    subject_id uuid NOT NULL,
    organization_id uuid NOT NULL REFERENCES organizations (id),
    case_id uuid NOT NULL,
    resident_id uuid NOT NULL,
    program_code text COLLATE "C" NOT NULL REFERENCES programs (code),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    month text COLLATE "C" NOT NULL CHECK (length(month) = 7),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    state text NOT NULL CHECK (state IN ('due', 'in_payment', 'paid', 'withdrawn')),
    reason text CHECK (length(reason) BETWEEN 2 AND 200),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK ((state = 'withdrawn') = (reason IS NOT NULL)),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id)
);
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
    batch_id uuid NOT NULL REFERENCES payment_batches (id),
    resident_id uuid NOT NULL REFERENCES residents (id),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    reason text NOT NULL CHECK (reason IN ('no_bank_account', 'no_organization_account')),
    PRIMARY KEY (batch_id, resident_id)
);
CREATE INDEX payment_omissions_resident ON payment_omissions (resident_id);

CREATE TABLE payments (
    id uuid NOT NULL PRIMARY KEY,
    payment_number text COLLATE "C" NOT NULL UNIQUE,
    batch_id uuid NOT NULL REFERENCES payment_batches (id),
    resident_id uuid NOT NULL REFERENCES residents (id),
    program_code text COLLATE "C" NOT NULL REFERENCES programs (code),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    -- Of the batch's month, of months before, and what is kept back of it.
    gross_fen bigint NOT NULL CHECK (gross_fen >= 0),
    arrears_fen bigint NOT NULL CHECK (arrears_fen >= 0),
    deduction_fen bigint NOT NULL CHECK (deduction_fen >= 0),
    net_fen bigint NOT NULL CHECK (net_fen >= 0),
    -- The person's account, or that of an organization that served them.
    bank_account_id uuid REFERENCES bank_accounts (id),
    organization_id uuid,
    organization_account_id uuid,
    account bytea NOT NULL,
    account_index bytea NOT NULL,
    payee bytea NOT NULL,
    bank_name text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'sent', 'paid', 'failed', 'cancelled')),
    failure text CHECK (length(failure) BETWEEN 1 AND 200),
    retry_of uuid REFERENCES payments (id),
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (id, batch_id),
    CHECK (net_fen = gross_fen + arrears_fen - deduction_fen),
    CHECK ((bank_account_id IS NULL) <> (organization_account_id IS NULL)),
    CHECK ((organization_id IS NULL) = (organization_account_id IS NULL)),
    -- What somebody owes is not kept back from others.
    CHECK (organization_id IS NULL OR deduction_fen = 0),
    FOREIGN KEY (organization_account_id, organization_id) REFERENCES organization_accounts (id, organization_id),
    CHECK (gross_fen + arrears_fen > 0),
    CHECK ((state = 'failed') = (failure IS NOT NULL))
);
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
    payment_id uuid NOT NULL REFERENCES payments (id),
    entitlement_id uuid NOT NULL REFERENCES entitlements (id),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    live boolean NOT NULL,
    PRIMARY KEY (payment_id, entitlement_id)
);
CREATE UNIQUE INDEX payment_items_one ON payment_items (entitlement_id) WHERE live;
CREATE INDEX payment_items_entitlement ON payment_items (entitlement_id, payment_id);

-- What is owed to an organization that a payment pays, likewise.
CREATE TABLE payment_payables (
    payment_id uuid NOT NULL REFERENCES payments (id),
    payable_id uuid NOT NULL REFERENCES payables (id),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    live boolean NOT NULL,
    PRIMARY KEY (payment_id, payable_id)
);
CREATE UNIQUE INDEX payment_payables_one ON payment_payables (payable_id) WHERE live;
CREATE INDEX payment_payables_payable ON payment_payables (payable_id, payment_id);

-- What speaks against a payment, until somebody says why it does not.
CREATE TABLE payment_flags (
    id uuid NOT NULL PRIMARY KEY,
    batch_id uuid NOT NULL REFERENCES payment_batches (id),
    payment_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('same_account', 'payee_other', 'exclusive_elsewhere')),
    -- As JSON; names nobody.
    details text NOT NULL,
    found_at timestamptz NOT NULL,
    cleared_at timestamptz,
    cleared_by uuid REFERENCES users (id),
    reason text CHECK (length(reason) BETWEEN 5 AND 500),
    UNIQUE (payment_id, kind),
    CHECK ((cleared_at IS NULL) = (cleared_by IS NULL) AND (cleared_at IS NULL) = (reason IS NULL)),
    FOREIGN KEY (payment_id, batch_id) REFERENCES payments (id, batch_id)
);
CREATE INDEX payment_flags_batch ON payment_flags (batch_id, id);
CREATE INDEX payment_flags_open ON payment_flags (batch_id) WHERE cleared_at IS NULL;
CREATE INDEX payment_flags_payment ON payment_flags (payment_id, batch_id);
CREATE INDEX payment_flags_cleared_by ON payment_flags (cleared_by);

-- What the bank answered: a file once.
CREATE TABLE bank_returns (
    id uuid NOT NULL PRIMARY KEY,
    batch_id uuid NOT NULL REFERENCES payment_batches (id),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    row_count integer NOT NULL CHECK (row_count >= 0),
    paid_count integer NOT NULL CHECK (paid_count >= 0),
    failed_count integer NOT NULL CHECK (failed_count >= 0),
    read_by uuid NOT NULL REFERENCES users (id),
    read_at timestamptz NOT NULL,
    UNIQUE (batch_id, sha256),
    CHECK (paid_count + failed_count <= row_count)
);
CREATE INDEX bank_returns_batch ON bank_returns (batch_id, id);
CREATE INDEX bank_returns_read_by ON bank_returns (read_by);

CREATE TABLE bank_return_rows (
    return_id uuid NOT NULL REFERENCES bank_returns (id),
    line integer NOT NULL CHECK (line > 0),
    payment_id uuid REFERENCES payments (id),
    reference text,
    account_masked text,
    amount_fen bigint,
    result text CHECK (result IN ('paid', 'failed')),
    reason text,
    verdict text NOT NULL CHECK (verdict IN ('matched', 'unknown_reference', 'repeated', 'contradictory', 'amount_differs',
        'account_differs', 'name_differs', 'settled_before', 'unreadable')),
    PRIMARY KEY (return_id, line),
    CHECK (verdict <> 'matched' OR (payment_id IS NOT NULL AND result IS NOT NULL))
);
CREATE INDEX bank_return_rows_payment ON bank_return_rows (payment_id);

-- What a batch is made for stays; what was submitted once stays as it was counted then.
CREATE TRIGGER payment_batches_fixed BEFORE UPDATE ON payment_batches FOR EACH ROW
    WHEN ((NEW.id, NEW.batch_number, NEW.division_code, NEW.program_code, NEW.month, NEW.made_at)
            IS DISTINCT FROM (OLD.id, OLD.batch_number, OLD.division_code, OLD.program_code, OLD.month, OLD.made_at)
        OR NEW.last_transition < OLD.last_transition
        OR (NEW.last_transition = OLD.last_transition
            AND (NEW.maker_id, NEW.checker_id, NEW.releaser_id, NEW.released_at)
                IS DISTINCT FROM (OLD.maker_id, OLD.checker_id, OLD.releaser_id, OLD.released_at))
        OR (OLD.releaser_id IS NOT NULL
            AND (NEW.maker_id, NEW.checker_id, NEW.releaser_id, NEW.released_at)
                IS DISTINCT FROM (OLD.maker_id, OLD.checker_id, OLD.releaser_id, OLD.released_at))
        OR (OLD.digest IS NOT NULL
            AND (NEW.digest, NEW.payment_count, NEW.total_fen) IS DISTINCT FROM (OLD.digest, OLD.payment_count, OLD.total_fen)))
    EXECUTE FUNCTION refuse_change();

-- Whose step it is, and whether all is there that it needs.
CREATE FUNCTION refuse_payment_batch_step() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    b payment_batches%ROWTYPE;
    allowed bigint;
    spent bigint;
BEGIN
    SELECT * INTO b FROM payment_batches WHERE id = NEW.batch_id;
    IF b.last_transition IS DISTINCT FROM NEW.sequence THEN
        RAISE EXCEPTION 'huican.append_only: an entry says where its batch now stands';
    END IF;
    IF (NEW.actor_id IS DISTINCT FROM CASE NEW.action
        WHEN 'make' THEN b.maker_id WHEN 'submit' THEN b.maker_id WHEN 'check' THEN b.checker_id WHEN 'release' THEN b.releaser_id
        ELSE NEW.actor_id END)
    THEN
        RAISE EXCEPTION 'huican.payment_separation';
    END IF;
    IF NEW.action IN ('check', 'release') AND EXISTS (SELECT 1 FROM user_traces t WHERE t.user_id = NEW.actor_id) AND EXISTS (
        SELECT 1 FROM user_ties t JOIN payments p ON p.resident_id = t.resident_id AND p.batch_id = NEW.batch_id
        WHERE t.user_id = NEW.actor_id)
    THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    IF NEW.action = 'submit' AND (b.payment_count = 0
        OR b.payment_count <> (SELECT count(*) FROM payments p WHERE p.batch_id = NEW.batch_id)
        OR b.total_fen <> (SELECT coalesce(sum(p.net_fen), 0) FROM payments p WHERE p.batch_id = NEW.batch_id)
        OR EXISTS (
            SELECT 1 FROM payments p WHERE p.batch_id = NEW.batch_id AND p.gross_fen + p.arrears_fen IS DISTINCT FROM
                (SELECT sum(i.amount_fen) FROM (SELECT i.amount_fen FROM payment_items i WHERE i.payment_id = p.id
                    UNION ALL SELECT o.amount_fen FROM payment_payables o WHERE o.payment_id = p.id) AS i)))
    THEN
        RAISE EXCEPTION 'huican.payment_sums';
    END IF;
    IF EXISTS (SELECT 1 FROM payments p WHERE p.batch_id = NEW.batch_id AND CASE NEW.action
        WHEN 'release' THEN p.state = 'pending' WHEN 'cancel' THEN p.state = 'pending' WHEN 'settle' THEN p.state = 'sent'
        ELSE false END)
    THEN
        RAISE EXCEPTION 'huican.payments_left';
    END IF;
    IF NEW.action = 'release' THEN
        -- Nobody is paid for a month in which the benefit had ended or was held back by then.
        IF EXISTS (
            SELECT 1 FROM payments p JOIN payment_items i ON i.payment_id = p.id JOIN entitlements e ON e.id = i.entitlement_id
            WHERE p.batch_id = NEW.batch_id AND (
                SELECT t.to_state FROM enrollment_transitions t
                WHERE t.enrollment_id = e.enrollment_id AND t.effective_month <= e.month ORDER BY t.sequence DESC LIMIT 1)
                IS DISTINCT FROM 'active')
        THEN
            RAISE EXCEPTION 'huican.payment_ended';
        END IF;
        IF EXISTS (SELECT 1 FROM payment_flags f WHERE f.batch_id = NEW.batch_id AND f.cleared_at IS NULL) THEN
            RAISE EXCEPTION 'huican.payment_flagged';
        END IF;
        -- One release of a budget at a time: the questions after this see what the one before has spent.
        PERFORM pg_advisory_xact_lock(hashtextextended(b.program_code || b.division_code || b.year::text, 0));
        SELECT g.amount_fen INTO allowed FROM budgets g
            WHERE g.program_code = b.program_code AND g.division_code = b.division_code AND g.year = b.year
            ORDER BY g.revision DESC LIMIT 1;
        IF allowed IS NULL THEN
            RAISE EXCEPTION 'huican.budget_missing';
        END IF;
        SELECT coalesce(sum(o.total_fen - (
                SELECT coalesce(sum(p.net_fen), 0) FROM payments p WHERE p.batch_id = o.id AND p.state = 'failed')), 0)
            INTO spent FROM payment_batches o
            WHERE o.program_code = b.program_code AND o.division_code = b.division_code AND o.year = b.year
              AND o.state IN ('released', 'settled');
        IF spent > allowed THEN
            RAISE EXCEPTION 'huican.budget_exceeded';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_batch_transitions_step BEFORE INSERT ON payment_batch_transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_payment_batch_step();

-- A batch takes in until it is submitted, of its own county and program.
CREATE FUNCTION refuse_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'pending' OR NOT EXISTS (
        SELECT 1 FROM payment_batches b WHERE b.id = NEW.batch_id AND b.state = 'draft' AND b.digest IS NULL
          AND b.program_code = NEW.program_code AND b.county_code = left(NEW.division_code, 6)
          AND left(NEW.payment_number, length(b.batch_number)) = b.batch_number)
    THEN
        RAISE EXCEPTION 'huican.append_only: a batch takes in until it is submitted';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_taken BEFORE INSERT ON payments FOR EACH ROW EXECUTE FUNCTION refuse_payment();
-- Nobody is paid at an account that only one person stands for.
CREATE FUNCTION refuse_unconfirmed_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM organization_accounts a WHERE a.id = NEW.organization_account_id AND a.state = 'confirmed') THEN
        RAISE EXCEPTION 'huican.append_only: an account is paid to once it is confirmed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_to_confirmed BEFORE INSERT ON payments FOR EACH ROW
    WHEN (NEW.organization_account_id IS NOT NULL) EXECUTE FUNCTION refuse_unconfirmed_account();
-- What is paid, to whom and where, stays. Only how it went is added, once; a sealed value may get a newer key.
CREATE TRIGGER payments_fixed BEFORE UPDATE ON payments FOR EACH ROW
    WHEN ((NEW.id, NEW.payment_number, NEW.batch_id, NEW.resident_id, NEW.program_code, NEW.division_code, NEW.gross_fen, NEW.arrears_fen,
            NEW.deduction_fen, NEW.net_fen, NEW.bank_account_id, NEW.organization_id, NEW.organization_account_id, NEW.account_index, NEW.bank_name, NEW.retry_of, NEW.created_at)
            IS DISTINCT FROM
            (OLD.id, OLD.payment_number, OLD.batch_id, OLD.resident_id, OLD.program_code, OLD.division_code, OLD.gross_fen, OLD.arrears_fen,
            OLD.deduction_fen, OLD.net_fen, OLD.bank_account_id, OLD.organization_id, OLD.organization_account_id, OLD.account_index, OLD.bank_name, OLD.retry_of, OLD.created_at)
        OR (NEW.account <> OLD.account AND substr(NEW.account, 2, 2) <= substr(OLD.account, 2, 2))
        OR (NEW.payee <> OLD.payee AND substr(NEW.payee, 2, 2) <= substr(OLD.payee, 2, 2))
        OR (NEW.state = OLD.state AND (NEW.failure, NEW.version, NEW.updated_at) IS DISTINCT FROM (OLD.failure, OLD.version, OLD.updated_at))
        OR (NEW.state <> OLD.state AND NOT CASE OLD.state
            WHEN 'pending' THEN NEW.state = 'cancelled' OR NEW.state = CASE WHEN NEW.net_fen = 0 THEN 'paid' ELSE 'sent' END
            WHEN 'sent' THEN NEW.state IN ('paid', 'failed')
            ELSE false END))
    EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_payment_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM payment_batches b WHERE b.id = NEW.batch_id
        AND b.state = CASE NEW.state WHEN 'cancelled' THEN 'cancelled' ELSE 'released' END)
    THEN
        RAISE EXCEPTION 'huican.append_only: a payment goes with its batch';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_with_batch BEFORE UPDATE ON payments FOR EACH ROW
    WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION refuse_payment_move();

-- Lets go of the months, and writes the books.
CREATE FUNCTION book_payment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state IN ('failed', 'cancelled') THEN
        UPDATE payment_items SET live = false WHERE payment_id = NEW.id AND live;
        UPDATE payment_payables SET live = false WHERE payment_id = NEW.id AND live;
    END IF;
    IF NEW.organization_id IS NOT NULL AND NEW.state IN ('paid', 'failed', 'cancelled') THEN
        UPDATE payables SET state = CASE NEW.state WHEN 'paid' THEN 'paid' ELSE 'due' END, updated_at = NEW.updated_at
            WHERE state = 'in_payment' AND id IN (SELECT o.payable_id FROM payment_payables o WHERE o.payment_id = NEW.id);
    END IF;
    INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, payment_id)
    SELECT NEW.updated_at, e.entry, e.debit, e.credit, e.amount, NEW.resident_id, NEW.program_code, NEW.division_code, NEW.id
    FROM (VALUES
        ('release', 'payable', 'paid', NEW.net_fen, OLD.state = 'pending' AND NEW.state = 'sent'),
        ('offset', 'payable', 'recovery', NEW.deduction_fen, OLD.state = 'pending' AND NEW.state IN ('sent', 'paid')),
        ('return', 'returned', 'payable', NEW.net_fen, NEW.state = 'failed'),
        ('offset_return', 'recovery', 'payable', NEW.deduction_fen, NEW.state = 'failed')
    ) AS e (entry, debit, credit, amount, happened)
    WHERE e.happened AND e.amount > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER payments_booked AFTER UPDATE OF state ON payments FOR EACH ROW
    WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION book_payment();
-- Nobody writes in the books by hand: an entry of a payment is that payment's.
CREATE FUNCTION refuse_entry_of_payment() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM payments p WHERE p.id = NEW.payment_id AND p.resident_id = NEW.resident_id
          AND p.program_code = NEW.program_code AND p.division_code = NEW.division_code
          AND NEW.amount_fen = CASE WHEN NEW.entry IN ('release', 'return') THEN p.net_fen ELSE p.deduction_fen END
          AND CASE WHEN NEW.entry IN ('release', 'offset') THEN p.state IN ('sent', 'paid') ELSE p.state = 'failed' END)
    THEN
        RAISE EXCEPTION 'huican.append_only: the books follow what happened';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_entries_of_payment BEFORE INSERT ON ledger_entries FOR EACH ROW
    WHEN (NEW.payment_id IS NOT NULL) EXECUTE FUNCTION refuse_entry_of_payment();

-- A month that is due, of the same person and program, as it is due; and nobody takes it back meanwhile.
CREATE FUNCTION refuse_payment_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM entitlements e
        JOIN payments p ON p.resident_id = e.resident_id AND p.program_code = e.program_code AND p.organization_id IS NULL
        JOIN payment_batches b ON b.id = p.batch_id AND b.month >= e.run_month
        WHERE e.id = NEW.entitlement_id AND e.state = 'due' AND e.amount_fen = NEW.amount_fen
          AND p.id = NEW.payment_id AND p.state = 'pending' AND b.state = 'draft' AND b.digest IS NULL AND NEW.live
        FOR SHARE OF e;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'huican.append_only: a payment pays what is due';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_items_due BEFORE INSERT ON payment_items FOR EACH ROW EXECUTE FUNCTION refuse_payment_item();
CREATE FUNCTION refuse_payment_item_change() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF (NEW.payment_id, NEW.entitlement_id, NEW.amount_fen) IS DISTINCT FROM (OLD.payment_id, OLD.entitlement_id, OLD.amount_fen)
        OR NEW.live OR NOT OLD.live
        OR NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id AND p.state IN ('failed', 'cancelled'))
    THEN
        RAISE EXCEPTION 'huican.append_only: what a payment pays stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_items_fixed BEFORE UPDATE ON payment_items FOR EACH ROW EXECUTE FUNCTION refuse_payment_item_change();
CREATE FUNCTION refuse_reversal_of_paid() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM payment_items i WHERE i.entitlement_id = NEW.id AND i.live) THEN
        RAISE EXCEPTION 'huican.entitlement_in_payment';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER entitlements_in_payment BEFORE UPDATE ON entitlements FOR EACH ROW
    WHEN (OLD.state = 'due' AND NEW.state <> 'due') EXECUTE FUNCTION refuse_reversal_of_paid();

-- What is owed, to the payment's organization and for its person, as it is owed.
CREATE FUNCTION refuse_payment_payable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM payables o
        JOIN payments p ON p.resident_id = o.resident_id AND p.program_code = o.program_code AND p.organization_id = o.organization_id
        JOIN payment_batches b ON b.id = p.batch_id AND b.month >= o.month
        WHERE o.id = NEW.payable_id AND o.state = 'due' AND o.amount_fen = NEW.amount_fen
          AND p.id = NEW.payment_id AND p.state = 'pending' AND b.state = 'draft' AND b.digest IS NULL AND NEW.live
        FOR UPDATE OF o;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'huican.append_only: a payment pays what is due';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_payables_due BEFORE INSERT ON payment_payables FOR EACH ROW EXECUTE FUNCTION refuse_payment_payable();
CREATE FUNCTION take_payable() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE payables o SET state = 'in_payment', updated_at = p.created_at FROM payments p WHERE o.id = NEW.payable_id AND p.id = NEW.payment_id;
    RETURN NULL;
END $$;
CREATE TRIGGER payment_payables_taken AFTER INSERT ON payment_payables FOR EACH ROW EXECUTE FUNCTION take_payable();
CREATE FUNCTION refuse_payment_payable_change() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF (NEW.payment_id, NEW.payable_id, NEW.amount_fen) IS DISTINCT FROM (OLD.payment_id, OLD.payable_id, OLD.amount_fen)
        OR NEW.live OR NOT OLD.live
        OR NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = NEW.payment_id AND p.state IN ('failed', 'cancelled'))
    THEN
        RAISE EXCEPTION 'huican.append_only: what a payment pays stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_payables_fixed BEFORE UPDATE ON payment_payables FOR EACH ROW EXECUTE FUNCTION refuse_payment_payable_change();
CREATE TRIGGER payment_payables_keep BEFORE DELETE ON payment_payables FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_payables_keep_all BEFORE TRUNCATE ON payment_payables FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What is owed stays as it was owed. Its state is what its payments say; only what is in none is withdrawn.
CREATE FUNCTION refuse_payable_change() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF ((NEW.id, NEW.source, NEW.subject_id, NEW.organization_id, NEW.case_id, NEW.resident_id, NEW.program_code, NEW.division_code, NEW.month,
            NEW.amount_fen, NEW.created_at) IS DISTINCT FROM
        (OLD.id, OLD.source, OLD.subject_id, OLD.organization_id, OLD.case_id, OLD.resident_id, OLD.program_code, OLD.division_code, OLD.month,
            OLD.amount_fen, OLD.created_at)
        OR NOT CASE OLD.state
            WHEN 'due' THEN NEW.state = 'withdrawn'
                OR (NEW.state = 'in_payment' AND EXISTS (SELECT 1 FROM payment_payables i WHERE i.payable_id = NEW.id AND i.live))
            WHEN 'in_payment' THEN CASE NEW.state
                WHEN 'paid' THEN EXISTS (SELECT 1 FROM payment_payables i JOIN payments p ON p.id = i.payment_id
                    WHERE i.payable_id = NEW.id AND i.live AND p.state = 'paid')
                WHEN 'due' THEN NOT EXISTS (SELECT 1 FROM payment_payables i WHERE i.payable_id = NEW.id AND i.live)
                ELSE false END
            ELSE false END)
    THEN
        IF OLD.state IN ('in_payment', 'paid') AND NEW.state = 'withdrawn' THEN
            RAISE EXCEPTION 'huican.payable_in_payment';
        END IF;
        RAISE EXCEPTION 'huican.append_only: what is owed stays as it was owed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payables_fixed BEFORE UPDATE ON payables FOR EACH ROW EXECUTE FUNCTION refuse_payable_change();
CREATE TRIGGER payables_due_first BEFORE INSERT ON payables FOR EACH ROW WHEN (NEW.state <> 'due') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payables_keep BEFORE DELETE ON payables FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payables_keep_all BEFORE TRUNCATE ON payables FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION book_payable() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO ledger_entries (at, entry, debit, credit, amount_fen, resident_id, program_code, division_code, payable_id)
    SELECT NEW.updated_at, e.entry, e.debit, e.credit, NEW.amount_fen, NEW.resident_id, NEW.program_code, NEW.division_code, NEW.id
    FROM (VALUES ('due', 'obligation', 'payable', TG_OP = 'INSERT'),
        ('reversal', 'payable', 'obligation', NEW.state = 'withdrawn')) AS e (entry, debit, credit, happened)
    WHERE e.happened;
    RETURN NULL;
END $$;
CREATE TRIGGER payables_booked AFTER INSERT OR UPDATE OF state ON payables FOR EACH ROW EXECUTE FUNCTION book_payable();
CREATE FUNCTION refuse_entry_of_payable() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM payables o WHERE o.id = NEW.payable_id AND o.resident_id = NEW.resident_id AND o.program_code = NEW.program_code
          AND o.division_code = NEW.division_code AND o.amount_fen = NEW.amount_fen AND (NEW.entry = 'due' OR o.state = 'withdrawn'))
    THEN
        RAISE EXCEPTION 'huican.append_only: the books follow what happened';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_entries_of_payable BEFORE INSERT ON ledger_entries FOR EACH ROW
    WHEN (NEW.payable_id IS NOT NULL) EXECUTE FUNCTION refuse_entry_of_payable();

-- An account is proposed, decided once by somebody else, and stays; a sealed value may get a newer key.
CREATE TRIGGER organization_accounts_proposed_first BEFORE INSERT ON organization_accounts FOR EACH ROW
    WHEN (NEW.state <> 'proposed') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER organization_accounts_fixed BEFORE UPDATE ON organization_accounts FOR EACH ROW
    WHEN ((NEW.id, NEW.organization_id, NEW.number_index, NEW.bank_name, NEW.valid_from, NEW.proposed_by, NEW.proposed_at)
            IS DISTINCT FROM (OLD.id, OLD.organization_id, OLD.number_index, OLD.bank_name, OLD.valid_from, OLD.proposed_by, OLD.proposed_at)
        OR (NEW.number <> OLD.number AND substr(NEW.number, 2, 2) <= substr(OLD.number, 2, 2))
        OR (OLD.state <> 'proposed' AND (NEW.state, NEW.decided_by, NEW.decided_at, NEW.reason)
            IS DISTINCT FROM (OLD.state, OLD.decided_by, OLD.decided_at, OLD.reason)))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER organization_accounts_keep BEFORE DELETE ON organization_accounts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER organization_accounts_keep_all BEFORE TRUNCATE ON organization_accounts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A flag is cleared once, before its batch is released, and not by who made that.
CREATE FUNCTION refuse_flag() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM payment_batches b WHERE b.id = NEW.batch_id AND b.state IN ('draft', 'submitted', 'checked')) THEN
        RAISE EXCEPTION 'huican.append_only: flags are for what is not released';
    END IF;
    IF NEW.cleared_by IS NOT NULL AND EXISTS (
        SELECT 1 FROM payment_batch_duties d WHERE d.batch_id = NEW.batch_id AND d.user_id = NEW.cleared_by AND d.duty = 'make')
    THEN
        RAISE EXCEPTION 'huican.payment_flag_own';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_flags_found BEFORE INSERT ON payment_flags FOR EACH ROW EXECUTE FUNCTION refuse_flag();
CREATE TRIGGER payment_flags_open_first BEFORE INSERT ON payment_flags FOR EACH ROW
    WHEN (NEW.cleared_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_flags_cleared BEFORE UPDATE ON payment_flags FOR EACH ROW EXECUTE FUNCTION refuse_flag();
CREATE TRIGGER payment_flags_fixed BEFORE UPDATE ON payment_flags FOR EACH ROW
    WHEN ((NEW.id, NEW.batch_id, NEW.payment_id, NEW.kind, NEW.details, NEW.found_at)
            IS DISTINCT FROM (OLD.id, OLD.batch_id, OLD.payment_id, OLD.kind, OLD.details, OLD.found_at)
        OR OLD.cleared_at IS NOT NULL OR NEW.cleared_at IS NULL)
    EXECUTE FUNCTION refuse_change();
-- And by nobody who makes it later.
CREATE FUNCTION refuse_maker_who_cleared() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM payment_flags f WHERE f.batch_id = NEW.batch_id AND f.cleared_by = NEW.user_id) THEN
        RAISE EXCEPTION 'huican.payment_separation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_batch_duties_made BEFORE INSERT ON payment_batch_duties FOR EACH ROW
    WHEN (NEW.duty = 'make') EXECUTE FUNCTION refuse_maker_who_cleared();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_payments CHECK (' ' || permits || ' ' NOT LIKE '% payment.act %'
    AND ' ' || permits || ' ' NOT LIKE '% payment.make %' AND ' ' || permits || ' ' NOT LIKE '% payment.exchange %'
    AND ' ' || permits || ' ' NOT LIKE '% budget.decide %'
    AND ' ' || permits || ' ' NOT LIKE '% payee.propose %' AND ' ' || permits || ' ' NOT LIKE '% payee.decide %');

CREATE TRIGGER budgets_fixed BEFORE UPDATE ON budgets FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER budgets_keep BEFORE DELETE ON budgets FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER budgets_keep_all BEFORE TRUNCATE ON budgets FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_batches_keep BEFORE DELETE ON payment_batches FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_batches_keep_all BEFORE TRUNCATE ON payment_batches FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_batch_duties_fixed BEFORE UPDATE ON payment_batch_duties FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_batch_duties_keep BEFORE DELETE ON payment_batch_duties FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_batch_duties_keep_all BEFORE TRUNCATE ON payment_batch_duties FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_batch_transitions_fixed BEFORE UPDATE ON payment_batch_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_batch_transitions_keep BEFORE DELETE ON payment_batch_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_batch_transitions_keep_all BEFORE TRUNCATE ON payment_batch_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_omissions_fixed BEFORE UPDATE ON payment_omissions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_omissions_keep BEFORE DELETE ON payment_omissions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_omissions_keep_all BEFORE TRUNCATE ON payment_omissions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payments_keep BEFORE DELETE ON payments FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payments_keep_all BEFORE TRUNCATE ON payments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_items_keep BEFORE DELETE ON payment_items FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_items_keep_all BEFORE TRUNCATE ON payment_items FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_flags_keep BEFORE DELETE ON payment_flags FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_flags_keep_all BEFORE TRUNCATE ON payment_flags FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_returns_fixed BEFORE UPDATE ON bank_returns FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_returns_keep BEFORE DELETE ON bank_returns FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_returns_keep_all BEFORE TRUNCATE ON bank_returns FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_return_rows_fixed BEFORE UPDATE ON bank_return_rows FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_return_rows_keep BEFORE DELETE ON bank_return_rows FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_return_rows_keep_all BEFORE TRUNCATE ON bank_return_rows FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON budgets, payment_batches, payment_batch_duties, payment_batch_transitions, payment_omissions, payments,
    payment_items, payment_flags, bank_returns, bank_return_rows TO huican_service;
GRANT SELECT, INSERT ON organization_accounts, payables, payment_payables TO huican_service;
GRANT UPDATE (state, decided_by, decided_at, reason, number) ON organization_accounts TO huican_service;
GRANT UPDATE (state, reason, updated_at) ON payables TO huican_service;
GRANT SELECT, INSERT, UPDATE ON payment_batch_numbers TO huican_service;
GRANT UPDATE (state, last_transition, maker_id, checker_id, releaser_id, payment_count, total_fen, digest, released_at)
    ON payment_batches TO huican_service;
GRANT UPDATE (state, failure, version, updated_at, account, payee) ON payments TO huican_service;
GRANT UPDATE (cleared_at, cleared_by, reason) ON payment_flags TO huican_service;

ALTER TABLE budgets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON budgets
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE payment_batches ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON payment_batches
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE payments ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON payments
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE payment_batch_duties ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON payment_batch_duties
    USING (EXISTS (SELECT 1 FROM payment_batches b WHERE b.id = batch_id));
ALTER TABLE payment_batch_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON payment_batch_transitions
    USING (EXISTS (SELECT 1 FROM payment_batches b WHERE b.id = batch_id));
ALTER TABLE payment_omissions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON payment_omissions
    USING (EXISTS (SELECT 1 FROM payment_batches b WHERE b.id = batch_id));
ALTER TABLE payment_items ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON payment_items
    USING (EXISTS (SELECT 1 FROM payments p WHERE p.id = payment_id));
ALTER TABLE payables ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON payables
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE payment_payables ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON payment_payables
    USING (EXISTS (SELECT 1 FROM payments p WHERE p.id = payment_id));
ALTER TABLE payment_flags ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON payment_flags
    USING (EXISTS (SELECT 1 FROM payment_batches b WHERE b.id = batch_id));
ALTER TABLE bank_returns ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON bank_returns
    USING (EXISTS (SELECT 1 FROM payment_batches b WHERE b.id = batch_id));
ALTER TABLE bank_return_rows ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON bank_return_rows
    USING (EXISTS (SELECT 1 FROM bank_returns r WHERE r.id = return_id));
