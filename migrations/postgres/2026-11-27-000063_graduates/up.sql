-- Graduates of a year (应届残疾人毕业生), one file a person: the last that says so. Employed are those whose work began in that
-- year, with verified evidence.
CREATE VIEW counted_graduates AS
SELECT s.id AS seeker_id, extract(year FROM s.graduated_date)::integer AS year, s.willing, EXISTS (
    SELECT 1 FROM residents o JOIN placements q ON q.resident_id = o.id
    WHERE (o.id = coalesce(w.merged_into_id, w.id) OR o.merged_into_id = coalesce(w.merged_into_id, w.id))
      AND q.verified_revision IS NOT NULL AND q.year = extract(year FROM s.graduated_date)::integer) AS employed
FROM job_seekers s JOIN residents w ON w.id = s.resident_id
WHERE s.graduated_date IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM residents o JOIN job_seekers t ON t.resident_id = o.id
    WHERE (o.id = coalesce(w.merged_into_id, w.id) OR o.merged_into_id = coalesce(w.merged_into_id, w.id))
      AND extract(year FROM t.graduated_date)::integer = extract(year FROM s.graduated_date)::integer AND t.id > s.id);
DO $$ BEGIN
    IF current_setting('server_version_num')::integer >= 150000 THEN
        ALTER VIEW counted_graduates SET (security_invoker = true);
    END IF;
END $$;
GRANT SELECT ON counted_graduates TO huican_service;
CREATE INDEX job_seekers_graduated ON job_seekers (graduated_date) WHERE graduated_date IS NOT NULL;
