-- Accessibility renovation of homes (家庭无障碍改造): which dwelling, what was found and designed, who consented, who built, who
-- accepted it and what it cost. As of cases, the history is the truth; the findings are its comments. Addresses, names and
-- comments are sealed; `dwelling_index` is a keyed fingerprint of county and address.

CREATE TABLE renovation_projects (
    id BLOB NOT NULL PRIMARY KEY,
    case_id BLOB NOT NULL,
    resident_id BLOB NOT NULL,
    -- Where the case is; it goes along with it.
    division_code TEXT NOT NULL,
    -- Counts once, however many of it are residents.
    household_id BLOB REFERENCES households (id),
    address BLOB NOT NULL,
    dwelling_index BLOB NOT NULL,
    -- The most that is paid for it.
    cap_fen INTEGER NOT NULL CHECK (cap_fen BETWEEN 1 AND 100000000),
    assessing_organization_id BLOB REFERENCES organizations (id),
    assessor TEXT CHECK (length(assessor) BETWEEN 1 AND 40),
    assessed_date TEXT,
    budget_fen INTEGER,
    -- The entry of the design that holds.
    design INTEGER,
    consented_by BLOB,
    consent_relation TEXT CHECK (consent_relation IN ('self', 'guardian', 'relative', 'other')),
    consented_date TEXT,
    consent_document_id BLOB,
    notice_from TEXT,
    -- The first day on which nothing hangs out any more.
    notice_until TEXT,
    contractor_id BLOB REFERENCES organizations (id),
    accepted_by BLOB,
    acceptance_relation TEXT CHECK (acceptance_relation IN ('self', 'guardian', 'relative', 'other')),
    accepted_date TEXT,
    -- From then on the dwelling may be renovated again; none where there is no such rule.
    possible_from TEXT,
    settled_fen INTEGER,
    proposed_by BLOB REFERENCES users (id),
    state TEXT NOT NULL,
    last_transition INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES users (id),
    recorded_at INTEGER NOT NULL,
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    UNIQUE (id, case_id),
    CHECK ((assessed_date IS NULL) = (assessing_organization_id IS NULL)),
    CHECK ((assessed_date IS NULL) = (assessor IS NULL)),
    CHECK ((budget_fen IS NULL) = (design IS NULL)),
    CHECK (budget_fen BETWEEN 1 AND cap_fen),
    CHECK ((consented_date IS NULL) = (consented_by IS NULL)),
    CHECK ((consented_date IS NULL) = (consent_relation IS NULL)),
    CHECK ((consented_date IS NULL) = (notice_from IS NULL)),
    CHECK ((consented_date IS NULL) = (notice_until IS NULL)),
    CHECK (consented_date IS NOT NULL OR consent_document_id IS NULL),
    CHECK (consented_date >= assessed_date),
    CHECK (notice_from >= consented_date),
    CHECK (notice_until > notice_from),
    -- Who builds is not who assessed.
    CHECK (contractor_id <> assessing_organization_id),
    CHECK ((accepted_date IS NULL) = (accepted_by IS NULL)),
    CHECK ((accepted_date IS NULL) = (acceptance_relation IS NULL)),
    CHECK (accepted_date >= notice_until),
    CHECK (possible_from > accepted_date),
    CHECK (possible_from IS NULL OR accepted_date IS NOT NULL),
    CHECK ((settled_fen IS NULL) = (proposed_by IS NULL)),
    CHECK (settled_fen BETWEEN 1 AND budget_fen),
    CHECK (budget_fen IS NULL OR assessed_date IS NOT NULL),
    CHECK (consented_date IS NULL OR budget_fen IS NOT NULL),
    CHECK (contractor_id IS NULL OR consented_date IS NOT NULL),
    CHECK (accepted_date IS NULL OR contractor_id IS NOT NULL),
    CHECK (settled_fen IS NULL OR accepted_date IS NOT NULL),
    CHECK (CASE state
        WHEN 'surveyed' THEN assessed_date IS NULL
        WHEN 'assessed' THEN assessed_date IS NOT NULL AND budget_fen IS NULL
        WHEN 'designed' THEN budget_fen IS NOT NULL AND consented_date IS NULL
        WHEN 'consented' THEN consented_date IS NOT NULL AND contractor_id IS NULL
        WHEN 'contracted' THEN contractor_id IS NOT NULL AND accepted_date IS NULL
        WHEN 'under_construction' THEN contractor_id IS NOT NULL AND accepted_date IS NULL
        WHEN 'finished' THEN contractor_id IS NOT NULL AND accepted_date IS NULL
        WHEN 'rework' THEN contractor_id IS NOT NULL AND accepted_date IS NULL
        WHEN 'accepted' THEN accepted_date IS NOT NULL AND settled_fen IS NULL
        WHEN 'settlement_proposed' THEN settled_fen IS NOT NULL
        WHEN 'settled' THEN settled_fen IS NOT NULL
        WHEN 'cancelled' THEN accepted_date IS NULL
        ELSE 1 = 0 END),
    FOREIGN KEY (case_id, resident_id) REFERENCES cases (id, resident_id),
    FOREIGN KEY (case_id, division_code) REFERENCES cases (id, division_code) ON UPDATE CASCADE,
    FOREIGN KEY (case_id, consent_document_id) REFERENCES case_documents (case_id, document_id),
    FOREIGN KEY (id, last_transition, state) REFERENCES renovation_transitions (project_id, sequence, to_state) DEFERRABLE INITIALLY DEFERRED
) STRICT;
-- One at a time for a dwelling, a household, a case.
CREATE UNIQUE INDEX renovation_projects_dwelling_open ON renovation_projects (dwelling_index)
    WHERE state NOT IN ('accepted', 'settlement_proposed', 'settled', 'cancelled');
