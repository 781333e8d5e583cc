//! Cases, what hangs on them, and what an approval opens.

tables! {
    case_numbers (county_code, year) {
        county_code -> Text,
        year -> Integer,
        last -> Integer,
    }
    cases (id) {
        id -> Guid,
        case_number -> Text,
        service -> Text,
        program_code -> Text,
        program_version_id -> Guid,
        resident_id -> Guid,
        division_code -> Text,
        state -> Text,
        step -> Nullable<Text>,
        round -> Integer,
        last_transition -> Integer,
        due_date -> Nullable<Date>,
        details -> Text,
        eligibility -> Text,
        version -> Integer,
        created_by -> Guid,
        created_at -> Instant,
        updated_at -> Instant,
        submitted_at -> Nullable<Instant>,
        decided_at -> Nullable<Instant>,
        closed_at -> Nullable<Instant>,
        county_code -> Nullable<Text>,
        application_id -> Nullable<Guid>,
    }
    case_duties (case_id, round, user_id) {
        case_id -> Guid,
        round -> Integer,
        user_id -> Guid,
        duty -> Text,
    }
    case_transitions (id) {
        id -> Guid,
        case_id -> Guid,
        sequence -> Integer,
        round -> Integer,
        action -> Text,
        previous_sequence -> Nullable<Integer>,
        previous_round -> Nullable<Integer>,
        from_state -> Nullable<Text>,
        from_step -> Nullable<Text>,
        to_state -> Text,
        to_step -> Nullable<Text>,
        actor_id -> Nullable<Guid>,
        duty -> Nullable<Text>,
        comment -> Nullable<Text>,
        at -> Instant,
    }
    applications (id) {
        id -> Guid,
        resident_id -> Guid,
        division_code -> Text,
        created_by -> Guid,
        created_at -> Instant,
        county_code -> Nullable<Text>,
    }
    document_objects (id) {
        id -> Guid,
        resident_id -> Guid,
        address -> Binary,
        media_type -> Text,
        size -> BigInt,
        key -> Binary,
        created_at -> Instant,
    }
    document_thumbnails (object_id) {
        object_id -> Guid,
        resident_id -> Guid,
        content -> Binary,
        created_at -> Instant,
    }
    documents (id) {
        id -> Guid,
        resident_id -> Guid,
        case_id -> Guid,
        object_id -> Guid,
        kind -> Text,
        requirement -> Nullable<Text>,
        name -> Binary,
        added_by -> Guid,
        added_at -> Instant,
    }
    case_documents (case_id, document_id) {
        case_id -> Guid,
        document_id -> Guid,
        resident_id -> Guid,
    }
    document_withdrawals (document_id) {
        document_id -> Guid,
        replaced_by_id -> Nullable<Guid>,
        reason -> Nullable<Text>,
        withdrawn_by -> Guid,
        withdrawn_at -> Instant,
    }
    case_notes (id) {
        id -> Guid,
        case_id -> Guid,
        author_id -> Guid,
        body -> Binary,
        written_at -> Instant,
    }
    user_relations (id) {
        id -> Guid,
        user_id -> Guid,
        resident_id -> Guid,
        relation -> Text,
        reason -> Nullable<Text>,
        declared_at -> Instant,
        ended_at -> Nullable<Instant>,
        ended_by -> Nullable<Guid>,
        end_reason -> Nullable<Text>,
    }
    user_ties (user_id, resident_id, relation) {
        user_id -> Guid,
        resident_id -> Guid,
        relation -> Text,
    }
    user_traces (user_id) {
        user_id -> Guid,
    }
    taken_programs (resident_id, program_code) {
        resident_id -> Guid,
        program_code -> Text,
    }
    tasks (case_id, sequence) {
        case_id -> Guid,
        sequence -> Integer,
        resident_id -> Guid,
        division_code -> Text,
        round -> Integer,
        step -> Text,
        role -> Text,
        due_date -> Date,
        assignee_id -> Nullable<Guid>,
        version -> Integer,
        created_at -> Instant,
        done_at -> Nullable<Instant>,
        soon_reminded_at -> Nullable<Instant>,
        late_reminded_at -> Nullable<Instant>,
        paused_at -> Nullable<Instant>,
        county_code -> Nullable<Text>,
    }
    supplement_requests (id) {
        id -> Guid,
        case_id -> Guid,
        sequence -> Integer,
        what -> Text,
        due_date -> Date,
        remaining_days -> Integer,
        requested_by -> Guid,
        requested_at -> Instant,
        outcome -> Nullable<Text>,
        ended_at -> Nullable<Instant>,
        answered_by -> Nullable<Guid>,
        answer -> Nullable<Text>,
    }
    decision_notices (id) {
        id -> Guid,
        case_id -> Guid,
        sequence -> Integer,
        kind -> Text,
        number -> Text,
        content -> Text,
        issued_date -> Date,
        issued_at -> Instant,
    }
    decision_notice_services (notice_id) {
        notice_id -> Guid,
        issued_date -> Date,
        method -> Text,
        recipient -> Nullable<Text>,
        served_date -> Date,
        recorded_by -> Guid,
        recorded_at -> Instant,
    }
    public_notices (id) {
        id -> Guid,
        case_id -> Guid,
        sequence -> Integer,
        step -> Text,
        division_code -> Text,
        name_masked -> Text,
        village_name -> Text,
        program_code -> Text,
        program_name_zh -> Text,
        program_name_en -> Text,
        amount_fen -> Nullable<BigInt>,
        from_date -> Date,
        to_date -> Date,
        ended_at -> Nullable<Instant>,
        outcome -> Nullable<Text>,
        county_code -> Nullable<Text>,
    }
    task_assignments (id) {
        id -> Guid,
        case_id -> Guid,
        sequence -> Integer,
        user_id -> Nullable<Guid>,
        assigned_by -> Nullable<Guid>,
        assigned_at -> Instant,
    }
    enrollments (id) {
        id -> Guid,
        resident_id -> Guid,
        case_id -> Guid,
        program_code -> Text,
        division_code -> Text,
        state -> Text,
        start_month -> Text,
        stop_month -> Nullable<Text>,
        rate_fen -> BigInt,
        version -> Integer,
        created_at -> Instant,
        updated_at -> Instant,
        county_code -> Nullable<Text>,
        exclusive_key -> Text,
        last_transition -> Integer,
        review_due_date -> Nullable<Date>,
        claim_to -> Nullable<Text>,
        contribution_fen -> Nullable<BigInt>,
        voucher_number -> Nullable<Text>,
        total_fen -> Nullable<BigInt>,
    }
    enrollment_reviews (id) {
        id -> Guid,
        enrollment_id -> Guid,
        due_date -> Nullable<Date>,
        outcome -> Text,
        comment -> Nullable<Binary>,
        decided_by -> Guid,
        at -> Instant,
    }
    enrollment_transitions (id) {
        id -> Guid,
        enrollment_id -> Guid,
        sequence -> Integer,
        action -> Text,
        previous_sequence -> Nullable<Integer>,
        from_state -> Nullable<Text>,
        to_state -> Text,
        effective_month -> Text,
        stop_month -> Nullable<Text>,
        reason -> Text,
        comment -> Nullable<Binary>,
        actor_id -> Guid,
        at -> Instant,
    }
    follow_ups (id) {
        id -> Guid,
        kind -> Text,
        case_id -> Nullable<Guid>,
        resident_id -> Nullable<Guid>,
        division_code -> Text,
        subject_id -> Guid,
        role -> Text,
        due_date -> Date,
        state -> Text,
        planned_at -> Instant,
        ended_by -> Nullable<Guid>,
        ended_at -> Nullable<Instant>,
        reason -> Nullable<Text>,
        county_code -> Nullable<Text>,
        kept_from -> Nullable<Guid>,
    }
}
