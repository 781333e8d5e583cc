-- Whom of the staff anything could tie to anybody. `user_ties` is dear, and most people's number is nobody else's:
-- it is asked only of those who stand here.
CREATE VIEW user_traces (user_id) AS
SELECT u.id FROM users u
WHERE EXISTS (SELECT 1 FROM user_relations d WHERE d.user_id = u.id AND d.ended_at IS NULL)
   OR EXISTS (SELECT 1 FROM residents r WHERE r.phone_index = u.phone_index)
   OR EXISTS (SELECT 1 FROM household_members m WHERE m.phone_index = u.phone_index)
   OR EXISTS (SELECT 1 FROM addresses a WHERE a.text_index = u.address_index AND a.superseded_at IS NULL AND a.valid_to IS NULL)
   OR EXISTS (SELECT 1 FROM bank_accounts b
        WHERE b.number_index = u.bank_account_index AND b.superseded_at IS NULL AND b.valid_to IS NULL);
-- Before 15 views ask with the rights of their owner, whom the fences hold as well.
DO $$
BEGIN
    IF current_setting('server_version_num')::integer >= 150000 THEN
        ALTER VIEW user_traces SET (security_invoker = true);
    END IF;
END $$;
GRANT SELECT ON user_traces TO huican_service;

-- In plpgsql its plans are made once a session, not at every call.
CREATE OR REPLACE FUNCTION is_recused(whose uuid, of_case uuid, as_what text) RETURNS boolean LANGUAGE plpgsql STABLE
SET huican.reach = '{(,)}' AS $$
BEGIN
    -- Most people have neither declared a relation nor left a number, or their number is nobody else's.
    IF NOT EXISTS (
            SELECT 1 FROM users u WHERE u.id = whose AND (
                u.phone_index IS NOT NULL OR u.address_index IS NOT NULL OR u.bank_account_index IS NOT NULL
                OR EXISTS (SELECT 1 FROM user_relations d WHERE d.user_id = whose AND d.ended_at IS NULL)))
        OR NOT EXISTS (SELECT 1 FROM user_traces t WHERE t.user_id = whose)
    THEN
        RETURN false;
    END IF;
    RETURN EXISTS (
        SELECT 1 FROM user_ties t
        WHERE t.user_id = whose AND t.resident_id = (SELECT c.resident_id FROM cases c WHERE c.id = of_case)
          AND (t.relation = 'self' OR as_what IS DISTINCT FROM 'filing' OR NOT EXISTS (
            SELECT 1 FROM grants g WHERE g.user_id = whose AND g.role = 'village_liaison' AND g.revoked_at IS NULL)));
END $$;
