DROP TABLE ledger_entries;
DROP TABLE entitlements;
DROP TABLE entitlement_runs;
DROP INDEX enrollments_whose;
