DROP TABLE program_versions;
DROP TABLE programs;
DROP FUNCTION refuse_overlapping_versions;
