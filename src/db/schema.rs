//! The one schema of two databases. `Guid` and `Instant` are stored natively on each (`db::types`);
//! JSON is kept as text, so that the bytes signed, hashed or sealed are the bytes stored.

macro_rules! tables {
    ($($name:ident ($($key:ident),+) { $($column:ident -> $ty:ty,)+ })+) => {
        $(diesel::table! {
            use diesel::sql_types::*;
            use crate::db::types::{Guid, Instant};
            $name ($($key),+) { $($column -> $ty,)+ }
        })+
    };
}

tables! {
    divisions (code) {
        code -> Text,
        name -> Text,
        level -> Text,
        parent_code -> Nullable<Text>,
        valid_from -> Nullable<Date>,
        valid_to -> Nullable<Date>,
        successor_code -> Nullable<Text>,
    }
    installation (name) {
        name -> Text,
        value -> Text,
    }
    calendar_days (date) {
        date -> Date,
        kind -> Text,
        name -> Text,
    }
    organizations (id) {
        id -> Guid,
        name -> Text,
        kind -> Text,
        division_code -> Text,
        created_at -> Instant,
    }
    users (id) {
        id -> Guid,
        username -> Text,
        display_name -> Text,
        password_hash -> Text,
        state -> Text,
        password_changed_at -> Instant,
        created_at -> Instant,
        updated_at -> Instant,
        version -> Integer,
        phone -> Nullable<Binary>,
        phone_index -> Nullable<Binary>,
        address -> Nullable<Binary>,
        address_index -> Nullable<Binary>,
    }
    grants (id) {
        id -> Guid,
        user_id -> Guid,
        role -> Text,
        organization_id -> Guid,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        granted_by -> Nullable<Guid>,
        created_at -> Instant,
        revoked_at -> Nullable<Instant>,
        revoked_by -> Nullable<Guid>,
    }
    sessions (id) {
        id -> Guid,
        user_id -> Guid,
        created_at -> Instant,
        expires_at -> Instant,
        revoked_at -> Nullable<Instant>,
        revoked_reason -> Nullable<Text>,
        address -> Nullable<Text>,
        client -> Nullable<Text>,
        stepped_up_at -> Nullable<Instant>,
    }
    api_keys (id) {
        id -> Guid,
        user_id -> Guid,
        name -> Text,
        hash -> Binary,
        permits -> Text,
        valid_to -> Date,
        created_at -> Instant,
        created_by -> Nullable<Guid>,
        revoked_at -> Nullable<Instant>,
        revoked_by -> Nullable<Guid>,
    }
    second_factors (user_id) {
        user_id -> Guid,
        secret -> Binary,
        created_at -> Instant,
        confirmed_at -> Nullable<Instant>,
        last_step -> BigInt,
    }
    refresh_tokens (hash) {
        hash -> Binary,
        session_id -> Guid,
        issued_at -> Instant,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
    }
    login_throttles (subject) {
        subject -> Text,
        failures -> Integer,
        last_failed_at -> Instant,
    }
    audit_events (sequence) {
        sequence -> BigInt,
        at -> Instant,
        actor_id -> Nullable<Guid>,
        actor_username -> Nullable<Text>,
        actor_organization_id -> Nullable<Guid>,
        action -> Text,
        entity_type -> Text,
        entity_id -> Nullable<Text>,
        resident_id -> Nullable<Guid>,
        division_code -> Nullable<Text>,
        request_id -> Guid,
        outcome -> Text,
        reason -> Nullable<Text>,
        changes -> Nullable<Text>,
        county_code -> Nullable<Text>,
    }
    audit_checkpoints (number) {
        number -> BigInt,
        sealed_at -> Instant,
        last_sequence -> BigInt,
        entries -> BigInt,
        late -> BigInt,
        leaves -> Binary,
        gaps -> Binary,
        previous -> Binary,
        root -> Binary,
        key_id -> Text,
        signature -> Binary,
    }
    idempotency_keys (user_id, key) {
        user_id -> Guid,
        key -> Text,
        fingerprint -> Binary,
        status -> Integer,
        location -> Nullable<Text>,
        etag -> Nullable<Text>,
        body -> Binary,
        created_at -> Instant,
    }
    residents (id) {
        id -> Guid,
        division_code -> Text,
        hukou_division_code -> Text,
        name -> Text,
        name_pinyin -> Text,
        name_initials -> Text,
        sex -> Text,
        birth_date -> Date,
        id_number -> Binary,
        id_number_index -> Binary,
        phone -> Nullable<Binary>,
        phone_index -> Nullable<Binary>,
        created_by -> Nullable<Guid>,
        created_at -> Instant,
        updated_at -> Instant,
        version -> Integer,
        county_code -> Nullable<Text>,
        merged_into_id -> Nullable<Guid>,
    }
    certificates (id) {
        id -> Guid,
        resident_id -> Guid,
        number -> Binary,
        number_index -> Binary,
        impairment_type -> Text,
        severity_level -> Integer,
        issued_date -> Date,
        expires_date -> Date,
        state -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        recorded_at -> Instant,
        recorded_by -> Nullable<Guid>,
        superseded_at -> Nullable<Instant>,
        superseded_by -> Nullable<Guid>,
    }
    certificate_components (certificate_id, impairment_type) {
        certificate_id -> Guid,
        impairment_type -> Text,
        severity_level -> Integer,
    }
    circumstances (id) {
        id -> Guid,
        resident_id -> Guid,
        kind -> Text,
        value -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        recorded_at -> Instant,
        recorded_by -> Nullable<Guid>,
        source -> Text,
        superseded_at -> Nullable<Instant>,
        superseded_by -> Nullable<Guid>,
    }
    households (id) {
        id -> Guid,
        resident_id -> Guid,
        version -> Integer,
        created_by -> Nullable<Guid>,
        created_at -> Instant,
        updated_at -> Instant,
    }
    household_members (id) {
        id -> Guid,
        household_id -> Guid,
        person_id -> Guid,
        resident_id -> Nullable<Guid>,
        name -> Nullable<Binary>,
        phone -> Nullable<Binary>,
        phone_index -> Nullable<Binary>,
        relation -> Text,
        end_reason -> Nullable<Binary>,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        recorded_at -> Instant,
        recorded_by -> Nullable<Guid>,
        superseded_at -> Nullable<Instant>,
        superseded_by -> Nullable<Guid>,
    }
    household_cares (member_id, resident_id) {
        member_id -> Guid,
        resident_id -> Guid,
    }
    addresses (id) {
        id -> Guid,
        resident_id -> Guid,
        kind -> Text,
        text -> Binary,
        text_index -> Binary,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        recorded_at -> Instant,
        recorded_by -> Nullable<Guid>,
        superseded_at -> Nullable<Instant>,
        superseded_by -> Nullable<Guid>,
    }
    resident_merges (id) {
        id -> Guid,
        kind -> Text,
        kept_id -> Guid,
        duplicate_id -> Guid,
        merge_id -> Nullable<Guid>,
        reason -> Binary,
        state -> Text,
        proposed_by -> Guid,
        proposed_at -> Instant,
        decided_by -> Nullable<Guid>,
        decided_at -> Nullable<Instant>,
        comment -> Nullable<Binary>,
    }
    programs (code) {
        code -> Text,
        service -> Text,
        name_zh -> Text,
        name_en -> Text,
        created_at -> Instant,
        exclusive_group -> Nullable<Text>,
    }
    program_versions (id) {
        id -> Guid,
        program_code -> Text,
        version -> Integer,
        division_code -> Text,
        effective_from -> Date,
        effective_to -> Nullable<Date>,
        legal_basis -> Text,
        rules -> Text,
        steps -> Text,
        created_at -> Instant,
        required_documents -> Text,
        period -> Text,
        use_life_months -> Nullable<Integer>,
    }
    program_drafts (id) {
        id -> Guid,
        program_code -> Text,
        division_code -> Text,
        effective_from -> Date,
        effective_to -> Nullable<Date>,
        legal_basis -> Text,
        rules -> Text,
        steps -> Text,
        required_documents -> Text,
        period -> Text,
        use_life_months -> Nullable<Integer>,
        state -> Text,
        revision -> Integer,
        author_id -> Guid,
        created_at -> Instant,
        updated_at -> Instant,
        decided_by -> Nullable<Guid>,
        decided_at -> Nullable<Instant>,
        version_id -> Nullable<Guid>,
    }
    simulations (id) {
        id -> Guid,
        program_code -> Text,
        draft_id -> Guid,
        draft_revision -> Integer,
        division_code -> Text,
        from_month -> Text,
        to_month -> Text,
        known -> Text,
        rules -> Text,
        state -> Text,
        done -> Integer,
        total -> Integer,
        attempts -> Integer,
        leased_until -> Nullable<Instant>,
        result -> Nullable<Text>,
        digest -> Nullable<Binary>,
        requested_by -> Guid,
        requested_at -> Instant,
        finished_at -> Nullable<Instant>,
    }
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
    }
}
