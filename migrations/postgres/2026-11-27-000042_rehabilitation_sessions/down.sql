DROP TABLE rehabilitation_sessions;
DROP FUNCTION refuse_session;
DROP INDEX rehabilitation_plans_where;
