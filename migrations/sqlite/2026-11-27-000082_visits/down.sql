DROP TRIGGER follow_ups_keep;
DELETE FROM follow_ups WHERE kind = 'need_visit';
CREATE TRIGGER follow_ups_keep BEFORE DELETE ON follow_ups
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: follow-ups are kept');
END;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, ''', ''need_visit'')', ''')')
WHERE type = 'table' AND name = 'follow_ups';
PRAGMA writable_schema = RESET;
DROP VIEW visit_cases;
DROP TRIGGER residents_visits;
DROP TRIGGER visit_transitions_keep;
DROP TRIGGER visits_keep;
DROP TABLE visit_transitions;
DROP TABLE visits;
