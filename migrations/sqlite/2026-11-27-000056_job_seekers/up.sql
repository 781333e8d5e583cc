-- Who looks for work: one file a person, what was done for them, where they were sent, and which fairs they went to.
-- `needed_aids`, `plan`, `note` and `comment` are sealed.
CREATE TABLE job_seekers (
    id BLOB NOT NULL PRIMARY KEY,
    resident_id BLOB NOT NULL REFERENCES residents (id),
    -- Whose approval opened the file, where one did.
    case_id BLOB,
    division_code TEXT NOT NULL REFERENCES divisions (code),
    state TEXT NOT NULL,
    close_reason TEXT CHECK (close_reason IN ('employed', 'no_longer_seeking', 'moved', 'deceased', 'other')),
    -- Lists of words.
    forms TEXT NOT NULL,
    needed_aids BLOB,
    skills TEXT CHECK (length(skills) BETWEEN 1 AND 200),
    distance TEXT NOT NULL CHECK (distance IN ('village', 'township', 'county', 'city', 'home')),
    wage_from_fen INTEGER CHECK (wage_from_fen > 0),
    graduated_date TEXT,
    school TEXT CHECK (length(school) BETWEEN 1 AND 100),
    -- Whether a graduate wants to work now.
    willing INTEGER CHECK (willing IN (0, 1)),
    plan BLOB,
    opened_by BLOB NOT NULL REFERENCES users (id),
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    UNIQUE (id, resident_id),
    UNIQUE (id, division_code),
    CHECK (CASE state WHEN 'open' THEN close_reason IS NULL AND closed_at IS NULL
        WHEN 'closed' THEN close_reason IS NOT NULL AND closed_at IS NOT NULL ELSE 1 = 0 END),
    CHECK (graduated_date IS NOT NULL OR (school IS NULL AND willing IS NULL)),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id)
) STRICT;
CREATE INDEX job_seekers_resident ON job_seekers (resident_id, id);
CREATE INDEX job_seekers_case ON job_seekers (case_id, resident_id);
CREATE INDEX job_seekers_division ON job_seekers (division_code, id);
CREATE INDEX job_seekers_county ON job_seekers (county_code, id);
CREATE INDEX job_seekers_state ON job_seekers (state, id);
CREATE INDEX job_seekers_opened_by ON job_seekers (opened_by);
CREATE UNIQUE INDEX job_seekers_one_open ON job_seekers (resident_id) WHERE state = 'open';
CREATE TRIGGER job_seekers_fixed BEFORE UPDATE ON job_seekers
WHEN (NEW.id, NEW.resident_id, NEW.case_id, NEW.opened_by, NEW.opened_at)
    IS NOT (OLD.id, OLD.resident_id, OLD.case_id, OLD.opened_by, OLD.opened_at)
  OR (OLD.state = 'closed' AND (NEW.state <> OLD.state OR NEW.version <> OLD.version)) OR NEW.version < OLD.version
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: whom a file is of does not change');
END;
CREATE TRIGGER job_seekers_keep BEFORE DELETE ON job_seekers
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: job seekers are never deleted');
END;
CREATE TRIGGER job_seekers_no_replace BEFORE INSERT ON job_seekers
WHEN EXISTS (SELECT 1 FROM job_seekers WHERE id = NEW.id OR (resident_id = NEW.resident_id AND state = 'open' AND NEW.state = 'open'))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: job_seekers.id');
END;
CREATE TRIGGER job_seekers_of_merged BEFORE INSERT ON job_seekers
WHEN EXISTS (SELECT 1 FROM residents WHERE id = NEW.resident_id AND merged_into_id IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_merged');
END;
CREATE TRIGGER job_seekers_one_of_person BEFORE INSERT ON job_seekers
WHEN EXISTS (
        SELECT 1 FROM job_seekers o JOIN residents r ON r.id = o.resident_id
        WHERE r.merged_into_id = NEW.resident_id AND o.state = 'open')
BEGIN
    SELECT RAISE(ABORT, 'huican.job_seeker_open');
END;

-- An open file goes along with the person, whichever of their records it is of.
CREATE TRIGGER residents_job_seekers AFTER UPDATE OF division_code ON residents
WHEN NEW.division_code <> OLD.division_code
BEGIN
    UPDATE job_seekers SET division_code = NEW.division_code
    WHERE state = 'open' AND county_code = OLD.county_code
        AND resident_id IN (SELECT r.id FROM residents r WHERE r.id = NEW.id OR r.merged_into_id = NEW.id);
END;

CREATE TABLE job_seeker_contacts (
    id BLOB NOT NULL PRIMARY KEY,
    job_seeker_id BLOB NOT NULL REFERENCES job_seekers (id),
    kind TEXT NOT NULL CHECK (kind IN ('call', 'visit', 'interview', 'training', 'guidance', 'other')),
    contact_date TEXT NOT NULL,
    note BLOB NOT NULL,
    made_by BLOB NOT NULL REFERENCES users (id),
    made_at INTEGER NOT NULL
) STRICT;
CREATE INDEX job_seeker_contacts_seeker ON job_seeker_contacts (job_seeker_id, id);
CREATE INDEX job_seeker_contacts_made_by ON job_seeker_contacts (made_by);
CREATE TRIGGER job_seeker_contacts_fixed BEFORE UPDATE ON job_seeker_contacts
WHEN (NEW.id, NEW.job_seeker_id, NEW.kind, NEW.contact_date, NEW.made_by, NEW.made_at)
    IS NOT (OLD.id, OLD.job_seeker_id, OLD.kind, OLD.contact_date, OLD.made_by, OLD.made_at)
  OR (NEW.note IS NOT OLD.note AND coalesce(substr(NEW.note, 2, 2) <= substr(OLD.note, 2, 2), 1 = 1))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was done is not changed');
END;
CREATE TRIGGER job_seeker_contacts_keep BEFORE DELETE ON job_seeker_contacts
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: job seeker contacts are never deleted');
END;
CREATE TRIGGER job_seeker_contacts_no_replace BEFORE INSERT ON job_seeker_contacts
WHEN EXISTS (SELECT 1 FROM job_seeker_contacts WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: job_seeker_contacts.id');
END;

CREATE TABLE job_fairs (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('job_fair', 'assistance_month')),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    place TEXT CHECK (length(place) BETWEEN 1 AND 200),
    from_date TEXT NOT NULL,
    to_date TEXT NOT NULL,
    cancel_reason TEXT CHECK (length(cancel_reason) BETWEEN 2 AND 500),
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK (to_date >= from_date)
) STRICT;
CREATE INDEX job_fairs_division ON job_fairs (division_code, id);
CREATE INDEX job_fairs_county ON job_fairs (county_code, id);
CREATE INDEX job_fairs_created_by ON job_fairs (created_by);
CREATE TRIGGER job_fairs_fixed BEFORE UPDATE ON job_fairs
WHEN (NEW.id, NEW.kind, NEW.division_code, NEW.created_by, NEW.created_at)
    IS NOT (OLD.id, OLD.kind, OLD.division_code, OLD.created_by, OLD.created_at)
  OR OLD.cancel_reason IS NOT NULL OR NEW.version < OLD.version
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what a fair is does not change');
END;
CREATE TRIGGER job_fairs_keep BEFORE DELETE ON job_fairs
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: job fairs are never deleted');
END;
CREATE TRIGGER job_fairs_no_replace BEFORE INSERT ON job_fairs
WHEN EXISTS (SELECT 1 FROM job_fairs WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: job_fairs.id');
END;

CREATE TABLE job_fair_vacancies (
    fair_id BLOB NOT NULL REFERENCES job_fairs (id),
    vacancy_id BLOB NOT NULL REFERENCES vacancies (id),
    PRIMARY KEY (fair_id, vacancy_id)
) STRICT;
CREATE INDEX job_fair_vacancies_vacancy ON job_fair_vacancies (vacancy_id);
CREATE TRIGGER job_fair_vacancies_fixed BEFORE UPDATE ON job_fair_vacancies
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was offered at a fair stays');
END;
CREATE TRIGGER job_fair_vacancies_keep BEFORE DELETE ON job_fair_vacancies
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: job fair vacancies are never deleted');
END;
CREATE TRIGGER job_fair_vacancies_no_replace BEFORE INSERT ON job_fair_vacancies
WHEN EXISTS (SELECT 1 FROM job_fair_vacancies WHERE fair_id = NEW.fair_id AND vacancy_id = NEW.vacancy_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: job_fair_vacancies.fair_id');
END;

CREATE TABLE job_fair_attendances (
    id BLOB NOT NULL PRIMARY KEY,
    fair_id BLOB NOT NULL REFERENCES job_fairs (id),
    job_seeker_id BLOB NOT NULL,
    resident_id BLOB NOT NULL,
    division_code TEXT NOT NULL,
    attended_date TEXT NOT NULL,
    result TEXT NOT NULL CHECK (result IN ('informed', 'intent', 'offered', 'hired')),
    vacancy_id BLOB,
    recorded_by BLOB NOT NULL REFERENCES users (id),
    recorded_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    UNIQUE (fair_id, resident_id, attended_date),
    CHECK (result = 'informed' OR vacancy_id IS NOT NULL),
    FOREIGN KEY (job_seeker_id, resident_id) REFERENCES job_seekers (id, resident_id),
    FOREIGN KEY (job_seeker_id, division_code) REFERENCES job_seekers (id, division_code) ON UPDATE CASCADE,
    FOREIGN KEY (fair_id, vacancy_id) REFERENCES job_fair_vacancies (fair_id, vacancy_id)
) STRICT;
CREATE INDEX job_fair_attendances_seeker ON job_fair_attendances (job_seeker_id, resident_id);
CREATE INDEX job_fair_attendances_place ON job_fair_attendances (job_seeker_id, division_code);
CREATE INDEX job_fair_attendances_vacancy ON job_fair_attendances (fair_id, vacancy_id);
CREATE INDEX job_fair_attendances_division ON job_fair_attendances (division_code, id);
CREATE INDEX job_fair_attendances_county ON job_fair_attendances (county_code, id);
CREATE INDEX job_fair_attendances_recorded_by ON job_fair_attendances (recorded_by);
CREATE TRIGGER job_fair_attendances_fixed BEFORE UPDATE ON job_fair_attendances
WHEN (NEW.id, NEW.fair_id, NEW.job_seeker_id, NEW.resident_id, NEW.attended_date, NEW.result, NEW.vacancy_id, NEW.recorded_by, NEW.recorded_at)
    IS NOT (OLD.id, OLD.fair_id, OLD.job_seeker_id, OLD.resident_id, OLD.attended_date, OLD.result, OLD.vacancy_id, OLD.recorded_by, OLD.recorded_at)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: who was there stays');
END;
CREATE TRIGGER job_fair_attendances_keep BEFORE DELETE ON job_fair_attendances
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: job fair attendances are never deleted');
END;
CREATE TRIGGER job_fair_attendances_no_replace BEFORE INSERT ON job_fair_attendances
WHEN EXISTS (SELECT 1 FROM job_fair_attendances WHERE id = NEW.id OR (fair_id = NEW.fair_id AND resident_id = NEW.resident_id AND attended_date = NEW.attended_date))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: job_fair_attendances.id');
END;
CREATE TRIGGER job_fair_attendances_held BEFORE INSERT ON job_fair_attendances
WHEN NOT EXISTS (
        SELECT 1 FROM job_fairs f WHERE f.id = NEW.fair_id AND f.cancel_reason IS NULL
            AND NEW.attended_date BETWEEN f.from_date AND f.to_date)
BEGIN
    SELECT RAISE(ABORT, 'huican.job_fair_not_held');
END;

CREATE TABLE job_referrals (
    id BLOB NOT NULL PRIMARY KEY,
    job_seeker_id BLOB NOT NULL,
    resident_id BLOB NOT NULL,
    vacancy_id BLOB NOT NULL REFERENCES vacancies (id),
    fair_id BLOB REFERENCES job_fairs (id),
    division_code TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('referred', 'interviewed', 'offered', 'accepted', 'declined', 'rejected', 'withdrawn')),
    last_transition INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    UNIQUE (id, job_seeker_id),
    FOREIGN KEY (job_seeker_id, resident_id) REFERENCES job_seekers (id, resident_id),
    FOREIGN KEY (job_seeker_id, division_code) REFERENCES job_seekers (id, division_code) ON UPDATE CASCADE,
    FOREIGN KEY (id, last_transition, state) REFERENCES job_referral_transitions (job_referral_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX job_referrals_seeker ON job_referrals (job_seeker_id, resident_id);
CREATE INDEX job_referrals_place ON job_referrals (job_seeker_id, division_code);
CREATE INDEX job_referrals_vacancy ON job_referrals (vacancy_id, id);
CREATE INDEX job_referrals_fair ON job_referrals (fair_id);
CREATE INDEX job_referrals_division ON job_referrals (division_code, id);
CREATE INDEX job_referrals_county ON job_referrals (county_code, id);
CREATE INDEX job_referrals_state ON job_referrals (state, id);
CREATE UNIQUE INDEX job_referrals_one_open ON job_referrals (job_seeker_id, vacancy_id) WHERE state IN ('referred', 'interviewed', 'offered');

CREATE TABLE job_referral_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    job_referral_id BLOB NOT NULL REFERENCES job_referrals (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    actor_id BLOB NOT NULL REFERENCES users (id),
    comment BLOB,
    at INTEGER NOT NULL,
    UNIQUE (job_referral_id, sequence),
    UNIQUE (job_referral_id, sequence, to_state),
    CHECK ((action = 'refer') = (sequence = 1)),
    CHECK ((action = 'refer') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    -- An action leads from where and to where its name says.
    CHECK (CASE action
        WHEN 'refer' THEN to_state = 'referred'
        WHEN 'interview' THEN to_state = 'interviewed' AND from_state = 'referred'
        WHEN 'offer' THEN to_state = 'offered' AND from_state IN ('referred', 'interviewed')
        WHEN 'accept' THEN to_state = 'accepted' AND from_state = 'offered'
        WHEN 'decline' THEN to_state = 'declined' AND from_state IN ('referred', 'interviewed', 'offered')
        WHEN 'reject' THEN to_state = 'rejected' AND from_state IN ('referred', 'interviewed', 'offered')
        WHEN 'withdraw' THEN to_state = 'withdrawn' AND from_state IN ('referred', 'interviewed', 'offered')
        ELSE 1 = 0 END),
    CHECK (action NOT IN ('decline', 'reject', 'withdraw') OR comment IS NOT NULL),
    FOREIGN KEY (job_referral_id, previous_sequence, from_state) REFERENCES job_referral_transitions (job_referral_id, sequence, to_state)
) STRICT;
CREATE INDEX job_referral_transitions_previous ON job_referral_transitions (job_referral_id, previous_sequence, from_state);
CREATE INDEX job_referral_transitions_actor ON job_referral_transitions (actor_id);
CREATE TRIGGER job_referrals_fixed BEFORE UPDATE ON job_referrals
WHEN (NEW.id, NEW.job_seeker_id, NEW.resident_id, NEW.vacancy_id, NEW.fair_id)
    IS NOT (OLD.id, OLD.job_seeker_id, OLD.resident_id, OLD.vacancy_id, OLD.fair_id)
  OR NEW.last_transition < OLD.last_transition
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what a referral is about does not change');
END;
CREATE TRIGGER job_referrals_keep BEFORE DELETE ON job_referrals
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: job referrals are never deleted');
END;
CREATE TRIGGER job_referrals_no_replace BEFORE INSERT ON job_referrals
WHEN EXISTS (SELECT 1 FROM job_referrals WHERE id = NEW.id OR (job_seeker_id = NEW.job_seeker_id AND vacancy_id = NEW.vacancy_id AND state IN ('referred', 'interviewed', 'offered')))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: job_referrals.id');
END;
CREATE TRIGGER job_referral_transitions_fixed BEFORE UPDATE ON job_referral_transitions
WHEN (NEW.id, NEW.job_referral_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.actor_id, NEW.at)
    IS NOT (OLD.id, OLD.job_referral_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.actor_id, OLD.at)
  OR (NEW.comment IS NOT OLD.comment AND coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), 1 = 1))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be changed');
END;
CREATE TRIGGER job_referral_transitions_keep BEFORE DELETE ON job_referral_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: job referral transitions are never deleted');
END;
CREATE TRIGGER job_referral_transitions_no_replace BEFORE INSERT ON job_referral_transitions
WHEN EXISTS (SELECT 1 FROM job_referral_transitions WHERE id = NEW.id OR (job_referral_id = NEW.job_referral_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: job_referral_transitions.id');
END;
