DROP INDEX job_seekers_graduated;
DROP VIEW counted_graduates;
