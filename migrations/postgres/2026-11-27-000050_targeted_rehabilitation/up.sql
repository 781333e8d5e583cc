-- Targeted rehabilitation: what a case's resident needs, who assessed it, what was provided and with what result. As of
-- cases, the history is the truth. `need` and `comment` are sealed.
CREATE TABLE rehabilitation_services (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL,
    resident_id uuid NOT NULL,
    -- Where the case is; it goes along with it.
    division_code text COLLATE "C" NOT NULL,
    program_code text NOT NULL REFERENCES programs (code),
    kind text NOT NULL CHECK (kind IN ('hearing', 'vision', 'mobility')),
    need bytea NOT NULL,
    opened_by uuid NOT NULL REFERENCES users (id),
    opened_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('needed', 'assessed', 'delivered', 'concluded', 'cancelled')),
    -- Who assessed the need, and who met it.
    assessor_organization_id uuid REFERENCES organizations (id),
    provider_organization_id uuid REFERENCES organizations (id),
    delivered_date date,
    result text CHECK (result IN ('markedly_effective', 'effective', 'ineffective')),
    last_transition integer NOT NULL,
    county_code text COLLATE "C" GENERATED ALWAYS AS (left(division_code, 6)) STORED,
    CHECK (CASE state WHEN 'needed' THEN assessor_organization_id IS NULL WHEN 'cancelled' THEN true ELSE assessor_organization_id IS NOT NULL END),
    CHECK ((state IN ('delivered', 'concluded')) = (provider_organization_id IS NOT NULL)),
    CHECK ((delivered_date IS NULL) = (provider_organization_id IS NULL)),
    CHECK ((state = 'concluded') = (result IS NOT NULL)),
    -- Who assesses a need does not supply what meets it.
    CONSTRAINT rehabilitation_services_two_organizations CHECK (assessor_organization_id <> provider_organization_id),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id),
    FOREIGN KEY (case_id, division_code) REFERENCES cases (id, division_code) ON UPDATE CASCADE
);
-- A need is met before the same one is noted again.
CREATE UNIQUE INDEX rehabilitation_services_open ON rehabilitation_services (case_id, kind) WHERE state IN ('needed', 'assessed');
CREATE INDEX rehabilitation_services_case ON rehabilitation_services (case_id);
CREATE INDEX rehabilitation_services_resident ON rehabilitation_services (resident_id, id);
CREATE INDEX rehabilitation_services_county ON rehabilitation_services (county_code, id);
CREATE INDEX rehabilitation_services_division ON rehabilitation_services (division_code, id);
CREATE INDEX rehabilitation_services_state ON rehabilitation_services (state, id);
CREATE INDEX rehabilitation_services_delivered ON rehabilitation_services (county_code, delivered_date);
CREATE INDEX rehabilitation_services_program ON rehabilitation_services (program_code);
CREATE INDEX rehabilitation_services_assessor ON rehabilitation_services (assessor_organization_id);
CREATE INDEX rehabilitation_services_provider ON rehabilitation_services (provider_organization_id);
CREATE INDEX rehabilitation_services_opened_by ON rehabilitation_services (opened_by);

