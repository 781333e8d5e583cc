//! SQL of certificates and circumstances. Residents were found in scope before these are asked.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{
    AsOf, Belief, Certificate, CertificateState, CheckedCertificate, CircumstanceKind, Held,
    NewFact, Period, Snapshot,
};
use crate::db::schema::{certificate_components, certificates, circumstances};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, MultiBackend, Tx, types};
use crate::kernel::certificate_number::CertificateNumber;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CertificateId, CircumstanceId, ResidentId, UserId};
use crate::kernel::impairment::{Component, ImpairmentType, SeverityLevel};
use crate::kernel::time::Timestamp;

types::text_columns!(CertificateState, CircumstanceKind);

pub const NUMBER_FIELD: &str = "certificate_number";

pub const SEALED_COLUMNS: &[SealedColumn] =
    &[sealed_column!(certificates::number of id: CertificateId)];

fn number_place(id: CertificateId) -> String {
    format!("certificates|number|{id}")
}

/// What holds on a day in the world.
macro_rules! true_on {
    ($facts:ident, $day:expr) => {
        $facts::valid_from
            .le($day)
            .and($facts::valid_to.is_null().or($facts::valid_to.gt($day)))
    };
}

/// What the office believed at an instant.
macro_rules! known_at {
    ($facts:ident, $instant:expr) => {
        $facts::recorded_at.le($instant).and(
            $facts::superseded_at
                .is_null()
                .or($facts::superseded_at.gt($instant)),
        )
    };
}

/// Narrows a query to what the office believed at an instant, or else believes now: what nothing
/// superseded, also where the clock was set back behind its recording.
macro_rules! believed {
    ($query:expr, $facts:ident, $instant:expr) => {
        match $instant {
            Some(instant) => $query.filter($crate::registry::facts::known_at!($facts, instant)),
            None => $query.filter($facts::superseded_at.is_null()),
        }
    };
}
pub(crate) use {believed, known_at, true_on};

#[derive(Queryable, Selectable)]
#[diesel(table_name = certificates)]
struct CertificateRow {
    id: CertificateId,
    resident_id: ResidentId,
    number: Vec<u8>,
    impairment_type: ImpairmentType,
    severity_level: SeverityLevel,
    issued_date: NaiveDate,
    expires_date: NaiveDate,
    state: CertificateState,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    recorded_at: Timestamp,
    superseded_at: Option<Timestamp>,
}

fn certificate(db: &Db, row: &CertificateRow, components: Vec<Component>) -> Result<Certificate> {
    let plain = db
        .keys()
        .open(&number_place(row.id), &row.number)
        .map_err(Error::internal)?;
    let number = std::str::from_utf8(&plain).map_err(Error::internal)?;
    Ok(Certificate {
        id: row.id,
        number: CertificateNumber::parse(number).map_err(Error::internal)?,
        impairment_type: row.impairment_type,
        severity_level: row.severity_level,
        components,
        issued_date: row.issued_date,
        expires_date: row.expires_date,
        state: row.state,
        period: Period {
            from: row.valid_from,
            to: row.valid_to,
        },
        recorded_at: row.recorded_at,
        superseded_at: row.superseded_at,
    })
}

fn components_of(
    db: &mut Db,
    ids: &[CertificateId],
) -> Result<HashMap<CertificateId, Vec<Component>>> {
    let rows: Vec<(CertificateId, ImpairmentType, SeverityLevel)> = certificate_components::table
        .filter(certificate_components::certificate_id.eq_any(ids))
        .order((
            certificate_components::certificate_id,
            certificate_components::severity_level,
        ))
        .select((
            certificate_components::certificate_id,
            certificate_components::impairment_type,
            certificate_components::severity_level,
        ))
        .load(db.conn())?;
    let mut by_certificate: HashMap<CertificateId, Vec<Component>> = HashMap::new();
    for (id, impairment_type, severity_level) in rows {
        by_certificate.entry(id).or_default().push(Component {
            impairment_type,
            severity_level,
        });
    }
    Ok(by_certificate)
}

fn complete(db: &mut Db, rows: Vec<CertificateRow>) -> Result<Vec<(ResidentId, Certificate)>> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut components = components_of(db, &ids)?;
    rows.into_iter()
        .map(|row| {
            let parts = components.remove(&row.id).unwrap_or_default();
            Ok((row.resident_id, certificate(db, &row, parts)?))
        })
        .collect()
}

