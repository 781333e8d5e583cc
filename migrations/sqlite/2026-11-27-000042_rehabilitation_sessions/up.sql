-- What an institution did with a child: one row a session. `note`, `guardian_name` and `void_reason` are sealed.

CREATE UNIQUE INDEX rehabilitation_plans_where ON rehabilitation_plans (id, organization_id);

CREATE TABLE rehabilitation_sessions (
    id BLOB NOT NULL PRIMARY KEY,
    plan_id BLOB NOT NULL,
    organization_id BLOB NOT NULL REFERENCES institutions (organization_id),
    session_date TEXT NOT NULL,
    month TEXT NOT NULL CHECK (length(month) = 7),
    started_at INTEGER NOT NULL,
    minutes INTEGER NOT NULL CHECK (minutes BETWEEN 10 AND 480),
    ended_at INTEGER NOT NULL,
    therapist TEXT NOT NULL CHECK (length(therapist) BETWEEN 1 AND 40),
    note BLOB,
    recorded_by BLOB NOT NULL REFERENCES users (id),
    recorded_at INTEGER NOT NULL,
    -- The guardian's confirmation, taken down later.
    guardian_name BLOB,
    confirmation_method TEXT CHECK (confirmation_method IN ('signature', 'phone', 'visit')),
    confirmed_date TEXT,
    confirmed_by BLOB REFERENCES users (id),
    confirmed_at INTEGER,
    void_reason BLOB,
    voided_by BLOB REFERENCES users (id),
    voided_at INTEGER,
    version INTEGER NOT NULL,
    -- Where it was settled.
    settlement_line_id BLOB,
    CHECK (settlement_line_id IS NULL OR (confirmed_at IS NOT NULL AND voided_at IS NULL)),
    CHECK (ended_at <= recorded_at),
    CHECK ((guardian_name IS NULL) = (confirmed_at IS NULL) AND (confirmation_method IS NULL) = (confirmed_at IS NULL)
        AND (confirmed_date IS NULL) = (confirmed_at IS NULL) AND (confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CHECK (confirmed_date >= session_date),
    CHECK ((void_reason IS NULL) = (voided_at IS NULL) AND (voided_by IS NULL) = (voided_at IS NULL)),
    FOREIGN KEY (plan_id, organization_id) REFERENCES rehabilitation_plans (id, organization_id),
    FOREIGN KEY (settlement_line_id, plan_id) REFERENCES settlement_lines (id, plan_id)
) STRICT;
CREATE INDEX rehabilitation_sessions_plan ON rehabilitation_sessions (plan_id, organization_id);
CREATE INDEX rehabilitation_sessions_settled ON rehabilitation_sessions (settlement_line_id, plan_id);
CREATE INDEX rehabilitation_sessions_of_plan ON rehabilitation_sessions (plan_id, id);
CREATE INDEX rehabilitation_sessions_month ON rehabilitation_sessions (organization_id, month, id);
CREATE INDEX rehabilitation_sessions_therapist ON rehabilitation_sessions (organization_id, therapist, started_at);
CREATE INDEX rehabilitation_sessions_recorded_by ON rehabilitation_sessions (recorded_by);
CREATE INDEX rehabilitation_sessions_confirmed_by ON rehabilitation_sessions (confirmed_by);
CREATE INDEX rehabilitation_sessions_voided_by ON rehabilitation_sessions (voided_by);

-- When and where it says, within the plan, the agreement and the institution's standing that day, by somebody who works there.
CREATE TRIGGER rehabilitation_sessions_within BEFORE INSERT ON rehabilitation_sessions
WHEN NEW.ended_at <> NEW.started_at + NEW.minutes * 60000000
    OR NEW.session_date <> date(NEW.started_at / 1000000, 'unixepoch', '+8 hours')
    OR NEW.session_date <> date((NEW.ended_at - 1) / 1000000, 'unixepoch', '+8 hours')
    OR NEW.month <> substr(NEW.session_date, 1, 7)
    OR NEW.confirmed_at IS NOT NULL OR NEW.voided_at IS NOT NULL OR NEW.settlement_line_id IS NOT NULL
    OR NOT EXISTS (SELECT 1 FROM grants g WHERE g.user_id = NEW.recorded_by AND g.organization_id = NEW.organization_id
        AND g.role = 'institution_worker' AND g.revoked_at IS NULL)
    OR NOT EXISTS (
        SELECT 1 FROM rehabilitation_plans p
        JOIN institution_agreements a ON a.organization_id = p.organization_id AND a.signed_at IS NOT NULL
          AND ' ' || a.service_types || ' ' LIKE '% ' || p.service_type || ' %'
          AND CASE substr(a.division_code, 5, 2) WHEN '00' THEN substr(a.division_code, 1, 4) = substr(p.division_code, 1, 4)
            ELSE substr(a.division_code, 1, 6) = substr(p.division_code, 1, 6) END
        WHERE p.id = NEW.plan_id AND p.start_date <= NEW.session_date AND (p.end_date IS NULL OR NEW.session_date <= p.end_date)
          AND a.valid_from <= NEW.session_date AND NEW.session_date < a.valid_to
          AND (SELECT t.to_state FROM institution_transitions t
            WHERE t.organization_id = p.organization_id AND t.effective_date <= NEW.session_date
            ORDER BY t.sequence DESC LIMIT 1) = 'agreed')
BEGIN
    SELECT RAISE(ABORT, 'huican.session_outside');
END;
-- Not two at once, of a child by whichever record, or of a therapist.
CREATE TRIGGER rehabilitation_sessions_at_once BEFORE INSERT ON rehabilitation_sessions
WHEN EXISTS (
        SELECT 1 FROM rehabilitation_sessions s WHERE s.organization_id = NEW.organization_id AND s.therapist = NEW.therapist
          AND s.voided_at IS NULL AND s.started_at < NEW.ended_at AND NEW.started_at < s.ended_at)
    OR EXISTS (
        SELECT 1 FROM rehabilitation_plans p
        CROSS JOIN residents r ON r.id = p.resident_id
        CROSS JOIN residents o ON o.id = r.id OR o.id = r.merged_into_id OR o.merged_into_id = coalesce(r.merged_into_id, r.id)
        CROSS JOIN rehabilitation_plans q ON q.resident_id = o.id
        CROSS JOIN rehabilitation_sessions s ON s.plan_id = q.id
        WHERE p.id = NEW.plan_id AND s.voided_at IS NULL AND s.started_at < NEW.ended_at AND NEW.started_at < s.ended_at)
BEGIN
    SELECT RAISE(ABORT, 'huican.session_at_once');
END;
-- A session stays as it was recorded; it is confirmed once, and voided once. A sealed value may get a newer key (its
-- version: bytes 2 and 3).
CREATE TRIGGER rehabilitation_sessions_fixed BEFORE UPDATE ON rehabilitation_sessions
WHEN (NEW.id, NEW.plan_id, NEW.organization_id, NEW.session_date, NEW.month, NEW.started_at, NEW.minutes, NEW.ended_at, NEW.therapist, NEW.recorded_by, NEW.recorded_at)
        IS NOT (OLD.id, OLD.plan_id, OLD.organization_id, OLD.session_date, OLD.month, OLD.started_at, OLD.minutes, OLD.ended_at, OLD.therapist, OLD.recorded_by, OLD.recorded_at)
    OR (OLD.confirmed_at IS NOT NULL AND (NEW.confirmation_method, NEW.confirmed_date, NEW.confirmed_by, NEW.confirmed_at) IS NOT (OLD.confirmation_method, OLD.confirmed_date, OLD.confirmed_by, OLD.confirmed_at))
    OR (OLD.voided_at IS NOT NULL AND ((NEW.voided_by, NEW.voided_at) IS NOT (OLD.voided_by, OLD.voided_at)
        OR (OLD.confirmed_at IS NULL AND NEW.confirmed_at IS NOT NULL)))
    OR (OLD.confirmed_at IS NULL AND NEW.confirmed_at IS NOT NULL
        AND NEW.confirmed_date > date(NEW.confirmed_at / 1000000, 'unixepoch', '+8 hours'))
    OR NEW.version < OLD.version
    OR (OLD.guardian_name IS NOT NULL AND NEW.guardian_name IS NOT OLD.guardian_name AND coalesce(substr(NEW.guardian_name, 2, 2) <= substr(OLD.guardian_name, 2, 2), 1 = 1))
    OR (OLD.void_reason IS NOT NULL AND NEW.void_reason IS NOT OLD.void_reason AND coalesce(substr(NEW.void_reason, 2, 2) <= substr(OLD.void_reason, 2, 2), 1 = 1))
    OR (NEW.note IS NOT OLD.note AND coalesce(substr(NEW.note, 2, 2) <= substr(OLD.note, 2, 2), 1 = 1))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a session stays as it was recorded');
END;
CREATE TRIGGER rehabilitation_sessions_keep BEFORE DELETE ON rehabilitation_sessions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: rehabilitation sessions are never deleted');
END;
CREATE TRIGGER rehabilitation_sessions_no_replace BEFORE INSERT ON rehabilitation_sessions
WHEN EXISTS (SELECT 1 FROM rehabilitation_sessions WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: rehabilitation_sessions.id');
END;
