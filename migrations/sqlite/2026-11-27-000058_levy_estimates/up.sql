-- What an employer would have to pay for those it does not employ, as reckoned once: nothing of it changes.
CREATE TABLE levy_estimates (
    id BLOB NOT NULL PRIMARY KEY,
    employer_id BLOB NOT NULL REFERENCES employers (id),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    year INTEGER NOT NULL CHECK (year BETWEEN 2000 AND 2200),
    staff_count INTEGER NOT NULL CHECK (staff_count > 0),
    -- Of a year.
    average_wage_fen INTEGER NOT NULL CHECK (average_wage_fen > 0),
    -- Months of work of people with a certificate, those of grade 1 and 2 apart, and where they were counted.
    months INTEGER NOT NULL CHECK (months >= 0),
    severe_months INTEGER NOT NULL CHECK (severe_months >= 0),
    source TEXT NOT NULL CHECK (source IN ('given', 'placements')),
    standard_id BLOB NOT NULL REFERENCES employment_standards (id),
    -- The local average wage that bounds the employer's, where there is one.
    cap_standard_id BLOB REFERENCES employment_standards (id),
    counted_wage_fen INTEGER NOT NULL CHECK (counted_wage_fen > 0),
    percent INTEGER NOT NULL CHECK (percent BETWEEN 0 AND 100),
    full_fen INTEGER NOT NULL CHECK (full_fen >= 0),
    levy_fen INTEGER NOT NULL CHECK (levy_fen >= 0),
    estimated_by BLOB NOT NULL REFERENCES users (id),
    estimated_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK (counted_wage_fen <= average_wage_fen),
    CHECK (levy_fen <= full_fen)
) STRICT;
CREATE INDEX levy_estimates_employer ON levy_estimates (employer_id, id);
CREATE INDEX levy_estimates_division ON levy_estimates (division_code, id);
CREATE INDEX levy_estimates_county ON levy_estimates (county_code, id);
CREATE INDEX levy_estimates_standard ON levy_estimates (standard_id);
CREATE INDEX levy_estimates_cap_standard ON levy_estimates (cap_standard_id);
CREATE INDEX levy_estimates_estimated_by ON levy_estimates (estimated_by);
CREATE TRIGGER levy_estimates_fixed BEFORE UPDATE ON levy_estimates
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an estimate stays as it was');
END;
CREATE TRIGGER levy_estimates_keep BEFORE DELETE ON levy_estimates
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: levy estimates are never deleted');
END;
CREATE TRIGGER levy_estimates_no_replace BEFORE INSERT ON levy_estimates
WHEN EXISTS (SELECT 1 FROM levy_estimates WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: levy_estimates.id');
END;
