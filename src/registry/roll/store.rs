//! SQL of the roll: certificates and circumstances of whole places, superseded ones too.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{Enrolled, Held, Term};
use crate::access::{Scope, within};
use crate::db::schema::{certificate_components, certificates, circumstances, residents};
use crate::db::{Db, MultiBackend};
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::{CertificateId, ResidentId};
use crate::kernel::impairment::{Component, ImpairmentType, SeverityLevel};
use crate::kernel::sex::Sex;
use crate::kernel::time::Timestamp;
use crate::registry::facts::{CertificateState, CircumstanceKind};

diesel::joinable!(certificates -> residents (resident_id));
diesel::joinable!(circumstances -> residents (resident_id));
diesel::allow_tables_to_appear_in_same_query!(certificate_components, certificates);

pub fn people(
    db: &mut Db,
    scope: &Scope,
    after: Option<ResidentId>,
    count: i64,
) -> Result<Vec<Enrolled>> {
    let mut query = residents::table
        .select((
            residents::id,
            residents::division_code,
            residents::birth_date,
            residents::sex,
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            residents::division_code,
            residents::county_code,
            scope
        ))
        .filter(residents::merged_into_id.is_null());
    if let Some(after) = after {
        query = query.filter(residents::id.gt(after));
    }
    let rows: Vec<(ResidentId, DivisionCode, NaiveDate, Sex)> =
        query.order(residents::id).limit(count).load(db.conn())?;
    Ok(rows
        .into_iter()
        .map(|(id, division_code, birth_date, sex)| Enrolled {
            id,
            division_code,
            birth_date,
            sex,
        })
        .collect())
}

type Dates = (NaiveDate, Option<NaiveDate>, Timestamp, Option<Timestamp>);

/// Of a certificate, whose components come from a table of their own.
type CertificateRow = (
    ResidentId,
    CertificateId,
    Dates,
    (ImpairmentType, SeverityLevel, CertificateState, NaiveDate),
);

fn term((valid_from, valid_to, recorded_at, superseded_at): Dates) -> Term {
    Term {
        valid_from,
        valid_to,
        recorded_at,
        superseded_at,
    }
}

/// Of the people of a scope from one to another, in the order of their ids.
pub fn certificates_of(
    db: &mut Db,
    scope: &Scope,
    (first, last): (ResidentId, ResidentId),
) -> Result<Vec<(ResidentId, Term, Held)>> {
    let parts: Vec<(CertificateId, ImpairmentType, SeverityLevel)> = certificate_components::table
        .inner_join(
            certificates::table.on(certificates::id.eq(certificate_components::certificate_id)),
        )
        .filter(certificates::resident_id.between(first, last))
        .select((
            certificate_components::certificate_id,
            certificate_components::impairment_type,
            certificate_components::severity_level,
        ))
        .load(db.conn())?;
    let mut components: HashMap<CertificateId, Vec<Component>> = HashMap::new();
    for (id, impairment_type, severity_level) in parts {
        components.entry(id).or_default().push(Component {
            impairment_type,
            severity_level,
        });
    }
    let rows: Vec<CertificateRow> = certificates::table
        .inner_join(residents::table)
        .select((
            certificates::resident_id,
            certificates::id,
            (
                certificates::valid_from,
                certificates::valid_to,
                certificates::recorded_at,
                certificates::superseded_at,
            ),
            (
                certificates::impairment_type,
                certificates::severity_level,
                certificates::state,
                certificates::expires_date,
            ),
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            residents::division_code,
            residents::county_code,
            scope
        ))
        .filter(certificates::resident_id.between(first, last))
        .order((certificates::resident_id, certificates::id))
        .load(db.conn())?;
    Ok(rows
        .into_iter()
        .map(
            |(resident, id, dates, (impairment_type, severity_level, state, expires_date))| {
                let held = Held::Certificate {
                    impairment_type,
                    severity_level,
                    components: components.remove(&id).unwrap_or_default(),
                    state,
                    expires_date,
                };
                (resident, term(dates), held)
            },
        )
        .collect())
}

pub fn circumstances_of(
    db: &mut Db,
    scope: &Scope,
    (first, last): (ResidentId, ResidentId),
) -> Result<Vec<(ResidentId, Term, Held)>> {
    let rows: Vec<(ResidentId, Dates, CircumstanceKind, String)> = circumstances::table
        .inner_join(residents::table)
        .select((
            circumstances::resident_id,
            (
                circumstances::valid_from,
                circumstances::valid_to,
                circumstances::recorded_at,
                circumstances::superseded_at,
            ),
            circumstances::kind,
            circumstances::value,
        ))
        .into_boxed::<MultiBackend>()
        .filter(within!(
            residents::division_code,
            residents::county_code,
            scope
        ))
        .filter(circumstances::resident_id.between(first, last))
        .order((circumstances::resident_id, circumstances::id))
        .load(db.conn())?;
    Ok(rows
        .into_iter()
        .map(|(resident, dates, kind, value)| {
            (resident, term(dates), Held::Circumstance { kind, value })
        })
        .collect())
}
