DROP TRIGGER program_versions_fixed;
DROP TABLE program_drafts;
ALTER TABLE program_versions DROP COLUMN required_documents;
ALTER TABLE program_versions DROP COLUMN period;
ALTER TABLE program_versions DROP COLUMN use_life_months;
ALTER TABLE programs DROP COLUMN exclusive_group;
CREATE TRIGGER program_versions_fixed BEFORE UPDATE ON program_versions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a program version is never edited');
END;
