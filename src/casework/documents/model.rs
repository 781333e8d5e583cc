//! A document, what it may be, and which requirement it fulfils.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::crypto::{PIECE, TAG};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CaseId, DocumentId, DocumentObjectId, ResidentId, UserId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;
use crate::programs::RequiredDocument;

vocabulary! {
    /// What a document is.
    pub enum Kind {
        IdentityCard = "identity_card", "身份证";
        HouseholdRegister = "household_register", "户口簿";
        DisabilityCertificate = "disability_certificate", "残疾人证";
        MedicalRecord = "medical_record", "诊断及病历";
        IncomeProof = "income_proof", "收入或低保证明";
        BankCard = "bank_card", "银行卡";
        Guardianship = "guardianship", "监护关系证明";
        Consent = "consent", "知情同意书";
        Photo = "photo", "照片";
        Invoice = "invoice", "发票";
        Other = "other", "其他";
    }
}

vocabulary! {
    /// The types that are taken, told by the content and not by the name.
    pub enum MediaType {
        Jpeg = "image/jpeg", "JPEG 图片";
        Png = "image/png", "PNG 图片";
        Webp = "image/webp", "WebP 图片";
        Pdf = "application/pdf", "PDF 文档";
        Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Word 文档";
        Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel 表格";
    }
}

impl MediaType {
    /// Of what begins so; refused when it is none of these, or another than was said.
    pub fn of(beginning: &[u8], declared: Option<&str>) -> Result<Self> {
        let found = infer::get(beginning).and_then(|found| found.mime_type().parse::<Self>().ok());
        let Some(found) = found else {
            let known: Vec<_> = Self::ALL.iter().map(|one| one.as_str()).collect();
            let labels: Vec<_> = Self::ALL.iter().map(|one| one.label_zh()).collect();
            return Err(Error::field(
                "",
                "document.type",
                format!("the content is none of {}", known.join(", ")),
                format!("文件内容须为{}", labels.join("、")),
            ));
        };
        if declared.is_some_and(|declared| declared != found.as_str()) {
            return Err(Error::field(
                "Content-Type",
                "document.type_mismatch",
                format!("the content is {found}"),
                format!("文件内容实为{}", found.label_zh()),
            ));
        }
        Ok(found)
    }
}

/// A content as it lies in the archive.
#[derive(Debug, Clone, Copy)]
pub struct Stored {
    pub id: DocumentObjectId,
    pub media_type: MediaType,
    /// Bytes before encryption.
    pub size: usize,
}

impl Stored {
    /// How many pieces it was encrypted in.
    pub fn pieces(&self) -> usize {
        self.size.div_ceil(PIECE)
    }

    /// Bytes after encryption.
    pub fn sealed_size(&self) -> usize {
        self.size + self.pieces() * TAG
    }
}

/// The end of a document's standing.
#[derive(Debug, Clone)]
pub struct Withdrawal {
    pub at: Timestamp,
    pub by: UserId,
    pub reason: Option<String>,
    pub replaced_by: Option<DocumentId>,
}

#[derive(Debug, Clone)]
pub struct Document {
    pub id: DocumentId,
    pub resident_id: ResidentId,
    /// The case it was added to.
    pub case_id: CaseId,
    pub stored: Stored,
    pub kind: Kind,
    /// Which of the program's required documents it is.
    pub requirement: Option<String>,
    pub name: String,
    pub added_by: UserId,
    pub added_at: Timestamp,
    /// There is a small picture of it.
    pub has_thumbnail: bool,
    pub withdrawal: Option<Withdrawal>,
}

impl Document {
    fn stands_for(&self, requirement: &str) -> bool {
        self.withdrawal.is_none() && self.requirement.as_deref() == Some(requirement)
    }
}

/// What is said of a file beside its content.
#[derive(Debug, Clone)]
pub struct NewDocument {
    pub kind: Kind,
    pub name: String,
    pub requirement: Option<String>,
    pub replaces: Option<DocumentId>,
}

const LONGEST_NAME: usize = 200;

impl NewDocument {
    /// A name is one line without folders: it is shown, and becomes a file's name again.
    pub fn check(mut self) -> Result<Self> {
        self.name = self.name.trim().to_owned();
        let length = self.name.chars().count();
        let plain = |one: char| !one.is_control() && !matches!(one, '/' | '\\');
        if length == 0 || length > LONGEST_NAME || !self.name.chars().all(plain) {
            return Err(Error::parameter(
                "name",
                "name.invalid",
                "1 to 200 characters, without slashes and line breaks",
                "1 至 200 个字，不含斜杠和换行",
            ));
        }
        Ok(self)
    }
}

/// A required document, and what fulfils it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChecklistItem {
    /// What a document names as its `requirement`.
    pub code: String,
    pub zh: String,
    pub en: String,
    /// The case may be submitted without it.
    pub optional: bool,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub fulfilled_by: Option<DocumentId>,
}

/// The latest document that stands fulfils a requirement.
pub fn checklist(required: &[RequiredDocument], documents: &[Document]) -> Vec<ChecklistItem> {
    let item = |required: &RequiredDocument| ChecklistItem {
        code: required.code.clone(),
        zh: required.zh.clone(),
        en: required.en.clone(),
        optional: required.optional,
        fulfilled_by: documents
            .iter()
            .rev()
            .find(|document| document.stands_for(&required.code))
            .map(|document| document.id),
    };
    required.iter().map(item).collect()
}

/// Why a document goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "误传他人材料"}))]
pub struct NewWithdrawal {
    /// 2 to 500 characters.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_told_by_the_content() {
        let of = |beginning: &[u8], declared| {
            MediaType::of(beginning, declared).map_err(|error| {
                let field = error.field_errors().first().cloned();
                field.map(|field| (field.pointer, field.code))
            })
        };
        assert_eq!(of(b"%PDF-1.7\n", None), Ok(MediaType::Pdf));
        let pdf = Some("application/pdf");
        assert_eq!(of(b"%PDF-1.7\n", pdf), Ok(MediaType::Pdf));
        assert_eq!(of(b"\xFF\xD8\xFF\xE0", None), Ok(MediaType::Jpeg));
        let mut workbook = rust_xlsxwriter::Workbook::new();
        workbook.add_worksheet();
        let workbook = workbook.save_to_buffer().unwrap();
        assert_eq!(of(&workbook, None), Ok(MediaType::Xlsx));
        let refused = |pointer: &str, code| Err(Some((pointer.to_owned(), code)));
        // An executable, a text, a page, nothing; and an image that is said to be a document.
        for beginning in [
            &b"MZ\x90\x00"[..],
            b"\x7fELF",
            b"name,phone\n",
            b"<html>",
            b"",
        ] {
            assert_eq!(of(beginning, pdf), refused("", "document.type"));
        }
        let mismatch = refused("Content-Type", "document.type_mismatch");
        assert_eq!(of(b"\x89PNG\r\n\x1a\n", pdf), mismatch);
    }

    #[test]
    fn sizes_before_and_after_encryption() {
        for (size, pieces) in [(1, 1), (65_536, 1), (65_537, 2), (131_072, 2)] {
            let stored = Stored {
                id: "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07".parse().unwrap(),
                media_type: MediaType::Pdf,
                size,
            };
            assert_eq!(
                (stored.pieces(), stored.sealed_size()),
                (pieces, size + 16 * pieces)
            );
        }
    }
}