CREATE UNIQUE INDEX renovation_projects_household_open ON renovation_projects (household_id)
    WHERE household_id IS NOT NULL AND state NOT IN ('accepted', 'settlement_proposed', 'settled', 'cancelled');
CREATE UNIQUE INDEX renovation_projects_one ON renovation_projects (case_id) WHERE state <> 'cancelled';
CREATE INDEX renovation_projects_dwelling ON renovation_projects (dwelling_index);
CREATE INDEX renovation_projects_household ON renovation_projects (household_id);
CREATE INDEX renovation_projects_case ON renovation_projects (case_id, id);
CREATE INDEX renovation_projects_case_resident ON renovation_projects (case_id, resident_id);
CREATE INDEX renovation_projects_case_division ON renovation_projects (case_id, division_code);
CREATE INDEX renovation_projects_document ON renovation_projects (case_id, consent_document_id);
CREATE INDEX renovation_projects_resident ON renovation_projects (resident_id, id);
CREATE INDEX renovation_projects_assessing ON renovation_projects (assessing_organization_id);
CREATE INDEX renovation_projects_contractor ON renovation_projects (contractor_id);
CREATE INDEX renovation_projects_proposed_by ON renovation_projects (proposed_by);
CREATE INDEX renovation_projects_recorded_by ON renovation_projects (recorded_by);
CREATE INDEX renovation_projects_division ON renovation_projects (division_code, id);
CREATE INDEX renovation_projects_county ON renovation_projects (county_code, id);
CREATE INDEX renovation_projects_state ON renovation_projects (state, id);
CREATE INDEX renovation_projects_accepted ON renovation_projects (accepted_date);

CREATE TABLE renovation_transitions (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES renovation_projects (id) DEFERRABLE INITIALLY DEFERRED,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    action TEXT NOT NULL,
    previous_sequence INTEGER,
    from_state TEXT,
    to_state TEXT NOT NULL,
    actor_id BLOB NOT NULL REFERENCES users (id),
    -- Of an inspection: whether all is as it should be.
    passed INTEGER CHECK (passed IN (0, 1)),
    comment BLOB,
    at INTEGER NOT NULL,
    UNIQUE (project_id, sequence),
    UNIQUE (project_id, sequence, to_state),
    CHECK ((action = 'survey') = (sequence = 1)),
    CHECK ((action = 'survey') = (previous_sequence IS NULL)),
    CHECK ((previous_sequence IS NULL) = (from_state IS NULL)),
    CHECK (previous_sequence = sequence - 1),
    CHECK ((action = 'inspect') = (passed IS NOT NULL)),
    CHECK (CASE action
        WHEN 'survey' THEN to_state = 'surveyed'
        WHEN 'assess' THEN from_state = 'surveyed' AND to_state = 'assessed'
        WHEN 'design' THEN from_state IN ('assessed', 'designed') AND to_state = 'designed'
        WHEN 'consent' THEN from_state = 'designed' AND to_state = 'consented'
        WHEN 'contract' THEN from_state = 'consented' AND to_state = 'contracted'
        WHEN 'start' THEN from_state = 'contracted' AND to_state = 'under_construction'
        WHEN 'progress' THEN from_state IN ('under_construction', 'rework') AND to_state = from_state
        WHEN 'finish' THEN from_state IN ('under_construction', 'rework') AND to_state = 'finished'
        WHEN 'inspect' THEN from_state = 'finished' AND to_state = 'finished'
        WHEN 'reject' THEN from_state = 'finished' AND to_state = 'rework'
        WHEN 'accept' THEN from_state = 'finished' AND to_state = 'accepted'
        WHEN 'propose' THEN from_state = 'accepted' AND to_state = 'settlement_proposed'
        WHEN 'return' THEN from_state = 'settlement_proposed' AND to_state = 'accepted'
        WHEN 'settle' THEN from_state = 'settlement_proposed' AND to_state = 'settled'
        WHEN 'cancel' THEN to_state = 'cancelled' AND from_state IN ('surveyed', 'assessed', 'designed', 'consented', 'contracted',
            'under_construction', 'finished', 'rework')
        ELSE 1 = 0 END),
    CHECK (action NOT IN ('survey', 'assess', 'inspect', 'reject', 'return', 'cancel') OR comment IS NOT NULL),
    FOREIGN KEY (project_id, previous_sequence, from_state) REFERENCES renovation_transitions (project_id, sequence, to_state)
) STRICT;
CREATE INDEX renovation_transitions_previous ON renovation_transitions (project_id, previous_sequence, from_state);
CREATE INDEX renovation_transitions_actor ON renovation_transitions (actor_id);

