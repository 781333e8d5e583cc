-- What an employer would have to pay for those it does not employ, as reckoned once: nothing of it changes.
CREATE TABLE levy_estimates (
    id uuid NOT NULL PRIMARY KEY,
    employer_id uuid NOT NULL REFERENCES employers (id),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    year integer NOT NULL CHECK (year BETWEEN 2000 AND 2200),
    staff_count integer NOT NULL CHECK (staff_count > 0),
    -- Of a year.
    average_wage_fen bigint NOT NULL CHECK (average_wage_fen > 0),
    -- Months of work of people with a certificate, those of grade 1 and 2 apart, and where they were counted.
    months integer NOT NULL CHECK (months >= 0),
    severe_months integer NOT NULL CHECK (severe_months >= 0),
    source text NOT NULL CHECK (source IN ('given', 'placements')),
    standard_id uuid NOT NULL REFERENCES employment_standards (id),
    -- The local average wage that bounds the employer's, where there is one.
    cap_standard_id uuid REFERENCES employment_standards (id),
    counted_wage_fen bigint NOT NULL CHECK (counted_wage_fen > 0),
    percent integer NOT NULL CHECK (percent BETWEEN 0 AND 100),
    full_fen bigint NOT NULL CHECK (full_fen >= 0),
    levy_fen bigint NOT NULL CHECK (levy_fen >= 0),
    estimated_by uuid NOT NULL REFERENCES users (id),
    estimated_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK (counted_wage_fen <= average_wage_fen),
    CHECK (levy_fen <= full_fen)
);
CREATE INDEX levy_estimates_employer ON levy_estimates (employer_id, id);
CREATE INDEX levy_estimates_division ON levy_estimates (division_code, id);
CREATE INDEX levy_estimates_county ON levy_estimates (county_code, id);
CREATE INDEX levy_estimates_standard ON levy_estimates (standard_id);
CREATE INDEX levy_estimates_cap_standard ON levy_estimates (cap_standard_id);
CREATE INDEX levy_estimates_estimated_by ON levy_estimates (estimated_by);
CREATE TRIGGER levy_estimates_fixed BEFORE UPDATE ON levy_estimates FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER levy_estimates_keep BEFORE DELETE ON levy_estimates FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER levy_estimates_keep_all BEFORE TRUNCATE ON levy_estimates FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON levy_estimates TO huican_service;
