-- What an institution did with a child: one row a session. `note`, `guardian_name` and `void_reason` are sealed.

CREATE UNIQUE INDEX rehabilitation_plans_where ON rehabilitation_plans (id, organization_id);

CREATE TABLE rehabilitation_sessions (
    id uuid NOT NULL PRIMARY KEY,
    plan_id uuid NOT NULL,
    organization_id uuid NOT NULL REFERENCES institutions (organization_id),
    session_date date NOT NULL,
    month text COLLATE "C" NOT NULL CHECK (length(month) = 7),
    started_at timestamptz NOT NULL,
    minutes integer NOT NULL CHECK (minutes BETWEEN 10 AND 480),
    ended_at timestamptz NOT NULL,
    therapist text NOT NULL CHECK (length(therapist) BETWEEN 1 AND 40),
    note bytea,
    recorded_by uuid NOT NULL REFERENCES users (id),
    recorded_at timestamptz NOT NULL,
    -- The guardian's confirmation, taken down later.
    guardian_name bytea,
    confirmation_method text CHECK (confirmation_method IN ('signature', 'phone', 'visit')),
    confirmed_date date,
    confirmed_by uuid REFERENCES users (id),
    confirmed_at timestamptz,
    void_reason bytea,
    voided_by uuid REFERENCES users (id),
    voided_at timestamptz,
    version integer NOT NULL,
    -- Where it was settled.
    settlement_line_id uuid,
    CHECK (settlement_line_id IS NULL OR (confirmed_at IS NOT NULL AND voided_at IS NULL)),
    CHECK (ended_at <= recorded_at),
    CHECK ((guardian_name IS NULL) = (confirmed_at IS NULL) AND (confirmation_method IS NULL) = (confirmed_at IS NULL)
        AND (confirmed_date IS NULL) = (confirmed_at IS NULL) AND (confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CHECK (confirmed_date >= session_date),
    CHECK ((void_reason IS NULL) = (voided_at IS NULL) AND (voided_by IS NULL) = (voided_at IS NULL)),
    FOREIGN KEY (plan_id, organization_id) REFERENCES rehabilitation_plans (id, organization_id)
);
CREATE INDEX rehabilitation_sessions_plan ON rehabilitation_sessions (plan_id, organization_id);
CREATE INDEX rehabilitation_sessions_settled ON rehabilitation_sessions (settlement_line_id, plan_id);
CREATE INDEX rehabilitation_sessions_of_plan ON rehabilitation_sessions (plan_id, id);
CREATE INDEX rehabilitation_sessions_month ON rehabilitation_sessions (organization_id, month, id);
CREATE INDEX rehabilitation_sessions_therapist ON rehabilitation_sessions (organization_id, therapist, started_at);
CREATE INDEX rehabilitation_sessions_recorded_by ON rehabilitation_sessions (recorded_by);
CREATE INDEX rehabilitation_sessions_confirmed_by ON rehabilitation_sessions (confirmed_by);
CREATE INDEX rehabilitation_sessions_voided_by ON rehabilitation_sessions (voided_by);

CREATE FUNCTION refuse_session() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    child uuid := (SELECT p.resident_id FROM rehabilitation_plans p WHERE p.id = NEW.plan_id);
    records uuid[];
BEGIN
    -- One at a time for an institution and for a child: the questions after this see what was recorded before.
    PERFORM 1 FROM institutions WHERE organization_id = NEW.organization_id FOR UPDATE;
    PERFORM 1 FROM residents
        WHERE id = (SELECT coalesce(r.merged_into_id, r.id) FROM residents r WHERE r.id = child) FOR NO KEY UPDATE;
    -- When and where it says, within the plan, the agreement and the institution's standing that day, by somebody who works there.
    IF NEW.ended_at <> NEW.started_at + make_interval(mins => NEW.minutes)
        OR NEW.session_date <> (NEW.started_at AT TIME ZONE 'Asia/Shanghai')::date
        OR NEW.session_date <> ((NEW.ended_at - interval '1 microsecond') AT TIME ZONE 'Asia/Shanghai')::date
        OR NEW.month <> to_char(NEW.session_date, 'YYYY-MM')
        OR NEW.confirmed_at IS NOT NULL OR NEW.voided_at IS NOT NULL OR NEW.settlement_line_id IS NOT NULL
        OR NOT EXISTS (SELECT 1 FROM grants g WHERE g.user_id = NEW.recorded_by AND g.organization_id = NEW.organization_id
            AND g.role = 'institution_worker' AND g.revoked_at IS NULL)
        OR NOT EXISTS (
            SELECT 1 FROM rehabilitation_plans p
            JOIN institution_agreements a ON a.organization_id = p.organization_id AND a.signed_at IS NOT NULL
              AND ' ' || a.service_types || ' ' LIKE '% ' || p.service_type || ' %'
              AND CASE substr(a.division_code, 5, 2) WHEN '00' THEN left(a.division_code, 4) = left(p.division_code, 4)
                ELSE left(a.division_code, 6) = left(p.division_code, 6) END
            WHERE p.id = NEW.plan_id AND p.start_date <= NEW.session_date AND (p.end_date IS NULL OR NEW.session_date <= p.end_date)
              AND a.valid_from <= NEW.session_date AND NEW.session_date < a.valid_to
              AND (SELECT t.to_state FROM institution_transitions t
                WHERE t.organization_id = p.organization_id AND t.effective_date <= NEW.session_date
                ORDER BY t.sequence DESC LIMIT 1) = 'agreed')
    THEN
        RAISE EXCEPTION 'huican.session_outside';
    END IF;
    -- Not two at once, of a child by whichever record, or of a therapist.
    records := ARRAY(
        SELECT o.id FROM residents r JOIN residents o
          ON o.id = r.id OR o.id = r.merged_into_id OR o.merged_into_id = coalesce(r.merged_into_id, r.id)
        WHERE r.id = child);
    IF EXISTS (
            SELECT 1 FROM rehabilitation_sessions s WHERE s.organization_id = NEW.organization_id AND s.therapist = NEW.therapist
              AND s.voided_at IS NULL AND s.started_at < NEW.ended_at AND NEW.started_at < s.ended_at)
        OR EXISTS (
            SELECT 1 FROM rehabilitation_plans q JOIN rehabilitation_sessions s ON s.plan_id = q.id
            WHERE q.resident_id = ANY (records) AND s.voided_at IS NULL AND s.started_at < NEW.ended_at AND NEW.started_at < s.ended_at)
    THEN
        RAISE EXCEPTION 'huican.session_at_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rehabilitation_sessions_within BEFORE INSERT ON rehabilitation_sessions
    FOR EACH ROW EXECUTE FUNCTION refuse_session();
-- A session stays as it was recorded; it is confirmed once, and voided once. A sealed value may get a newer key (its
-- version: bytes 2 and 3).
CREATE TRIGGER rehabilitation_sessions_fixed BEFORE UPDATE ON rehabilitation_sessions FOR EACH ROW
    WHEN ((NEW.id, NEW.plan_id, NEW.organization_id, NEW.session_date, NEW.month, NEW.started_at, NEW.minutes, NEW.ended_at, NEW.therapist, NEW.recorded_by, NEW.recorded_at)
            IS DISTINCT FROM (OLD.id, OLD.plan_id, OLD.organization_id, OLD.session_date, OLD.month, OLD.started_at, OLD.minutes, OLD.ended_at, OLD.therapist, OLD.recorded_by, OLD.recorded_at)
        OR (OLD.confirmed_at IS NOT NULL AND (NEW.confirmation_method, NEW.confirmed_date, NEW.confirmed_by, NEW.confirmed_at) IS DISTINCT FROM (OLD.confirmation_method, OLD.confirmed_date, OLD.confirmed_by, OLD.confirmed_at))
        OR (OLD.voided_at IS NOT NULL AND ((NEW.voided_by, NEW.voided_at) IS DISTINCT FROM (OLD.voided_by, OLD.voided_at)
            OR (OLD.confirmed_at IS NULL AND NEW.confirmed_at IS NOT NULL)))
        OR (OLD.confirmed_at IS NULL AND NEW.confirmed_at IS NOT NULL
            AND NEW.confirmed_date > (NEW.confirmed_at AT TIME ZONE 'Asia/Shanghai')::date)
        OR NEW.version < OLD.version
        OR (OLD.guardian_name IS NOT NULL AND NEW.guardian_name IS DISTINCT FROM OLD.guardian_name AND coalesce(substr(NEW.guardian_name, 2, 2) <= substr(OLD.guardian_name, 2, 2), true))
    OR (OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason AND coalesce(substr(NEW.void_reason, 2, 2) <= substr(OLD.void_reason, 2, 2), true))
    OR (NEW.note IS DISTINCT FROM OLD.note AND coalesce(substr(NEW.note, 2, 2) <= substr(OLD.note, 2, 2), true)))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rehabilitation_sessions_keep BEFORE DELETE ON rehabilitation_sessions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rehabilitation_sessions_keep_all BEFORE TRUNCATE ON rehabilitation_sessions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON rehabilitation_sessions TO huican_service;
GRANT UPDATE (guardian_name, confirmation_method, confirmed_date, confirmed_by, confirmed_at, void_reason, voided_by, voided_at, note, version,
    settlement_line_id)
    ON rehabilitation_sessions TO huican_service;

ALTER TABLE rehabilitation_sessions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON rehabilitation_sessions
    USING (EXISTS (SELECT 1 FROM rehabilitation_plans p WHERE p.id = plan_id));