-- What is built where, of each design; of the one that holds, how far it is.
CREATE TABLE renovation_items (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    case_id BLOB NOT NULL,
    design INTEGER NOT NULL,
    number INTEGER NOT NULL CHECK (number BETWEEN 1 AND 50),
    kind TEXT NOT NULL CHECK (kind IN ('entrance', 'door_widening', 'leveling', 'grab_bars', 'toilet', 'kitchen', 'bedroom', 'doorbell',
        'gas_alarm', 'screen_reader')),
    place TEXT NOT NULL CHECK (length(place) BETWEEN 1 AND 100),
    measured_before TEXT NOT NULL CHECK (length(measured_before) BETWEEN 1 AND 100),
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 100),
    unit_price_fen INTEGER NOT NULL CHECK (unit_price_fen BETWEEN 1 AND 100000000),
    state TEXT NOT NULL CHECK (state IN ('planned', 'under_way', 'done')),
    measured_after TEXT CHECK (length(measured_after) BETWEEN 1 AND 100),
    before_document_id BLOB,
    after_document_id BLOB,
    UNIQUE (project_id, design, number),
    CHECK (before_document_id <> after_document_id),
    CHECK (state <> 'done' OR (measured_after IS NOT NULL AND before_document_id IS NOT NULL AND after_document_id IS NOT NULL)),
    FOREIGN KEY (project_id, case_id) REFERENCES renovation_projects (id, case_id),
    FOREIGN KEY (project_id, design) REFERENCES renovation_transitions (project_id, sequence) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (case_id, before_document_id) REFERENCES case_documents (case_id, document_id),
    FOREIGN KEY (case_id, after_document_id) REFERENCES case_documents (case_id, document_id)
) STRICT;
CREATE INDEX renovation_items_project ON renovation_items (project_id, case_id);
CREATE INDEX renovation_items_before ON renovation_items (case_id, before_document_id);
CREATE INDEX renovation_items_after ON renovation_items (case_id, after_document_id);

-- What was found when somebody looked again: one finding for each follow-up.
CREATE TABLE renovation_visits (
    id BLOB NOT NULL PRIMARY KEY,
    follow_up_id BLOB NOT NULL UNIQUE REFERENCES follow_ups (id),
    project_id BLOB NOT NULL REFERENCES renovation_projects (id),
    result TEXT NOT NULL CHECK (result IN ('in_use', 'needs_repair', 'unused')),
    note BLOB,
    visited_by BLOB NOT NULL REFERENCES users (id),
    visited_at INTEGER NOT NULL
) STRICT;
CREATE INDEX renovation_visits_project ON renovation_visits (project_id, id);
CREATE INDEX renovation_visits_visited_by ON renovation_visits (visited_by);

-- Dwellings that the elderly-friendly program (居家适老化改造) renovated, as other offices' lists say.
CREATE TABLE elderly_renovations (
    id BLOB NOT NULL PRIMARY KEY,
    division_code TEXT NOT NULL REFERENCES divisions (code),
    address BLOB NOT NULL,
    dwelling_index BLOB NOT NULL,
    completed_date TEXT NOT NULL,
    source TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 100),
    recorded_by BLOB NOT NULL REFERENCES users (id),
    recorded_at INTEGER NOT NULL,
    withdrawn_by BLOB REFERENCES users (id),
    withdrawn_at INTEGER,
    reason TEXT CHECK (length(reason) BETWEEN 2 AND 500),
    county_code TEXT GENERATED ALWAYS AS (substr(division_code, 1, 6)) STORED,
    CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL)),
    CHECK ((withdrawn_by IS NULL) = (reason IS NULL))
) STRICT;
CREATE UNIQUE INDEX elderly_renovations_dwelling ON elderly_renovations (dwelling_index) WHERE withdrawn_at IS NULL;
CREATE INDEX elderly_renovations_division ON elderly_renovations (division_code, id);
CREATE INDEX elderly_renovations_county ON elderly_renovations (county_code, id);
CREATE INDEX elderly_renovations_recorded_by ON elderly_renovations (recorded_by);
CREATE INDEX elderly_renovations_withdrawn_by ON elderly_renovations (withdrawn_by);

