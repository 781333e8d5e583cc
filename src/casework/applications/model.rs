//! An application, and what is filed with it.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::casework::cases::service::Shown;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{ApplicationId, CaseId, DocumentId, ResidentId, UserId};
use crate::kernel::time::Timestamp;

#[derive(Debug, Clone)]
pub struct Application {
    pub id: ApplicationId,
    pub resident_id: ResidentId,
    pub division_code: DivisionCode,
    pub created_by: UserId,
    pub created_at: Timestamp,
}

/// An application with its cases as the caller sees them.
#[derive(Debug)]
pub struct Filed {
    pub application: Application,
    pub cases: Vec<Shown>,
}

/// One program asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskedProgram {
    pub program_code: String,
    /// By service; subsidies take `note`.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, Value>)]
    pub details: Map<String, Value>,
}

/// What somebody files.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08",
    "programs": [{"program_code": "living_subsidy", "details": {}}, {"program_code": "nursing_subsidy", "details": {}}]}))]
pub struct NewApplication {
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    /// 1 to 20.
    #[schema(min_items = 1, max_items = 20)]
    pub programs: Vec<AskedProgram>,
    /// Documents that the person brought for earlier cases and that count for these, too; up to 20.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>, max_items = 20)]
    pub documents: Vec<DocumentId>,
}

const MOST: usize = 20;

impl NewApplication {
    pub fn check(&self) -> Result<()> {
        within("/programs", "programs.count", 1, self.programs.len())?;
        within("/documents", "documents.count", 0, self.documents.len())
    }
}

fn within(pointer: &str, code: &'static str, least: usize, count: usize) -> Result<()> {
    if (least..=MOST).contains(&count) {
        return Ok(());
    }
    Err(Error::field(
        pointer,
        code,
        format!("{least} to {MOST}, not {count}"),
        format!("须为 {least} 至 {MOST} 项"),
    ))
}

/// Why one of the programs named cannot be asked for, as fields of the form.
pub fn of_program(index: usize, error: &Error) -> Vec<FieldError> {
    let place = format!("/programs/{index}");
    if error.field_errors().is_empty() {
        let code = error.code();
        let (en, zh) = (code.title_en(), code.title_zh());
        let pointer = format!("{place}/program_code");
        return vec![FieldError::new(pointer, code.as_str(), en, zh)];
    }
    let fields = error.field_errors().iter().cloned();
    fields
        .map(|field| FieldError {
            pointer: format!("{place}{}", field.pointer),
            ..field
        })
        .collect()
}

/// What somebody says when all drafts of an application are submitted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"comment": "材料齐全"}))]
pub struct NewSubmission {
    #[serde(default)]
    pub comment: Option<String>,
}

/// What became of one draft.
#[derive(Debug)]
pub enum Submitted {
    Moved(Box<Shown>),
    /// It stays a draft, because of this.
    Kept(CaseId, Error),
}

impl Submitted {
    pub fn case(&self) -> CaseId {
        match self {
            Self::Moved(shown) => shown.case.id,
            Self::Kept(id, _) => *id,
        }
    }
}

/// Whether a refusal is about one case and leaves the others alone.
pub fn is_of_one_case(code: Code) -> bool {
    matches!(
        code,
        Code::CaseNotEligible | Code::CaseDocumentsMissing | Code::ProgramNoVersion
    )
}