/// What is believed of some residents as of a day and a state of knowledge.
pub fn snapshots(
    db: &mut Db,
    residents: &[ResidentId],
    at: AsOf,
) -> Result<HashMap<ResidentId, Snapshot>> {
    let mut snapshots: HashMap<ResidentId, Snapshot> = residents
        .iter()
        .map(|id| (*id, Snapshot::default()))
        .collect();
    let query = certificates::table
        .select(CertificateRow::as_select())
        .into_boxed::<MultiBackend>()
        .filter(certificates::resident_id.eq_any(residents))
        .filter(true_on!(certificates, at.valid_at));
    let rows: Vec<CertificateRow> = believed!(query, certificates, at.known_at).load(db.conn())?;
    for (resident, certificate) in complete(db, rows)? {
        snapshots.entry(resident).or_default().certificate = Some(certificate);
    }
    let query = circumstances::table
        .select((
            circumstances::resident_id,
            circumstances::kind,
            HeldRow::as_select(),
        ))
        .into_boxed::<MultiBackend>()
        .filter(circumstances::resident_id.eq_any(residents))
        .filter(true_on!(circumstances, at.valid_at));
    let rows: Vec<(ResidentId, CircumstanceKind, HeldRow)> =
        believed!(query, circumstances, at.known_at).load(db.conn())?;
    for (resident, kind, row) in rows {
        let held = Held {
            value: row.value,
            source: row.source,
            valid_from: row.valid_from,
            recorded_at: row.recorded_at,
        };
        snapshots
            .entry(resident)
            .or_default()
            .circumstances
            .insert(kind, held);
    }
    Ok(snapshots)
}

/// Everything ever believed of a resident's certificates, or what was believed at one time.
pub fn certificates_of(
    db: &mut Db,
    resident: ResidentId,
    known_at: Option<Timestamp>,
) -> Result<Vec<Certificate>> {
    let mut query = certificates::table
        .select(CertificateRow::as_select())
        .into_boxed::<MultiBackend>()
        .filter(certificates::resident_id.eq(resident));
    if let Some(known_at) = known_at {
        query = query.filter(known_at!(certificates, known_at));
    }
    let rows: Vec<CertificateRow> = query
        .order((certificates::valid_from, certificates::recorded_at))
        .load(db.conn())?;
    Ok(complete(db, rows)?
        .into_iter()
        .map(|(_, certificate)| certificate)
        .collect())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = circumstances)]
struct HeldRow {
    value: String,
    source: String,
    valid_from: NaiveDate,
    recorded_at: Timestamp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = circumstances)]
struct CircumstanceRow {
    id: CircumstanceId,
    kind: CircumstanceKind,
    value: String,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    recorded_at: Timestamp,
    superseded_at: Option<Timestamp>,
    source: String,
}

pub fn beliefs(
    db: &mut Db,
    resident: ResidentId,
    known_at: Option<Timestamp>,
) -> Result<Vec<Belief>> {
    let mut query = circumstances::table
        .select(CircumstanceRow::as_select())
        .into_boxed::<MultiBackend>()
        .filter(circumstances::resident_id.eq(resident));
    if let Some(known_at) = known_at {
        query = query.filter(known_at!(circumstances, known_at));
    }
    let rows: Vec<CircumstanceRow> = query
        .order((
            circumstances::kind,
            circumstances::valid_from,
            circumstances::recorded_at,
        ))
        .load(db.conn())?;
    Ok(rows
        .into_iter()
        .map(|row| Belief {
            kind: row.kind,
            value: row.kind.show(&row.value),
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            recorded_at: row.recorded_at,
            superseded_at: row.superseded_at,
            source: row.source,
        })
        .collect())
}

