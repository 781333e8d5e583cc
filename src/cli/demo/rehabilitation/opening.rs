//! The institutions of the demonstration: two that children are treated at, one that has applied, one that was stopped.

use chrono::Days;

use super::County;
use crate::access::organizations::{self, NewOrganization, OrganizationKind};
use crate::access::users::{self, NewGrant};
use crate::access::{Role, acts, divisions};
use crate::audit::{Event, Origin};
use crate::cli::demo::residents::{at_county, permit_of};
use crate::db::{Recorded, Tx};
use crate::http::IfMatch;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{InstitutionAgreementId, OrganizationId};
use crate::rehabilitation::institutions::{
    self, InstitutionAction, NewAgreement, NewInstitution, NewInstitutionTransition, ServiceType,
};

/// The center has a place less than half of those who want one.
const PLACES: i32 = 3;

/// An institution, with somebody who works there.
fn institution(
    tx: &mut Tx<'_>,
    code: DivisionCode,
    name: &str,
    worker: Option<(&str, &str)>,
) -> Result<OrganizationId> {
    let origin = Origin::system(tx.new_id());
    let new = NewOrganization {
        name: name.to_owned(),
        kind: OrganizationKind::Institution,
        division_code: code,
    };
    let made = organizations::service::create(tx, &origin, &new)?
        .value()
        .id;
    if let Some((username, hash)) = worker {
        let user = users::service::create(tx, &origin, username, &format!("{name}康复师"), hash)?;
        let grant = NewGrant {
            role: Role::InstitutionWorker,
            organization_id: made,
            valid_from: None,
            valid_to: None,
        };
        drop(users::service::grant(tx, &origin, user.value().id, &grant)?);
    }
    let clerk = permit_of::<acts::InstitutionPropose>(tx, &at_county("county", code))?;
    let apply = NewInstitution {
        organization_id: made,
        service_types: ServiceType::ALL.to_vec(),
        address: "康宁路8号".to_owned(),
        contact: "王主任 12000005678".to_owned(),
        licence_number: format!(
            "{}-KF-{}",
            at_county("", code).trim_start_matches('.'),
            name.chars().count()
        ),
    };
    drop(institutions::service::apply(tx, &clerk, apply)?);
    Ok(made)
}

/// Two agree on what was applied for.
fn agree(tx: &mut Tx<'_>, code: DivisionCode, id: OrganizationId, capacity: i32) -> Result<()> {
    let clerk = permit_of::<acts::InstitutionPropose>(tx, &at_county("county", code))?;
    let today = tx.today();
    let until = today.checked_add_days(Days::new(730));
    let new = NewAgreement {
        division_code: code,
        service_types: ServiceType::ALL.to_vec(),
        capacity,
        valid_from: today,
        valid_to: until.ok_or_else(|| Error::internal("the calendar ends"))?,
    };
    let proposed = institutions::service::propose(tx, &clerk, id, new)?;
    let told = proposed.value().told.as_ref();
    let agreement = told
        .and_then(|told| told.agreements.first())
        .map(|one| one.id);
    step(tx, code, id, InstitutionAction::Agree, agreement, None)
}

fn step(
    tx: &mut Tx<'_>,
    code: DivisionCode,
    id: OrganizationId,
    action: InstitutionAction,
    agreement_id: Option<InstitutionAgreementId>,
    comment: Option<&str>,
) -> Result<()> {
    let approver = permit_of::<acts::InstitutionDecide>(tx, &at_county("approver", code))?;
    let seen = institutions::service::found(tx, id)?.last_transition;
    let asked = NewInstitutionTransition {
        action,
        agreement_id,
        comment: comment.map(str::to_owned),
    };
    drop(institutions::service::act(
        tx,
        &approver,
        id,
        IfMatch::seen(seen),
        asked,
    )?);
    Ok(())
}

pub fn open(tx: &mut Tx<'_>, code: DivisionCode, hash: &str) -> Result<Recorded<County>> {
    let name = divisions::service::known(tx, code)?.name;
    let [worker, therapist] = ["institution", "therapist"].map(|role| at_county(role, code));
    let center = institution(tx, code, &format!("{name}康复中心"), Some((&worker, hash)))?;
    let garden = institution(
        tx,
        code,
        &format!("{name}启航儿童康复园"),
        Some((&therapist, hash)),
    )?;
    institution(tx, code, &format!("{name}聆听康复门诊"), None)?;
    let stopped = institution(tx, code, &format!("{name}阳光康复站"), None)?;
    agree(tx, code, center, PLACES)?;
    agree(tx, code, garden, 20)?;
    agree(tx, code, stopped, 5)?;
    let odd = code
        .as_str()
        .chars()
        .nth(5)
        .is_some_and(|digit| digit.to_digit(10).is_some_and(|digit| digit % 2 == 1));
    let how = if odd {
        (InstitutionAction::Suspend, "消防设施整改")
    } else {
        (InstitutionAction::Terminate, "机构申请退出")
    };
    step(tx, code, stopped, how.0, None, Some(how.1))?;
    let county = County {
        code,
        center,
        garden,
        children: Vec::new(),
    };
    let origin = Origin::system(tx.new_id());
    tx.record(
        Event::new(&origin, "demo.institutions_opened").within(code),
        county,
    )
}
