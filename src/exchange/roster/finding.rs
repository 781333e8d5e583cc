//! What is wrong with a row, for whoever has to correct it.

use serde::Serialize;
use utoipa::ToSchema;

/// One finding in one cell. The sentences never repeat sensitive content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// A stable name that clients may switch on.
    pub code: &'static str,
    /// Header of the column as the file has it.
    pub column: String,
    pub detail_zh: String,
    pub detail_en: String,
}
