-- Divisions, organizations, users, grants, sessions; the office's calendar.

CREATE TABLE divisions (
    code text COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(code) = 12),
    name text NOT NULL,
    level text NOT NULL CHECK (level IN ('province', 'city', 'county', 'township', 'village')),
    parent_code text COLLATE "C" REFERENCES divisions (code),
    valid_from date,
    valid_to date,
    successor_code text COLLATE "C" REFERENCES divisions (code),
    CHECK (valid_to IS NULL OR valid_from IS NULL OR valid_from < valid_to),
    CHECK (successor_code IS NULL OR valid_to IS NOT NULL)
);
CREATE INDEX divisions_parent ON divisions (parent_code, code);
CREATE INDEX divisions_successor ON divisions (successor_code);

-- What this database is, such as ('kind', 'demo').
CREATE TABLE installation (
    name text NOT NULL PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE calendar_days (
    date date NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('holiday', 'makeup_workday')),
    name text NOT NULL
);

CREATE TABLE organizations (
    id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('federation', 'civil_affairs', 'finance', 'township', 'village', 'institution', 'administration')),
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    created_at timestamptz NOT NULL,
    UNIQUE (division_code, kind, name)
);

CREATE TABLE users (
    id uuid NOT NULL PRIMARY KEY,
    username text COLLATE "C" NOT NULL UNIQUE,
    display_name text NOT NULL,
    password_hash text NOT NULL,
    state text NOT NULL CHECK (state IN ('active', 'disabled')),
    password_changed_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL
);

CREATE TABLE grants (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    role text NOT NULL CHECK (role IN (
        'village_liaison', 'township_caseworker', 'county_caseworker', 'county_approver',
        'civil_affairs_officer', 'finance_officer', 'city_supervisor', 'institution_worker', 'auditor',
        'system_admin', 'security_admin', 'audit_admin')),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    valid_from date NOT NULL,
    valid_to date,
    granted_by uuid REFERENCES users (id),
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_by uuid REFERENCES users (id),
    CHECK (valid_to IS NULL OR valid_from < valid_to)
);
CREATE INDEX grants_user ON grants (user_id);
CREATE INDEX grants_organization ON grants (organization_id);
CREATE INDEX grants_granted_by ON grants (granted_by);
CREATE INDEX grants_revoked_by ON grants (revoked_by);

-- The three administrators exclude each other and every role that sees residents, for as long as
-- two grants of one user overlap.
CREATE FUNCTION refuse_exclusive_grants() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Two grants made at once would not see each other: the user's row puts them in line.
    PERFORM 1 FROM users WHERE id = NEW.user_id FOR UPDATE;
    IF NEW.revoked_at IS NULL AND EXISTS (
        SELECT 1 FROM grants g
        WHERE g.user_id = NEW.user_id AND g.revoked_at IS NULL AND g.role <> NEW.role
          AND (g.role IN ('system_admin', 'security_admin', 'audit_admin')
               OR NEW.role IN ('system_admin', 'security_admin', 'audit_admin'))
          AND (g.valid_to IS NULL OR g.valid_to > NEW.valid_from)
          AND (NEW.valid_to IS NULL OR NEW.valid_to > g.valid_from))
    THEN
        RAISE EXCEPTION 'huican.grants_exclusive';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER grants_exclusive_insert BEFORE INSERT ON grants
    FOR EACH ROW EXECUTE FUNCTION refuse_exclusive_grants();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'huican.append_only: % of % is refused', TG_OP, TG_TABLE_NAME;
END $$;
CREATE TRIGGER grants_only_end BEFORE UPDATE ON grants FOR EACH ROW
    WHEN (NEW.id <> OLD.id OR NEW.user_id <> OLD.user_id OR NEW.role <> OLD.role
        OR NEW.organization_id <> OLD.organization_id OR NEW.valid_from <> OLD.valid_from
        OR NEW.valid_to IS DISTINCT FROM OLD.valid_to OR NEW.granted_by IS DISTINCT FROM OLD.granted_by
        OR NEW.created_at <> OLD.created_at OR OLD.revoked_at IS NOT NULL)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER grants_keep BEFORE DELETE ON grants FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER grants_keep_all BEFORE TRUNCATE ON grants FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE sessions (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_reason text CHECK (revoked_reason IN ('logout', 'revoked', 'refresh_reused', 'password_changed', 'password_reset', 'disabled')),
    address text,
    client text,
    CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE refresh_tokens (
    hash bytea NOT NULL PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id),
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

-- Failed logins by account and by address; kept here so that several processes share them.
CREATE TABLE login_throttles (
    subject text NOT NULL PRIMARY KEY,
    failures integer NOT NULL,
    last_failed_at timestamptz NOT NULL
);
