ALTER TABLE api_keys DROP CONSTRAINT api_keys_no_matches;
DROP TABLE match_enrollments, matches, match_lists;
DROP FUNCTION refuse_match_enrollment, refuse_match_decision;
