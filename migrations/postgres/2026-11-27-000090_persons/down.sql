CREATE OR REPLACE FUNCTION refuse_excluded_enrollment() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    kept uuid;
BEGIN
    SELECT coalesce(r.merged_into_id, r.id) INTO kept FROM residents r WHERE r.id = NEW.resident_id;
    -- Two of one person wait for each other, and a merge waits for both.
    PERFORM 1 FROM residents r WHERE r.id IN (kept, NEW.resident_id) ORDER BY r.id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT 1 FROM enrollments e
        WHERE e.resident_id IN (
            SELECT o.id FROM residents o WHERE o.id = kept
            UNION ALL SELECT o.id FROM residents o WHERE o.merged_into_id = kept)
          AND e.exclusive_key = NEW.exclusive_key AND e.id <> NEW.id
          AND e.start_month <= coalesce(NEW.stop_month, e.start_month)
          AND NEW.start_month <= coalesce(e.stop_month, NEW.start_month)
          AND e.start_month <= coalesce(e.stop_month, e.start_month))
    THEN
        RAISE EXCEPTION 'huican.enrollment_exclusive';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION refuse_screening_entry() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    s screenings%ROWTYPE;
BEGIN
    SELECT * INTO s FROM screenings WHERE id = NEW.screening_id;
    IF s.last_transition IS DISTINCT FROM NEW.sequence
        OR NOT coalesce(CASE NEW.action
            WHEN 'record' THEN s.recorded_by = NEW.actor_id AND s.screened_date = NEW.on_date
            WHEN 'confirm' THEN s.due_date = NEW.on_date + (SELECT d.intervention_days FROM screening_deadlines d WHERE d.id = s.deadline_id)
            ELSE true END, false)
        OR EXISTS (SELECT 1 FROM screening_transitions p
            WHERE p.screening_id = NEW.screening_id AND p.sequence = NEW.previous_sequence AND p.on_date > NEW.on_date)
    THEN
        RAISE EXCEPTION 'huican.append_only: an entry says where its screening now stands';
    END IF;
    IF NEW.action = 'begin_intervention' AND NOT EXISTS (
        SELECT 1 FROM residents w JOIN residents q ON coalesce(q.merged_into_id, q.id) = coalesce(w.merged_into_id, w.id)
        WHERE w.id = s.resident_id AND q.id = coalesce(
            (SELECT c.resident_id FROM cases c WHERE c.id = NEW.case_id),
            (SELECT v.resident_id FROM rehabilitation_services v WHERE v.id = NEW.service_id)))
    THEN
        RAISE EXCEPTION 'huican.append_only: a screening is of one person';
    END IF;
    IF EXISTS (SELECT 1 FROM transfers t WHERE t.resident_id = s.resident_id AND t.state = 'offered') THEN
        RAISE EXCEPTION 'huican.resident_in_transfer';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION refuse_session() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    child uuid := (SELECT p.resident_id FROM rehabilitation_plans p WHERE p.id = NEW.plan_id);
    records uuid[];
