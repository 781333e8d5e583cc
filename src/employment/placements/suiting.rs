//! What a person's age and form of work ask of a placement's evidence.

use chrono::{Months, NaiveDate};

use super::model::{ContractKind, NewEvidence};
use crate::kernel::error::FieldError;
use crate::registry::facts::EmploymentForm;

/// Whether somebody may work so by such a contract.
fn contract_fits(form: EmploymentForm, kind: ContractKind) -> bool {
    use EmploymentForm as Form;
    match kind {
        ContractKind::LaborContract | ContractKind::ServiceAgreement => {
            !matches!(form, Form::SelfEmployed)
        }
        ContractKind::BusinessLicense => {
            matches!(form, Form::SelfEmployed | Form::Flexible | Form::Farming)
        }
        ContractKind::LandContract => matches!(form, Form::Farming),
    }
}

/// Nobody is employed before this age (Labour Law, article 15).
const WORKING_AGE: Months = Months::new(16 * 12);

/// Refuses a day before somebody may work.
pub fn of_age(pointer: &str, day: NaiveDate, birth: NaiveDate) -> Result<(), FieldError> {
    let since = birth.checked_add_months(WORKING_AGE);
    if since.is_some_and(|since| since <= day) {
        return Ok(());
    }
    Err(FieldError::new(
        pointer,
        "employment.age",
        "not before the sixteenth birthday (Labour Law, article 15)",
        "未满十六周岁不得就业（劳动法第十五条）",
    ))
}

/// What a person's birth and form of work ask of the evidence.
pub fn suits(
    evidence: &NewEvidence,
    form: EmploymentForm,
    birth: NaiveDate,
    before: &str,
) -> Vec<FieldError> {
    let kind = (!contract_fits(form, evidence.contract_kind)).then(|| {
        FieldError::new(
            format!("{before}/contract_kind"),
            "contract_kind.form",
            "a land contract is of farming, a business license of who works on their own account",
            "土地承包合同限农业种养，营业执照限个体、灵活就业和农业种养，个体就业不用劳动合同",
        )
    });
    let pointer = format!("{before}/insured_from");
    let insured = evidence.insured_from;
    let insured = insured.and_then(|day| of_age(&pointer, day, birth).err());
    kind.into_iter().chain(insured).collect()
}
