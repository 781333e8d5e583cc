DROP POLICY reach ON follow_ups;
CREATE POLICY reach ON follow_ups
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
DROP TRIGGER follow_ups_fixed ON follow_ups;
DROP TRIGGER follow_ups_keep ON follow_ups;
DELETE FROM follow_ups WHERE kind IN ('petition', 'legal_aid');
CREATE TRIGGER follow_ups_keep BEFORE DELETE ON follow_ups FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE follow_ups DROP COLUMN kept_from;
ALTER TABLE follow_ups DROP CONSTRAINT follow_ups_kind_check, DROP CONSTRAINT follow_ups_role_check;
ALTER TABLE follow_ups ADD CONSTRAINT follow_ups_kind_check CHECK (kind IN ('device_check', 'device_recall', 'retention_check',
        'renovation_visit', 'screening_diagnosis', 'screening_intervention')),
    ADD CONSTRAINT follow_ups_role_check CHECK (role IN ('village_liaison', 'township_caseworker', 'county_caseworker'));
ALTER TABLE follow_ups ALTER COLUMN resident_id SET NOT NULL;
CREATE TRIGGER follow_ups_fixed BEFORE UPDATE ON follow_ups FOR EACH ROW
    WHEN (OLD.state <> 'open'
        OR (NEW.id, NEW.kind, NEW.resident_id, NEW.subject_id, NEW.role, NEW.due_date, NEW.planned_at, NEW.case_id)
            IS DISTINCT FROM (OLD.id, OLD.kind, OLD.resident_id, OLD.subject_id, OLD.role, OLD.due_date, OLD.planned_at, OLD.case_id))
    EXECUTE FUNCTION refuse_change();
