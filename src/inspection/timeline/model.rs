//! What a timeline says of an entry of the record: words for what was done, and those of its details
//! that are fit for everybody who may see the resident.

use serde_json::{Map, Value};

use super::labels;
use crate::access::Action;
use crate::kernel::id::{CaseId, ResidentId, UserId};

/// A kind of entry in Chinese and in English.
pub type Label = (&'static str, &'static str);

/// What an entry of this kind is called.
pub fn label(kind: &str) -> Option<Label> {
    labels::all()
        .find(|(known, ..)| *known == kind)
        .map(|(_, zh, en)| (*zh, *en))
}

/// What somebody must be allowed to read to hear of what was done to such a thing; nothing for what is
/// shown with the resident.
pub fn takes(entity: &str) -> Option<Action> {
    match entity {
        "case" | "application" | "note" => Some(Action::CaseRead),
        "document" => Some(Action::DocumentRead),
        "recusal" => Some(Action::RecusalRead),
        "enrollment" => Some(Action::EnrollmentRead),
        "merge" => Some(Action::MergeRead),
        "referral" => Some(Action::ReferralRead),
        "transfer" => Some(Action::TransferRead),
        "follow_up" => Some(Action::FollowUpRead),
        "payable" => Some(Action::PayableRead),
        "match" => Some(Action::MatchRead),
        "recovery" => Some(Action::RecoveryRead),
        "rehabilitation_plan" | "rehabilitation_session" => Some(Action::RehabilitationRead),
        "settlement" => Some(Action::SettlementRead),
        "rehabilitation_service" => Some(Action::RehabilitationServiceRead),
        "screening" => Some(Action::ScreeningRead),
        "stock_movement" => Some(Action::WarehouseRead),
        "device_allocation" | "device_check" => Some(Action::DeviceAllocationRead),
        "renovation_project" | "renovation_visit" => Some(Action::RenovationRead),
        "job_seeker" | "job_referral" | "job_fair" => Some(Action::JobSeekerRead),
        "placement" | "retention_check" => Some(Action::PlacementRead),
        "activity" => Some(Action::ActivityRead),
        "visit" => Some(Action::VisitRead),
        "home_member" => Some(Action::HomeRead),
        "petition" => Some(Action::PetitionRead),
        "legal_aid" => Some(Action::LegalAidRead),
        _ => None,
    }
}

/// Of what a record says of a change: states, kinds, days, months and amounts. Never free text, names,
/// numbers or what is believed of a person's life.
const FIT: &[&str] = &[
    "state",
    "step",
    "outcome",
    "eligibility",
    "kind",
    "service",
    "program_code",
    "program_codes",
    "impairment_type",
    "severity_level",
    "division_code",
    "due_date",
    "supplement_due_date",
    "reminder",
    "late",
    "valid_from",
    "valid_to",
    "month",
    "start_month",
    "stop_month",
    "months",
    "rate_fen",
    "amount_fen",
];

/// What is left of an entry's changes.
pub fn fit(changes: &Map<String, Value>) -> Map<String, Value> {
    changes
        .iter()
        .filter(|(name, value)| FIT.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn id<K: std::str::FromStr>(value: Option<&Value>) -> Option<K> {
    value?.as_str()?.parse().ok()
}

/// The case that an entry is about, where it says so.
pub fn case_of(
    entity_type: &str,
    entity_id: Option<&str>,
    changes: &Map<String, Value>,
) -> Option<CaseId> {
    if entity_type == "case" {
        return entity_id?.parse().ok();
    }
    let first = || match changes.get("case_ids")?.as_array()?.as_slice() {
        [only] => id(Some(only)),
        _ => None,
    };
    id(changes.get("case_id")).or_else(first)
}

/// To whom a task was given.
pub fn assignee(changes: &Map<String, Value>) -> Option<UserId> {
    id(changes.get("assignee_id"))
}

/// Of whom a timeline is asked for, and how much of it.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub resident: ResidentId,
    pub before: Option<i64>,
    pub count: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::is_look;

    #[test]
    fn kinds_are_listed_once_in_both_languages_and_none_is_a_look() {
        let mut kinds: Vec<_> = labels::all().map(|(kind, ..)| *kind).collect();
        assert!(!kinds.iter().any(|kind| is_look(kind)));
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds.len(), labels::all().count());
        let said = |(_, zh, en): &(&str, &str, &str)| !zh.is_ascii() && en.is_ascii();
        assert!(labels::all().all(said));
    }

    #[test]
    fn what_is_written_about_a_person_is_left_out() {
        let changes = serde_json::json!({
            "name": ["张*", "李*"], "value": "2022-07-04", "state": "in_review", "step": null,
            "rate_fen": 5000, "income_status": "none", "username": "county.990121"
        });
        let fit = fit(changes.as_object().unwrap());
        assert_eq!(
            Value::from(fit),
            serde_json::json!({"state": "in_review", "rate_fen": 5000})
        );
    }
}
