-- Lists of what few cases are, over all counties: by the step they wait at, and by service.
CREATE INDEX cases_step ON cases (step, id) WHERE step IS NOT NULL;
CREATE INDEX cases_service ON cases (service, id);
