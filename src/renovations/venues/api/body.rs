//! A public venue on the wire.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::casework::cases::api::Staff;
use crate::kernel::division::DivisionCode;
use crate::kernel::id::{PublicVenueId, PublicVenueItemId, ResidentId};
use crate::kernel::time::Timestamp;
use crate::renovations::venues::model::{
    Turn, VenueAction, VenueItem, VenueItemKind, VenueKind, VenueState,
};
use crate::renovations::venues::service::Shown;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PublicVenueItem)]
struct VenueItemBody {
    #[schema(value_type = uuid::Uuid)]
    id: PublicVenueItemId,
    number: i32,
    kind: VenueItemKind,
    finding: String,
    due_date: NaiveDate,
    remedied: bool,
}

impl From<VenueItem> for VenueItemBody {
    fn from(one: VenueItem) -> Self {
        Self {
            id: one.id,
            number: one.number,
            kind: one.kind,
            finding: one.finding,
            due_date: one.due_date,
            remedied: one.remedied,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PublicVenueTransition)]
struct VenueTurn {
    sequence: i32,
    action: VenueAction,
    from_state: Option<VenueState>,
    to_state: VenueState,
    actor: Staff,
    comment: Option<String>,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    at: Timestamp,
    /// Of an acceptance: residents who tried it, as far as they are in your sight.
    #[schema(value_type = Vec<uuid::Uuid>)]
    participants: Vec<ResidentId>,
}

impl From<Turn> for VenueTurn {
    fn from(turn: Turn) -> Self {
        Self {
            sequence: turn.sequence,
            action: turn.action,
            from_state: turn.from,
            to_state: turn.to,
            actor: turn.actor.into(),
            comment: turn.comment,
            at: turn.at,
            participants: turn.participants,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PublicVenue, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e11", "name": "丙岭县政务服务中心", "kind": "government",
    "division_code": "990121103000", "address": "人民路1号", "owner": "丙岭县行政审批局", "state": "listed",
    "allowed_actions": ["remedy", "extend", "cancel"], "accepted_date": null,
    "items": [{"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e12", "number": 1, "kind": "entrance", "finding": "正门三级台阶，无坡道",
        "due_date": "2022-09-30", "remedied": false}],
    "recorded_by": {"id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e0b", "username": "county.990121", "display_name": "县残联经办人"},
    "recorded_at": "2022-07-04T01:00:00.000000Z", "version": 1, "history": []
}))]
pub struct VenueBody {
    #[schema(value_type = uuid::Uuid)]
    id: PublicVenueId,
    name: String,
    kind: VenueKind,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    address: String,
    /// Who has to remedy it.
    owner: String,
    state: VenueState,
    /// What you may do now.
    allowed_actions: Vec<VenueAction>,
    accepted_date: Option<NaiveDate>,
    items: Vec<VenueItemBody>,
    recorded_by: Staff,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    recorded_at: Timestamp,
    version: i32,
    /// From the beginning; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    history: Option<Vec<VenueTurn>>,
}

impl From<Shown> for VenueBody {
    fn from(shown: Shown) -> Self {
        let one = shown.venue;
        let history = shown.history;
        Self {
            id: one.id,
            name: one.name,
            kind: one.kind,
            division_code: one.division_code,
            address: one.address,
            owner: one.owner,
            state: one.state,
            allowed_actions: shown.allowed,
            accepted_date: one.accepted_date,
            items: shown.items.into_iter().map(Into::into).collect(),
            recorded_by: one.recorded_by.into(),
            recorded_at: one.recorded_at,
            version: one.last_transition,
            history: history.map(|all| all.into_iter().map(Into::into).collect()),
        }
    }
}