BEGIN
    -- One at a time for an institution and for a child: the questions after this see what was recorded before.
    PERFORM 1 FROM institutions WHERE organization_id = NEW.organization_id FOR UPDATE;
    PERFORM 1 FROM residents
        WHERE id = (SELECT coalesce(r.merged_into_id, r.id) FROM residents r WHERE r.id = child) FOR NO KEY UPDATE;
    -- When and where it says, within the plan, the agreement and the institution's standing that day, by somebody who works there.
    IF NEW.ended_at <> NEW.started_at + make_interval(mins => NEW.minutes)
        OR NEW.session_date <> (NEW.started_at AT TIME ZONE 'Asia/Shanghai')::date
        OR NEW.session_date <> ((NEW.ended_at - interval '1 microsecond') AT TIME ZONE 'Asia/Shanghai')::date
        OR NEW.month <> to_char(NEW.session_date, 'YYYY-MM')
        OR NEW.confirmed_at IS NOT NULL OR NEW.voided_at IS NOT NULL OR NEW.settlement_line_id IS NOT NULL
        OR NOT EXISTS (SELECT 1 FROM grants g WHERE g.user_id = NEW.recorded_by AND g.organization_id = NEW.organization_id
            AND g.role = 'institution_worker' AND g.revoked_at IS NULL)
        OR NOT EXISTS (
            SELECT 1 FROM rehabilitation_plans p
            JOIN institution_agreements a ON a.organization_id = p.organization_id AND a.signed_at IS NOT NULL
              AND ' ' || a.service_types || ' ' LIKE '% ' || p.service_type || ' %'
              AND CASE substr(a.division_code, 5, 2) WHEN '00' THEN left(a.division_code, 4) = left(p.division_code, 4)
                ELSE left(a.division_code, 6) = left(p.division_code, 6) END
            WHERE p.id = NEW.plan_id AND p.start_date <= NEW.session_date AND (p.end_date IS NULL OR NEW.session_date <= p.end_date)
              AND a.valid_from <= NEW.session_date AND NEW.session_date < a.valid_to
              AND (SELECT t.to_state FROM institution_transitions t
                WHERE t.organization_id = p.organization_id AND t.effective_date <= NEW.session_date
                ORDER BY t.sequence DESC LIMIT 1) = 'agreed')
    THEN
        RAISE EXCEPTION 'huican.session_outside';
    END IF;
    -- Not two at once, of a child by whichever record, or of a therapist.
    records := ARRAY(
        SELECT o.id FROM residents r JOIN residents o
          ON o.id = r.id OR o.id = r.merged_into_id OR o.merged_into_id = coalesce(r.merged_into_id, r.id)
        WHERE r.id = child);
    IF EXISTS (
            SELECT 1 FROM rehabilitation_sessions s WHERE s.organization_id = NEW.organization_id AND s.therapist = NEW.therapist
              AND s.voided_at IS NULL AND s.started_at < NEW.ended_at AND NEW.started_at < s.ended_at)
        OR EXISTS (
            SELECT 1 FROM rehabilitation_plans q JOIN rehabilitation_sessions s ON s.plan_id = q.id
            WHERE q.resident_id = ANY (records) AND s.voided_at IS NULL AND s.started_at < NEW.ended_at AND NEW.started_at < s.ended_at)
    THEN
        RAISE EXCEPTION 'huican.session_at_once';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION refuse_device_allocation() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
DECLARE
    kept uuid;
