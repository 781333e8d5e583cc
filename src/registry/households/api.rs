//! `/v1/residents/{id}/household` and its members.

use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, get, patch, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::model::{
    HouseholdRelation, Member, MemberPatch, NewEnding, NewHousehold, NewMember, Shown, Who,
};
use super::service;
use crate::access::{Permit, acts};
use crate::db::Store;
use crate::http::{
    Answer, Body, Creation, IdempotencyKey, IfMatch, Params, ReadErrors, Routes, WriteErrors, etag,
};
use crate::kernel::date;
use crate::kernel::error::Result;
use crate::kernel::id::{HouseholdId, PersonId, ResidentId};
use crate::kernel::time::Timestamp;
use crate::registry::Resident;
use crate::registry::residents;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct HouseholdQuery {
    /// Who was a member on this day; today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    valid_at: Option<NaiveDate>,
    /// As known to the office at this instant; now, unless given.
    known_at: Option<DateTime<Utc>>,
}

/// A household as it was or is believed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Household, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e11",
    "members": [{
        "person_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07",
        "name": "张晓宝", "phone_masked": "120****1234", "relation": "child", "cares_for": [],
        "valid_from": "2020-01-01", "valid_to": null, "end_reason": null
    }, {
        "person_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e12", "resident_id": null, "name": "王五",
        "phone_masked": "120****5678", "relation": "head", "cares_for": ["0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07"],
        "valid_from": "2020-01-01", "valid_to": null, "end_reason": null
    }],
    "disabled_count": 1, "version": 1
}))]
struct HouseholdBody {
    #[schema(value_type = uuid::Uuid)]
    id: HouseholdId,
    members: Vec<MemberBody>,
    /// Members in your sight whose certificate was valid on the day.
    disabled_count: usize,
    version: i32,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HouseholdMember)]
struct MemberBody {
    /// By which the member is changed or ended.
    #[schema(value_type = uuid::Uuid)]
    person_id: PersonId,
    /// Of a registered resident in your sight.
    #[schema(value_type = Option<uuid::Uuid>)]
    resident_id: Option<ResidentId>,
    /// Null of a resident out of your sight.
    name: Option<String>,
    phone_masked: Option<String>,
    relation: HouseholdRelation,
    #[schema(value_type = Vec<uuid::Uuid>)]
    cares_for: Vec<ResidentId>,
    valid_from: NaiveDate,
    /// The first day they are no member, or something else is known of them.
    valid_to: Option<NaiveDate>,
    end_reason: Option<String>,
}

impl From<(Member, Option<Resident>)> for MemberBody {
    fn from((member, resident): (Member, Option<Resident>)) -> Self {
        let known = member.membership;
        let resident_id = resident.as_ref().map(|one| one.id);
        let (name, phone) = match (known.who, resident) {
            (Who::Other { name, phone }, _) => (Some(name), phone),
            (Who::Registered(_), Some(resident)) => (Some(resident.name), resident.phone),
            (Who::Registered(_), None) => (None, None),
        };
        Self {
            person_id: known.person,
            resident_id,
            name: name.map(|name| name.as_str().to_owned()),
            phone_masked: phone.map(|phone| phone.masked()),
            relation: known.relation,
            cares_for: known.cares_for,
            valid_from: known.period.from,
            valid_to: known.period.to,
            end_reason: known.end_reason,
        }
    }
}

impl From<Shown> for HouseholdBody {
    fn from(shown: Shown) -> Self {
        Self {
            id: shown.household.id,
            members: shown.members.into_iter().map(Into::into).collect(),
            disabled_count: shown.disabled,
            version: shown.household.version,
        }
    }
}

fn created(id: ResidentId, shown: Shown) -> Result<Answer> {
    let version = shown.household.version;
    let place = format!("/v1/residents/{id}/household");
    Answer::created(place, version, &HouseholdBody::from(shown))
}

/// A resident's household
///
/// Members who are residents in your sight by their id, all others by name; who cares for whom; how many
/// have a disability.
#[utoipa::path(
    operation_id = "get_household", tag = "registry", params(("id" = uuid::Uuid, Path), HouseholdQuery),
    extensions(("x-permit" = json!("resident.read"))),
    responses(
        (status = 200, description = "The household", body = HouseholdBody, headers(("ETag" = String, description = "Its version"))),
        ReadErrors)
)]
#[get("/v1/residents/{id}/household")]
async fn get_household(
    permit: Permit<acts::ResidentRead>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    Params(query): Params<HouseholdQuery>,
) -> Result<HttpResponse> {
    let shown = store
        .look(permit.reach(), move |db| {
            let known_at = query.known_at.map(Timestamp::from);
            let at = residents::service::as_of(db, query.valid_at, known_at);
            service::view(db, &permit, *id, at)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.household.version)))
        .json(HouseholdBody::from(shown)))
}

