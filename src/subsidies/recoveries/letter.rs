//! A notice of recovery as a letter, ready to print.

use super::model::{Content, Notice, RecoveryNoticeMonth, pay_until};
use crate::casework::decisions::Way;

fn numbered(lines: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    lines
        .zip(1..)
        .map(|(line, number)| format!("{number}. {line}"))
}

fn letter(parts: [Vec<String>; 3]) -> String {
    parts.map(|lines| lines.join("\n")).join("\n\n")
}

/// In Chinese.
pub fn zh(notice: &Notice) -> String {
    let Content {
        office,
        addressee,
        recovery_number,
        case_number,
        program_name_zh: program,
        legal_basis,
        reason,
        grounds,
        months,
        total_fen,
        remedies,
        ..
    } = &notice.content;
    let head = vec![
        "多发补贴追回通知书".to_owned(),
        format!("编号：{recovery_number}"),
    ];
    let mut body = vec![
        format!("{addressee}："),
        format!(
            "您的“{program}”（个案编号{case_number}），因{}，依据{legal_basis}，下列月份不应发放而已发放，共{}元，应予追回。",
            reason.label_zh(),
            total_fen.yuan()
        ),
    ];
    body.extend(grounds.as_ref().map(|why| format!("理由：{why}")));
    body.push("多发月份：".to_owned());
    body.extend(numbered(months.iter().map(
        |RecoveryNoticeMonth { month, amount_fen }| format!("{month}：{}元", amount_fen.yuan()),
    )));
    let until = notice
        .served_date
        .map_or(String::new(), |day| format!("（至{}）", pay_until(day)));
    body.push(format!(
        "请自本通知书送达之日起30日内{until}向{office}退回，退款须注明上列编号；确有困难的，可向{office}申请分期退回或从以后月份的补贴中抵扣。"
    ));
    body.push("如对本通知不服：".to_owned());
    body.extend(numbered(remedies.iter().map(|remedy| {
        let office = &remedy.office;
        match remedy.way {
            Way::AdministrativeReview => format!(
                "可自知道本通知之日起60日内向{office}申请行政复议（《行政复议法》第二十条）。"
            ),
            Way::Litigation => format!(
                "可自知道本通知之日起6个月内向{office}提起行政诉讼（《行政诉讼法》第四十六条）。"
            ),
            Way::Reconsideration | Way::Supervision => format!("可向{office}陈述申辩。"),
        }
    })));
    let date = notice.issued_date.format("%Y年%-m月%-d日").to_string();
    letter([head, body, vec![office.clone(), date]])
}

/// In English.
pub fn en(notice: &Notice) -> String {
    let Content {
        office,
        addressee,
        recovery_number,
        case_number,
        program_name_en: program,
        legal_basis,
        reason,
        grounds,
        months,
        total_fen,
        remedies,
        ..
    } = &notice.content;
    let head = vec![
        "Notice of recovery".to_owned(),
        format!("No. {recovery_number}"),
    ];
    let why = reason.as_str().replace('_', " ");
    let mut body = vec![
        format!("To {addressee}:"),
        format!(
            "Of \"{program}\" (case {case_number}) the following months were paid and not due ({why}), under {legal_basis}; {} yuan in all are to be recovered.",
            total_fen.yuan()
        ),
    ];
    body.extend(grounds.as_ref().map(|why| format!("Grounds: {why}")));
    body.push("Months that were overpaid:".to_owned());
    body.extend(numbered(months.iter().map(
        |RecoveryNoticeMonth { month, amount_fen }| format!("{month}: {} yuan", amount_fen.yuan()),
    )));
    let until = notice
        .served_date
        .map_or(String::new(), |day| format!(" (until {})", pay_until(day)));
    body.push(format!(
        "Pay it back to {office} within 30 days after service of this notice{until}, quoting the number above. If you cannot, ask {office} for instalments, or to keep it back from later months."
    ));
    body.push("If you disagree:".to_owned());
    body.extend(numbered(remedies.iter().map(|remedy| {
        let office = &remedy.office;
        match remedy.way {
            Way::AdministrativeReview => format!(
                "Within 60 days after learning of this notice, apply to {office} for administrative review (Administrative Reconsideration Law, article 20)."
            ),
            Way::Litigation => "Within six months after learning of this notice, bring an action before a people's court (Administrative Litigation Law, article 46).".to_owned(),
            Way::Reconsideration | Way::Supervision => format!("Turn to {office}, and say why."),
        }
    })));
    letter([
        head,
        body,
        vec![office.clone(), notice.issued_date.to_string()],
    ])
}
