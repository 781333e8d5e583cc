ALTER TABLE api_keys DROP CONSTRAINT api_keys_no_legal_aid;
DROP TABLE legal_aid_transitions, legal_aid_applications CASCADE;
DROP FUNCTION refuse_legal_aid_entry;
