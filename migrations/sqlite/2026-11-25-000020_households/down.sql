DROP TRIGGER case_transitions_recused;
DROP TRIGGER case_duties_recused;
DROP VIEW user_ties;
DROP VIEW record_ties;
DROP INDEX users_address;
ALTER TABLE users DROP COLUMN address_index;
ALTER TABLE users DROP COLUMN address;
DROP TABLE addresses;
DROP TABLE household_cares;
DROP TABLE household_members;
DROP TABLE households;
CREATE TRIGGER case_duties_recused BEFORE INSERT ON case_duties
WHEN EXISTS (
    SELECT 1 FROM (
        SELECT d.relation FROM cases c
        JOIN user_relations d ON d.resident_id = c.resident_id AND d.user_id = NEW.user_id AND d.ended_at IS NULL
        WHERE c.id = NEW.case_id
        UNION ALL
        SELECT 'same_phone' FROM cases c
        JOIN residents r ON r.id = c.resident_id
        JOIN users u ON u.id = NEW.user_id AND u.phone_index = r.phone_index
        WHERE c.id = NEW.case_id) tie
    WHERE tie.relation = 'self' OR NEW.duty IS NOT 'filing' OR NOT EXISTS (
        SELECT 1 FROM grants g WHERE g.user_id = NEW.user_id AND g.role = 'village_liaison' AND g.revoked_at IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
CREATE TRIGGER case_transitions_recused BEFORE INSERT ON case_transitions
WHEN EXISTS (
    SELECT 1 FROM (
        SELECT d.relation FROM cases c
        JOIN user_relations d ON d.resident_id = c.resident_id AND d.user_id = NEW.actor_id AND d.ended_at IS NULL
        WHERE c.id = NEW.case_id
        UNION ALL
        SELECT 'same_phone' FROM cases c
        JOIN residents r ON r.id = c.resident_id
        JOIN users u ON u.id = NEW.actor_id AND u.phone_index = r.phone_index
        WHERE c.id = NEW.case_id) tie
    WHERE tie.relation = 'self' OR NEW.duty IS NOT 'filing' OR NOT EXISTS (
        SELECT 1 FROM grants g WHERE g.user_id = NEW.actor_id AND g.role = 'village_liaison' AND g.revoked_at IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
