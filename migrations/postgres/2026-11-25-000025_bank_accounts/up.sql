-- Where residents are paid, with two dates like every fact, and the account of staff: the same account shows a
-- relation. Numbers and holders are sealed; `_index` is a keyed fingerprint.

CREATE TABLE bank_accounts (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL REFERENCES residents (id),
    number bytea NOT NULL,
    number_index bytea NOT NULL,
    bank_name text NOT NULL CHECK (length(bank_name) BETWEEN 1 AND 100),
    -- Nobody where the account is the resident's own.
    holder bytea,
    holder_relation text NOT NULL CHECK (holder_relation IN ('self', 'guardian', 'carer', 'other_relative')),
    valid_from date NOT NULL,
    valid_to date,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid REFERENCES users (id),
    superseded_at timestamptz,
    superseded_by uuid REFERENCES users (id),
    CHECK ((holder_relation = 'self') = (holder IS NULL)),
    CHECK (valid_to IS NULL OR valid_from < valid_to),
    CHECK (superseded_at IS NULL OR superseded_at >= recorded_at)
);
CREATE UNIQUE INDEX bank_accounts_current ON bank_accounts (resident_id) WHERE superseded_at IS NULL AND valid_to IS NULL;
CREATE INDEX bank_accounts_resident ON bank_accounts (resident_id, recorded_at);
CREATE INDEX bank_accounts_number ON bank_accounts (number_index) WHERE superseded_at IS NULL AND valid_to IS NULL;
CREATE INDEX bank_accounts_recorded_by ON bank_accounts (recorded_by);
CREATE INDEX bank_accounts_superseded_by ON bank_accounts (superseded_by);

ALTER TABLE users ADD COLUMN bank_account bytea;
ALTER TABLE users ADD COLUMN bank_account_index bytea CHECK ((bank_account IS NULL) = (bank_account_index IS NULL));
CREATE INDEX users_bank_account ON users (bank_account_index);

-- Superseded once, or a sealed value under a newer key (its version: bytes 2 and 3), never both.
CREATE TRIGGER bank_accounts_only_superseded BEFORE UPDATE ON bank_accounts FOR EACH ROW
    WHEN ((NEW.id, NEW.resident_id, NEW.number_index, NEW.bank_name, NEW.holder_relation, NEW.valid_from, NEW.valid_to,
            NEW.recorded_at, NEW.recorded_by)
           IS DISTINCT FROM
           (OLD.id, OLD.resident_id, OLD.number_index, OLD.bank_name, OLD.holder_relation, OLD.valid_from, OLD.valid_to,
            OLD.recorded_at, OLD.recorded_by)
        OR NOT CASE
            WHEN NEW.number = OLD.number AND NEW.holder IS NOT DISTINCT FROM OLD.holder
                THEN OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
            ELSE (NEW.superseded_at, NEW.superseded_by) IS NOT DISTINCT FROM (OLD.superseded_at, OLD.superseded_by)
                AND (NEW.number = OLD.number OR substr(NEW.number, 2, 2) > substr(OLD.number, 2, 2))
                AND (NEW.holder IS NOT DISTINCT FROM OLD.holder
                    OR coalesce(substr(NEW.holder, 2, 2) > substr(OLD.holder, 2, 2), false))
        END)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_accounts_keep BEFORE DELETE ON bank_accounts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_accounts_keep_all BEFORE TRUNCATE ON bank_accounts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_overlapping_bank_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM residents WHERE id = NEW.resident_id FOR UPDATE;
    IF NEW.superseded_at IS NULL AND EXISTS (
        SELECT 1 FROM bank_accounts b
        WHERE b.resident_id = NEW.resident_id AND b.superseded_at IS NULL
          AND daterange(b.valid_from, b.valid_to) && daterange(NEW.valid_from, NEW.valid_to))
    THEN
        RAISE EXCEPTION 'huican.fact_overlaps';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bank_accounts_no_overlap BEFORE INSERT ON bank_accounts
    FOR EACH ROW EXECUTE FUNCTION refuse_overlapping_bank_accounts();
