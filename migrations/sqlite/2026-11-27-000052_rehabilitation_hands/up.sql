-- Who may have a hand in rehabilitation: nobody in what is done with or paid for their own, whichever path a row takes;
-- and what is paid is checked by somebody of an office of the place. And a case is not done while something is under way.

CREATE TRIGGER rehabilitation_plan_transitions_held BEFORE INSERT ON rehabilitation_plan_transitions
WHEN EXISTS (SELECT 1 FROM transfers t WHERE t.state = 'offered' AND t.resident_id = (SELECT p.resident_id FROM rehabilitation_plans p WHERE p.id = NEW.plan_id))
BEGIN
    SELECT RAISE(ABORT, 'huican.resident_in_transfer');
END;
CREATE TRIGGER rehabilitation_plan_transitions_hand BEFORE INSERT ON rehabilitation_plan_transitions
WHEN EXISTS (SELECT 1 FROM user_ties t WHERE t.user_id = NEW.actor_id AND t.resident_id = (SELECT p.resident_id FROM rehabilitation_plans p WHERE p.id = NEW.plan_id))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
CREATE TRIGGER rehabilitation_assessments_hand BEFORE INSERT ON rehabilitation_assessments
WHEN EXISTS (SELECT 1 FROM user_ties t WHERE t.user_id = NEW.recorded_by AND t.resident_id = (SELECT p.resident_id FROM rehabilitation_plans p WHERE p.id = NEW.plan_id))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
CREATE TRIGGER rehabilitation_sessions_hand BEFORE INSERT ON rehabilitation_sessions
WHEN EXISTS (SELECT 1 FROM user_ties t WHERE t.user_id = NEW.recorded_by AND t.resident_id = (SELECT p.resident_id FROM rehabilitation_plans p WHERE p.id = NEW.plan_id))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;
CREATE TRIGGER rehabilitation_sessions_hand_after BEFORE UPDATE OF confirmed_by, voided_by ON rehabilitation_sessions
WHEN (NEW.confirmed_by IS NOT OLD.confirmed_by AND EXISTS (SELECT 1 FROM user_ties t WHERE t.user_id = NEW.confirmed_by AND t.resident_id = (SELECT p.resident_id FROM rehabilitation_plans p WHERE p.id = NEW.plan_id)))
    OR (NEW.voided_by IS NOT OLD.voided_by AND EXISTS (SELECT 1 FROM user_ties t WHERE t.user_id = NEW.voided_by AND t.resident_id = (SELECT p.resident_id FROM rehabilitation_plans p WHERE p.id = NEW.plan_id)))
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;

-- Roles of an office that deals with settlements, at an organization above the county or in its place.
CREATE TRIGGER settlement_transitions_hand BEFORE INSERT ON settlement_transitions
WHEN NEW.action IN ('check', 'return') AND NOT EXISTS (
    SELECT 1 FROM settlements s
    JOIN grants g ON g.user_id = NEW.actor_id AND g.role IN ('county_caseworker', 'county_approver', 'finance_officer') AND g.revoked_at IS NULL
    JOIN organizations o ON o.id = g.organization_id
    WHERE s.id = NEW.settlement_id AND CASE
        WHEN substr(o.division_code, 3, 2) = '00' THEN substr(o.division_code, 1, 2) = substr(s.division_code, 1, 2)
        WHEN substr(o.division_code, 5, 2) = '00' THEN substr(o.division_code, 1, 4) = substr(s.division_code, 1, 4)
        ELSE substr(o.division_code, 1, 6) = substr(s.division_code, 1, 6) END)
BEGIN
    SELECT RAISE(ABORT, 'huican.settlement_side');
END;
CREATE TRIGGER settlement_lines_hand BEFORE UPDATE OF state ON settlement_lines
WHEN NEW.state = 'reversed' AND OLD.state <> 'reversed' AND NOT EXISTS (
    SELECT 1 FROM settlements s
    JOIN grants g ON g.user_id = NEW.reversed_by AND g.role IN ('county_caseworker', 'county_approver', 'finance_officer') AND g.revoked_at IS NULL
    JOIN organizations o ON o.id = g.organization_id
    WHERE s.id = NEW.settlement_id AND CASE
        WHEN substr(o.division_code, 3, 2) = '00' THEN substr(o.division_code, 1, 2) = substr(s.division_code, 1, 2)
        WHEN substr(o.division_code, 5, 2) = '00' THEN substr(o.division_code, 1, 4) = substr(s.division_code, 1, 4)
        ELSE substr(o.division_code, 1, 6) = substr(s.division_code, 1, 6) END)
BEGIN
    SELECT RAISE(ABORT, 'huican.settlement_side');
END;
CREATE TRIGGER settlement_lines_hand_tied BEFORE UPDATE OF state ON settlement_lines
WHEN NEW.state = 'reversed' AND OLD.state <> 'reversed' AND EXISTS (SELECT 1 FROM user_ties t WHERE t.user_id = NEW.reversed_by AND t.resident_id = NEW.resident_id)
BEGIN
    SELECT RAISE(ABORT, 'huican.recusal_required');
END;

-- What goes on ends before its case does.
CREATE TRIGGER cases_rehabilitation_finished BEFORE UPDATE ON cases
WHEN NEW.state = 'completed' AND OLD.state <> 'completed' AND (
    EXISTS (SELECT 1 FROM rehabilitation_plans p WHERE p.case_id = NEW.id AND p.state IN ('waiting', 'active'))
    OR EXISTS (SELECT 1 FROM rehabilitation_services s WHERE s.case_id = NEW.id AND s.state IN ('needed', 'assessed')))
BEGIN
    SELECT RAISE(ABORT, 'huican.rehabilitation_unfinished');
END;
