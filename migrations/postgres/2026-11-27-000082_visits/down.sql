DROP TRIGGER follow_ups_keep ON follow_ups;
DELETE FROM follow_ups WHERE kind = 'need_visit';
CREATE TRIGGER follow_ups_keep BEFORE DELETE ON follow_ups FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE follow_ups DROP CONSTRAINT follow_ups_kind_check,
    ADD CONSTRAINT follow_ups_kind_check CHECK (kind IN ('device_check', 'device_recall', 'retention_check', 'renovation_visit',
        'screening_diagnosis', 'screening_intervention', 'petition', 'legal_aid'));
DROP VIEW visit_cases;
DROP TRIGGER residents_visits ON residents;
ALTER TABLE visits DROP CONSTRAINT visits_id_last_transition_state_fkey;
DROP TABLE visit_transitions, visits;
DROP FUNCTION refuse_visit, refuse_visit_elsewhere, move_visits, refuse_visit_entry;
