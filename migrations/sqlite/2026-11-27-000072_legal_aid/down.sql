DROP TRIGGER api_keys_no_legal_aid;
DROP TRIGGER legal_aid_transitions_keep;
DROP TRIGGER legal_aid_applications_keep;
DROP TABLE legal_aid_transitions;
DROP TABLE legal_aid_applications;