pub fn insert_fact(
    tx: &mut Tx<'_>,
    resident: ResidentId,
    fact: &NewFact,
    by: Option<UserId>,
) -> Result<()> {
    let (id, now) = (tx.new_id::<crate::kernel::id::Circumstance>(), tx.now());
    diesel::insert_into(circumstances::table)
        .values((
            circumstances::id.eq(id),
            circumstances::resident_id.eq(resident),
            circumstances::kind.eq(fact.kind),
            circumstances::value.eq(&fact.value),
            circumstances::valid_from.eq(fact.period.from),
            circumstances::valid_to.eq(fact.period.to),
            circumstances::recorded_at.eq(now),
            circumstances::recorded_by.eq(by),
            circumstances::source.eq(&fact.source),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// When a belief ends that ends now: not before it began, whatever became of the clock.
pub fn ending(now: Timestamp, recorded_at: Timestamp) -> Timestamp {
    now.max(recorded_at)
}

/// Believes a fact instead of what was believed of its kind for the period.
pub fn replace_fact(
    tx: &mut Tx<'_>,
    resident: ResidentId,
    fact: &NewFact,
    by: Option<UserId>,
) -> Result<()> {
    supersede_facts(tx, resident, fact.kind, fact.period, by)?;
    insert_fact(tx, resident, fact, by)
}

/// Supersedes what is believed of a kind for part of a period, and keeps the rest of it; of what holds
/// once in a life, all of it.
pub fn supersede_facts(
    tx: &mut Tx<'_>,
    resident: ResidentId,
    kind: CircumstanceKind,
    period: Period,
    by: Option<UserId>,
) -> Result<()> {
    let believed: Vec<CircumstanceRow> = circumstances::table
        .select(CircumstanceRow::as_select())
        .filter(circumstances::resident_id.eq(resident))
        .filter(circumstances::kind.eq(kind))
        .filter(circumstances::superseded_at.is_null())
        .load(tx.conn())?;
    let now = tx.now();
    for row in believed {
        let old = Period {
            from: row.valid_from,
            to: row.valid_to,
        };
        if !kind.is_once() && !old.overlaps(period) {
            continue;
        }
        diesel::update(circumstances::table.find(row.id))
            .set((
                circumstances::superseded_at.eq(ending(now, row.recorded_at)),
                circumstances::superseded_by.eq(by),
            ))
            .execute(tx.conn())?;
        if kind.is_once() {
            continue;
        }
        for rest in old.without(period) {
            let rest = NewFact {
                kind,
                value: row.value.clone(),
                period: rest,
                source: row.source.clone(),
            };
            insert_fact(tx, resident, &rest, by)?;
        }
    }
    Ok(())
}

pub fn insert_certificate(
    tx: &mut Tx<'_>,
    resident: ResidentId,
    new: &CheckedCertificate,
    period: Period,
    by: Option<UserId>,
) -> Result<()> {
    let (id, now) = (tx.new_id::<crate::kernel::id::Certificate>(), tx.now());
    let sealed = tx
        .keys()
        .seal(&number_place(id), new.number.as_str().as_bytes())
        .map_err(Error::internal)?;
    let index = tx.keys().blind_index(NUMBER_FIELD, new.number.as_str());
    diesel::insert_into(certificates::table)
        .values((
            certificates::id.eq(id),
            certificates::resident_id.eq(resident),
            certificates::number.eq(sealed),
            certificates::number_index.eq(index),
            certificates::impairment_type.eq(new.number.impairment_type()),
            certificates::severity_level.eq(new.number.severity_level()),
            certificates::issued_date.eq(new.issued_date),
            certificates::expires_date.eq(Certificate::expiry(new.issued_date)),
            certificates::state.eq(new.state),
            certificates::valid_from.eq(period.from),
            certificates::valid_to.eq(period.to),
            certificates::recorded_at.eq(now),
            certificates::recorded_by.eq(by),
        ))
        .execute(tx.conn())?;
    for component in &new.components {
        diesel::insert_into(certificate_components::table)
            .values((
                certificate_components::certificate_id.eq(id),
                certificate_components::impairment_type.eq(component.impairment_type),
                certificate_components::severity_level.eq(component.severity_level),
            ))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// As [`replace_fact`], for certificates.
pub fn replace_certificate(
    tx: &mut Tx<'_>,
    resident: ResidentId,
    new: &CheckedCertificate,
    period: Period,
    by: Option<UserId>,
) -> Result<()> {
    let now = tx.now();
    let all = certificates_of(tx, resident, None)?;
    for old in all
        .into_iter()
        .filter(|old| old.superseded_at.is_none() && old.period.overlaps(period))
    {
        diesel::update(certificates::table.find(old.id))
            .set((
                certificates::superseded_at.eq(ending(now, old.recorded_at)),
                certificates::superseded_by.eq(by),
            ))
            .execute(tx.conn())?;
        for rest in old.period.without(period) {
            let same = CheckedCertificate {
                number: old.number.clone(),
                components: old.components.clone(),
                issued_date: old.issued_date,
                state: old.state,
                valid_from: rest.from,
            };
            insert_certificate(tx, resident, &same, rest, by)?;
        }
    }
    insert_certificate(tx, resident, new, period, by)
}
