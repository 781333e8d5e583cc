-- Who works where, by what evidence, and whether they still do. The history is the truth: a placement's state is a
-- foreign key into it, and what is verified was verified by another person than who entered it. `contract_number`,
-- `insurance_number`, `note` and `comment` are sealed.
CREATE TABLE placements (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL REFERENCES residents (id),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    form text NOT NULL CHECK (form IN ('quota', 'concentrated', 'self_employed', 'public_welfare_post', 'sheltered', 'flexible', 'farming')),
    -- Whoever works on their own account has none.
    employer_id uuid,
    employer_type text,
    job_seeker_id uuid,
    job_referral_id uuid,
    fair_id uuid REFERENCES job_fairs (id),
    start_date date NOT NULL,
    state text NOT NULL,
    last_transition integer NOT NULL,
    -- The evidence that counts: the last entered, and the one that was verified.
    evidence_revision integer NOT NULL CHECK (evidence_revision > 0),
    verified_revision integer,
    verified_at timestamptz,
    end_date date,
    leave_reason text CHECK (leave_reason IN ('contract_ended', 'resigned', 'dismissed', 'employer_closed', 'health', 'moved', 'retired', 'deceased', 'other')),
    version integer NOT NULL,
    updated_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    year integer GENERATED ALWAYS AS (extract(year FROM start_date)::integer) STORED,
    UNIQUE (id, resident_id),
    UNIQUE (id, division_code),
    CHECK ((employer_id IS NULL) = (employer_type IS NULL)),
    CHECK ((form IN ('self_employed', 'flexible', 'farming')) OR employer_id IS NOT NULL),
    CHECK (form <> 'self_employed' OR employer_id IS NULL),
    CHECK (CASE state
        WHEN 'entered' THEN verified_revision IS NULL AND end_date IS NULL
        WHEN 'returned' THEN verified_revision IS NULL AND end_date IS NULL
        WHEN 'verified' THEN verified_revision IS NOT NULL AND verified_revision = evidence_revision AND end_date IS NULL
        WHEN 'left' THEN end_date IS NOT NULL
        ELSE false END),
    CHECK ((verified_revision IS NULL) = (verified_at IS NULL)),
    CHECK ((end_date IS NULL) = (leave_reason IS NULL)),
    CHECK (end_date >= start_date),
    FOREIGN KEY (employer_id, employer_type) REFERENCES employers (id, employer_type),
    FOREIGN KEY (job_seeker_id, resident_id) REFERENCES job_seekers (id, resident_id),
    FOREIGN KEY (job_referral_id, job_seeker_id) REFERENCES job_referrals (id, job_seeker_id),
    CHECK (job_referral_id IS NULL OR job_seeker_id IS NOT NULL)
);
CREATE INDEX placements_resident ON placements (resident_id, id);
CREATE INDEX placements_division ON placements (division_code, id);
CREATE INDEX placements_county ON placements (county_code, id);
CREATE INDEX placements_state ON placements (state, id);
CREATE INDEX placements_year ON placements (year, county_code, start_date, id);
CREATE INDEX placements_employer ON placements (employer_id, employer_type);
CREATE INDEX placements_seeker ON placements (job_seeker_id, resident_id);
CREATE INDEX placements_referral ON placements (job_referral_id, job_seeker_id);
CREATE INDEX placements_fair ON placements (fair_id);
CREATE INDEX placements_evidence ON placements (id, evidence_revision);
CREATE INDEX placements_verified ON placements (id, verified_revision);
-- A referral leads to one.
CREATE UNIQUE INDEX placements_referral_once ON placements (job_referral_id);
CREATE UNIQUE INDEX placements_one_open ON placements (resident_id) WHERE end_date IS NULL;

CREATE TABLE placement_evidence (
    id uuid NOT NULL PRIMARY KEY,
    placement_id uuid NOT NULL REFERENCES placements (id) DEFERRABLE INITIALLY DEFERRED,
    revision integer NOT NULL CHECK (revision > 0),
    contract_kind text NOT NULL CHECK (contract_kind IN ('labor_contract', 'service_agreement', 'business_license', 'land_contract')),
    contract_number bytea,
    contract_from date NOT NULL,
    -- Open-ended, where there is none.
    contract_to date,
    -- A month.
    wage_fen bigint NOT NULL CHECK (wage_fen >= 0),
    insured_from date,
    insurance_number bytea,
    entered_by uuid NOT NULL REFERENCES users (id),
    entered_at timestamptz NOT NULL,
    UNIQUE (placement_id, revision),
    UNIQUE (placement_id, revision, entered_by, wage_fen),
    CHECK (contract_to >= contract_from)
);
CREATE INDEX placement_evidence_entered_by ON placement_evidence (entered_by);

