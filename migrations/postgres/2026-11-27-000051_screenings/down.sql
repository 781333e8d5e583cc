ALTER TABLE api_keys DROP CONSTRAINT api_keys_no_screening_deadlines;
DROP TRIGGER residents_screenings ON residents;
ALTER TABLE screenings DROP CONSTRAINT screenings_id_last_transition_state_fkey;
DROP TABLE screening_transitions, screenings, screening_deadlines;
DROP FUNCTION refuse_screening_entry, refuse_screening, refuse_screening_elsewhere, move_screenings;
