-- By what standard need is measured: clauses over what is known of a person, each with points. Dated, for a division and all
-- beneath it, proposed by one and approved by another. Nothing here is of a resident.
CREATE TABLE need_standards (
    id uuid NOT NULL PRIMARY KEY,
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    effective_from date NOT NULL,
    -- The clauses, as JSON.
    clauses text NOT NULL,
    legal_basis text NOT NULL CHECK (length(legal_basis) BETWEEN 1 AND 500),
    state text NOT NULL CHECK (state IN ('proposed', 'approved', 'rejected')),
    proposed_by uuid NOT NULL REFERENCES users (id),
    proposed_at timestamptz NOT NULL,
    decided_by uuid REFERENCES users (id),
    decided_at timestamptz,
    comment text CHECK (length(comment) BETWEEN 1 AND 1000),
    version integer NOT NULL,
    CHECK ((state = 'proposed') = (decided_by IS NULL)),
    CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CHECK (proposed_by <> decided_by),
    CHECK (state <> 'rejected' OR comment IS NOT NULL)
);
CREATE INDEX need_standards_division ON need_standards (division_code, effective_from);
CREATE INDEX need_standards_proposed_by ON need_standards (proposed_by);
CREATE INDEX need_standards_decided_by ON need_standards (decided_by);
CREATE UNIQUE INDEX need_standards_in_force ON need_standards (division_code, effective_from) WHERE state = 'approved';

-- A place whose people were scored on a day, by what was known then. Several processes may share it, as a monthly run.
-- Nothing here is of a resident.
CREATE TABLE need_assessments (
    id uuid NOT NULL PRIMARY KEY,
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    as_of date NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
    -- People who were looked at, and those who were listed.
    done integer NOT NULL CHECK (done >= 0),
    listed integer NOT NULL CHECK (listed >= 0),
    -- Who was looked at last, as JSON.
    reached text,
    -- Who works at it: only grows. `tries`: how often it was taken up without getting anywhere.
    attempts integer NOT NULL,
    tries integer NOT NULL,
    leased_until timestamptz,
    requested_by uuid NOT NULL REFERENCES users (id),
    requested_at timestamptz NOT NULL,
    finished_at timestamptz,
    version integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL))
);
CREATE UNIQUE INDEX need_assessments_open ON need_assessments (division_code) WHERE state IN ('queued', 'running');
CREATE INDEX need_assessments_division ON need_assessments (division_code, id);
CREATE INDEX need_assessments_county ON need_assessments (county_code, id);
CREATE INDEX need_assessments_waiting ON need_assessments (state, id);
CREATE INDEX need_assessments_requested_by ON need_assessments (requested_by);

-- What somebody scored in an assessment. It goes along with the person; whoever scored nothing, and of whom nothing is
-- unknown, has none.
CREATE TABLE need_scores (
    assessment_id uuid NOT NULL REFERENCES need_assessments (id),
    resident_id uuid NOT NULL REFERENCES residents (id),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    standard_id uuid NOT NULL REFERENCES need_standards (id),
    score integer NOT NULL CHECK (score >= 0),
    -- Points of the clauses that hang on facts nobody knows: the score may be so much higher.
    unknown_points integer NOT NULL CHECK (unknown_points >= 0),
    -- Whether something went on for them, or was delivered within the year.
    served boolean NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    PRIMARY KEY (assessment_id, resident_id),
    CHECK (score + unknown_points > 0)
);
CREATE INDEX need_scores_list ON need_scores (assessment_id, served, score DESC, resident_id);
CREATE INDEX need_scores_county ON need_scores (assessment_id, served, county_code, score DESC, resident_id);
CREATE INDEX need_scores_division ON need_scores (assessment_id, served, division_code);
CREATE INDEX need_scores_home ON need_scores (division_code);
CREATE INDEX need_scores_resident ON need_scores (resident_id);
CREATE INDEX need_scores_standard ON need_scores (standard_id);

