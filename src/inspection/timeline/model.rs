//! What a timeline says of an entry of the record: words for what was done, and those of its details
//! that are fit for everybody who may see the resident.

use serde_json::{Map, Value};

use crate::access::Action;
use crate::kernel::id::{CaseId, ResidentId, UserId};

/// A kind of entry in Chinese and in English.
pub type Label = (&'static str, &'static str);

/// What an entry of this kind is called.
pub fn label(kind: &str) -> Option<Label> {
    LABELS
        .iter()
        .find(|(known, ..)| *known == kind)
        .map(|(_, zh, en)| (*zh, *en))
}

const LABELS: &[(&str, &str, &str)] = &[
    ("resident.created", "登记", "Registered"),
    (
        "resident.imported",
        "由花名册登记",
        "Registered from a roster",
    ),
    ("resident.updated", "信息变更", "Corrected"),
    (
        "resident.updated_by_import",
        "按花名册更新",
        "Updated from a roster",
    ),
    ("resident.moved_away", "迁出", "Moved away"),
    (
        "resident.certificate_recorded",
        "残疾人证登记",
        "Certificate recorded",
    ),
    (
        "resident.circumstance_recorded",
        "情况登记",
        "Circumstance recorded",
    ),
    ("application.created", "提出申请", "Application filed"),
    ("application.submitted", "提交申请", "Application submitted"),
    ("case.created", "建立个案", "Case opened"),
    ("case.submitted", "提交", "Submitted"),
    ("case.endorsed", "审核通过", "Review step passed"),
    ("case.returned", "退回补正", "Returned"),
    ("case.rejected", "不予批准", "Rejected"),
    (
        "case.objected",
        "公示异议",
        "Objection to the public notice",
    ),
    ("case.approved", "批准", "Approved"),
    ("case.started", "开始服务", "Service started"),
    ("case.suspended", "中止", "Suspended"),
    ("case.resumed", "恢复", "Resumed"),
    ("case.completed", "办结", "Completed"),
    ("case.terminated", "终止", "Terminated"),
    ("case.withdrawn", "撤回", "Withdrawn"),
    (
        "case.reconsideration_requested",
        "申请复查",
        "Reconsideration requested",
    ),
    ("case.upheld", "维持原决定", "Decision upheld"),
    ("case.reopened", "撤销原决定", "Decision annulled"),
    ("case.transferred", "随人移交", "Moved to another office"),
    ("case.notice_served", "送达决定书", "Decision notice served"),
    ("case.service_to_end", "待终止服务", "Service to be ended"),
    ("case.notice_closed", "公示期满", "Public notice ended"),
    (
        "case.lapsed",
        "逾期未补正退回",
        "Returned, as nothing was supplemented in time",
    ),
    ("case.service_due", "待开展服务", "Service due"),
    (
        "case.supplement_requested",
        "通知补正",
        "Supplement requested",
    ),
    ("case.supplement_answered", "已补正", "Supplement answered"),
    ("case.task_assigned", "分派待办", "Task assigned"),
    ("case.task_claimed", "领取待办", "Task claimed"),
    ("case.task_handed_over", "移交待办", "Task handed over"),
    ("case.task_reminded", "时限提醒", "Reminder of the due date"),
    ("document.added", "提交材料", "Document added"),
    ("document.withdrawn", "撤回材料", "Document withdrawn"),
    ("note.written", "工作记录", "Note written"),
    ("recusal.declared", "申报回避", "Relation declared"),
    ("recusal.ended", "回避终止", "Declared relation ended"),
    (
        "enrollment.taken_back",
        "应发冲销",
        "What was due is taken back",
    ),
    ("enrollment.opened", "开始享受", "Enrollment opened"),
    ("enrollment.reviewed", "定期复核", "Enrollment reviewed"),
    ("enrollment.suspended", "停发", "Enrollment suspended"),
    ("enrollment.resumed", "恢复发放", "Enrollment resumed"),
    ("enrollment.stopped", "停止享受", "Enrollment stopped"),
    (
        "enrollment.not_running",
        "已不在享受",
        "Enrollment no longer running",
    ),
    (
        "enrollment.transferred",
        "享受资格移交",
        "Enrollment moved to another office",
    ),
    ("resident.address_recorded", "地址登记", "Address recorded"),
    (
        "resident.bank_account_recorded",
        "银行账户登记",
        "Bank account recorded",
    ),
    ("household.opened", "立户", "Household opened"),
    (
        "household.member_added",
        "家庭成员登记",
        "Household member added",
    ),
    (
        "household.member_changed",
        "家庭成员变更",
        "Household member corrected",
    ),
    (
        "household.member_ended",
        "家庭成员离户",
        "Household member left",
    ),
    (
        "merge.proposed",
        "提议合并或拆分档案",
        "Merge or split of records proposed",
    ),
    (
        "merge.decided",
        "合并或拆分已决定",
        "Merge or split of records decided",
    ),
    ("referral.offered", "转介", "Referral offered"),
    ("referral.accepted", "接受转介", "Referral accepted"),
    ("referral.declined", "不接受转介", "Referral declined"),
    ("referral.completed", "转介办结", "Referral completed"),
    ("referral.cancelled", "取消转介", "Referral cancelled"),
    ("payable.owed", "形成应付服务费", "Owed to an organization"),
    ("payable.withdrawn", "撤销应付服务费", "Not owed after all"),
    ("follow_up.planned", "安排回访", "Follow-up planned"),
    ("follow_up.done", "完成回访", "Follow-up done"),
    ("follow_up.cancelled", "取消回访", "Follow-up cancelled"),
    ("transfer.offered", "提出移交", "Transfer offered"),
    ("transfer.accepted", "接收移交", "Transfer accepted"),
    ("transfer.declined", "不接收移交", "Transfer declined"),
    ("transfer.cancelled", "取消移交", "Transfer cancelled"),
    ("match.suspected", "名单比对疑似", "Named by a list"),
    ("match.decided", "比对结果核实", "Match decided"),
    (
        "match.without_effect",
        "比对属实，待遇已退出",
        "Match confirmed, nothing left to end",
    ),
    ("recovery.opened", "多发追回立案", "Recovery opened"),
    (
        "recovery.notified",
        "追回通知送达",
        "Notice of recovery served",
    ),
    ("recovery.withdrawn", "追回撤销", "Recovery withdrawn"),
    (
        "recovery.instalments_agreed",
        "约定分期抵扣",
        "Instalments agreed",
    ),
    (
        "recovery.movement_proposed",
        "提出退回或核销",
        "Refund or write-off proposed",
    ),
    (
        "recovery.movement_decided",
        "退回或核销已审批",
        "Refund or write-off decided",
    ),
    (
        "rehabilitation_plan.chosen",
        "选定康复机构",
        "Institution chosen",
    ),
    (
        "rehabilitation_plan.admitted",
        "康复机构接收",
        "Admitted by the institution",
    ),
    (
        "rehabilitation_plan.transferred",
        "转康复机构",
        "Moved to another institution",
    ),
    (
        "rehabilitation_plan.assessed",
        "康复评估",
        "Rehabilitation assessed",
    ),
    (
        "rehabilitation_plan.completed",
        "康复计划完成",
        "Rehabilitation plan completed",
    ),
    (
        "rehabilitation_plan.ended",
        "康复计划结束",
        "Rehabilitation plan ended",
    ),
    (
        "rehabilitation_session.recorded",
        "康复训练",
        "Rehabilitation session",
    ),
    (
        "rehabilitation_session.confirmed",
        "监护人确认训练",
        "Session confirmed by the guardian",
    ),
    (
        "rehabilitation_session.voided",
        "训练记录作废",
        "Session voided",
    ),
    (
        "settlement.line_reversed",
        "结算冲销",
        "Settlement taken back",
    ),
    (
        "rehabilitation_service.opened",
        "登记康复需求",
        "Need of rehabilitation noted",
    ),
    (
        "rehabilitation_service.assessed",
        "康复需求评估",
        "Need of rehabilitation assessed",
    ),
    (
        "rehabilitation_service.delivered",
        "提供康复服务",
        "Rehabilitation provided",
    ),
    (
        "rehabilitation_service.concluded",
        "康复服务评效",
        "Result of rehabilitation judged",
    ),
    (
        "rehabilitation_service.cancelled",
        "取消康复服务",
        "Rehabilitation called off",
    ),
    ("screening.recorded", "筛查登记", "Screening recorded"),
    (
        "screening.confirmed",
        "筛查后确诊",
        "Diagnosed after a screening",
    ),
    (
        "screening.ruled_out",
        "筛查后排除",
        "Ruled out after a screening",
    ),
    (
        "screening.intervention_begun",
        "开始干预",
        "Intervention begun",
    ),
    ("screening.ended", "筛查随访终结", "Screening left"),
    ("stock_movement.issued", "辅助器具发放出库", "Device issued"),
    ("stock_movement.lent", "辅助器具借出", "Device lent"),
    ("stock_movement.returned", "辅助器具归还", "Device returned"),
    (
        "stock_movement.reversed",
        "辅助器具出入库冲销",
        "Movement of a device taken back",
    ),
    (
        "device_allocation.evaluated",
        "辅具需求评估",
        "Need of a device evaluated",
    ),
    (
        "device_allocation.planned",
        "制定辅具方案",
        "Device planned",
    ),
    (
        "device_allocation.issued",
        "辅具配货出库",
        "Device supplied from stock",
    ),
    ("device_allocation.purchased", "辅具采购", "Device bought"),
    ("device_allocation.fitted", "辅具适配", "Device fitted"),
    (
        "device_allocation.trained",
        "辅具使用训练",
        "Trained with the device",
    ),
    (
        "device_allocation.delivered",
        "辅具签收交付",
        "Device delivered",
    ),
    ("device_allocation.repaired", "辅具维修", "Device repaired"),
    (
        "device_allocation.returned",
        "辅具归还",
        "Device given back",
    ),
    (
        "device_allocation.cancelled",
        "取消辅具适配",
        "Device allocation cancelled",
    ),
    ("device_check.recorded", "辅具回访", "Device looked at"),
    (
        "job_seeker.opened",
        "求职登记",
        "Registered as a job seeker",
    ),
    (
        "job_seeker.updated",
        "求职登记变更",
        "Job seeker's file changed",
    ),
    (
        "job_seeker.contacted",
        "就业服务联系",
        "Contacted as a job seeker",
    ),
    (
        "job_seeker.transferred",
        "求职登记移交",
        "Job seeker's file transferred",
    ),
    ("job_referral.referred", "推荐岗位", "Sent to a vacancy"),
    (
        "job_referral.interviewed",
        "岗位面试",
        "Interviewed for a vacancy",
    ),
    ("job_referral.offered", "单位录用", "Offered a job"),
    ("job_referral.accepted", "接受录用", "Offer accepted"),
    ("job_referral.declined", "谢绝岗位", "Vacancy declined"),
    (
        "job_referral.rejected",
        "单位未录用",
        "Not taken for a vacancy",
    ),
    (
        "job_referral.withdrawn",
        "撤回推荐",
        "Referral to a vacancy withdrawn",
    ),
    ("job_fair.attended", "参加招聘活动", "Came to a job fair"),
    ("placement.entered", "就业登记", "Placement entered"),
    (
        "placement.returned",
        "就业佐证退回",
        "Evidence of a placement returned",
    ),
    (
        "placement.resubmitted",
        "补充就业佐证",
        "Better evidence of a placement",
    ),
    ("placement.verified", "就业核实", "Placement verified"),
    ("placement.left", "离岗", "Left a job"),
    (
        "placement.transferred",
        "就业登记移交",
        "Placement transferred",
    ),
    ("retention_check.done", "稳岗回访", "Retention checked"),
    ("home_member.joined", "加入残疾人之家", "Taken into a home"),
    ("home_member.left", "退出残疾人之家", "Left a home"),
];

