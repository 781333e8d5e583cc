DROP TRIGGER residents_placements;
DROP VIEW counted_placements;
DROP TRIGGER api_keys_no_placements;
DROP TABLE retention_checks;
DROP TABLE placement_transitions;
DROP TABLE placement_verifications;
DROP TABLE placement_evidence;
DROP TABLE placements;
