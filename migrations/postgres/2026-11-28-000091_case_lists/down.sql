DROP INDEX cases_service;
DROP INDEX cases_step;
