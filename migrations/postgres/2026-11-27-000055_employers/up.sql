-- What employment is measured by, who employs, and what work there is. Nothing here is of a resident.
CREATE TABLE employment_standards (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('minimum_wage', 'average_wage', 'quota_levy')),
    -- Of this division and all beneath it that has none of its own; null is the whole country's, by law.
    division_code text COLLATE "C" REFERENCES divisions (code),
    effective_from date NOT NULL,
    -- A month's minimum, a year's average.
    amount_fen bigint CHECK (amount_fen > 0),
    -- Of the quota levy: the share to be employed, the share from which less is due, in hundredths of a percent; what is
    -- due from that share and below it, in percent; up to how many staff nothing is due; above how much of the local
    -- average wage no wage counts, in percent; for how many a person of grade 1 or 2 counts.
    quota_basis_points integer CHECK (quota_basis_points BETWEEN 1 AND 10000),
    threshold_basis_points integer CHECK (threshold_basis_points BETWEEN 0 AND 10000),
    upper_percent integer CHECK (upper_percent BETWEEN 0 AND 100),
    lower_percent integer CHECK (lower_percent BETWEEN 0 AND 100),
    exempt_staff integer CHECK (exempt_staff >= 0),
    wage_cap_percent integer CHECK (wage_cap_percent > 0),
    severe_weight integer CHECK (severe_weight BETWEEN 1 AND 10),
    legal_basis text NOT NULL CHECK (length(legal_basis) BETWEEN 1 AND 500),
    state text NOT NULL CHECK (state IN ('proposed', 'approved', 'rejected')),
    proposed_by uuid REFERENCES users (id),
    proposed_at timestamptz,
    decided_by uuid REFERENCES users (id),
    decided_at timestamptz,
    comment text CHECK (length(comment) BETWEEN 1 AND 1000),
    version integer NOT NULL,
    CHECK ((kind = 'quota_levy') = (amount_fen IS NULL)),
    CHECK (CASE kind WHEN 'quota_levy' THEN quota_basis_points IS NOT NULL AND threshold_basis_points IS NOT NULL
            AND upper_percent IS NOT NULL AND lower_percent IS NOT NULL AND exempt_staff IS NOT NULL
            AND wage_cap_percent IS NOT NULL AND severe_weight IS NOT NULL AND upper_percent <= lower_percent
        ELSE quota_basis_points IS NULL AND threshold_basis_points IS NULL AND upper_percent IS NULL AND lower_percent IS NULL
            AND exempt_staff IS NULL AND wage_cap_percent IS NULL AND severe_weight IS NULL END),
    -- What an office lays down has two people; the country's law has none of ours.
    CHECK (CASE WHEN division_code IS NULL THEN proposed_by IS NULL AND proposed_at IS NULL AND decided_by IS NULL AND decided_at IS NULL
            AND state = 'approved'
        ELSE proposed_by IS NOT NULL AND proposed_at IS NOT NULL
            AND (state = 'proposed') = (decided_by IS NULL) AND (state = 'proposed') = (decided_at IS NULL) END),
    CHECK (proposed_by <> decided_by),
    CHECK (state <> 'rejected' OR comment IS NOT NULL)
);
CREATE INDEX employment_standards_division ON employment_standards (division_code, kind, effective_from);
CREATE INDEX employment_standards_proposed_by ON employment_standards (proposed_by);
CREATE INDEX employment_standards_decided_by ON employment_standards (decided_by);
CREATE UNIQUE INDEX employment_standards_in_force ON employment_standards (kind, division_code, effective_from) WHERE state = 'approved';
CREATE UNIQUE INDEX employment_standards_national ON employment_standards (kind, effective_from) WHERE division_code IS NULL;
CREATE TRIGGER employment_standards_fixed BEFORE UPDATE ON employment_standards FOR EACH ROW
    WHEN ((NEW.id, NEW.kind, NEW.division_code, NEW.effective_from, NEW.amount_fen, NEW.quota_basis_points, NEW.threshold_basis_points, NEW.upper_percent, NEW.lower_percent, NEW.exempt_staff, NEW.wage_cap_percent, NEW.severe_weight, NEW.legal_basis, NEW.proposed_by, NEW.proposed_at)
        IS DISTINCT FROM (OLD.id, OLD.kind, OLD.division_code, OLD.effective_from, OLD.amount_fen, OLD.quota_basis_points, OLD.threshold_basis_points, OLD.upper_percent, OLD.lower_percent, OLD.exempt_staff, OLD.wage_cap_percent, OLD.severe_weight, OLD.legal_basis, OLD.proposed_by, OLD.proposed_at)
    OR OLD.state <> 'proposed')
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER employment_standards_keep BEFORE DELETE ON employment_standards FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER employment_standards_keep_all BEFORE TRUNCATE ON employment_standards FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- 财税〔2015〕72号, and from 2020 发改价格规〔2019〕2015号.
INSERT INTO employment_standards (id, kind, effective_from, quota_basis_points, threshold_basis_points, upper_percent, lower_percent,
    exempt_staff, wage_cap_percent, severe_weight, legal_basis, state, version)
