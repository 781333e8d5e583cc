//! What the kinds of entries that a timeline shows are called, in Chinese and in English.

mod services;

/// A kind, and what it is called.
type Named = (&'static str, &'static str, &'static str);

pub(super) fn all() -> impl Iterator<Item = &'static Named> {
    CASES.iter().chain(services::LABELS)
}

/// Of people, cases and money.
const CASES: &[Named] = &[
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
    (
        "resident.circumstance_taken_back",
        "情况撤回",
        "Circumstance taken back",
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
];