-- Of a case that was approved and is not closed; no more is paid than was granted.
CREATE TRIGGER renovation_projects_case_open BEFORE INSERT ON renovation_projects
WHEN NEW.state <> 'surveyed' OR NEW.last_transition <> 1
    OR NOT EXISTS (SELECT 1 FROM cases c WHERE c.id = NEW.case_id AND c.service = 'accessibility_renovation' AND c.state IN ('approved', 'in_service')
        AND json_extract(c.eligibility, '$.amount_fen') = NEW.cap_fen)
BEGIN
    SELECT RAISE(ABORT, 'huican.renovation_case');
END;
CREATE TRIGGER renovation_projects_elderly BEFORE INSERT ON renovation_projects
WHEN EXISTS (SELECT 1 FROM elderly_renovations e WHERE e.dwelling_index = NEW.dwelling_index AND e.withdrawn_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.renovation_elderly');
END;
-- Not twice for one dwelling within the period, whoever applies.
CREATE TRIGGER renovation_projects_period BEFORE INSERT ON renovation_projects
WHEN EXISTS (
    SELECT 1 FROM renovation_projects o
    WHERE o.dwelling_index = NEW.dwelling_index AND o.possible_from > date(NEW.recorded_at / 1000000, 'unixepoch', '+8 hours'))
BEGIN
    SELECT RAISE(ABORT, 'huican.renovation_period');
END;
-- The division goes along when the case does; a sealed value may get a newer key (its version: bytes 2 and 3).
CREATE TRIGGER renovation_projects_fixed BEFORE UPDATE ON renovation_projects
WHEN (NEW.id, NEW.case_id, NEW.resident_id, NEW.household_id, NEW.dwelling_index, NEW.cap_fen, NEW.recorded_by, NEW.recorded_at)
        IS NOT (OLD.id, OLD.case_id, OLD.resident_id, OLD.household_id, OLD.dwelling_index, OLD.cap_fen, OLD.recorded_by, OLD.recorded_at)
    OR NEW.last_transition NOT IN (OLD.last_transition, OLD.last_transition + 1)
    OR (NEW.last_transition = OLD.last_transition AND (NEW.assessing_organization_id, NEW.assessor, NEW.assessed_date, NEW.budget_fen, NEW.design, NEW.consent_relation, NEW.consented_date, NEW.consent_document_id, NEW.notice_from, NEW.notice_until, NEW.contractor_id, NEW.acceptance_relation, NEW.accepted_date, NEW.possible_from, NEW.settled_fen, NEW.proposed_by, NEW.state)
        IS NOT (OLD.assessing_organization_id, OLD.assessor, OLD.assessed_date, OLD.budget_fen, OLD.design, OLD.consent_relation, OLD.consented_date, OLD.consent_document_id, OLD.notice_from, OLD.notice_until, OLD.contractor_id, OLD.acceptance_relation, OLD.accepted_date, OLD.possible_from, OLD.settled_fen, OLD.proposed_by, OLD.state))
    OR (OLD.assessed_date IS NOT NULL AND (NEW.assessing_organization_id, NEW.assessor, NEW.assessed_date)
        IS NOT (OLD.assessing_organization_id, OLD.assessor, OLD.assessed_date))
    OR (OLD.consented_date IS NOT NULL AND (NEW.budget_fen, NEW.design, NEW.consent_relation, NEW.consented_date, NEW.consent_document_id, NEW.notice_from, NEW.notice_until)
        IS NOT (OLD.budget_fen, OLD.design, OLD.consent_relation, OLD.consented_date, OLD.consent_document_id, OLD.notice_from, OLD.notice_until))
    OR (OLD.contractor_id IS NOT NULL AND NEW.contractor_id IS NOT OLD.contractor_id)
    OR (OLD.accepted_date IS NOT NULL AND (NEW.acceptance_relation, NEW.accepted_date, NEW.possible_from)
        IS NOT (OLD.acceptance_relation, OLD.accepted_date, OLD.possible_from))
    OR (OLD.settled_fen IS NOT NULL AND NEW.settled_fen IS NOT NULL AND (NEW.settled_fen, NEW.proposed_by) IS NOT (OLD.settled_fen, OLD.proposed_by))
    OR (NEW.address IS NOT OLD.address AND coalesce(substr(NEW.address, 2, 2) <= substr(OLD.address, 2, 2), 1 = 1))
    OR (OLD.consented_by IS NOT NULL AND NEW.consented_by IS NOT OLD.consented_by AND coalesce(substr(NEW.consented_by, 2, 2) <= substr(OLD.consented_by, 2, 2), 1 = 1))
    OR (OLD.accepted_by IS NOT NULL AND NEW.accepted_by IS NOT OLD.accepted_by AND coalesce(substr(NEW.accepted_by, 2, 2) <= substr(OLD.accepted_by, 2, 2), 1 = 1))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what a project is does not change');
END;
CREATE TRIGGER renovation_transitions_stands BEFORE INSERT ON renovation_transitions
WHEN NOT EXISTS (SELECT 1 FROM renovation_projects p WHERE p.id = NEW.project_id AND p.last_transition = NEW.sequence)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an entry says where its project now stands');
END;
-- Both ends hold until a transfer is decided, and nobody has a hand in what their own get.
CREATE TRIGGER renovation_transitions_held BEFORE INSERT ON renovation_transitions
WHEN EXISTS (
    SELECT 1 FROM renovation_projects p JOIN transfers t ON t.resident_id = p.resident_id AND t.state = 'offered'
    WHERE p.id = NEW.project_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_in_transfer');
END;
CREATE TRIGGER renovation_transitions_recused BEFORE INSERT ON renovation_transitions
WHEN EXISTS (
    SELECT 1 FROM user_ties t
    WHERE t.user_id = NEW.actor_id AND t.resident_id = (SELECT resident_id FROM renovation_projects WHERE id = NEW.project_id))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
CREATE TRIGGER renovation_transitions_happened BEFORE INSERT ON renovation_transitions
WHEN EXISTS (
    SELECT 1 FROM renovation_projects p
    WHERE p.id = NEW.project_id AND max(coalesce(p.assessed_date, ''), coalesce(p.consented_date, ''), coalesce(p.accepted_date, '')) > date(NEW.at / 1000000, 'unixepoch', '+8 hours'))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what is recorded has happened');
END;
-- Signed for when it was finished; it lasts as the version of the case says.
CREATE TRIGGER renovation_transitions_lasts BEFORE INSERT ON renovation_transitions
WHEN NEW.action = 'accept' AND EXISTS (
    SELECT 1 FROM renovation_projects p JOIN cases c ON c.id = p.case_id JOIN program_versions v ON v.id = c.program_version_id
    WHERE p.id = NEW.project_id AND (
        p.possible_from IS NOT date(p.accepted_date, '+' || v.use_life_months || ' months', 'floor')
        OR EXISTS (
            SELECT 1 FROM renovation_transitions t
            WHERE t.project_id = p.id AND t.action = 'finish' AND date(t.at / 1000000, 'unixepoch', '+8 hours') > p.accepted_date)))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: an acceptance is of what is finished, for the period laid down');
END;
-- The budget is what its items cost.
CREATE TRIGGER renovation_transitions_budget BEFORE INSERT ON renovation_transitions
WHEN NEW.action = 'design' AND NOT EXISTS (
    SELECT 1 FROM renovation_projects p WHERE p.id = NEW.project_id AND p.design = NEW.sequence AND p.budget_fen = (
        SELECT sum(i.quantity * i.unit_price_fen) FROM renovation_items i WHERE i.project_id = p.id AND i.design = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'huican.renovation_budget');
END;
-- The notice has hung out.
CREATE TRIGGER renovation_transitions_notice BEFORE INSERT ON renovation_transitions
WHEN NEW.action = 'contract' AND EXISTS (SELECT 1 FROM renovation_projects p WHERE p.id = NEW.project_id AND p.notice_until > date(NEW.at / 1000000, 'unixepoch', '+8 hours'))
BEGIN
    SELECT RAISE(ABORT, 'huican.renovation_notice');
END;
-- Nobody who surveyed, assessed, designed or chooses works for who builds.
CREATE TRIGGER renovation_transitions_contractor BEFORE INSERT ON renovation_transitions
WHEN NEW.action = 'contract' AND EXISTS (
    SELECT 1 FROM renovation_projects p WHERE p.id = NEW.project_id AND (
        NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = p.contractor_id AND o.kind = 'institution')
        OR EXISTS (SELECT 1 FROM grants g WHERE g.user_id = NEW.actor_id AND g.organization_id = p.contractor_id AND g.revoked_at IS NULL
        AND g.valid_from <= date(NEW.at / 1000000, 'unixepoch', '+8 hours') AND coalesce(g.valid_to > date(NEW.at / 1000000, 'unixepoch', '+8 hours'), 1 = 1))
        OR EXISTS (SELECT 1 FROM renovation_transitions t WHERE t.project_id = p.id AND EXISTS (SELECT 1 FROM grants g WHERE g.user_id = t.actor_id AND g.organization_id = p.contractor_id AND g.revoked_at IS NULL
        AND g.valid_from <= date(NEW.at / 1000000, 'unixepoch', '+8 hours') AND coalesce(g.valid_to > date(NEW.at / 1000000, 'unixepoch', '+8 hours'), 1 = 1)))))
BEGIN
    SELECT RAISE(ABORT, 'huican.renovation_contractor');
END;
CREATE TRIGGER renovation_transitions_elderly BEFORE INSERT ON renovation_transitions
WHEN NEW.action = 'start' AND EXISTS (
    SELECT 1 FROM renovation_projects p JOIN elderly_renovations e ON e.dwelling_index = p.dwelling_index
    WHERE p.id = NEW.project_id AND e.withdrawn_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'huican.renovation_elderly');
END;
-- All is built and photographed: by documents that still stand.
CREATE TRIGGER renovation_transitions_items BEFORE INSERT ON renovation_transitions
WHEN NEW.action IN ('finish', 'accept') AND EXISTS (
    SELECT 1 FROM renovation_projects p JOIN renovation_items i ON i.project_id = p.id AND i.design = p.design
    WHERE p.id = NEW.project_id AND (i.state <> 'done' OR (SELECT count(*) FROM documents d
        WHERE d.id IN (i.before_document_id, i.after_document_id) AND d.kind = 'photo'
          AND NOT EXISTS (SELECT 1 FROM document_withdrawals w WHERE w.document_id = d.id)) <> 2))
BEGIN
    SELECT RAISE(ABORT, 'huican.renovation_items');
END;
-- An inspector belongs to the house, not to who builds, and looks once.
CREATE TRIGGER renovation_transitions_inspector BEFORE INSERT ON renovation_transitions
WHEN NEW.action = 'inspect' AND (
    EXISTS (SELECT 1 FROM renovation_projects p WHERE p.id = NEW.project_id AND EXISTS (SELECT 1 FROM grants g WHERE g.user_id = NEW.actor_id AND g.organization_id = p.contractor_id AND g.revoked_at IS NULL
        AND g.valid_from <= date(NEW.at / 1000000, 'unixepoch', '+8 hours') AND coalesce(g.valid_to > date(NEW.at / 1000000, 'unixepoch', '+8 hours'), 1 = 1)))
    OR NOT EXISTS (SELECT 1 FROM grants g WHERE g.user_id = NEW.actor_id AND g.revoked_at IS NULL
        AND g.valid_from <= date(NEW.at / 1000000, 'unixepoch', '+8 hours') AND coalesce(g.valid_to > date(NEW.at / 1000000, 'unixepoch', '+8 hours'), 1 = 1))
    OR EXISTS (SELECT 1 FROM renovation_transitions t WHERE t.project_id = NEW.project_id AND t.action = 'inspect' AND t.actor_id = NEW.actor_id
        AND t.sequence > (SELECT max(f.sequence) FROM renovation_transitions f WHERE f.project_id = NEW.project_id AND f.action = 'finish')))
BEGIN
    SELECT RAISE(ABORT, 'huican.renovation_inspector');
END;
-- At least two found all as it should be, and nobody a defect; what is rejected has one.
CREATE TRIGGER renovation_transitions_inspected BEFORE INSERT ON renovation_transitions
WHEN (NEW.action = 'accept' AND (
        SELECT count(DISTINCT t.actor_id) FROM renovation_transitions t JOIN renovation_projects p ON p.id = t.project_id
        WHERE t.project_id = NEW.project_id AND t.action = 'inspect' AND t.passed = 1
          AND t.sequence > (SELECT max(f.sequence) FROM renovation_transitions f WHERE f.project_id = NEW.project_id AND f.action = 'finish')
          AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.user_id = t.actor_id AND g.organization_id = p.contractor_id AND g.revoked_at IS NULL
        AND g.valid_from <= date(NEW.at / 1000000, 'unixepoch', '+8 hours') AND coalesce(g.valid_to > date(NEW.at / 1000000, 'unixepoch', '+8 hours'), 1 = 1))) < 2)
    OR (NEW.action IN ('accept', 'reject') AND (NEW.action = 'accept') = EXISTS (
        SELECT 1 FROM renovation_transitions t WHERE t.project_id = NEW.project_id AND t.action = 'inspect' AND t.passed = 0
          AND t.sequence > (SELECT max(f.sequence) FROM renovation_transitions f WHERE f.project_id = NEW.project_id AND f.action = 'finish')))
BEGIN
    SELECT RAISE(ABORT, 'huican.renovation_inspections');
END;
-- Who proposes what is paid does not check it.
CREATE TRIGGER renovation_transitions_own BEFORE INSERT ON renovation_transitions
WHEN (NEW.action = 'propose' AND EXISTS (SELECT 1 FROM renovation_projects p WHERE p.id = NEW.project_id AND p.proposed_by <> NEW.actor_id))
    OR (NEW.action IN ('return', 'settle') AND EXISTS (SELECT 1 FROM renovation_transitions t
        WHERE t.project_id = NEW.project_id AND t.sequence = NEW.previous_sequence AND t.action = 'propose' AND t.actor_id = NEW.actor_id))
    OR (NEW.action IN ('propose', 'settle') AND EXISTS (SELECT 1 FROM renovation_projects p WHERE p.id = NEW.project_id AND EXISTS (SELECT 1 FROM grants g WHERE g.user_id = NEW.actor_id AND g.organization_id = p.contractor_id AND g.revoked_at IS NULL
        AND g.valid_from <= date(NEW.at / 1000000, 'unixepoch', '+8 hours') AND coalesce(g.valid_to > date(NEW.at / 1000000, 'unixepoch', '+8 hours'), 1 = 1))))
BEGIN
    SELECT RAISE(ABORT, 'huican.renovation_own');
END;
CREATE TRIGGER renovation_transitions_owed BEFORE INSERT ON renovation_transitions
WHEN NEW.action = 'settle' AND NOT EXISTS (
    SELECT 1 FROM renovation_projects p JOIN payables o ON o.source = 'renovation_settlement' AND o.subject_id = p.id
    WHERE p.id = NEW.project_id AND o.organization_id = p.contractor_id AND o.case_id = p.case_id AND o.amount_fen = p.settled_fen)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was checked is owed');
END;
CREATE TRIGGER renovation_transitions_fixed BEFORE UPDATE ON renovation_transitions
WHEN (NEW.id, NEW.project_id, NEW.sequence, NEW.action, NEW.previous_sequence, NEW.from_state, NEW.to_state, NEW.actor_id, NEW.passed, NEW.at)
        IS NOT (OLD.id, OLD.project_id, OLD.sequence, OLD.action, OLD.previous_sequence, OLD.from_state, OLD.to_state, OLD.actor_id, OLD.passed, OLD.at)
    OR coalesce(substr(NEW.comment, 2, 2) <= substr(OLD.comment, 2, 2), 1 = 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: history cannot be changed');
END;
-- Designed with its project; built while it is.
CREATE TRIGGER renovation_items_designed BEFORE INSERT ON renovation_items
WHEN NOT EXISTS (
    SELECT 1 FROM renovation_projects p WHERE p.id = NEW.project_id AND p.design = NEW.design AND p.state = 'designed'
      AND p.last_transition = NEW.design AND NEW.state = 'planned' AND NEW.measured_after IS NULL
      AND NOT EXISTS (SELECT 1 FROM renovation_transitions t WHERE t.project_id = p.id AND t.sequence = NEW.design))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: items change with an entry of their project');
END;
CREATE TRIGGER renovation_items_built BEFORE UPDATE ON renovation_items
WHEN NOT EXISTS (
    SELECT 1 FROM renovation_projects p WHERE p.id = NEW.project_id AND p.design = NEW.design AND p.state IN ('under_construction', 'rework')
      AND NOT EXISTS (SELECT 1 FROM renovation_transitions t WHERE t.project_id = p.id AND t.sequence = p.last_transition))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: items change with an entry of their project');
END;
CREATE TRIGGER renovation_items_fixed BEFORE UPDATE ON renovation_items
WHEN (NEW.id, NEW.project_id, NEW.case_id, NEW.design, NEW.number, NEW.kind, NEW.place, NEW.measured_before, NEW.quantity, NEW.unit_price_fen)
        IS NOT (OLD.id, OLD.project_id, OLD.case_id, OLD.design, OLD.number, OLD.kind, OLD.place, OLD.measured_before, OLD.quantity, OLD.unit_price_fen)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what an item is does not change');
END;
CREATE TRIGGER renovation_visits_looked BEFORE INSERT ON renovation_visits
WHEN NOT EXISTS (
    SELECT 1 FROM follow_ups f
    WHERE f.id = NEW.follow_up_id AND f.subject_id = NEW.project_id AND f.kind = 'renovation_visit'
      AND f.state = 'done' AND f.ended_by = NEW.visited_by)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a finding is that of its follow-up');
END;
CREATE TRIGGER renovation_visits_fixed BEFORE UPDATE ON renovation_visits
WHEN (NEW.id, NEW.follow_up_id, NEW.project_id, NEW.result, NEW.visited_by, NEW.visited_at)
        IS NOT (OLD.id, OLD.follow_up_id, OLD.project_id, OLD.result, OLD.visited_by, OLD.visited_at)
    OR coalesce(substr(NEW.note, 2, 2) <= substr(OLD.note, 2, 2), 1 = 1)
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: a finding stays as it was recorded');
END;
CREATE TRIGGER renovation_visits_held BEFORE INSERT ON renovation_visits
WHEN EXISTS (
    SELECT 1 FROM renovation_projects p JOIN transfers t ON t.resident_id = p.resident_id AND t.state = 'offered'
    WHERE p.id = NEW.project_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_in_transfer');
END;
CREATE TRIGGER renovation_visits_recused BEFORE INSERT ON renovation_visits
WHEN EXISTS (
    SELECT 1 FROM user_ties t
    WHERE t.user_id = NEW.visited_by AND t.resident_id = (SELECT resident_id FROM renovation_projects WHERE id = NEW.project_id))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
-- What goes on ends before its case does.
CREATE TRIGGER cases_renovations_finished BEFORE UPDATE ON cases
WHEN NEW.state = 'completed' AND OLD.state <> 'completed' AND EXISTS (
    SELECT 1 FROM renovation_projects p
    WHERE p.case_id = NEW.id AND p.state NOT IN ('accepted', 'settlement_proposed', 'settled', 'cancelled'))
BEGIN
    SELECT RAISE(ABORT, 'huican.renovation_unfinished');
END;
-- Withdrawn once, and nothing else.
CREATE TRIGGER elderly_renovations_fixed BEFORE UPDATE ON elderly_renovations
WHEN (NEW.id, NEW.division_code, NEW.dwelling_index, NEW.completed_date, NEW.source, NEW.recorded_by, NEW.recorded_at)
        IS NOT (OLD.id, OLD.division_code, OLD.dwelling_index, OLD.completed_date, OLD.source, OLD.recorded_by, OLD.recorded_at)
    OR (OLD.withdrawn_at IS NOT NULL AND (NEW.withdrawn_by, NEW.withdrawn_at, NEW.reason) IS NOT (OLD.withdrawn_by, OLD.withdrawn_at, OLD.reason))
    OR (NEW.address IS NOT OLD.address AND coalesce(substr(NEW.address, 2, 2) <= substr(OLD.address, 2, 2), 1 = 1))
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: what was recorded of a dwelling stays');
END;
CREATE TRIGGER renovation_projects_keep BEFORE DELETE ON renovation_projects
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: nothing of renovations is deleted');
END;
CREATE TRIGGER renovation_transitions_keep BEFORE DELETE ON renovation_transitions
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: nothing of renovations is deleted');
END;
CREATE TRIGGER renovation_items_keep BEFORE DELETE ON renovation_items
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: nothing of renovations is deleted');
END;
CREATE TRIGGER renovation_visits_keep BEFORE DELETE ON renovation_visits
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: nothing of renovations is deleted');
END;
CREATE TRIGGER elderly_renovations_keep BEFORE DELETE ON elderly_renovations
BEGIN
    SELECT RAISE(ABORT, 'huican.append_only: nothing of renovations is deleted');
END;
-- `INSERT OR REPLACE` would delete the row before without asking the triggers above.
CREATE TRIGGER renovation_projects_no_replace_home BEFORE INSERT ON renovation_projects
WHEN EXISTS (SELECT 1 FROM renovation_projects WHERE (dwelling_index = NEW.dwelling_index OR household_id = NEW.household_id)
    AND state NOT IN ('accepted', 'settlement_proposed', 'settled', 'cancelled'))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: renovation_projects.dwelling_index');
END;
CREATE TRIGGER renovation_projects_no_replace BEFORE INSERT ON renovation_projects
WHEN EXISTS (SELECT 1 FROM renovation_projects WHERE id = NEW.id OR (case_id = NEW.case_id AND state <> 'cancelled'))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: renovation_projects.case_id');
END;
CREATE TRIGGER renovation_transitions_no_replace BEFORE INSERT ON renovation_transitions
WHEN EXISTS (SELECT 1 FROM renovation_transitions WHERE id = NEW.id OR (project_id = NEW.project_id AND sequence = NEW.sequence))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: renovation_transitions.project_id');
END;
CREATE TRIGGER renovation_items_no_replace BEFORE INSERT ON renovation_items
WHEN EXISTS (SELECT 1 FROM renovation_items WHERE id = NEW.id OR (project_id = NEW.project_id AND design = NEW.design AND number = NEW.number))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: renovation_items.project_id');
END;
CREATE TRIGGER renovation_visits_no_replace BEFORE INSERT ON renovation_visits
WHEN EXISTS (SELECT 1 FROM renovation_visits WHERE id = NEW.id OR follow_up_id = NEW.follow_up_id)
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: renovation_visits.follow_up_id');
END;
CREATE TRIGGER elderly_renovations_no_replace BEFORE INSERT ON elderly_renovations
WHEN EXISTS (SELECT 1 FROM elderly_renovations WHERE id = NEW.id OR (dwelling_index = NEW.dwelling_index AND withdrawn_at IS NULL))
BEGIN
    SELECT RAISE(ABORT, 'UNIQUE constraint failed: elderly_renovations.dwelling_index');
END;

-- What takes a person, and so is for no key.
CREATE TRIGGER api_keys_no_renovation BEFORE INSERT ON api_keys
WHEN ' ' || NEW.permits || ' ' LIKE '% renovation.survey %'
    OR ' ' || NEW.permits || ' ' LIKE '% renovation.act %'
BEGIN
    SELECT RAISE(ABORT, 'CHECK constraint failed: what takes a person is for no key');
END;
