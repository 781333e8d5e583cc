DROP TABLE ledger_entries;
DROP TABLE entitlements;
DROP TABLE entitlement_runs;
DROP INDEX enrollments_whose;
DROP FUNCTION book_entitlement;
DROP FUNCTION refuse_entitlement_of_other_record;
DROP FUNCTION refuse_unenrolled_entitlement;
