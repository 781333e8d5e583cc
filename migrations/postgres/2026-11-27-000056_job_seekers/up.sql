-- Who looks for work: one file a person, what was done for them, where they were sent, and which fairs they went to.
-- `needed_aids`, `plan`, `note` and `comment` are sealed.
CREATE TABLE job_seekers (
    id uuid NOT NULL PRIMARY KEY,
    resident_id uuid NOT NULL REFERENCES residents (id),
    -- Whose approval opened the file, where one did.
    case_id uuid,
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    state text NOT NULL,
    close_reason text CHECK (close_reason IN ('employed', 'no_longer_seeking', 'moved', 'deceased', 'other')),
    -- Lists of words.
    forms text NOT NULL,
    needed_aids bytea,
    skills text CHECK (length(skills) BETWEEN 1 AND 200),
    distance text NOT NULL CHECK (distance IN ('village', 'township', 'county', 'city', 'home')),
    wage_from_fen bigint CHECK (wage_from_fen > 0),
    graduated_date date,
    school text CHECK (length(school) BETWEEN 1 AND 100),
    -- Whether a graduate wants to work now.
    willing boolean,
    plan bytea,
    opened_by uuid NOT NULL REFERENCES users (id),
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (id, resident_id),
    UNIQUE (id, division_code),
    CHECK (CASE state WHEN 'open' THEN close_reason IS NULL AND closed_at IS NULL
        WHEN 'closed' THEN close_reason IS NOT NULL AND closed_at IS NOT NULL ELSE false END),
    CHECK (graduated_date IS NOT NULL OR (school IS NULL AND willing IS NULL)),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id)
);
CREATE INDEX job_seekers_resident ON job_seekers (resident_id, id);
CREATE INDEX job_seekers_case ON job_seekers (case_id, resident_id);
CREATE INDEX job_seekers_division ON job_seekers (division_code, id);
CREATE INDEX job_seekers_county ON job_seekers (county_code, id);
CREATE INDEX job_seekers_state ON job_seekers (state, id);
CREATE INDEX job_seekers_opened_by ON job_seekers (opened_by);
CREATE UNIQUE INDEX job_seekers_one_open ON job_seekers (resident_id) WHERE state = 'open';
CREATE TRIGGER job_seekers_fixed BEFORE UPDATE ON job_seekers FOR EACH ROW
    WHEN ((NEW.id, NEW.resident_id, NEW.case_id, NEW.opened_by, NEW.opened_at)
        IS DISTINCT FROM (OLD.id, OLD.resident_id, OLD.case_id, OLD.opened_by, OLD.opened_at)
    OR (OLD.state = 'closed' AND (NEW.state <> OLD.state OR NEW.version <> OLD.version)) OR NEW.version < OLD.version)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER job_seekers_keep BEFORE DELETE ON job_seekers FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER job_seekers_keep_all BEFORE TRUNCATE ON job_seekers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER job_seekers_of_merged BEFORE INSERT ON job_seekers FOR EACH ROW EXECUTE FUNCTION refuse_if_merged();
CREATE FUNCTION refuse_second_job_seeker() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM job_seekers o JOIN residents r ON r.id = o.resident_id
        WHERE r.merged_into_id = NEW.resident_id AND o.state = 'open')
    THEN
        RAISE EXCEPTION 'huican.job_seeker_open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER job_seekers_one_of_person BEFORE INSERT ON job_seekers FOR EACH ROW EXECUTE FUNCTION refuse_second_job_seeker();