CREATE TABLE placement_verifications (
    placement_id uuid NOT NULL,
    revision integer NOT NULL,
    entered_by uuid NOT NULL,
    verified_by uuid NOT NULL REFERENCES users (id),
    verified_at timestamptz NOT NULL,
    -- What the wage was held against, of that division and day.
    wage_fen bigint NOT NULL,
    standard_id uuid NOT NULL REFERENCES employment_standards (id),
    minimum_wage_fen bigint NOT NULL,
    certificate_id uuid NOT NULL REFERENCES certificates (id),
    PRIMARY KEY (placement_id, revision),
    UNIQUE (placement_id, revision, verified_by),
    -- Nobody verifies what they entered.
    CHECK (entered_by <> verified_by),
    CHECK (wage_fen >= minimum_wage_fen),
    FOREIGN KEY (placement_id, revision, entered_by, wage_fen) REFERENCES placement_evidence (placement_id, revision, entered_by, wage_fen)
);
CREATE INDEX placement_verifications_evidence ON placement_verifications (placement_id, revision, entered_by, wage_fen);
CREATE INDEX placement_verifications_verified_by ON placement_verifications (verified_by);
CREATE INDEX placement_verifications_standard ON placement_verifications (standard_id);
CREATE INDEX placement_verifications_certificate ON placement_verifications (certificate_id);

