//! Offices and people who work there, and the record.

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
        bank_account -> Nullable<Binary>,
        bank_account_index -> Nullable<Binary>,
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
        done -> Nullable<Bool>,
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
}
