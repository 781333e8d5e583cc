DROP TABLE program_versions;
DROP TABLE programs;
