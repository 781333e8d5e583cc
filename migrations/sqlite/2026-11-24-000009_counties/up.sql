-- A county's office asks for its own rows above all: by the county's code, in the order of the list, an
-- index gives the next page without sorting what lies in the county.

ALTER TABLE residents ADD COLUMN county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) VIRTUAL;
CREATE INDEX residents_county ON residents (county_code, id);
ALTER TABLE cases ADD COLUMN county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) VIRTUAL;
CREATE INDEX cases_county_state ON cases (county_code, state, id);
CREATE INDEX cases_county ON cases (county_code, id);
ALTER TABLE enrollments ADD COLUMN county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) VIRTUAL;
CREATE INDEX enrollments_county ON enrollments (county_code, id);
ALTER TABLE audit_events ADD COLUMN county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) VIRTUAL;
CREATE INDEX audit_events_county ON audit_events (county_code, sequence);
-- A city's offices ask for all of a state.
CREATE INDEX cases_state_all ON cases (state, id);

-- Of a list of cases: what one user did for each, without looking through all the user ever did.
DROP INDEX case_duties_user;
CREATE INDEX case_duties_user ON case_duties (user_id, case_id);
