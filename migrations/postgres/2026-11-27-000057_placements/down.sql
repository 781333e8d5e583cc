DROP TRIGGER residents_placements ON residents;
DROP VIEW counted_placements;
ALTER TABLE api_keys DROP CONSTRAINT api_keys_no_placements;
DROP TABLE retention_checks, placement_transitions, placement_verifications, placement_evidence, placements CASCADE;
DROP FUNCTION move_placements, refuse_tied_verification, refuse_thin_evidence, refuse_unaccepted_offer, refuse_second_placement;