CREATE TABLE placement_transitions (
    id uuid NOT NULL PRIMARY KEY,
    placement_id uuid NOT NULL REFERENCES placements (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    revision integer NOT NULL,
    -- Of a verification, once more: whose it is.
    verified_revision integer,
    actor_id uuid NOT NULL REFERENCES users (id),
    comment bytea,
    at timestamptz NOT NULL,
    UNIQUE (placement_id, sequence),
    UNIQUE (placement_id, sequence, to_state),
    CHECK ((action = 'enter') = (sequence = 1)),
    CHECK ((action = 'enter') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    -- An action leads from where and to where its name says.
    CHECK (CASE action
        WHEN 'enter' THEN to_state = 'entered'
        WHEN 'return' THEN to_state = 'returned' AND from_state = 'entered'
        WHEN 'resubmit' THEN to_state = 'entered' AND from_state IN ('entered', 'returned')
        WHEN 'verify' THEN to_state = 'verified' AND from_state = 'entered'
        WHEN 'leave' THEN to_state = 'left' AND from_state IN ('entered', 'returned', 'verified')
        ELSE false END),
    CHECK ((action = 'verify') = (verified_revision IS NOT NULL)),
    CHECK (verified_revision = revision),
    CHECK (action <> 'return' OR comment IS NOT NULL),
    FOREIGN KEY (placement_id, previous_sequence, from_state) REFERENCES placement_transitions (placement_id, sequence, to_state),
    FOREIGN KEY (placement_id, revision) REFERENCES placement_evidence (placement_id, revision) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (placement_id, verified_revision, actor_id) REFERENCES placement_verifications (placement_id, revision, verified_by)
);
CREATE INDEX placement_transitions_previous ON placement_transitions (placement_id, previous_sequence, from_state);
CREATE INDEX placement_transitions_evidence ON placement_transitions (placement_id, revision);
CREATE INDEX placement_transitions_verified ON placement_transitions (placement_id, verified_revision, actor_id);
CREATE INDEX placement_transitions_actor ON placement_transitions (actor_id);
ALTER TABLE placements
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES placement_transitions (placement_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED,
    ADD FOREIGN KEY (id, evidence_revision) REFERENCES placement_evidence (placement_id, revision) DEFERRABLE INITIALLY DEFERRED,
    ADD FOREIGN KEY (id, verified_revision) REFERENCES placement_verifications (placement_id, revision) DEFERRABLE INITIALLY DEFERRED;
CREATE TRIGGER placements_fixed BEFORE UPDATE ON placements FOR EACH ROW
    WHEN ((NEW.id, NEW.resident_id, NEW.form, NEW.employer_id, NEW.employer_type, NEW.job_seeker_id, NEW.job_referral_id, NEW.fair_id, NEW.start_date)
        IS DISTINCT FROM (OLD.id, OLD.resident_id, OLD.form, OLD.employer_id, OLD.employer_type, OLD.job_seeker_id, OLD.job_referral_id, OLD.fair_id, OLD.start_date)
    OR OLD.verified_revision IS NOT NULL AND (NEW.verified_revision, NEW.verified_at) IS DISTINCT FROM (OLD.verified_revision, OLD.verified_at)
    OR (OLD.end_date IS NOT NULL AND (NEW.end_date, NEW.leave_reason, NEW.division_code, NEW.version) IS DISTINCT FROM (OLD.end_date, OLD.leave_reason, OLD.division_code, OLD.version))
    OR NEW.last_transition < OLD.last_transition OR NEW.evidence_revision < OLD.evidence_revision)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER placements_keep BEFORE DELETE ON placements FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER placements_keep_all BEFORE TRUNCATE ON placements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER placements_of_merged BEFORE INSERT ON placements FOR EACH ROW EXECUTE FUNCTION refuse_if_merged();
CREATE FUNCTION refuse_second_placement() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM placements o JOIN residents r ON r.id = o.resident_id
        WHERE r.merged_into_id = NEW.resident_id AND o.end_date IS NULL)
    THEN
        RAISE EXCEPTION 'huican.placement_open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER placements_one_of_person BEFORE INSERT ON placements FOR EACH ROW EXECUTE FUNCTION refuse_second_placement();
CREATE FUNCTION refuse_unaccepted_offer() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM job_referrals r JOIN vacancies v ON v.id = r.vacancy_id
        WHERE r.id = NEW.job_referral_id AND r.state = 'accepted' AND v.employer_id = NEW.employer_id)
    THEN
        RAISE EXCEPTION 'huican.job_referral_not_accepted';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER placements_of_accepted BEFORE INSERT ON placements FOR EACH ROW WHEN (NEW.job_referral_id IS NOT NULL) EXECUTE FUNCTION refuse_unaccepted_offer();
-- What has not ended goes along with the person, whichever of their records it is of; its checks with it.
CREATE FUNCTION move_placements() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    UPDATE placements SET division_code = NEW.division_code
    WHERE end_date IS NULL AND county_code = OLD.county_code
        AND resident_id IN (SELECT r.id FROM residents r WHERE r.id = NEW.id OR r.merged_into_id = NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER residents_placements AFTER UPDATE OF division_code ON residents FOR EACH ROW
    WHEN (NEW.division_code <> OLD.division_code) EXECUTE FUNCTION move_placements();
CREATE TRIGGER placement_evidence_fixed BEFORE UPDATE ON placement_evidence FOR EACH ROW
    WHEN ((NEW.id, NEW.placement_id, NEW.revision, NEW.contract_kind, NEW.contract_from, NEW.contract_to, NEW.wage_fen, NEW.insured_from, NEW.entered_by, NEW.entered_at)
        IS DISTINCT FROM (OLD.id, OLD.placement_id, OLD.revision, OLD.contract_kind, OLD.contract_from, OLD.contract_to, OLD.wage_fen, OLD.insured_from, OLD.entered_by, OLD.entered_at)
    OR (NEW.contract_number IS DISTINCT FROM OLD.contract_number AND coalesce(substr(NEW.contract_number, 2, 2) <= substr(OLD.contract_number, 2, 2), true))
    OR (NEW.insurance_number IS DISTINCT FROM OLD.insurance_number AND coalesce(substr(NEW.insurance_number, 2, 2) <= substr(OLD.insurance_number, 2, 2), true)))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER placement_evidence_keep BEFORE DELETE ON placement_evidence FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER placement_evidence_keep_all BEFORE TRUNCATE ON placement_evidence FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER placement_verifications_fixed BEFORE UPDATE ON placement_verifications FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER placement_verifications_keep BEFORE DELETE ON placement_verifications FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER placement_verifications_keep_all BEFORE TRUNCATE ON placement_verifications FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A year's contract at least that covers the first day, an insurance that has begun, the minimum wage of that place and a certificate on that day, and
-- nobody's own affair.
CREATE FUNCTION refuse_thin_evidence() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM placement_evidence e JOIN placements p ON p.id = e.placement_id
        JOIN employment_standards s ON s.id = NEW.standard_id AND s.amount_fen = NEW.minimum_wage_fen
            -- The nearest division's, and of that the latest.
            AND s.id = (
                SELECT n.id FROM employment_standards n LEFT JOIN divisions d ON d.code = n.division_code
                WHERE n.kind = 'minimum_wage' AND n.state = 'approved' AND n.effective_from <= p.start_date
                    AND (d.code IS NULL OR substr(d.code, 1, CASE d.level WHEN 'province' THEN 2 WHEN 'city' THEN 4 WHEN 'county' THEN 6 WHEN 'township' THEN 9 ELSE 12 END)
                        = substr(p.division_code, 1, CASE d.level WHEN 'province' THEN 2 WHEN 'city' THEN 4 WHEN 'county' THEN 6 WHEN 'township' THEN 9 ELSE 12 END))
                ORDER BY CASE d.level WHEN 'province' THEN 2 WHEN 'city' THEN 4 WHEN 'county' THEN 6 WHEN 'township' THEN 9 WHEN 'village' THEN 12 ELSE 0 END DESC,
                    n.effective_from DESC LIMIT 1)
        JOIN residents w ON w.id = p.resident_id
        JOIN certificates c ON c.id = NEW.certificate_id AND c.resident_id = coalesce(w.merged_into_id, w.id)
            AND c.state = 'valid' AND c.superseded_at IS NULL AND c.expires_date > p.start_date
            AND c.valid_from <= p.start_date AND (c.valid_to IS NULL OR c.valid_to > p.start_date)
        WHERE e.placement_id = NEW.placement_id AND e.revision = NEW.revision
            AND e.insured_from <= (NEW.verified_at AT TIME ZONE 'Asia/Shanghai')::date
            AND e.contract_from <= p.start_date AND (e.contract_to IS NULL OR e.contract_to >= p.start_date)
            AND (e.contract_to IS NULL OR e.contract_to >= (e.contract_from + interval '1 year' - interval '1 day')::date))
    THEN
        RAISE EXCEPTION 'huican.placement_evidence';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER placement_verifications_hold BEFORE INSERT ON placement_verifications FOR EACH ROW EXECUTE FUNCTION refuse_thin_evidence();
CREATE FUNCTION refuse_tied_verification() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM placements p WHERE p.id = NEW.placement_id AND is_tied(NEW.verified_by, p.resident_id)) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER placement_verifications_tied BEFORE INSERT ON placement_verifications FOR EACH ROW EXECUTE FUNCTION refuse_tied_verification();
CREATE TRIGGER placement_transitions_fixed BEFORE UPDATE ON placement_transitions FOR EACH ROW
    WHEN ((NEW.id, NEW.placement_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.revision, NEW.verified_revision, NEW.actor_id, NEW.at)
        IS DISTINCT FROM (OLD.id, OLD.placement_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.revision, OLD.verified_revision, OLD.actor_id, OLD.at)
    OR (NEW.comment IS DISTINCT FROM OLD.comment AND coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), true)))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER placement_transitions_keep BEFORE DELETE ON placement_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER placement_transitions_keep_all BEFORE TRUNCATE ON placement_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE retention_checks (
    id uuid NOT NULL PRIMARY KEY,
    placement_id uuid NOT NULL,
    resident_id uuid NOT NULL,
    division_code text COLLATE "C" NOT NULL,
    months integer NOT NULL CHECK (months IN (3, 6, 12)),
    due_date date NOT NULL,
    state text NOT NULL,
    outcome text CHECK (outcome IN ('retained', 'left')),
    checked_date date,
    -- What was paid in the month before, and whether the insurance goes on.
    wage_fen bigint CHECK (wage_fen >= 0),
    insured boolean,
    note bytea,
    checked_by uuid REFERENCES users (id),
    checked_at timestamptz,
    version integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (placement_id, months),
    CHECK (CASE state
        WHEN 'due' THEN outcome IS NULL AND checked_by IS NULL
        WHEN 'cancelled' THEN outcome IS NULL AND checked_by IS NULL
        WHEN 'done' THEN outcome IS NOT NULL AND checked_by IS NOT NULL
        ELSE false END),
    CHECK ((checked_by IS NULL) = (checked_at IS NULL) AND (checked_by IS NULL) = (checked_date IS NULL)),
    CHECK (outcome IS NOT NULL OR (wage_fen IS NULL AND insured IS NULL AND note IS NULL)),
    CHECK (outcome IS NULL OR outcome <> 'retained' OR (wage_fen IS NOT NULL AND insured IS NOT NULL)),
    FOREIGN KEY (placement_id, resident_id) REFERENCES placements (id, resident_id),
    FOREIGN KEY (placement_id, division_code) REFERENCES placements (id, division_code) ON UPDATE CASCADE
);
CREATE INDEX retention_checks_resident ON retention_checks (placement_id, resident_id);
CREATE INDEX retention_checks_place ON retention_checks (placement_id, division_code);
CREATE INDEX retention_checks_due ON retention_checks (due_date, id);
CREATE INDEX retention_checks_division ON retention_checks (division_code, due_date, id);
CREATE INDEX retention_checks_county ON retention_checks (county_code, due_date, id);
CREATE INDEX retention_checks_checked_by ON retention_checks (checked_by);
CREATE TRIGGER retention_checks_due_first BEFORE INSERT ON retention_checks FOR EACH ROW WHEN (NEW.state <> 'due') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER retention_checks_fixed BEFORE UPDATE ON retention_checks FOR EACH ROW
    WHEN ((NEW.id, NEW.placement_id, NEW.resident_id, NEW.months, NEW.due_date)
        IS DISTINCT FROM (OLD.id, OLD.placement_id, OLD.resident_id, OLD.months, OLD.due_date)
    OR OLD.state <> 'due' AND (NEW.state, NEW.outcome, NEW.checked_date, NEW.wage_fen, NEW.insured, NEW.checked_by, NEW.checked_at, NEW.version) IS DISTINCT FROM (OLD.state, OLD.outcome, OLD.checked_date, OLD.wage_fen, OLD.insured, OLD.checked_by, OLD.checked_at, OLD.version))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER retention_checks_keep BEFORE DELETE ON retention_checks FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER retention_checks_keep_all BEFORE TRUNCATE ON retention_checks FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- By which placement of a year a person counts: the first that was verified, of all records they have.