-- An open file goes along with the person, whichever of their records it is of.
CREATE FUNCTION move_job_seekers() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    UPDATE job_seekers SET division_code = NEW.division_code
    WHERE state = 'open' AND county_code = OLD.county_code
        AND resident_id IN (SELECT r.id FROM residents r WHERE r.id = NEW.id OR r.merged_into_id = NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER residents_job_seekers AFTER UPDATE OF division_code ON residents FOR EACH ROW
    WHEN (NEW.division_code <> OLD.division_code) EXECUTE FUNCTION move_job_seekers();

CREATE TABLE job_seeker_contacts (
    id uuid NOT NULL PRIMARY KEY,
    job_seeker_id uuid NOT NULL REFERENCES job_seekers (id),
    kind text NOT NULL CHECK (kind IN ('call', 'visit', 'interview', 'training', 'guidance', 'other')),
    contact_date date NOT NULL,
    note bytea NOT NULL,
    made_by uuid NOT NULL REFERENCES users (id),
    made_at timestamptz NOT NULL
);
CREATE INDEX job_seeker_contacts_seeker ON job_seeker_contacts (job_seeker_id, id);
CREATE INDEX job_seeker_contacts_made_by ON job_seeker_contacts (made_by);
CREATE TRIGGER job_seeker_contacts_fixed BEFORE UPDATE ON job_seeker_contacts FOR EACH ROW
    WHEN ((NEW.id, NEW.job_seeker_id, NEW.kind, NEW.contact_date, NEW.made_by, NEW.made_at)
        IS DISTINCT FROM (OLD.id, OLD.job_seeker_id, OLD.kind, OLD.contact_date, OLD.made_by, OLD.made_at)
    OR (NEW.note IS DISTINCT FROM OLD.note AND coalesce(substr(NEW.note, 2, 2) <= substr(OLD.note, 2, 2), true)))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER job_seeker_contacts_keep BEFORE DELETE ON job_seeker_contacts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER job_seeker_contacts_keep_all BEFORE TRUNCATE ON job_seeker_contacts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE job_fairs (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('job_fair', 'assistance_month')),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    place text CHECK (length(place) BETWEEN 1 AND 200),
    from_date date NOT NULL,
    to_date date NOT NULL,
    cancel_reason text CHECK (length(cancel_reason) BETWEEN 2 AND 500),
    created_by uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK (to_date >= from_date)
);
CREATE INDEX job_fairs_division ON job_fairs (division_code, id);
CREATE INDEX job_fairs_county ON job_fairs (county_code, id);
CREATE INDEX job_fairs_created_by ON job_fairs (created_by);
CREATE TRIGGER job_fairs_fixed BEFORE UPDATE ON job_fairs FOR EACH ROW
    WHEN ((NEW.id, NEW.kind, NEW.division_code, NEW.created_by, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.kind, OLD.division_code, OLD.created_by, OLD.created_at)
    OR OLD.cancel_reason IS NOT NULL OR NEW.version < OLD.version)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER job_fairs_keep BEFORE DELETE ON job_fairs FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER job_fairs_keep_all BEFORE TRUNCATE ON job_fairs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE job_fair_vacancies (
    fair_id uuid NOT NULL REFERENCES job_fairs (id),
    vacancy_id uuid NOT NULL REFERENCES vacancies (id),
    PRIMARY KEY (fair_id, vacancy_id)
);
CREATE INDEX job_fair_vacancies_vacancy ON job_fair_vacancies (vacancy_id);
CREATE TRIGGER job_fair_vacancies_fixed BEFORE UPDATE ON job_fair_vacancies FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER job_fair_vacancies_keep BEFORE DELETE ON job_fair_vacancies FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER job_fair_vacancies_keep_all BEFORE TRUNCATE ON job_fair_vacancies FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE job_fair_attendances (
    id uuid NOT NULL PRIMARY KEY,
    fair_id uuid NOT NULL REFERENCES job_fairs (id),
    job_seeker_id uuid NOT NULL,
    resident_id uuid NOT NULL,
    division_code text COLLATE "C" NOT NULL,
    attended_date date NOT NULL,
    result text NOT NULL CHECK (result IN ('informed', 'intent', 'offered', 'hired')),
    vacancy_id uuid,
    recorded_by uuid NOT NULL REFERENCES users (id),
    recorded_at timestamptz NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (fair_id, resident_id, attended_date),
    CHECK (result = 'informed' OR vacancy_id IS NOT NULL),
    FOREIGN KEY (job_seeker_id, resident_id) REFERENCES job_seekers (id, resident_id),
    FOREIGN KEY (job_seeker_id, division_code) REFERENCES job_seekers (id, division_code) ON UPDATE CASCADE,
    FOREIGN KEY (fair_id, vacancy_id) REFERENCES job_fair_vacancies (fair_id, vacancy_id)
);
CREATE INDEX job_fair_attendances_seeker ON job_fair_attendances (job_seeker_id, resident_id);
CREATE INDEX job_fair_attendances_place ON job_fair_attendances (job_seeker_id, division_code);
CREATE INDEX job_fair_attendances_vacancy ON job_fair_attendances (fair_id, vacancy_id);
CREATE INDEX job_fair_attendances_division ON job_fair_attendances (division_code, id);
CREATE INDEX job_fair_attendances_county ON job_fair_attendances (county_code, id);
CREATE INDEX job_fair_attendances_recorded_by ON job_fair_attendances (recorded_by);
CREATE TRIGGER job_fair_attendances_fixed BEFORE UPDATE ON job_fair_attendances FOR EACH ROW
    WHEN ((NEW.id, NEW.fair_id, NEW.job_seeker_id, NEW.resident_id, NEW.attended_date, NEW.result, NEW.vacancy_id, NEW.recorded_by, NEW.recorded_at)
        IS DISTINCT FROM (OLD.id, OLD.fair_id, OLD.job_seeker_id, OLD.resident_id, OLD.attended_date, OLD.result, OLD.vacancy_id, OLD.recorded_by, OLD.recorded_at))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER job_fair_attendances_keep BEFORE DELETE ON job_fair_attendances FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER job_fair_attendances_keep_all BEFORE TRUNCATE ON job_fair_attendances FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_unheld_fair() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM job_fairs f WHERE f.id = NEW.fair_id AND f.cancel_reason IS NULL
            AND NEW.attended_date BETWEEN f.from_date AND f.to_date)
    THEN
        RAISE EXCEPTION 'huican.job_fair_not_held';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER job_fair_attendances_held BEFORE INSERT ON job_fair_attendances FOR EACH ROW EXECUTE FUNCTION refuse_unheld_fair();

