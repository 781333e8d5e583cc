-- What an office still has to do of its own: a petition, an application for legal aid. It is of the office that handles it
-- rather than of where somebody lives, names nobody, and may be kept from one person: whom it complains about.
ALTER TABLE follow_ups DROP CONSTRAINT follow_ups_kind_check, DROP CONSTRAINT follow_ups_role_check;
ALTER TABLE follow_ups ALTER COLUMN resident_id DROP NOT NULL;
ALTER TABLE follow_ups ADD CONSTRAINT follow_ups_kind_check CHECK (kind IN ('device_check', 'device_recall', 'retention_check',
        'renovation_visit', 'screening_diagnosis', 'screening_intervention', 'petition', 'legal_aid')),
    ADD CONSTRAINT follow_ups_role_check
        CHECK (role IN ('village_liaison', 'township_caseworker', 'county_caseworker', 'county_approver', 'city_supervisor'));
ALTER TABLE follow_ups ADD COLUMN kept_from uuid
    CHECK (kept_from IS NULL OR kind = 'petition')
    CHECK ((resident_id IS NULL) = (kind IN ('petition', 'legal_aid')));

DROP TRIGGER follow_ups_fixed ON follow_ups;
CREATE TRIGGER follow_ups_fixed BEFORE UPDATE ON follow_ups FOR EACH ROW
    WHEN (OLD.state <> 'open'
        OR (NEW.id, NEW.kind, NEW.resident_id, NEW.subject_id, NEW.role, NEW.due_date, NEW.planned_at, NEW.case_id, NEW.kept_from)
            IS DISTINCT FROM
            (OLD.id, OLD.kind, OLD.resident_id, OLD.subject_id, OLD.role, OLD.due_date, OLD.planned_at, OLD.case_id, OLD.kept_from))
    EXECUTE FUNCTION refuse_change();
DROP POLICY reach ON follow_ups;
CREATE POLICY reach ON follow_ups
    USING (CASE WHEN kept_from = (SELECT nullif(current_setting('huican.user_id', true), '')::uuid) THEN false
        WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
