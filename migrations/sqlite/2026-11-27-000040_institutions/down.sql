DROP TRIGGER api_keys_no_institutions;
DROP TABLE institution_transitions;
DROP TABLE institution_agreements;
DROP TABLE institutions;
DROP TRIGGER program_drafts_rates_approved;
DROP TRIGGER program_versions_rates_fixed;
ALTER TABLE program_drafts DROP COLUMN unit_rates;
ALTER TABLE program_versions DROP COLUMN unit_rates;