/// What somebody must be allowed to read to hear of what was done to such a thing; nothing for what is
/// shown with the resident.
pub fn takes(entity: &str) -> Option<Action> {
    match entity {
        "case" | "application" | "note" => Some(Action::CaseRead),
        "document" => Some(Action::DocumentRead),
        "recusal" => Some(Action::RecusalRead),
        "enrollment" => Some(Action::EnrollmentRead),
        "merge" => Some(Action::MergeRead),
        "referral" => Some(Action::ReferralRead),
        "transfer" => Some(Action::TransferRead),
        "follow_up" => Some(Action::FollowUpRead),
        "payable" => Some(Action::PayableRead),
        "match" => Some(Action::MatchRead),
        "recovery" => Some(Action::RecoveryRead),
        "rehabilitation_plan" | "rehabilitation_session" => Some(Action::RehabilitationRead),
        "settlement" => Some(Action::SettlementRead),
        "rehabilitation_service" => Some(Action::RehabilitationServiceRead),
        "screening" => Some(Action::ScreeningRead),
        "stock_movement" => Some(Action::WarehouseRead),
        "device_allocation" | "device_check" => Some(Action::DeviceAllocationRead),
        "job_seeker" | "job_referral" | "job_fair" => Some(Action::JobSeekerRead),
        "placement" | "retention_check" => Some(Action::PlacementRead),
        "home_member" => Some(Action::HomeRead),
        _ => None,
    }
}

