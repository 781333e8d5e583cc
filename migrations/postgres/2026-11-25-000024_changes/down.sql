DROP INDEX audit_events_changes;
DROP INDEX audit_events_timeline;
ALTER TABLE audit_events DROP COLUMN done;
