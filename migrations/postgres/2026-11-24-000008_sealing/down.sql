DROP TABLE audit_checkpoints;
DROP FUNCTION checkpoint_follows;
