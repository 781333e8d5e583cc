DROP TRIGGER api_keys_no_screening_deadlines;
DROP TRIGGER residents_screenings;
DROP TRIGGER screening_transitions_keep;
DROP TRIGGER screenings_keep;
DROP TRIGGER screening_deadlines_keep;
DROP TABLE screening_transitions;
DROP TABLE screenings;
DROP TABLE screening_deadlines;
