-- The end of a case's life: it is stopped, its rejection or stop is reconsidered by another person than the
-- one who decided, and upheld or annulled; or it moves to another office.

ALTER TABLE case_transitions
    DROP CONSTRAINT case_transitions_action_check,
    ADD CONSTRAINT case_transitions_action_check CHECK (action IN (
        'create', 'submit', 'endorse', 'return', 'reject', 'object', 'approve', 'start', 'suspend', 'resume',
        'complete', 'terminate', 'withdraw', 'request_reconsideration', 'close_notice', 'lapse', 'uphold', 'reopen', 'transfer')),
    DROP CONSTRAINT case_transitions_check1,
    ADD CONSTRAINT case_transitions_check1 CHECK (action NOT IN (
        'create', 'submit', 'endorse', 'return', 'reject', 'approve', 'withdraw', 'request_reconsideration', 'uphold', 'reopen')
        OR duty IS NOT NULL),
    DROP CONSTRAINT case_transitions_check2,
    ADD CONSTRAINT case_transitions_check2 CHECK (duty IS NULL
        OR action IN ('create', 'submit', 'withdraw', 'request_reconsideration', 'reopen') OR duty = from_step),
    DROP CONSTRAINT case_transitions_check3,
    ADD CONSTRAINT case_transitions_check3 CHECK (
        action NOT IN ('create', 'submit', 'withdraw', 'request_reconsideration') OR duty = 'filing'),
    DROP CONSTRAINT case_transitions_check4,
    ADD CONSTRAINT case_transitions_check4 CHECK (to_state = CASE action
        WHEN 'create' THEN 'draft' WHEN 'submit' THEN 'in_review' WHEN 'endorse' THEN 'in_review'
        WHEN 'return' THEN 'returned' WHEN 'reject' THEN 'rejected' WHEN 'object' THEN 'in_review'
        WHEN 'approve' THEN 'approved' WHEN 'start' THEN 'in_service' WHEN 'suspend' THEN 'suspended'
        WHEN 'resume' THEN 'in_service' WHEN 'complete' THEN 'completed' WHEN 'terminate' THEN 'terminated'
        WHEN 'withdraw' THEN 'withdrawn' WHEN 'request_reconsideration' THEN 'under_reconsideration'
        WHEN 'close_notice' THEN 'in_review' WHEN 'lapse' THEN 'returned' WHEN 'uphold' THEN to_state
        WHEN 'reopen' THEN 'returned' WHEN 'transfer' THEN from_state END),
    DROP CONSTRAINT case_transitions_check5,
    ADD CONSTRAINT case_transitions_check5 CHECK (
        (to_state IN ('in_review', 'under_reconsideration')) = (to_step IS NOT NULL)),
    ADD CONSTRAINT case_transitions_reconsideration CHECK (action NOT IN ('uphold', 'reopen') OR duty = 'reconsideration'),
    ADD CONSTRAINT case_transitions_no_duty CHECK (action NOT IN ('terminate', 'transfer') OR duty IS NULL),
    ADD CONSTRAINT case_transitions_grounds CHECK (
        action NOT IN ('terminate', 'request_reconsideration', 'uphold', 'reopen') OR coalesce(comment, '') <> ''),
    ADD CONSTRAINT case_transitions_terminate CHECK (
        action <> 'terminate' OR from_state IN ('approved', 'in_service', 'suspended')),
    ADD CONSTRAINT case_transitions_request CHECK (
        action <> 'request_reconsideration' OR from_state IN ('rejected', 'terminated')),
    ADD CONSTRAINT case_transitions_uphold CHECK (
        action <> 'uphold' OR (from_state = 'under_reconsideration' AND to_state IN ('rejected', 'terminated'))),
    ADD CONSTRAINT case_transitions_reopen CHECK (
        action <> 'reopen' OR from_state IN ('under_reconsideration', 'rejected', 'terminated')),
    ADD CONSTRAINT case_transitions_transfer CHECK (action <> 'transfer' OR to_step IS NOT DISTINCT FROM from_step),
    ADD CONSTRAINT case_transitions_under_reconsideration CHECK (
        (to_state = 'under_reconsideration') = (coalesce(to_step, '') = 'reconsideration')),
    -- What a step leads from is named, too.
    ADD CONSTRAINT case_transitions_from CHECK (
        from_state IS NULL OR (from_state IN ('in_review', 'under_reconsideration')) = (from_step IS NOT NULL));
ALTER TABLE cases
    DROP CONSTRAINT cases_step_check,
    ADD CONSTRAINT cases_step_check CHECK (step IN (
        'initial_review', 'verification', 'determination', 'public_notice', 'approval', 'reconsideration')),
    DROP CONSTRAINT cases_check,
    ADD CONSTRAINT cases_check CHECK ((state IN ('in_review', 'under_reconsideration')) = (step IS NOT NULL));
ALTER TABLE case_duties
    DROP CONSTRAINT case_duties_duty_check,
    ADD CONSTRAINT case_duties_duty_check CHECK (duty IN (
        'filing', 'initial_review', 'verification', 'determination', 'approval', 'reconsideration'));

CREATE FUNCTION refuse_reconsideration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever decided does not judge the decision.
    IF NEW.action IN ('uphold', 'reopen') AND NEW.actor_id = (
        SELECT d.actor_id FROM case_transitions d
        WHERE d.case_id = NEW.case_id AND d.action IN ('reject', 'terminate') ORDER BY d.sequence DESC LIMIT 1)
    THEN
        RAISE EXCEPTION 'huican.decider';
    END IF;
    -- What is upheld is what there was.
    IF NEW.action = 'uphold' AND NEW.to_state IS DISTINCT FROM (
        SELECT d.from_state FROM case_transitions d
        WHERE d.case_id = NEW.case_id AND d.action = 'request_reconsideration' ORDER BY d.sequence DESC LIMIT 1)
    THEN
        RAISE EXCEPTION 'huican.not_as_before';
    END IF;
    -- A decision is reconsidered once.
    IF NEW.action = 'request_reconsideration' AND EXISTS (
        SELECT 1 FROM case_transitions r
        WHERE r.case_id = NEW.case_id AND r.action = 'request_reconsideration' AND r.sequence > (
            SELECT max(d.sequence) FROM case_transitions d
            WHERE d.case_id = NEW.case_id AND d.action IN ('reject', 'terminate')))
    THEN
        RAISE EXCEPTION 'huican.reconsidered';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER case_transitions_reconsidered BEFORE INSERT ON case_transitions FOR EACH ROW
    WHEN (NEW.action IN ('request_reconsideration', 'uphold', 'reopen')) EXECUTE FUNCTION refuse_reconsideration();

-- A case that is opened again may open a second enrollment, after the first one stopped.
ALTER TABLE enrollments DROP CONSTRAINT enrollments_case_id_key;
