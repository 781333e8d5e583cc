//! A follow-up.

use chrono::NaiveDate;

use crate::access::Role;
use crate::kernel::division::DivisionCode;
use crate::kernel::id::{CaseId, FollowUpId, FollowUpSubjectId, ResidentId, UserId};
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What is looked at.
    pub enum FollowUpKind {
        /// Whether a device handed out is used, and fits.
        DeviceCheck = "device_check", "辅具回访";
        /// A device whose batch is called back.
        DeviceRecall = "device_recall", "辅具召回";
        /// Whether somebody still has the job.
        RetentionCheck = "retention_check", "稳岗回访";
        /// Whether what was built holds, and helps.
        RenovationVisit = "renovation_visit", "改造回访";
        /// Screened positive: to be diagnosed.
        ScreeningDiagnosis = "screening_diagnosis", "筛查阳性待诊断";
        /// Diagnosed: to be helped.
        ScreeningIntervention = "screening_intervention", "确诊待干预";
        /// A petition that waits for the office.
        Petition = "petition", "信访待办";
        /// An application for legal aid that does.
        LegalAid = "legal_aid", "法律援助待办";
        /// Somebody most in need: to be visited.
        NeedVisit = "need_visit", "困难残疾人走访";
    }
}

vocabulary! {
    /// Where a follow-up stands.
    pub enum FollowUpState {
        Open = "open", "待办";
        Done = "done", "已办";
        Cancelled = "cancelled", "取消";
    }
}

/// What a service wants looked at.
#[derive(Debug, Clone, Copy)]
pub struct Planned {
    pub kind: FollowUpKind,
    pub case_id: Option<CaseId>,
    /// Nobody, of what an office has to do of its own.
    pub resident_id: Option<ResidentId>,
    /// Where the person lives, or the office is.
    pub division_code: DivisionCode,
    /// What it is about, by the service's own id.
    pub subject_id: FollowUpSubjectId,
    /// Who looks.
    pub role: Role,
    pub due_date: NaiveDate,
    /// Who is not shown it: whom it complains about.
    pub kept_from: Option<UserId>,
}

#[derive(Debug, Clone)]
pub struct FollowUp {
    pub id: FollowUpId,
    pub planned: Planned,
    pub state: FollowUpState,
    pub planned_at: Timestamp,
    pub ended_by: Option<UserId>,
    pub ended_at: Option<Timestamp>,
    /// Why it was cancelled.
    pub reason: Option<String>,
}

/// With what a list shows of the case and the person.
#[derive(Debug)]
pub struct Listed {
    pub follow_up: FollowUp,
    pub case_number: Option<String>,
    /// Nothing where the person has moved out of sight.
    pub resident_name: Option<String>,
}
