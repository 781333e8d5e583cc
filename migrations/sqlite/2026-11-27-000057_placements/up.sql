-- Who works where, by what evidence, and whether they still do. The history is the truth: a placement's state is a
-- foreign key into it, and what is verified was verified by another person than who entered it. `contract_number`,
-- `insurance_number`, `note` and `comment` are sealed.
CREATE TABLE placements (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    form TEXT NOT NULL CHECK (form IN ('quota', 'concentrated', 'self_employed', 'public_welfare_post', 'sheltered', 'flexible', 'farming')),
    -- Whoever works on their own account has none.
    employer_id BLOB,
    employer_type TEXT,
    job_seeker_id BLOB,
    job_referral_id BLOB,
    fair_id BLOB REFERENCES job_fairs (id),
    start_date TEXT NOT NULL,
    state TEXT NOT NULL,
    last_transition INTEGER NOT NULL,
    -- The evidence that counts: the last entered, and the one that was verified.
    evidence_revision INTEGER NOT NULL CHECK (evidence_revision > 0),
    verified_revision INTEGER,
    verified_at INTEGER,
    end_date TEXT,
    leave_reason TEXT CHECK (leave_reason IN ('contract_ended', 'resigned', 'dismissed', 'employer_closed', 'health', 'moved', 'retired', 'deceased', 'other')),
    version INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    year INTEGER GENERATED ALWAYS AS (CAST(substr(start_date, 1, 4) AS INTEGER)) STORED,
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
        ELSE 1 = 0 END),
    CHECK ((verified_revision IS NULL) = (verified_at IS NULL)),
    CHECK ((end_date IS NULL) = (leave_reason IS NULL)),
    CHECK (end_date >= start_date),
    FOREIGN KEY (employer_id, employer_type) REFERENCES employers (id, employer_type),
    FOREIGN KEY (job_seeker_id, resident_id) REFERENCES job_seekers (id, resident_id),
    FOREIGN KEY (job_referral_id, job_seeker_id) REFERENCES job_referrals (id, job_seeker_id),
    CHECK (job_referral_id IS NULL OR job_seeker_id IS NOT NULL),
    FOREIGN KEY (id, last_transition, state) REFERENCES placement_transitions (placement_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (id, evidence_revision) REFERENCES placement_evidence (placement_id, revision) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (id, verified_revision) REFERENCES placement_verifications (placement_id, revision) DEFERRABLE INITIALLY DEFERRED
) STRICT;
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
    id BLOB NOT NULL PRIMARY KEY,
    placement_id BLOB NOT NULL REFERENCES placements (id) DEFERRABLE INITIALLY DEFERRED,
    revision INTEGER NOT NULL CHECK (revision > 0),
    contract_kind TEXT NOT NULL CHECK (contract_kind IN ('labor_contract', 'service_agreement', 'business_license', 'land_contract')),
    contract_number BLOB,
    contract_from TEXT NOT NULL,
    -- Open-ended, where there is none.
    contract_to TEXT,
    -- A month.
    wage_fen INTEGER NOT NULL CHECK (wage_fen >= 0),
    insured_from TEXT,
    insurance_number BLOB,
    entered_by BLOB NOT NULL REFERENCES users (id),
    entered_at INTEGER NOT NULL,
    UNIQUE (placement_id, revision),
    UNIQUE (placement_id, revision, entered_by, wage_fen),
    CHECK (contract_to >= contract_from)
) STRICT;
CREATE INDEX placement_evidence_entered_by ON placement_evidence (entered_by);

CREATE TABLE placement_verifications (
    placement_id BLOB NOT NULL,
    revision INTEGER NOT NULL,
    entered_by BLOB NOT NULL,
    verified_by BLOB NOT NULL REFERENCES users (id),
    verified_at INTEGER NOT NULL,
    -- What the wage was held against, of that division and day.
    wage_fen INTEGER NOT NULL,
    standard_id BLOB NOT NULL REFERENCES employment_standards (id),
    minimum_wage_fen INTEGER NOT NULL,
    certificate_id BLOB NOT NULL REFERENCES certificates (id),
    PRIMARY KEY (placement_id, revision),
    UNIQUE (placement_id, revision, verified_by),
    -- Nobody verifies what they entered.
    CHECK (entered_by <> verified_by),
    CHECK (wage_fen >= minimum_wage_fen),
    FOREIGN KEY (placement_id, revision, entered_by, wage_fen) REFERENCES placement_evidence (placement_id, revision, entered_by, wage_fen)
) STRICT;
CREATE INDEX placement_verifications_evidence ON placement_verifications (placement_id, revision, entered_by, wage_fen);
CREATE INDEX placement_verifications_verified_by ON placement_verifications (verified_by);
CREATE INDEX placement_verifications_standard ON placement_verifications (standard_id);
CREATE INDEX placement_verifications_certificate ON placement_verifications (certificate_id);