CREATE VIEW counted_placements AS
SELECT p.id AS placement_id, coalesce(w.merged_into_id, w.id) AS person_id, p.year
FROM placements p JOIN residents w ON w.id = p.resident_id
WHERE p.verified_revision IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM residents o JOIN placements q ON q.resident_id = o.id
    WHERE (o.id = coalesce(w.merged_into_id, w.id) OR o.merged_into_id = coalesce(w.merged_into_id, w.id))
      AND q.year = p.year AND q.verified_revision IS NOT NULL
      AND (q.start_date < p.start_date OR (q.start_date = p.start_date AND q.id < p.id)));
DO $$ BEGIN
    IF current_setting('server_version_num')::integer >= 150000 THEN
        ALTER VIEW counted_placements SET (security_invoker = true);
    END IF;
END $$;

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_placements CHECK (' ' || permits || ' ' NOT LIKE '% placement.verify %');
GRANT SELECT ON counted_placements TO huican_service;
GRANT SELECT, INSERT ON placements, placement_evidence, placement_verifications, placement_transitions, retention_checks TO huican_service;
GRANT UPDATE (division_code, state, last_transition, evidence_revision, verified_revision, verified_at, end_date, leave_reason, version, updated_at) ON placements TO huican_service;
GRANT UPDATE (contract_number, insurance_number) ON placement_evidence TO huican_service;
GRANT UPDATE (comment) ON placement_transitions TO huican_service;
GRANT UPDATE (division_code, state, outcome, checked_date, wage_fen, insured, note, checked_by, checked_at, version) ON retention_checks TO huican_service;
ALTER TABLE placements ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON placements
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE placement_evidence ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON placement_evidence USING (EXISTS (SELECT 1 FROM placements p WHERE p.id = placement_id));
ALTER TABLE placement_verifications ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON placement_verifications USING (EXISTS (SELECT 1 FROM placements p WHERE p.id = placement_id));
ALTER TABLE placement_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON placement_transitions USING (EXISTS (SELECT 1 FROM placements p WHERE p.id = placement_id));
ALTER TABLE retention_checks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON retention_checks
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