/// Open a household
///
/// With the resident in it, and whoever else is named. Everybody is in one household at a time: 409
/// `household.member_already`. Staff whose telephone number a member has take no step of the cases of any of
/// them.
#[utoipa::path(
    operation_id = "open_household", tag = "registry", params(("id" = uuid::Uuid, Path), IdempotencyKey),
    request_body = NewHousehold, extensions(("x-permit" = json!("resident.write"))),
    responses(
        (status = 201, description = "Opened", body = HouseholdBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/residents/{id}/household")]
async fn open_household(
    permit: Permit<acts::ResidentWrite>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    new: Creation<NewHousehold>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::open(tx, &permit, *id, &new)?.try_map(|shown| created(*id, shown))
    })
    .await
}

/// Add a member to a resident's household
#[utoipa::path(
    operation_id = "add_household_member", tag = "registry",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header, description = "The household's ETag"), IdempotencyKey),
    request_body = NewMember, extensions(("x-permit" = json!("resident.write"))),
    responses(
        (status = 201, description = "The household as it now is", body = HouseholdBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/residents/{id}/household/members")]
async fn add_household_member(
    permit: Permit<acts::ResidentWrite>,
    store: web::Data<Store>,
    id: web::Path<ResidentId>,
    seen: IfMatch,
    new: Creation<NewMember>,
) -> Result<HttpResponse> {
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::add(tx, &permit, *id, seen, &new)?.try_map(|shown| created(*id, shown))
    })
    .await
}

/// Change what is known of a member, and for whom they care
///
/// From `valid_from` on; days before keep what was known of them.
#[utoipa::path(
    operation_id = "change_household_member", tag = "registry",
    params(("id" = uuid::Uuid, Path), ("person_id" = uuid::Uuid, Path),
        ("If-Match" = String, Header, description = "The household's ETag")),
    request_body = MemberPatch, extensions(("x-permit" = json!("resident.write"))),
    responses(
        (status = 200, description = "The household as it now is", body = HouseholdBody, headers(("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[patch("/v1/residents/{id}/household/members/{person_id}")]
async fn change_household_member(
    permit: Permit<acts::ResidentWrite>,
    store: web::Data<Store>,
    path: web::Path<(ResidentId, PersonId)>,
    seen: IfMatch,
    body: Body<MemberPatch>,
) -> Result<HttpResponse> {
    let (id, person) = path.into_inner();
    let shown = store
        .write(permit.reach(), move |tx| {
            service::change(tx, &permit, id, person, seen, &body)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(shown.household.version)))
        .json(HouseholdBody::from(shown)))
}

/// End a membership, with a reason
///
/// Who leaves may open a household of their own (分户).
#[utoipa::path(
    operation_id = "end_household_membership", tag = "registry",
    params(("id" = uuid::Uuid, Path), ("person_id" = uuid::Uuid, Path),
        ("If-Match" = String, Header, description = "The household's ETag"), IdempotencyKey),
    request_body = NewEnding, extensions(("x-permit" = json!("resident.write"))),
    responses(
        (status = 201, description = "The household as it now is", body = HouseholdBody,
            headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "Its version"))),
        ReadErrors, WriteErrors)
)]
#[post("/v1/residents/{id}/household/members/{person_id}/ending")]
async fn end_household_membership(
    permit: Permit<acts::ResidentWrite>,
    store: web::Data<Store>,
    path: web::Path<(ResidentId, PersonId)>,
    seen: IfMatch,
    new: Creation<NewEnding>,
) -> Result<HttpResponse> {
    let (id, person) = path.into_inner();
    let origin = permit.origin().clone();
    new.once(&store, permit.reach(), &origin, move |tx, new| {
        service::end(tx, &permit, id, person, seen, &new)?.try_map(|shown| created(id, shown))
    })
    .await
}

pub fn routes(config: &mut Routes<'_>) {
    config
        .service(get_household)
        .service(open_household)
        .service(add_household_member)
        .service(change_household_member)
        .service(end_household_membership);
}