CREATE TABLE job_referrals (
    id uuid NOT NULL PRIMARY KEY,
    job_seeker_id uuid NOT NULL,
    resident_id uuid NOT NULL,
    vacancy_id uuid NOT NULL REFERENCES vacancies (id),
    fair_id uuid REFERENCES job_fairs (id),
    division_code text COLLATE "C" NOT NULL,
    state text NOT NULL CHECK (state IN ('referred', 'interviewed', 'offered', 'accepted', 'declined', 'rejected', 'withdrawn')),
    last_transition integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (id, job_seeker_id),
    FOREIGN KEY (job_seeker_id, resident_id) REFERENCES job_seekers (id, resident_id),
    FOREIGN KEY (job_seeker_id, division_code) REFERENCES job_seekers (id, division_code) ON UPDATE CASCADE
);
CREATE INDEX job_referrals_seeker ON job_referrals (job_seeker_id, resident_id);
CREATE INDEX job_referrals_place ON job_referrals (job_seeker_id, division_code);
CREATE INDEX job_referrals_vacancy ON job_referrals (vacancy_id, id);
CREATE INDEX job_referrals_fair ON job_referrals (fair_id);
CREATE INDEX job_referrals_division ON job_referrals (division_code, id);
CREATE INDEX job_referrals_county ON job_referrals (county_code, id);
CREATE INDEX job_referrals_state ON job_referrals (state, id);
CREATE UNIQUE INDEX job_referrals_one_open ON job_referrals (job_seeker_id, vacancy_id) WHERE state IN ('referred', 'interviewed', 'offered');

CREATE TABLE job_referral_transitions (
    id uuid NOT NULL PRIMARY KEY,
    job_referral_id uuid NOT NULL REFERENCES job_referrals (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    actor_id uuid NOT NULL REFERENCES users (id),
    comment bytea,
    at timestamptz NOT NULL,
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
        ELSE false END),
    CHECK (action NOT IN ('decline', 'reject', 'withdraw') OR comment IS NOT NULL),
    FOREIGN KEY (job_referral_id, previous_sequence, from_state) REFERENCES job_referral_transitions (job_referral_id, sequence, to_state)
);
CREATE INDEX job_referral_transitions_previous ON job_referral_transitions (job_referral_id, previous_sequence, from_state);
CREATE INDEX job_referral_transitions_actor ON job_referral_transitions (actor_id);
ALTER TABLE job_referrals
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES job_referral_transitions (job_referral_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED;
CREATE TRIGGER job_referrals_fixed BEFORE UPDATE ON job_referrals FOR EACH ROW
    WHEN ((NEW.id, NEW.job_seeker_id, NEW.resident_id, NEW.vacancy_id, NEW.fair_id)
        IS DISTINCT FROM (OLD.id, OLD.job_seeker_id, OLD.resident_id, OLD.vacancy_id, OLD.fair_id)
    OR NEW.last_transition < OLD.last_transition)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER job_referrals_keep BEFORE DELETE ON job_referrals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER job_referrals_keep_all BEFORE TRUNCATE ON job_referrals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER job_referral_transitions_fixed BEFORE UPDATE ON job_referral_transitions FOR EACH ROW
    WHEN ((NEW.id, NEW.job_referral_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.actor_id, NEW.at)
        IS DISTINCT FROM (OLD.id, OLD.job_referral_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.actor_id, OLD.at)
    OR (NEW.comment IS DISTINCT FROM OLD.comment AND coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), true)))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER job_referral_transitions_keep BEFORE DELETE ON job_referral_transitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER job_referral_transitions_keep_all BEFORE TRUNCATE ON job_referral_transitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON job_seekers, job_seeker_contacts, job_fairs, job_fair_vacancies, job_fair_attendances, job_referrals, job_referral_transitions TO huican_service;
GRANT UPDATE (division_code, state, close_reason, forms, needed_aids, skills, distance, wage_from_fen, graduated_date, school, willing, plan, closed_at, updated_at, version) ON job_seekers TO huican_service;
GRANT UPDATE (note) ON job_seeker_contacts TO huican_service;
GRANT UPDATE (name, place, from_date, to_date, cancel_reason, updated_at, version) ON job_fairs TO huican_service;
GRANT UPDATE (division_code) ON job_fair_attendances TO huican_service;
GRANT UPDATE (division_code, state, last_transition) ON job_referrals TO huican_service;
GRANT UPDATE (comment) ON job_referral_transitions TO huican_service;
ALTER TABLE job_seekers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON job_seekers
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE job_seeker_contacts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON job_seeker_contacts USING (EXISTS (SELECT 1 FROM job_seekers s WHERE s.id = job_seeker_id));
ALTER TABLE job_fair_attendances ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON job_fair_attendances
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE job_referrals ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON job_referrals
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE job_referral_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON job_referral_transitions USING (EXISTS (SELECT 1 FROM job_referrals r WHERE r.id = job_referral_id));
