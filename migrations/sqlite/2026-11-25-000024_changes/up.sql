-- What was done, as opposed to what was seen, refused or failed: told by the last word of the action, as
-- `audit::LOOKS` lists them. A person's timeline and the changes of an office are read from it.

ALTER TABLE audit_events ADD COLUMN done INTEGER GENERATED ALWAYS AS (
    outcome = 'success'
    AND action NOT GLOB '*[._]viewed' AND action NOT GLOB '*[._]listed' AND action NOT GLOB '*[._]searched'
    AND action NOT GLOB '*[._]disclosed' AND action NOT GLOB '*[._]read'
) VIRTUAL;
CREATE INDEX audit_events_timeline ON audit_events (resident_id, sequence) WHERE done;
CREATE INDEX audit_events_changes ON audit_events (county_code, sequence) WHERE done;
