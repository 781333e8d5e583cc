DROP TABLE case_transitions;
DROP TABLE case_duties;
DROP TABLE cases;
DROP TABLE case_numbers;