VALUES ('01500000-0000-7000-8000-000000000001', 'quota_levy', '2015-10-01', 150, 100, 100, 100, 20, 200, 2, '财税〔2015〕72号《残疾人就业保障金征收使用管理办法》', 'approved', 1);
INSERT INTO employment_standards (id, kind, effective_from, quota_basis_points, threshold_basis_points, upper_percent, lower_percent,
    exempt_staff, wage_cap_percent, severe_weight, legal_basis, state, version)
VALUES ('01500000-0000-7000-8000-000000000002', 'quota_levy', '2020-01-01', 150, 100, 50, 90, 30, 200, 2, '发改价格规〔2019〕2015号《关于完善残疾人就业保障金制度更好促进残疾人就业的总体方案》', 'approved', 1);

-- What an office lays down begins as a proposal.
CREATE TRIGGER employment_standards_proposed_first BEFORE INSERT ON employment_standards FOR EACH ROW
    WHEN (NEW.state <> 'proposed') EXECUTE FUNCTION refuse_change();

-- Employers. `contact` is sealed.
CREATE TABLE employers (
    id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    -- 统一社会信用代码, GB 32100.
    credit_code text UNIQUE CHECK (length(credit_code) = 18),
    employer_type text NOT NULL CHECK (employer_type IN ('civil_service', 'public_institution', 'state_owned', 'private', 'social_organization')),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    staff_count integer CHECK (staff_count >= 0),
    contact bytea,
    created_by uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (id, employer_type)
);
CREATE INDEX employers_division ON employers (division_code, id);
CREATE INDEX employers_county ON employers (county_code, id);
CREATE INDEX employers_created_by ON employers (created_by);
CREATE TRIGGER employers_fixed BEFORE UPDATE ON employers FOR EACH ROW
    WHEN ((NEW.id, NEW.credit_code, NEW.created_by, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.credit_code, OLD.created_by, OLD.created_at)
    OR NEW.version < OLD.version)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER employers_keep BEFORE DELETE ON employers FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER employers_keep_all BEFORE TRUNCATE ON employers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE vacancies (
    id uuid NOT NULL PRIMARY KEY,
    employer_id uuid NOT NULL REFERENCES employers (id),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 100),
    form text NOT NULL CHECK (form IN ('quota', 'concentrated', 'self_employed', 'public_welfare_post', 'sheltered', 'flexible', 'farming')),
    -- Where the work is done.
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    openings integer NOT NULL CHECK (openings > 0),
    wage_from_fen bigint NOT NULL CHECK (wage_from_fen > 0),
    wage_to_fen bigint NOT NULL,
    requirements text CHECK (length(requirements) BETWEEN 1 AND 500),
    -- What the place of work has for people with a disability: a list of words.
    aids text NOT NULL,
    valid_to date,
    state text NOT NULL,
    close_reason text CHECK (close_reason IN ('filled', 'withdrawn', 'expired')),
    created_by uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK (wage_to_fen >= wage_from_fen),
    CHECK (CASE state WHEN 'open' THEN close_reason IS NULL WHEN 'closed' THEN close_reason IS NOT NULL ELSE false END)
);
CREATE INDEX vacancies_employer ON vacancies (employer_id, id);
CREATE INDEX vacancies_division ON vacancies (division_code, id);
CREATE INDEX vacancies_county ON vacancies (county_code, id);
CREATE INDEX vacancies_state ON vacancies (state, id);
CREATE INDEX vacancies_created_by ON vacancies (created_by);
CREATE TRIGGER vacancies_fixed BEFORE UPDATE ON vacancies FOR EACH ROW
    WHEN ((NEW.id, NEW.employer_id, NEW.form, NEW.created_by, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.employer_id, OLD.form, OLD.created_by, OLD.created_at)
    OR OLD.state = 'closed' OR NEW.version < OLD.version)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER vacancies_keep BEFORE DELETE ON vacancies FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER vacancies_keep_all BEFORE TRUNCATE ON vacancies FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_standards CHECK (' ' || permits || ' ' NOT LIKE '% employment_standard.approve %');
GRANT SELECT, INSERT ON employment_standards, employers, vacancies TO huican_service;
GRANT UPDATE (state, decided_by, decided_at, comment, version) ON employment_standards TO huican_service;
GRANT UPDATE (name, employer_type, division_code, staff_count, contact, updated_at, version) ON employers TO huican_service;
GRANT UPDATE (title, division_code, openings, wage_from_fen, wage_to_fen, requirements, aids, valid_to, state, close_reason, updated_at, version) ON vacancies TO huican_service;