BEGIN
    -- One at a time for a person: what is asked after this sees who came before.
    SELECT coalesce(r.merged_into_id, r.id) INTO kept FROM residents r WHERE r.id = NEW.resident_id;
    PERFORM pg_advisory_xact_lock(hashtextextended(kept::text, 53));
    -- Of a case that was approved and is not closed, nor just being; it begins with an evaluation of a day that has come.
    PERFORM 1 FROM cases c
        WHERE c.id = NEW.case_id AND c.service = 'assistive_device' AND c.state IN ('approved', 'in_service') FOR SHARE;
    IF NOT FOUND OR NEW.state <> 'evaluated' OR NEW.last_transition <> 1
        OR NEW.evaluated_date > (NEW.recorded_at AT TIME ZONE 'Asia/Shanghai')::date
    THEN
        RAISE EXCEPTION 'huican.allocation_case';
    END IF;
    -- Nobody has two of an item within its use-life, under whichever record.
    IF EXISTS (
        SELECT 1 FROM residents w
        JOIN residents q ON coalesce(q.merged_into_id, q.id) = coalesce(w.merged_into_id, w.id)
        JOIN device_allocations o ON o.resident_id = q.id
        WHERE w.id = NEW.resident_id AND o.state NOT IN ('returned', 'cancelled') AND o.id IS DISTINCT FROM NEW.previous_id
          AND ((o.edition = NEW.edition AND o.code = NEW.code)
            OR EXISTS (SELECT 1 FROM device_code_mappings k WHERE
                (k.from_edition = o.edition AND k.from_code = o.code AND k.to_edition = NEW.edition AND k.to_code = NEW.code)
                OR (k.from_edition = NEW.edition AND k.from_code = NEW.code AND k.to_edition = o.edition AND k.to_code = o.code)))
          AND (o.delivered_date IS NULL OR o.use_life_until > (NEW.recorded_at AT TIME ZONE 'Asia/Shanghai')::date)
          AND NOT EXISTS (SELECT 1 FROM device_allocations x WHERE x.previous_id = o.id AND x.state <> 'cancelled'))
    THEN
        RAISE EXCEPTION 'huican.use_life';
    END IF;
    -- An exception says what it replaces, and is one.
    IF NEW.previous_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM residents w
        JOIN residents q ON coalesce(q.merged_into_id, q.id) = coalesce(w.merged_into_id, w.id)
        JOIN device_allocations o ON o.resident_id = q.id
        WHERE w.id = NEW.resident_id AND o.id = NEW.previous_id AND o.state = 'delivered' AND ((o.edition = NEW.edition AND o.code = NEW.code)
            OR EXISTS (SELECT 1 FROM device_code_mappings k WHERE
                (k.from_edition = o.edition AND k.from_code = o.code AND k.to_edition = NEW.edition AND k.to_code = NEW.code)
                OR (k.from_edition = NEW.edition AND k.from_code = NEW.code AND k.to_edition = o.edition AND k.to_code = o.code)))
          AND CASE NEW.exception WHEN 'growth' THEN (w.birth_date + interval '18 years') > (NEW.recorded_at AT TIME ZONE 'Asia/Shanghai')::date
            WHEN 'recall' THEN EXISTS (SELECT 1 FROM device_recalls c
                WHERE c.edition = o.edition AND c.code = o.code AND c.batch_number = o.batch_number)
            ELSE NEW.exception = 'loss' END)
    THEN
        RAISE EXCEPTION 'huican.device_exception';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION refuse_second_open_case() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    PERFORM 1 FROM residents WHERE id = NEW.resident_id FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM residents r JOIN residents o
          ON o.id <> r.id AND (o.merged_into_id = coalesce(r.merged_into_id, r.id) OR o.id = r.merged_into_id)
        JOIN taken_programs t ON t.resident_id = o.id AND t.program_code = NEW.program_code
        WHERE r.id = NEW.resident_id)
    THEN
        RAISE EXCEPTION 'huican.case_open';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION refuse_conflicting_merge() RETURNS trigger LANGUAGE plpgsql SET huican.reach = '{(,)}' AS $$
BEGIN
    -- A case that is opened meanwhile waits, and is then asked itself.
    PERFORM 1 FROM residents r WHERE r.id IN (NEW.kept_id, NEW.duplicate_id) ORDER BY r.id FOR UPDATE;
    IF EXISTS (
        SELECT 1 FROM taken_programs d
        WHERE d.resident_id = NEW.duplicate_id AND d.program_code IN (
            SELECT k.program_code FROM taken_programs k WHERE k.resident_id = NEW.kept_id
                OR k.resident_id IN (SELECT r.id FROM residents r WHERE r.merged_into_id = NEW.kept_id)))
      OR EXISTS (
        SELECT 1 FROM enrollments d
        WHERE d.resident_id = NEW.duplicate_id AND d.state IN ('active', 'suspended') AND d.exclusive_key IN (
            SELECT k.exclusive_key FROM enrollments k WHERE k.state IN ('active', 'suspended') AND (k.resident_id = NEW.kept_id
                OR k.resident_id IN (SELECT r.id FROM residents r WHERE r.merged_into_id = NEW.kept_id))))
    THEN
        RAISE EXCEPTION 'huican.merge_conflict';
    END IF;
    RETURN NEW;
END $$;
DROP INDEX follow_ups_subject;
DROP INDEX residents_person;
ALTER TABLE residents DROP COLUMN person_id;
