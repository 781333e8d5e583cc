//! A resident on the wire: masked.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::db::Db;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::Result;
use crate::kernel::id::ResidentId;
use crate::kernel::impairment::{Component, ImpairmentType, SeverityLevel};
use crate::kernel::sex::Sex;
use crate::kernel::time::Timestamp;
use crate::registry::Resident;
use crate::registry::facts::{self, Certificate, CertificateState, CircumstanceKind, Snapshot};
use crate::registry::residents::service;

/// A resident, masked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Resident, example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "name": "张晓宝", "sex": "male", "birth_date": "1990-03-07",
    "id_number_masked": "990121********0010", "phone_masked": "120****1234",
    "division_code": "990121103201", "division_name": "一号村", "hukou_division_code": "990121103201",
    "certificate": {"number_masked": "990121********0010**", "impairment_type": "physical", "severity_level": 1,
        "components": [{"impairment_type": "physical", "severity_level": 1}],
        "issued_date": "2019-05-06", "expires_date": "2029-05-06", "state": "valid"},
    "circumstances": {"income_status": "none", "care_need": "full"}, "guardian_name": null,
    "merged_into_id": null, "version": 1, "created_at": "2022-01-05T01:00:00.000000Z", "updated_at": "2022-01-05T01:00:00.000000Z"
}))]
pub struct ResidentBody {
    #[schema(value_type = uuid::Uuid)]
    id: ResidentId,
    name: String,
    sex: Sex,
    birth_date: NaiveDate,
    id_number_masked: String,
    phone_masked: Option<String>,
    #[schema(value_type = String)]
    division_code: DivisionCode,
    division_name: String,
    #[schema(value_type = String)]
    hukou_division_code: DivisionCode,
    certificate: Option<CertificateBody>,
    /// What is known, by kind; what is not there is unknown.
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    circumstances: BTreeMap<&'static str, Value>,
    guardian_name: Option<String>,
    /// Of a duplicate: the record that is kept in its place, and takes all that is to be written.
    #[schema(value_type = Option<uuid::Uuid>)]
    merged_into_id: Option<ResidentId>,
    version: i32,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    created_at: Timestamp,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    updated_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ResidentCertificate)]
struct CertificateBody {
    number_masked: String,
    impairment_type: ImpairmentType,
    severity_level: SeverityLevel,
    components: Vec<Component>,
    issued_date: NaiveDate,
    expires_date: NaiveDate,
    state: CertificateState,
}

impl CertificateBody {
    fn on(certificate: Certificate, day: NaiveDate) -> Self {
        let state = certificate.state_on(day);
        Self {
            number_masked: certificate.number.masked(),
            impairment_type: certificate.impairment_type,
            severity_level: certificate.severity_level,
            components: certificate.components,
            issued_date: certificate.issued_date,
            expires_date: certificate.expires_date,
            state,
        }
    }
}

impl ResidentBody {
    pub(super) fn on(resident: Resident, snapshot: Snapshot, day: NaiveDate) -> Self {
        let guardian_name = snapshot
            .get(CircumstanceKind::GuardianName)
            .map(str::to_owned);
        Self {
            id: resident.id,
            name: resident.name.as_str().to_owned(),
            sex: resident.sex,
            birth_date: resident.birth_date,
            id_number_masked: resident.id_number.masked(),
            phone_masked: resident.phone.map(|phone| phone.masked()),
            division_code: resident.division_code,
            division_name: resident.division_name,
            hukou_division_code: resident.hukou_division_code,
            certificate: snapshot
                .certificate
                .map(|certificate| CertificateBody::on(certificate, day)),
            circumstances: snapshot
                .circumstances
                .iter()
                .map(|(kind, held)| (kind.as_str(), kind.show(&held.value)))
                .collect(),
            guardian_name,
            merged_into_id: resident.merged_into,
            version: resident.version,
            created_at: resident.created_at,
            updated_at: resident.updated_at,
        }
    }

    /// As believed now, today.
    pub fn now(db: &mut Db, resident: &Resident) -> Result<Self> {
        let at = service::as_of(db, None, None);
        let snapshot = facts::service::snapshot(db, resident.id, at)?;
        Ok(Self::on(resident.clone(), snapshot, at.valid_at))
    }
}
