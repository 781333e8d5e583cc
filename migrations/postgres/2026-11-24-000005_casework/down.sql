DROP TABLE case_transitions, case_duties, cases;
DROP TABLE case_numbers;
