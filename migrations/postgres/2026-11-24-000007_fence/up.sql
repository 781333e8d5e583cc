-- The second fence. The service works as the role huican_service, which owns nothing, may add to
-- history but not change it, and sees rows of residents only within the divisions that each
-- transaction names. Whoever migrates owns the tables and may make roles, or finds it made:
--   CREATE ROLE huican_service NOLOGIN;
-- The login of the service is a member of it: GRANT huican_service TO <login>.

DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'huican_service') THEN
        BEGIN
            CREATE ROLE huican_service NOLOGIN;
        EXCEPTION
            -- Another database of this cluster was migrated at the same time.
            WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END IF;
    -- So that the owner may serve a demonstration, behind the same fence.
    IF NOT pg_has_role(current_user, 'huican_service', 'MEMBER') THEN
        BEGIN
            GRANT huican_service TO CURRENT_USER;
        EXCEPTION
            WHEN insufficient_privilege THEN NULL;
        END;
    END IF;
END $$;

GRANT USAGE ON SCHEMA public TO huican_service;
GRANT SELECT ON __diesel_schema_migrations TO huican_service;

-- What grows only.
GRANT SELECT, INSERT ON
    audit_events, case_duties, case_transitions, certificate_components, program_versions
    TO huican_service;
-- What is superseded, revoked, moved on; triggers say how.
GRANT SELECT, INSERT ON
    calendar_days, case_numbers, cases, certificates, circumstances, divisions, enrollments, grants,
    idempotency_keys, installation, login_throttles, organizations, programs, refresh_tokens, residents,
    sessions, users
    TO huican_service;
GRANT UPDATE (superseded_at, superseded_by) ON certificates TO huican_service;
GRANT UPDATE (superseded_at, superseded_by) ON circumstances TO huican_service;
GRANT UPDATE (revoked_at, revoked_by) ON grants TO huican_service;
GRANT UPDATE (revoked_at, revoked_reason) ON sessions TO huican_service;
GRANT UPDATE (used_at) ON refresh_tokens TO huican_service;
-- A program's row is locked while a version is added to it.
GRANT UPDATE (name_zh, name_en) ON programs TO huican_service;
GRANT UPDATE ON
    calendar_days, case_numbers, cases, divisions, enrollments, installation, login_throttles,
    residents, users
    TO huican_service;
-- What is kept for a while only.
GRANT DELETE ON idempotency_keys, login_throttles TO huican_service;

-- `huican.reach` is a multirange of division codes. It is read in a sub-select, so once a statement;
-- where it is not set, it is null, and no row is seen.
ALTER TABLE residents ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON residents
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE cases ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON cases
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE enrollments ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON enrollments
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);

-- Facts and history are within reach where the resident or the case is.
ALTER TABLE certificates ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON certificates
    USING (EXISTS (SELECT 1 FROM residents r WHERE r.id = resident_id));
ALTER TABLE certificate_components ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON certificate_components
    USING (EXISTS (SELECT 1 FROM certificates c WHERE c.id = certificate_id));
ALTER TABLE circumstances ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON circumstances
    USING (EXISTS (SELECT 1 FROM residents r WHERE r.id = resident_id));
ALTER TABLE case_duties ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON case_duties
    USING (EXISTS (SELECT 1 FROM cases c WHERE c.id = case_id));
ALTER TABLE case_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON case_transitions
    USING (EXISTS (SELECT 1 FROM cases c WHERE c.id = case_id));

-- Everybody adds to the record; what speaks of no resident is not fenced.
ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY adding ON audit_events FOR INSERT WITH CHECK (true);
CREATE POLICY reach ON audit_events FOR SELECT
    USING (division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange)
        OR (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) @> '{(,)}'::int8multirange
        OR (resident_id IS NULL AND entity_type NOT IN ('resident', 'case', 'enrollment')));

-- Answers repeat what one user was shown.
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON idempotency_keys
    USING (user_id = (SELECT nullif(current_setting('huican.user_id', true), '')::uuid)
        OR (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) @> '{(,)}'::int8multirange);
