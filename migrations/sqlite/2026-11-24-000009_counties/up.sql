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
