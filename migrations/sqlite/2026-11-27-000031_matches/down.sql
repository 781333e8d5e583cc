DROP TRIGGER api_keys_no_matches;
DROP TABLE match_enrollments;
DROP TABLE matches;
DROP TABLE match_lists;
