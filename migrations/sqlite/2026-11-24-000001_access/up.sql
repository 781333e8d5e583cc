-- Divisions, organizations, users, grants, sessions; the office's calendar.

CREATE TABLE divisions (
    code TEXT NOT NULL PRIMARY KEY CHECK (length(code) = 12),
    name TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('province', 'city', 'county', 'township', 'village')),
    parent_code TEXT REFERENCES divisions (code),
    valid_from TEXT,
    valid_to TEXT,
    successor_code TEXT REFERENCES divisions (code),
    CHECK (valid_to IS NULL OR valid_from IS NULL OR valid_from < valid_to),
    CHECK (successor_code IS NULL OR valid_to IS NOT NULL)
) STRICT;
CREATE INDEX divisions_parent ON divisions (parent_code, code);
CREATE INDEX divisions_successor ON divisions (successor_code);

-- What this database is, such as ('kind', 'demo').
CREATE TABLE installation (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE calendar_days (
    date TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('holiday', 'makeup_workday')),
    name TEXT NOT NULL
) STRICT;

CREATE TABLE organizations (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('federation', 'civil_affairs', 'finance', 'township', 'village', 'institution', 'administration')),
    division_code TEXT NOT NULL REFERENCES divisions (code),
    created_at INTEGER NOT NULL,
    UNIQUE (division_code, kind, name)
) STRICT;

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
    password_changed_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE grants (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN (
        'village_liaison', 'township_caseworker', 'county_caseworker', 'county_approver',
        'civil_affairs_officer', 'finance_officer', 'city_supervisor', 'institution_worker', 'auditor',
        'system_admin', 'security_admin', 'audit_admin')),
    organization_id BLOB NOT NULL REFERENCES organizations (id),
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    granted_by BLOB REFERENCES users (id),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    revoked_by BLOB REFERENCES users (id),
    CHECK (valid_to IS NULL OR valid_from < valid_to)
) STRICT;
CREATE INDEX grants_user ON grants (user_id);
CREATE INDEX grants_organization ON grants (organization_id);
CREATE INDEX grants_granted_by ON grants (granted_by);
CREATE INDEX grants_revoked_by ON grants (revoked_by);

-- The three administrators exclude each other and every role that sees residents, for as long as
-- two grants of one user overlap.
CREATE TRIGGER grants_exclusive_insert BEFORE INSERT ON grants
WHEN NEW.revoked_at IS NULL AND EXISTS (
    SELECT 1 FROM grants g
    WHERE g.user_id = NEW.user_id AND g.revoked_at IS NULL AND g.role <> NEW.role
      AND (g.role IN ('system_admin', 'security_admin', 'audit_admin')
           OR NEW.role IN ('system_admin', 'security_admin', 'audit_admin'))
      AND (g.valid_to IS NULL OR g.valid_to > NEW.valid_from)
      AND (NEW.valid_to IS NULL OR NEW.valid_to > g.valid_from))
BEGIN
    SELECT RAISE(ABORT, 'huican.grants_exclusive');
END;
CREATE TRIGGER grants_only_end BEFORE UPDATE ON grants
WHEN NEW.id <> OLD.id OR NEW.user_id <> OLD.user_id OR NEW.role <> OLD.role
  OR NEW.organization_id <> OLD.organization_id OR NEW.valid_from <> OLD.valid_from
  OR NEW.valid_to IS NOT OLD.valid_to OR NEW.granted_by IS NOT OLD.granted_by
  OR NEW.created_at <> OLD.created_at OR OLD.revoked_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a grant can only be revoked, once');
END;
CREATE TRIGGER grants_keep BEFORE DELETE ON grants
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: grants are never deleted');
END;

CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    revoked_reason TEXT CHECK (revoked_reason IN ('logout', 'revoked', 'refresh_reused', 'password_changed', 'password_reset', 'disabled')),
    address TEXT,
    client TEXT,
    CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE refresh_tokens (
    hash BLOB NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES sessions (id),
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

-- Failed logins by account and by address; kept here so that several processes share them.
CREATE TABLE login_throttles (
    subject TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_failed_at INTEGER NOT NULL
) STRICT;

-- `INSERT OR REPLACE` would delete the row before without asking the triggers above.
CREATE TRIGGER grants_no_replace BEFORE INSERT ON grants
WHEN EXISTS (SELECT 1 FROM grants WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: grants.id');
END;
