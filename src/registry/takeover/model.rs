//! What a list says that the office does not know yet. A list that is silent takes nothing away.

use crate::kernel::division::DivisionCode;
use crate::kernel::impairment::Component;
use crate::kernel::name::PersonName;
use crate::kernel::phone::Phone;
use crate::registry::facts::service::CheckedCertificate;
use crate::registry::facts::{Certificate, NewFact, Snapshot};
use crate::registry::residents::{CheckedResident, Resident};

/// How what a list says relates to what is known.
#[derive(Debug)]
pub enum Difference {
    /// Nobody has this ID number.
    New,
    Same,
    Changed(Box<(Resident, Changes)>),
}

/// What is to be changed of a known resident.
#[derive(Debug, Default)]
pub struct Changes {
    pub name: Option<PersonName>,
    pub phone: Option<Phone>,
    pub division_code: Option<DivisionCode>,
    pub certificate: Option<CheckedCertificate>,
    pub facts: Vec<NewFact>,
}

impl Changes {
    pub fn between(known: &Resident, believed: &Snapshot, said: &CheckedResident) -> Self {
        let new_certificate = |said: &&CheckedCertificate| {
            believed
                .certificate
                .as_ref()
                .is_none_or(|held| is_newer(said, held))
        };
        Self {
            name: (said.name != known.name).then(|| said.name.clone()),
            phone: said
                .phone
                .clone()
                .filter(|phone| known.phone.as_ref() != Some(phone)),
            division_code: Some(said.division_code).filter(|code| *code != known.division_code),
            // A list that knows somebody by the number of a merged record knows no certificate of theirs.
            certificate: said
                .certificate
                .as_ref()
                .filter(|said| said.number.citizen_id() == known.id_number.as_str())
                .filter(new_certificate)
                .cloned(),
            facts: said
                .facts
                .iter()
                .filter(|fact| believed.get(fact.kind) != Some(&fact.value))
                .cloned()
                .collect(),
        }
    }

    pub fn is_empty(&self) -> bool {
        let Self {
            name,
            phone,
            division_code,
            certificate,
            facts,
        } = self;
        name.is_none()
            && phone.is_none()
            && division_code.is_none()
            && certificate.is_none()
            && facts.is_empty()
    }
}

/// An older list does not bring an older certificate back.
fn is_newer(said: &CheckedCertificate, held: &Certificate) -> bool {
    let differs = said.number != held.number
        || said.issued_date != held.issued_date
        || (!said.components.is_empty() && sorted(&said.components) != sorted(&held.components));
    differs && said.issued_date >= held.issued_date
}

fn sorted(components: &[Component]) -> Vec<Component> {
    let mut components = components.to_vec();
    components.sort_by_key(|component| component.impairment_type);
    components
}