CREATE TABLE placement_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    placement_id BLOB NOT NULL REFERENCES placements (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    -- Of a verification, once more: whose it is.
    verified_revision INTEGER,
    actor_id BLOB NOT NULL REFERENCES users (id),
    comment BLOB,
    at INTEGER NOT NULL,
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
        ELSE 1 = 0 END),
    CHECK ((action = 'verify') = (verified_revision IS NOT NULL)),
    CHECK (verified_revision = revision),
    CHECK (action <> 'return' OR comment IS NOT NULL),
    FOREIGN KEY (placement_id, previous_sequence, from_state) REFERENCES placement_transitions (placement_id, sequence, to_state),
    FOREIGN KEY (placement_id, revision) REFERENCES placement_evidence (placement_id, revision) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (placement_id, verified_revision, actor_id) REFERENCES placement_verifications (placement_id, revision, verified_by)
) STRICT;
CREATE INDEX placement_transitions_previous ON placement_transitions (placement_id, previous_sequence, from_state);
CREATE INDEX placement_transitions_evidence ON placement_transitions (placement_id, revision);
CREATE INDEX placement_transitions_verified ON placement_transitions (placement_id, verified_revision, actor_id);
CREATE INDEX placement_transitions_actor ON placement_transitions (actor_id);
CREATE TRIGGER placements_fixed BEFORE UPDATE ON placements
WHEN (NEW.id, NEW.resident_id, NEW.form, NEW.employer_id, NEW.employer_type, NEW.job_seeker_id, NEW.job_referral_id, NEW.fair_id, NEW.start_date)
    IS NOT (OLD.id, OLD.resident_id, OLD.form, OLD.employer_id, OLD.employer_type, OLD.job_seeker_id, OLD.job_referral_id, OLD.fair_id, OLD.start_date)
  OR OLD.verified_revision IS NOT NULL AND (NEW.verified_revision, NEW.verified_at) IS NOT (OLD.verified_revision, OLD.verified_at)
    OR (OLD.end_date IS NOT NULL AND (NEW.end_date, NEW.leave_reason, NEW.division_code, NEW.version) IS NOT (OLD.end_date, OLD.leave_reason, OLD.division_code, OLD.version))
    OR NEW.last_transition < OLD.last_transition OR NEW.evidence_revision < OLD.evidence_revision
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what a placement is does not change');
END;
CREATE TRIGGER placements_keep BEFORE DELETE ON placements
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: placements are never deleted');
END;
CREATE TRIGGER placements_no_replace BEFORE INSERT ON placements
WHEN EXISTS (SELECT 1 FROM placements WHERE id = NEW.id OR job_referral_id = NEW.job_referral_id
    OR (resident_id = NEW.resident_id AND end_date IS NULL AND NEW.end_date IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: placements.id');
END;
CREATE TRIGGER placements_of_merged BEFORE INSERT ON placements
WHEN EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER placements_one_of_person BEFORE INSERT ON placements
WHEN EXISTS (
        SELECT 1 FROM placements o JOIN residents r ON r.id = o.resident_id
        WHERE r.merged_into_id = NEW.resident_id AND o.end_date IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.placement_open');
END;
CREATE TRIGGER placements_of_accepted BEFORE INSERT ON placements
WHEN NEW.job_referral_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM job_referrals r JOIN vacancies v ON v.id = r.vacancy_id
        WHERE r.id = NEW.job_referral_id AND r.state = 'accepted' AND v.employer_id = NEW.employer_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.job_referral_not_accepted');
END;
-- What has not ended goes along with the person, whichever of their records it is of; its checks with it.
CREATE TRIGGER residents_placements AFTER UPDATE OF division_code ON residents
WHEN NEW.division_code <> OLD.division_code
BEGIN
    UPDATE placements SET division_code = NEW.division_code
    WHERE end_date IS NULL AND county_code = OLD.county_code
        AND resident_id IN (SELECT r.id FROM residents r WHERE r.id = NEW.id OR r.merged_into_id = NEW.id);
END;
CREATE TRIGGER placement_evidence_fixed BEFORE UPDATE ON placement_evidence
WHEN (NEW.id, NEW.placement_id, NEW.revision, NEW.contract_kind, NEW.contract_from, NEW.contract_to, NEW.wage_fen, NEW.insured_from, NEW.entered_by, NEW.entered_at)
    IS NOT (OLD.id, OLD.placement_id, OLD.revision, OLD.contract_kind, OLD.contract_from, OLD.contract_to, OLD.wage_fen, OLD.insured_from, OLD.entered_by, OLD.entered_at)
  OR (NEW.contract_number IS NOT OLD.contract_number AND coalesce(substr(NEW.contract_number, 2, 2) <= substr(OLD.contract_number, 2, 2), 1 = 1))
  OR (NEW.insurance_number IS NOT OLD.insurance_number AND coalesce(substr(NEW.insurance_number, 2, 2) <= substr(OLD.insurance_number, 2, 2), 1 = 1))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: evidence does not change');
END;
CREATE TRIGGER placement_evidence_keep BEFORE DELETE ON placement_evidence
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: placement evidence are never deleted');
END;
CREATE TRIGGER placement_evidence_no_replace BEFORE INSERT ON placement_evidence
WHEN EXISTS (SELECT 1 FROM placement_evidence WHERE id = NEW.id OR (placement_id = NEW.placement_id AND revision = NEW.revision))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: placement_evidence.id');
END;
CREATE TRIGGER placement_verifications_fixed BEFORE UPDATE ON placement_verifications
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was verified stays');
END;
CREATE TRIGGER placement_verifications_keep BEFORE DELETE ON placement_verifications
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: placement verifications are never deleted');
END;
CREATE TRIGGER placement_verifications_no_replace BEFORE INSERT ON placement_verifications
WHEN EXISTS (SELECT 1 FROM placement_verifications WHERE (placement_id = NEW.placement_id AND revision = NEW.revision))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: placement_verifications.placement_id');
END;

-- A year's contract at least that covers the first day, an insurance that has begun, the minimum wage of that place and a certificate on that day, and
-- nobody's own affair.
CREATE TRIGGER placement_verifications_hold BEFORE INSERT ON placement_verifications
WHEN NOT EXISTS (
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
            AND e.insured_from <= date(NEW.verified_at / 1000000, 'unixepoch', '+8 hours')
            AND e.contract_from <= p.start_date AND (e.contract_to IS NULL OR e.contract_to >= p.start_date)
            AND (e.contract_to IS NULL OR e.contract_to >= CASE WHEN substr(e.contract_from, 6) = '02-29'
                THEN (CAST(substr(e.contract_from, 1, 4) AS INTEGER) + 1) || '-02-27' ELSE date(e.contract_from, '+1 year', '-1 day') END))
BEGIN
    SELECT RAISE(ABORT, 'huican.placement_evidence');
END;
CREATE TRIGGER placement_verifications_tied BEFORE INSERT ON placement_verifications
WHEN EXISTS (
    SELECT 1 FROM placements p JOIN user_ties t ON t.user_id = NEW.verified_by AND t.resident_id = p.resident_id
    WHERE p.id = NEW.placement_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
CREATE TRIGGER placement_transitions_fixed BEFORE UPDATE ON placement_transitions
WHEN (NEW.id, NEW.placement_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.revision, NEW.verified_revision, NEW.actor_id, NEW.at)
    IS NOT (OLD.id, OLD.placement_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.revision, OLD.verified_revision, OLD.actor_id, OLD.at)
  OR (NEW.comment IS NOT OLD.comment AND coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), 1 = 1))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be changed');
END;
CREATE TRIGGER placement_transitions_keep BEFORE DELETE ON placement_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: placement transitions are never deleted');
END;
CREATE TRIGGER placement_transitions_no_replace BEFORE INSERT ON placement_transitions
WHEN EXISTS (SELECT 1 FROM placement_transitions WHERE id = NEW.id OR (placement_id = NEW.placement_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: placement_transitions.id');
END;

CREATE TABLE retention_checks (
    id BLOB NOT NULL PRIMARY KEY,
    placement_id BLOB NOT NULL,
    resident_id BLOB NOT NULL,
    division_code TEXT NOT NULL,
    months INTEGER NOT NULL CHECK (months IN (3, 6, 12)),
    due_date TEXT NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT CHECK (outcome IN ('retained', 'left')),
    checked_date TEXT,
    -- What was paid in the month before, and whether the insurance goes on.
    wage_fen INTEGER CHECK (wage_fen >= 0),
    insured INTEGER CHECK (insured IN (0, 1)),
    note BLOB,
    checked_by BLOB REFERENCES users (id),
    checked_at INTEGER,
    version INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    UNIQUE (placement_id, months),
    CHECK (CASE state
        WHEN 'due' THEN outcome IS NULL AND checked_by IS NULL
        WHEN 'cancelled' THEN outcome IS NULL AND checked_by IS NULL
        WHEN 'done' THEN outcome IS NOT NULL AND checked_by IS NOT NULL
        ELSE 1 = 0 END),
    CHECK ((checked_by IS NULL) = (checked_at IS NULL) AND (checked_by IS NULL) = (checked_date IS NULL)),
    CHECK (outcome IS NOT NULL OR (wage_fen IS NULL AND insured IS NULL AND note IS NULL)),
    CHECK (outcome IS NULL OR outcome <> 'retained' OR (wage_fen IS NOT NULL AND insured IS NOT NULL)),
    FOREIGN KEY (placement_id, resident_id) REFERENCES placements (id, resident_id),
    FOREIGN KEY (placement_id, division_code) REFERENCES placements (id, division_code) ON UPDATE CASCADE
) STRICT;
CREATE INDEX retention_checks_resident ON retention_checks (placement_id, resident_id);
CREATE INDEX retention_checks_place ON retention_checks (placement_id, division_code);
CREATE INDEX retention_checks_due ON retention_checks (due_date, id);
CREATE INDEX retention_checks_division ON retention_checks (division_code, due_date, id);
CREATE INDEX retention_checks_county ON retention_checks (county_code, due_date, id);
CREATE INDEX retention_checks_checked_by ON retention_checks (checked_by);
CREATE TRIGGER retention_checks_due_first BEFORE INSERT ON retention_checks
WHEN NEW.state <> 'due'
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a check begins as due');
END;
CREATE TRIGGER retention_checks_fixed BEFORE UPDATE ON retention_checks
WHEN (NEW.id, NEW.placement_id, NEW.resident_id, NEW.months, NEW.due_date)
    IS NOT (OLD.id, OLD.placement_id, OLD.resident_id, OLD.months, OLD.due_date)
  OR OLD.state <> 'due' AND (NEW.state, NEW.outcome, NEW.checked_date, NEW.wage_fen, NEW.insured, NEW.checked_by, NEW.checked_at, NEW.version) IS NOT (OLD.state, OLD.outcome, OLD.checked_date, OLD.wage_fen, OLD.insured, OLD.checked_by, OLD.checked_at, OLD.version)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what is to be checked does not change');
END;
CREATE TRIGGER retention_checks_keep BEFORE DELETE ON retention_checks
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: retention checks are never deleted');
END;
CREATE TRIGGER retention_checks_no_replace BEFORE INSERT ON retention_checks
WHEN EXISTS (SELECT 1 FROM retention_checks WHERE id = NEW.id OR (placement_id = NEW.placement_id AND months = NEW.months))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: retention_checks.id');
END;

-- By which placement of a year a person counts: the first that was verified, of all records they have.
CREATE VIEW counted_placements AS
SELECT p.id AS placement_id, coalesce(w.merged_into_id, w.id) AS person_id, p.year
FROM placements p JOIN residents w ON w.id = p.resident_id
WHERE p.verified_revision IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM residents o JOIN placements q ON q.resident_id = o.id
    WHERE (o.id = coalesce(w.merged_into_id, w.id) OR o.merged_into_id = coalesce(w.merged_into_id, w.id))
      AND q.year = p.year AND q.verified_revision IS NOT NULL
      AND (q.start_date < p.start_date OR (q.start_date = p.start_date AND q.id < p.id)));
-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_placements BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% placement.verify %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;
