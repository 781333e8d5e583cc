DROP TRIGGER api_keys_no_petitions;
DROP TRIGGER petition_transitions_keep;
DROP TRIGGER petitions_keep;
DROP TABLE petition_transitions;
DROP TABLE petitions;
