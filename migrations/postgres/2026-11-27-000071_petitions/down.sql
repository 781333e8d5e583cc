ALTER TABLE api_keys DROP CONSTRAINT api_keys_no_petitions;
DROP TABLE petition_transitions, petitions CASCADE;
DROP FUNCTION refuse_petition_entry;
