DROP TABLE rehabilitation_sessions;
DROP INDEX rehabilitation_plans_where;