CREATE TRIGGER bank_accounts_of_merged BEFORE INSERT ON bank_accounts
    FOR EACH ROW EXECUTE FUNCTION refuse_if_merged();
CREATE TRIGGER bank_accounts_kept_of_merged BEFORE UPDATE ON bank_accounts FOR EACH ROW
    WHEN (NEW.superseded_at IS DISTINCT FROM OLD.superseded_at) EXECUTE FUNCTION refuse_if_merged();

GRANT SELECT, INSERT ON bank_accounts TO huican_service;
GRANT UPDATE (superseded_at, superseded_by, number, holder) ON bank_accounts TO huican_service;

ALTER TABLE bank_accounts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON bank_accounts
    USING (EXISTS (SELECT 1 FROM residents r WHERE r.id = resident_id));

CREATE OR REPLACE VIEW record_ties (user_id, resident_id, relation) AS
SELECT d.user_id, d.resident_id, d.relation FROM user_relations d WHERE d.ended_at IS NULL
UNION ALL
SELECT u.id, r.id, 'same_phone' FROM users u JOIN residents r ON r.phone_index = u.phone_index
UNION ALL
SELECT u.id, a.resident_id, 'same_address' FROM users u
JOIN addresses a ON a.text_index = u.address_index AND a.superseded_at IS NULL AND a.valid_to IS NULL
UNION ALL
SELECT u.id, b.resident_id, 'same_bank_account' FROM users u
JOIN bank_accounts b ON b.number_index = u.bank_account_index AND b.superseded_at IS NULL AND b.valid_to IS NULL
UNION ALL
SELECT u.id, m.resident_id, 'same_household' FROM users u
JOIN household_members o ON o.phone_index = u.phone_index AND o.superseded_at IS NULL AND o.valid_to IS NULL
JOIN household_members m ON m.household_id = o.household_id AND m.superseded_at IS NULL AND m.valid_to IS NULL
    AND m.resident_id IS NOT NULL
UNION ALL
SELECT u.id, m.resident_id, 'same_household' FROM users u
JOIN residents r ON r.phone_index = u.phone_index
JOIN household_members o ON o.resident_id = r.id AND o.superseded_at IS NULL AND o.valid_to IS NULL
JOIN household_members m ON m.household_id = o.household_id AND m.superseded_at IS NULL AND m.valid_to IS NULL
    AND m.resident_id IS NOT NULL AND m.resident_id <> r.id;
-- Replacing a view forgets with whose rights it asks.
DO $$
BEGIN
    IF current_setting('server_version_num')::integer >= 150000 THEN
        ALTER VIEW record_ties SET (security_invoker = true);
    END IF;
END $$;

-- In plpgsql its plans are made once a session, not at every call.
CREATE OR REPLACE FUNCTION is_recused(whose uuid, of_case uuid, as_what text) RETURNS boolean LANGUAGE plpgsql STABLE
SET huican.reach = '{(,)}' AS $$
BEGIN
    -- Most people have neither declared a relation nor left a number that others might have.
    IF NOT EXISTS (
        SELECT 1 FROM users u WHERE u.id = whose AND (
            u.phone_index IS NOT NULL OR u.address_index IS NOT NULL OR u.bank_account_index IS NOT NULL
            OR EXISTS (SELECT 1 FROM user_relations d WHERE d.user_id = whose AND d.ended_at IS NULL)))
    THEN
        RETURN false;
    END IF;
    RETURN EXISTS (
        SELECT 1 FROM user_ties t
        WHERE t.user_id = whose AND t.resident_id = (SELECT c.resident_id FROM cases c WHERE c.id = of_case)
          AND (t.relation = 'self' OR as_what IS DISTINCT FROM 'filing' OR NOT EXISTS (
            SELECT 1 FROM grants g WHERE g.user_id = whose AND g.role = 'village_liaison' AND g.revoked_at IS NULL)));
END $$;
