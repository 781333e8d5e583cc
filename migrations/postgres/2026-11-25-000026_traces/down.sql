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
DROP VIEW user_traces;
