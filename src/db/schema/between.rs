//! What goes from one office to another.

tables! {
    referrals (id) {
        id -> Guid,
        case_id -> Guid,
        resident_id -> Guid,
        division_code -> Text,
        from_organization_id -> Guid,
        to_organization_id -> Guid,
        purpose -> Binary,
        due_date -> Nullable<Date>,
        offered_by -> Guid,
        offered_at -> Instant,
        state -> Text,
        last_transition -> Integer,
        county_code -> Nullable<Text>,
    }
    referral_transitions (id) {
        id -> Guid,
        referral_id -> Guid,
        sequence -> Integer,
        action -> Text,
        side -> Text,
        previous_sequence -> Nullable<Integer>,
        from_state -> Nullable<Text>,
        to_state -> Text,
        actor_id -> Guid,
        comment -> Nullable<Binary>,
        at -> Instant,
    }
    transfers (id) {
        id -> Guid,
        resident_id -> Guid,
        from_division_code -> Text,
        to_division_code -> Text,
        reason -> Binary,
        moved_date -> Date,
        offered_by -> Guid,
        offered_at -> Instant,
        state -> Text,
        last_transition -> Integer,
        taken_over -> Nullable<Binary>,
        from_county_code -> Nullable<Text>,
        to_county_code -> Nullable<Text>,
    }
    transfer_transitions (id) {
        id -> Guid,
        transfer_id -> Guid,
        sequence -> Integer,
        action -> Text,
        previous_sequence -> Nullable<Integer>,
        from_state -> Nullable<Text>,
        to_state -> Text,
        actor_id -> Guid,
        comment -> Nullable<Binary>,
        at -> Instant,
    }
}
