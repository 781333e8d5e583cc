ALTER TABLE follow_ups DROP CONSTRAINT follow_ups_kind_check,
    ADD CONSTRAINT follow_ups_kind_check CHECK (kind IN ('device_check', 'device_recall', 'retention_check', 'renovation_visit',
        'screening_diagnosis', 'screening_intervention'));
DROP VIEW visit_cases;
DROP TRIGGER residents_visits ON residents;
ALTER TABLE visits DROP CONSTRAINT visits_id_last_transition_state_fkey;
DROP TABLE visit_transitions, visits;
DROP FUNCTION refuse_visit, refuse_visit_elsewhere, move_visits, refuse_visit_entry;
