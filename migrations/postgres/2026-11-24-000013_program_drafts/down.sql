REVOKE UPDATE (effective_to) ON program_versions FROM huican_service;
DROP TRIGGER program_versions_from_draft ON program_versions;
DROP FUNCTION refuse_version_without_draft;
DROP TRIGGER program_versions_no_delete ON program_versions;
DROP TRIGGER program_versions_kept ON program_versions;
DROP FUNCTION keep_program_version;
CREATE TRIGGER program_versions_fixed BEFORE UPDATE OR DELETE ON program_versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
DROP TABLE program_drafts;
DROP FUNCTION keep_program_draft;
ALTER TABLE program_versions DROP COLUMN required_documents, DROP COLUMN period, DROP COLUMN use_life_months;
ALTER TABLE programs DROP COLUMN exclusive_group;