/// Of what a record says of a change: states, kinds, days, months and amounts. Never free text, names,
/// numbers or what is believed of a person's life.
const FIT: &[&str] = &[
    "state",
    "step",
    "outcome",
    "eligibility",
    "kind",
    "service",
    "program_code",
    "program_codes",
    "impairment_type",
    "severity_level",
    "division_code",
    "due_date",
    "supplement_due_date",
    "reminder",
    "valid_from",
    "valid_to",
    "month",
    "start_month",
    "stop_month",
    "months",
    "rate_fen",
    "amount_fen",
];

/// What is left of an entry's changes.
pub fn fit(changes: &Map<String, Value>) -> Map<String, Value> {
    changes
        .iter()
        .filter(|(name, value)| FIT.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn id<K: std::str::FromStr>(value: Option<&Value>) -> Option<K> {
    value?.as_str()?.parse().ok()
}

/// The case that an entry is about, where it says so.
pub fn case_of(
    entity_type: &str,
    entity_id: Option<&str>,
    changes: &Map<String, Value>,
) -> Option<CaseId> {
    if entity_type == "case" {
        return entity_id?.parse().ok();
    }
    let first = || match changes.get("case_ids")?.as_array()?.as_slice() {
        [only] => id(Some(only)),
        _ => None,
    };
    id(changes.get("case_id")).or_else(first)
}

/// To whom a task was given.
pub fn assignee(changes: &Map<String, Value>) -> Option<UserId> {
    id(changes.get("assignee_id"))
}

/// Of whom a timeline is asked for, and how much of it.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub resident: ResidentId,
    pub before: Option<i64>,
    pub count: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::is_look;

    #[test]
    fn kinds_are_listed_once_in_both_languages_and_none_is_a_look() {
        let mut kinds: Vec<_> = LABELS.iter().map(|(kind, ..)| *kind).collect();
        assert!(!kinds.iter().any(|kind| is_look(kind)));
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds.len(), LABELS.len());
        let said = |(_, zh, en): &(&str, &str, &str)| !zh.is_ascii() && en.is_ascii();
        assert!(LABELS.iter().all(said));
    }

    #[test]
    fn what_is_written_about_a_person_is_left_out() {
        let changes = serde_json::json!({
            "name": ["张*", "李*"], "value": "2022-07-04", "state": "in_review", "step": null,
            "rate_fen": 5000, "income_status": "none", "username": "county.990121"
        });
        let fit = fit(changes.as_object().unwrap());
        assert_eq!(
            Value::from(fit),
            serde_json::json!({"state": "in_review", "rate_fen": 5000})
        );
    }
}
