-- What an office must tell people: each decision in writing, how and when it was served, and what was on
-- public notice.

-- So that a notice is of a decision.
CREATE UNIQUE INDEX case_transitions_action ON case_transitions (case_id, sequence, action);
CREATE TABLE decision_notices (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL,
    sequence integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('reject', 'terminate', 'approve', 'uphold')),
    number text COLLATE "C" NOT NULL UNIQUE,
    content text NOT NULL,
    issued_date date NOT NULL,
    issued_at timestamptz NOT NULL,
    UNIQUE (case_id, sequence),
    UNIQUE (id, issued_date),
    FOREIGN KEY (case_id, sequence, kind) REFERENCES case_transitions (case_id, sequence, action)
);
CREATE TRIGGER decision_notices_fixed BEFORE UPDATE OR DELETE ON decision_notices FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decision_notices_keep BEFORE TRUNCATE ON decision_notices FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Once, and not before it was issued.
CREATE TABLE decision_notice_services (
    notice_id uuid NOT NULL PRIMARY KEY,
    issued_date date NOT NULL,
    method text NOT NULL CHECK (method IN ('in_person', 'post', 'left_at_home', 'public_notice')),
    recipient text CHECK (recipient IN ('self', 'guardian', 'family_member', 'agent')),
    served_date date NOT NULL,
    recorded_by uuid NOT NULL REFERENCES users (id),
    recorded_at timestamptz NOT NULL,
    CHECK (served_date >= issued_date),
    CHECK ((method = 'public_notice') = (recipient IS NULL)),
    FOREIGN KEY (notice_id, issued_date) REFERENCES decision_notices (id, issued_date)
);
CREATE INDEX decision_notice_services_recorded_by ON decision_notice_services (recorded_by);
CREATE TRIGGER decision_notice_services_fixed BEFORE UPDATE OR DELETE ON decision_notice_services FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decision_notice_services_keep BEFORE TRUNCATE ON decision_notice_services FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- As published, from the step's first day.
CREATE TABLE public_notices (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL,
    sequence integer NOT NULL,
    step text NOT NULL CHECK (step = 'public_notice'),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    name_masked text NOT NULL CHECK (name_masked LIKE '%*'),
    village_name text NOT NULL,
    program_code text COLLATE "C" NOT NULL REFERENCES programs (code),
    program_name_zh text NOT NULL,
    program_name_en text NOT NULL,
    amount_fen bigint CHECK (amount_fen > 0),
    from_date date NOT NULL,
    to_date date NOT NULL,
    ended_at timestamptz,
    outcome text CHECK (outcome IN ('passed', 'objected', 'closed')),
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    UNIQUE (case_id, sequence),
    CHECK (from_date <= to_date),
    CHECK ((ended_at IS NULL) = (outcome IS NULL)),
    FOREIGN KEY (case_id, sequence, step) REFERENCES case_transitions (case_id, sequence, to_step)
);
CREATE UNIQUE INDEX public_notices_open ON public_notices (case_id) WHERE ended_at IS NULL;
CREATE INDEX public_notices_county ON public_notices (county_code, id);
CREATE INDEX public_notices_division ON public_notices (division_code, id);
CREATE INDEX public_notices_program ON public_notices (program_code, id);
CREATE TRIGGER public_notices_only_end BEFORE UPDATE ON public_notices FOR EACH ROW
    WHEN (OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
        OR (NEW.id, NEW.case_id, NEW.sequence, NEW.step, NEW.division_code, NEW.name_masked, NEW.village_name, NEW.program_code,
            NEW.program_name_zh, NEW.program_name_en, NEW.amount_fen, NEW.from_date, NEW.to_date)
           IS DISTINCT FROM
           (OLD.id, OLD.case_id, OLD.sequence, OLD.step, OLD.division_code, OLD.name_masked, OLD.village_name, OLD.program_code,
            OLD.program_name_zh, OLD.program_name_en, OLD.amount_fen, OLD.from_date, OLD.to_date))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_notices_keep BEFORE DELETE ON public_notices FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER public_notices_keep_all BEFORE TRUNCATE ON public_notices FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Minors are not publicized (未成年人保护法, 第四条).
CREATE FUNCTION refuse_minors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM cases c JOIN residents r ON r.id = c.resident_id
        WHERE c.id = NEW.case_id AND age(NEW.from_date, r.birth_date) < interval '18 years')
    THEN
        RAISE EXCEPTION 'huican.minor';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER public_notices_no_minors BEFORE INSERT ON public_notices FOR EACH ROW EXECUTE FUNCTION refuse_minors();

GRANT SELECT, INSERT ON decision_notices, decision_notice_services, public_notices TO huican_service;
GRANT UPDATE (ended_at, outcome) ON public_notices TO huican_service;

ALTER TABLE decision_notices ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON decision_notices
    USING (EXISTS (SELECT 1 FROM cases c WHERE c.id = case_id));
ALTER TABLE decision_notice_services ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON decision_notice_services
    USING (EXISTS (SELECT 1 FROM decision_notices n WHERE n.id = notice_id));
ALTER TABLE public_notices ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON public_notices
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
