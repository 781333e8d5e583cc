DROP TRIGGER follow_ups_keep;
DELETE FROM follow_ups WHERE kind IN ('petition', 'legal_aid');
CREATE TRIGGER follow_ups_keep BEFORE DELETE ON follow_ups
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: follow-ups are kept');
END;
DROP TRIGGER follow_ups_fixed;
ALTER TABLE follow_ups DROP COLUMN kept_from;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(replace(sql,
    ', ''petition'', ''legal_aid''', ''),
    'resident_id BLOB REFERENCES', 'resident_id BLOB NOT NULL REFERENCES'),
    ', ''county_approver'', ''city_supervisor'')', ')')
WHERE type = 'table' AND name = 'follow_ups';
PRAGMA writable_schema = RESET;
CREATE TRIGGER follow_ups_fixed BEFORE UPDATE ON follow_ups
WHEN OLD.state <> 'open'
    OR (NEW.id, NEW.kind, NEW.resident_id, NEW.subject_id, NEW.role, NEW.due_date, NEW.planned_at)
        IS NOT (OLD.id, OLD.kind, OLD.resident_id, OLD.subject_id, OLD.role, OLD.due_date, OLD.planned_at)
    OR NEW.case_id IS NOT OLD.case_id
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a follow-up stays as it was planned and as it ended');
END;
