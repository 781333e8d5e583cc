-- Who may have a hand in rehabilitation: nobody in what is done with or paid for their own, whichever path a row takes;
-- and what is paid is checked by somebody of an office of the place. And a case is not done while something is under way.

CREATE FUNCTION refuse_plan_hand() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    child uuid := (SELECT p.resident_id FROM rehabilitation_plans p WHERE p.id = NEW.plan_id);
BEGIN
    IF EXISTS (SELECT 1 FROM transfers t WHERE t.resident_id = child AND t.state = 'offered') THEN
        RAISE EXCEPTION 'huican.resident_in_transfer';
    END IF;
    IF is_tied(NEW.actor_id, child) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rehabilitation_plan_transitions_hand BEFORE INSERT ON rehabilitation_plan_transitions
    FOR EACH ROW EXECUTE FUNCTION refuse_plan_hand();

CREATE FUNCTION refuse_recorded_hand() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF is_tied(NEW.recorded_by, (SELECT p.resident_id FROM rehabilitation_plans p WHERE p.id = NEW.plan_id)) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rehabilitation_assessments_hand BEFORE INSERT ON rehabilitation_assessments
    FOR EACH ROW EXECUTE FUNCTION refuse_recorded_hand();
CREATE TRIGGER rehabilitation_sessions_hand BEFORE INSERT ON rehabilitation_sessions
    FOR EACH ROW EXECUTE FUNCTION refuse_recorded_hand();

CREATE FUNCTION refuse_session_hand() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    child uuid := (SELECT p.resident_id FROM rehabilitation_plans p WHERE p.id = NEW.plan_id);
BEGIN
    IF (NEW.confirmed_by IS DISTINCT FROM OLD.confirmed_by AND is_tied(NEW.confirmed_by, child))
        OR (NEW.voided_by IS DISTINCT FROM OLD.voided_by AND is_tied(NEW.voided_by, child))
    THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rehabilitation_sessions_hand_after BEFORE UPDATE OF confirmed_by, voided_by ON rehabilitation_sessions
    FOR EACH ROW EXECUTE FUNCTION refuse_session_hand();

-- Roles of an office that deals with settlements, at an organization above the county or in its place.
CREATE FUNCTION settles_for(whose uuid, division text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM grants g JOIN organizations o ON o.id = g.organization_id
        WHERE g.user_id = whose AND g.role IN ('county_caseworker', 'county_approver', 'finance_officer') AND g.revoked_at IS NULL
          AND CASE
            WHEN substr(o.division_code, 3, 2) = '00' THEN left(o.division_code, 2) = left(division, 2)
            WHEN substr(o.division_code, 5, 2) = '00' THEN left(o.division_code, 4) = left(division, 4)
            ELSE left(o.division_code, 6) = left(division, 6) END)
$$;
CREATE FUNCTION refuse_settlement_hand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM settlements s WHERE s.id = NEW.settlement_id AND settles_for(NEW.actor_id, s.division_code)) THEN
        RAISE EXCEPTION 'huican.settlement_side';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_transitions_hand BEFORE INSERT ON settlement_transitions FOR EACH ROW
    WHEN (NEW.action IN ('check', 'return')) EXECUTE FUNCTION refuse_settlement_hand();
CREATE FUNCTION refuse_reversing_hand() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM settlements s WHERE s.id = NEW.settlement_id AND settles_for(NEW.reversed_by, s.division_code)) THEN
        RAISE EXCEPTION 'huican.settlement_side';
    END IF;
    IF is_tied(NEW.reversed_by, NEW.resident_id) THEN
        RAISE EXCEPTION 'huican.recusal_required';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_lines_hand BEFORE UPDATE OF state ON settlement_lines FOR EACH ROW
    WHEN (NEW.state = 'reversed' AND OLD.state <> 'reversed') EXECUTE FUNCTION refuse_reversing_hand();

-- What goes on ends before its case does.
CREATE FUNCTION refuse_unfinished_rehabilitation() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM rehabilitation_plans p WHERE p.case_id = NEW.id AND p.state IN ('waiting', 'active'))
        OR EXISTS (SELECT 1 FROM rehabilitation_services s WHERE s.case_id = NEW.id AND s.state IN ('needed', 'assessed'))
    THEN
        RAISE EXCEPTION 'huican.rehabilitation_unfinished';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cases_rehabilitation_finished BEFORE UPDATE ON cases FOR EACH ROW
    WHEN (NEW.state = 'completed' AND OLD.state <> 'completed') EXECUTE FUNCTION refuse_unfinished_rehabilitation();
