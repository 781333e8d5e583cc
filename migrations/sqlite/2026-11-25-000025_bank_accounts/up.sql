-- Where residents are paid, with two dates like every fact, and the account of staff: the same account shows a
-- relation. Numbers and holders are sealed; `_index` is a keyed fingerprint.

CREATE TABLE bank_accounts (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    number BLOB NOT NULL,
    number_index BLOB NOT NULL,
    bank_name TEXT NOT NULL CHECK (length(bank_name) BETWEEN 1 AND 100),
    -- Nobody where the account is the resident's own.
    holder BLOB,
    holder_relation TEXT NOT NULL CHECK (holder_relation IN ('self', 'guardian', 'carer', 'other_relative')),
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by BLOB REFERENCES users (id),
    superseded_at INTEGER,
    superseded_by BLOB REFERENCES users (id),
    CHECK ((holder_relation = 'self') = (holder IS NULL)),
    CHECK (valid_to IS NULL OR valid_from < valid_to),
    CHECK (superseded_at IS NULL OR superseded_at >= recorded_at)
) STRICT;
CREATE UNIQUE INDEX bank_accounts_current ON bank_accounts (resident_id) WHERE superseded_at IS NULL AND valid_to IS NULL;
CREATE INDEX bank_accounts_resident ON bank_accounts (resident_id, recorded_at);
CREATE INDEX bank_accounts_number ON bank_accounts (number_index) WHERE superseded_at IS NULL AND valid_to IS NULL;
CREATE INDEX bank_accounts_recorded_by ON bank_accounts (recorded_by);
CREATE INDEX bank_accounts_superseded_by ON bank_accounts (superseded_by);

ALTER TABLE users ADD COLUMN bank_account BLOB;
ALTER TABLE users ADD COLUMN bank_account_index BLOB CHECK ((bank_account IS NULL) = (bank_account_index IS NULL));
CREATE INDEX users_bank_account ON users (bank_account_index);

-- Superseded once, or a sealed value under a newer key (its version: bytes 2 and 3), never both.
CREATE TRIGGER bank_accounts_only_superseded BEFORE UPDATE ON bank_accounts
WHEN NEW.id <> OLD.id OR NEW.resident_id <> OLD.resident_id OR NEW.number_index <> OLD.number_index
  OR NEW.bank_name <> OLD.bank_name OR NEW.holder_relation <> OLD.holder_relation
  OR NEW.valid_from <> OLD.valid_from OR NEW.valid_to IS NOT OLD.valid_to
  OR NEW.recorded_at <> OLD.recorded_at OR NEW.recorded_by IS NOT OLD.recorded_by
  OR NOT CASE
      WHEN NEW.number = OLD.number AND NEW.holder IS OLD.holder
          THEN OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
      ELSE NEW.superseded_at IS OLD.superseded_at AND NEW.superseded_by IS OLD.superseded_by
        AND (NEW.number = OLD.number OR substr(NEW.number, 2, 2) > substr(OLD.number, 2, 2))
        AND (NEW.holder IS OLD.holder OR coalesce(substr(NEW.holder, 2, 2) > substr(OLD.holder, 2, 2), 0))
  END
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a bank account can only be superseded, once');
END;
CREATE TRIGGER bank_accounts_keep BEFORE DELETE ON bank_accounts
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: bank accounts are never deleted');
END;
CREATE TRIGGER bank_accounts_no_overlap BEFORE INSERT ON bank_accounts
WHEN NEW.superseded_at IS NULL AND EXISTS (
    SELECT 1 FROM bank_accounts b
    WHERE b.resident_id = NEW.resident_id AND b.superseded_at IS NULL
      AND (b.valid_to IS NULL OR b.valid_to > NEW.valid_from)
      AND (NEW.valid_to IS NULL OR NEW.valid_to > b.valid_from))
BEGIN
    SELECT RAISE(ABORT, 'huican.fact_overlaps');
END;
CREATE TRIGGER bank_accounts_no_replace BEFORE INSERT ON bank_accounts
WHEN EXISTS (SELECT 1 FROM bank_accounts WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: bank_accounts.id');
END;
CREATE TRIGGER bank_accounts_of_merged BEFORE INSERT ON bank_accounts
WHEN EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER bank_accounts_kept_of_merged BEFORE UPDATE ON bank_accounts
WHEN NEW.superseded_at IS NOT OLD.superseded_at
  AND EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;

DROP VIEW record_ties;
CREATE VIEW record_ties (user_id, resident_id, relation) AS
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
