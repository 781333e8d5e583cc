CREATE OR REPLACE VIEW user_ties (user_id, resident_id, relation) AS
SELECT user_id, resident_id, relation FROM record_ties;
DO $$
BEGIN
    IF current_setting('server_version_num')::integer >= 150000 THEN
        ALTER VIEW user_ties SET (security_invoker = true);
    END IF;
END $$;
ALTER TABLE api_keys DROP CONSTRAINT api_keys_merges;
DROP TRIGGER cases_one_reopened_of_person ON cases;
DROP TRIGGER cases_one_open_of_person ON cases;
DROP TRIGGER certificates_kept_of_merged ON certificates;
DROP TRIGGER circumstances_kept_of_merged ON circumstances;
DROP TRIGGER addresses_kept_of_merged ON addresses;
DROP TRIGGER household_members_kept_of_merged ON household_members;
DROP TRIGGER certificates_of_merged ON certificates;
DROP TRIGGER circumstances_of_merged ON circumstances;
DROP TRIGGER addresses_of_merged ON addresses;
DROP TRIGGER household_members_of_merged ON household_members;
DROP TRIGGER cases_of_merged ON cases;
DROP TRIGGER applications_of_merged ON applications;
DROP TRIGGER residents_of_merged ON residents;
DROP TRIGGER residents_begin_unmerged ON residents;
DROP TRIGGER residents_merged_by_decision ON residents;
DROP TABLE resident_merges;
DROP VIEW taken_programs;
DROP INDEX residents_merged_into;
ALTER TABLE residents DROP COLUMN merged_into_id;
DROP FUNCTION refuse_second_open_case, refuse_if_merged, refuse_of_merged, refuse_undecided_merge, join_or_part_records,
    refuse_conflicting_merge, refuse_proposal;
