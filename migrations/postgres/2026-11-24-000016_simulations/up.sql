-- What a draft would have done: asked once, computed by whichever process is free, kept with what it
-- was computed from.
CREATE TABLE simulations (
    id uuid NOT NULL PRIMARY KEY,
    program_code text COLLATE "C" NOT NULL REFERENCES programs (code),
    draft_id uuid NOT NULL REFERENCES program_drafts (id),
    draft_revision integer NOT NULL,
    division_code text COLLATE "C" NOT NULL REFERENCES divisions (code),
    from_month text NOT NULL,
    to_month text NOT NULL,
    known text NOT NULL CHECK (known IN ('then', 'now')),
    rules text NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
    done integer NOT NULL CHECK (done >= 0),
    total integer NOT NULL CHECK (total >= done),
    attempts integer NOT NULL,
    leased_until timestamptz,
    result text,
    digest bytea,
    requested_by uuid NOT NULL REFERENCES users (id),
    requested_at timestamptz NOT NULL,
    finished_at timestamptz,
    CHECK (from_month <= to_month),
    CHECK ((state = 'done') = (result IS NOT NULL)),
    CHECK ((result IS NULL) = (digest IS NULL)),
    CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL))
);
CREATE INDEX simulations_program ON simulations (program_code, id);
CREATE INDEX simulations_draft ON simulations (draft_id);
CREATE INDEX simulations_division ON simulations (division_code);
CREATE INDEX simulations_requested ON simulations (requested_by);
CREATE INDEX simulations_waiting ON simulations (state, id);

-- What was asked stays as it was, and so does what was found.
CREATE FUNCTION keep_simulation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('done', 'failed')
        OR (NEW.id, NEW.program_code, NEW.draft_id, NEW.draft_revision, NEW.division_code, NEW.from_month, NEW.to_month, NEW.known, NEW.rules,
            NEW.requested_by, NEW.requested_at)
            IS DISTINCT FROM (OLD.id, OLD.program_code, OLD.draft_id, OLD.draft_revision, OLD.division_code, OLD.from_month, OLD.to_month, OLD.known, OLD.rules,
            OLD.requested_by, OLD.requested_at)
    THEN
        RAISE EXCEPTION 'huican.append_only: a simulation is kept as it was found';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER simulations_kept BEFORE UPDATE ON simulations FOR EACH ROW EXECUTE FUNCTION keep_simulation();
CREATE TRIGGER simulations_keep BEFORE DELETE ON simulations FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER simulations_keep_all BEFORE TRUNCATE ON simulations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT, UPDATE ON simulations TO huican_service;
