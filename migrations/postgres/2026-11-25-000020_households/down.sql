CREATE OR REPLACE FUNCTION is_recused(whose uuid, of_case uuid, as_what text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM (
            SELECT d.relation FROM cases c
            JOIN user_relations d ON d.resident_id = c.resident_id AND d.user_id = whose AND d.ended_at IS NULL
            WHERE c.id = of_case
            UNION ALL
            SELECT 'same_phone' FROM cases c
            JOIN residents r ON r.id = c.resident_id
            JOIN users u ON u.id = whose AND u.phone_index = r.phone_index
            WHERE c.id = of_case) tie
        WHERE tie.relation = 'self' OR as_what IS DISTINCT FROM 'filing' OR NOT EXISTS (
            SELECT 1 FROM grants g WHERE g.user_id = whose AND g.role = 'village_liaison' AND g.revoked_at IS NULL))
$$;
DROP VIEW user_ties;
DROP VIEW record_ties;
DROP INDEX users_address;
ALTER TABLE users DROP COLUMN address_index;
ALTER TABLE users DROP COLUMN address;
DROP TABLE addresses;
DROP TABLE household_cares;
DROP TABLE household_members;
DROP TABLE households;
DROP FUNCTION refuse_overlapping_addresses, refuse_care_from_afar, refuse_overlapping_members, refuse_household_change;