CREATE TABLE rehabilitation_service_transitions (
    id uuid NOT NULL PRIMARY KEY,
    service_id uuid NOT NULL REFERENCES rehabilitation_services (id) DEFERRABLE INITIALLY DEFERRED,
    sequence integer NOT NULL CHECK (sequence > 0),
    action text NOT NULL,
    previous_sequence integer,
    from_state text,
    to_state text NOT NULL,
    -- When it was done; the entry says when it was written.
    on_date date NOT NULL,
    organization_id uuid REFERENCES organizations (id),
    performer text,
    result text,
    comment bytea,
    actor_id uuid NOT NULL REFERENCES users (id),
    at timestamptz NOT NULL,
    UNIQUE (service_id, sequence),
    UNIQUE (service_id, sequence, to_state),
    CHECK ((action = 'open') = (sequence = 1)),
    CHECK ((action = 'open') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    -- An action leads from where and to where its name says.
    CHECK (CASE action
        WHEN 'open' THEN to_state = 'needed'
        WHEN 'assess' THEN to_state = 'assessed' AND from_state = 'needed'
        WHEN 'deliver' THEN to_state = 'delivered' AND from_state = 'assessed'
        WHEN 'conclude' THEN to_state = 'concluded' AND from_state = 'delivered'
        WHEN 'cancel' THEN to_state = 'cancelled' AND from_state IN ('needed', 'assessed')
        ELSE false END),
    CHECK ((action IN ('assess', 'deliver')) = (organization_id IS NOT NULL)),
    CHECK ((action IN ('assess', 'deliver')) = (performer IS NOT NULL)),
    CHECK ((action = 'conclude') = (result IS NOT NULL)),
    CHECK (action NOT IN ('assess', 'cancel') OR comment IS NOT NULL),
    FOREIGN KEY (service_id, previous_sequence, from_state) REFERENCES rehabilitation_service_transitions (service_id, sequence, to_state)
);
ALTER TABLE rehabilitation_services
    ADD FOREIGN KEY (id, last_transition, state) REFERENCES rehabilitation_service_transitions (service_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX rehabilitation_service_transitions_previous ON rehabilitation_service_transitions (service_id, previous_sequence, from_state);
CREATE INDEX rehabilitation_service_transitions_organization ON rehabilitation_service_transitions (organization_id);
CREATE INDEX rehabilitation_service_transitions_actor ON rehabilitation_service_transitions (actor_id);

-- Of a case of rehabilitation that was approved and goes on; of its resident.
CREATE FUNCTION refuse_rehabilitation_service() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Nobody closes the case meanwhile.
    PERFORM 1 FROM cases WHERE id = NEW.case_id FOR SHARE;
    IF NEW.state <> 'needed' OR NEW.last_transition <> 1 OR NOT EXISTS (
        SELECT 1 FROM cases c JOIN programs p ON p.code = c.program_code
        WHERE c.id = NEW.case_id AND c.program_code = NEW.program_code AND p.service = 'rehabilitation'
          AND c.state IN ('approved', 'in_service'))
    THEN
        RAISE EXCEPTION 'huican.rehabilitation_case';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rehabilitation_services_begin BEFORE INSERT ON rehabilitation_services
    FOR EACH ROW EXECUTE FUNCTION refuse_rehabilitation_service();
-- What was written stays, and each entry adds its own. A sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER rehabilitation_services_fixed BEFORE UPDATE ON rehabilitation_services FOR EACH ROW
    WHEN ((NEW.id, NEW.case_id, NEW.resident_id, NEW.program_code, NEW.kind, NEW.opened_by, NEW.opened_at)
            IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.resident_id, OLD.program_code, OLD.kind, OLD.opened_by, OLD.opened_at)
        OR (NEW.need <> OLD.need AND substr(NEW.need, 2, 2) <= substr(OLD.need, 2, 2))
        OR ((NEW.state, NEW.assessor_organization_id, NEW.provider_organization_id, NEW.delivered_date, NEW.result, NEW.last_transition)
            IS DISTINCT FROM
            (OLD.state, OLD.assessor_organization_id, OLD.provider_organization_id, OLD.delivered_date, OLD.result, OLD.last_transition)
            AND NEW.last_transition <> OLD.last_transition + 1)
        OR (NEW.assessor_organization_id IS DISTINCT FROM OLD.assessor_organization_id AND NEW.state <> 'assessed')
        OR ((NEW.provider_organization_id, NEW.delivered_date) IS DISTINCT FROM (OLD.provider_organization_id, OLD.delivered_date)
            AND NEW.state <> 'delivered'))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rehabilitation_services_keep BEFORE DELETE ON rehabilitation_services FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rehabilitation_services_keep_all BEFORE TRUNCATE ON rehabilitation_services FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An entry says where its service now stands, and what it adds. What is over is not gone on with, but what was delivered
-- may be looked at.
CREATE FUNCTION refuse_rehabilitation_entry() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    s rehabilitation_services%ROWTYPE;
BEGIN
    SELECT * INTO s FROM rehabilitation_services WHERE id = NEW.service_id;
    IF s.last_transition IS DISTINCT FROM NEW.sequence
        OR NOT coalesce(CASE NEW.action
            WHEN 'open' THEN s.opened_by = NEW.actor_id
            WHEN 'assess' THEN s.assessor_organization_id = NEW.organization_id
            WHEN 'deliver' THEN s.provider_organization_id = NEW.organization_id AND s.delivered_date = NEW.on_date
            WHEN 'conclude' THEN s.result = NEW.result
            ELSE true END, false)
        OR EXISTS (SELECT 1 FROM rehabilitation_service_transitions p
            WHERE p.service_id = NEW.service_id AND p.sequence = NEW.previous_sequence AND p.on_date > NEW.on_date)
    THEN
        RAISE EXCEPTION 'huican.append_only: an entry says where its service now stands';
    END IF;
    IF NEW.action IN ('assess', 'deliver') AND NOT EXISTS (
        SELECT 1 FROM cases c WHERE c.id = s.case_id AND c.state IN ('approved', 'in_service'))
    THEN
        RAISE EXCEPTION 'huican.rehabilitation_case';
    END IF;
    IF EXISTS (SELECT 1 FROM transfers t WHERE t.resident_id = s.resident_id AND t.state = 'offered') THEN
        RAISE EXCEPTION 'huican.resident_in_transfer';
    END IF;
    IF is_tied(NEW.actor_id, s.resident_id) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rehabilitation_service_transitions_stand BEFORE INSERT ON rehabilitation_service_transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_rehabilitation_entry();
CREATE TRIGGER rehabilitation_service_transitions_fixed BEFORE UPDATE ON rehabilitation_service_transitions FOR EACH ROW
    WHEN ((NEW.id, NEW.service_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.on_date,
            NEW.organization_id, NEW.performer, NEW.result, NEW.actor_id, NEW.at)
            IS DISTINCT FROM
            (OLD.id, OLD.service_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.on_date,
            OLD.organization_id, OLD.performer, OLD.result, OLD.actor_id, OLD.at)
        OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), true))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rehabilitation_service_transitions_keep BEFORE DELETE ON rehabilitation_service_transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rehabilitation_service_transitions_keep_all BEFORE TRUNCATE ON rehabilitation_service_transitions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What takes a person, and so is for no key.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_no_rehabilitation_services
    CHECK (' ' || permits || ' ' NOT LIKE '% rehabilitation_service.act %');

GRANT SELECT, INSERT ON rehabilitation_services, rehabilitation_service_transitions TO huican_service;
GRANT UPDATE (state, assessor_organization_id, provider_organization_id, delivered_date, result, last_transition, need)
    ON rehabilitation_services TO huican_service;
GRANT UPDATE (comment) ON rehabilitation_service_transitions TO huican_service;

ALTER TABLE rehabilitation_services ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON rehabilitation_services
    USING (CASE WHEN division_code::bigint <@ (SELECT nullif(current_setting('huican.reach', true), '')::int8multirange) THEN true ELSE false END);
ALTER TABLE rehabilitation_service_transitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY reach ON rehabilitation_service_transitions
    USING (EXISTS (SELECT 1 FROM rehabilitation_services s WHERE s.id = service_id));