CREATE TRIGGER need_standards_proposed_first BEFORE INSERT ON need_standards FOR EACH ROW
    WHEN (NEW.state <> 'proposed') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER need_standards_fixed BEFORE UPDATE ON need_standards FOR EACH ROW
    WHEN ((NEW.id, NEW.division_code, NEW.effective_from, NEW.clauses, NEW.legal_basis, NEW.proposed_by, NEW.proposed_at)
            IS DISTINCT FROM
            (OLD.id, OLD.division_code, OLD.effective_from, OLD.clauses, OLD.legal_basis, OLD.proposed_by, OLD.proposed_at)
        OR OLD.state <> 'proposed')
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER need_standards_keep BEFORE DELETE ON need_standards FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER need_standards_keep_all BEFORE TRUNCATE ON need_standards FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER need_assessments_begin BEFORE INSERT ON need_assessments FOR EACH ROW
    WHEN (NEW.state <> 'queued' OR NEW.done <> 0 OR NEW.listed <> 0) EXECUTE FUNCTION refuse_change();
-- What is done stays; until then it only gets further.
CREATE TRIGGER need_assessments_fixed BEFORE UPDATE ON need_assessments FOR EACH ROW
    WHEN ((NEW.id, NEW.division_code, NEW.as_of, NEW.requested_by, NEW.requested_at)
            IS DISTINCT FROM (OLD.id, OLD.division_code, OLD.as_of, OLD.requested_by, OLD.requested_at)
        OR OLD.state IN ('done', 'failed') OR NEW.done < OLD.done OR NEW.listed < OLD.listed OR NEW.attempts < OLD.attempts)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER need_assessments_keep BEFORE DELETE ON need_assessments FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER need_assessments_keep_all BEFORE TRUNCATE ON need_assessments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Scored while the assessment runs, by a standard that was approved and held on its day, where the person lives.
CREATE FUNCTION refuse_need_score() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM need_assessments a JOIN need_standards s ON s.id = NEW.standard_id
        WHERE a.id = NEW.assessment_id AND a.state = 'running' AND s.state = 'approved' AND s.effective_from <= a.as_of)
    THEN
        RAISE EXCEPTION 'huican.append_only: a score is of a running assessment and of a standard in force';
    END IF;
    IF NEW.division_code IS DISTINCT FROM (SELECT r.division_code FROM residents r WHERE r.id = NEW.resident_id) THEN
        RAISE EXCEPTION 'huican.append_only: a score is where its resident is';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER need_scores_begin BEFORE INSERT ON need_scores FOR EACH ROW EXECUTE FUNCTION refuse_need_score();
CREATE FUNCTION refuse_need_score_elsewhere() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NEW.division_code IS DISTINCT FROM (SELECT r.division_code FROM residents r WHERE r.id = NEW.resident_id) THEN
        RAISE EXCEPTION 'huican.append_only: a score is where its resident is';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER need_scores_moved BEFORE UPDATE OF division_code ON need_scores FOR EACH ROW
    WHEN (NEW.division_code <> OLD.division_code) EXECUTE FUNCTION refuse_need_score_elsewhere();
CREATE TRIGGER need_scores_fixed BEFORE UPDATE ON need_scores FOR EACH ROW
    WHEN ((NEW.assessment_id, NEW.resident_id, NEW.standard_id, NEW.score, NEW.unknown_points, NEW.served)
        IS DISTINCT FROM (OLD.assessment_id, OLD.resident_id, OLD.standard_id, OLD.score, OLD.unknown_points, OLD.served))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER need_scores_keep BEFORE DELETE ON need_scores FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER need_scores_keep_all BEFORE TRUNCATE ON need_scores FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION move_need_scores() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE need_scores SET division_code = NEW.division_code WHERE resident_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER residents_need_scores AFTER UPDATE OF division_code ON residents FOR EACH ROW
    WHEN (NEW.division_code <> OLD.division_code) EXECUTE FUNCTION move_need_scores();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_need_standards CHECK (' ' || permits || ' ' NOT LIKE '% need_standard.approve %');

GRANT SELECT, INSERT ON need_standards, need_assessments, need_scores TO huican_service;
GRANT UPDATE (state, decided_by, decided_at, comment, version) ON need_standards TO huican_service;
GRANT UPDATE (state, done, listed, reached, attempts, tries, leased_until, finished_at, version)
    ON need_assessments TO huican_service;
GRANT UPDATE (division_code) ON need_scores TO huican_service;

ALTER TABLE need_scores ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON need_scores
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
