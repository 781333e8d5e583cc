CREATE OR REPLACE FUNCTION is_recused(whose uuid, of_case uuid, as_what text) RETURNS boolean LANGUAGE sql STABLE
SET huican.reach = '{(,)}' AS $$
    SELECT EXISTS (
        SELECT 1 FROM user_ties t
        WHERE t.user_id = whose AND t.resident_id = (SELECT c.resident_id FROM cases c WHERE c.id = of_case)
          AND (t.relation = 'self' OR as_what IS DISTINCT FROM 'filing' OR NOT EXISTS (
            SELECT 1 FROM grants g WHERE g.user_id = whose AND g.role = 'village_liaison' AND g.revoked_at IS NULL)))
$$;
CREATE OR REPLACE VIEW record_ties (user_id, resident_id, relation) AS
SELECT d.user_id, d.resident_id, d.relation FROM user_relations d WHERE d.ended_at IS NULL
UNION ALL
SELECT u.id, r.id, 'same_phone' FROM users u JOIN residents r ON r.phone_index = u.phone_index
UNION ALL
SELECT u.id, a.resident_id, 'same_address' FROM users u
JOIN addresses a ON a.text_index = u.address_index AND a.superseded_at IS NULL AND a.valid_to IS NULL
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
DROP INDEX users_bank_account;
ALTER TABLE users DROP COLUMN bank_account_index;
ALTER TABLE users DROP COLUMN bank_account;
DROP TABLE bank_accounts;
DROP FUNCTION refuse_overlapping_bank_accounts;
