//! A notice as a letter, ready to print.

use super::model::{Content, Notice, NoticeKind, Way};
use crate::programs::{BenefitPeriod, ClauseOutcome};

/// With what stands before it, if it is anything.
fn after(before: &str, text: Option<&str>, behind: &str) -> String {
    text.filter(|text| !text.is_empty())
        .map_or(String::new(), |text| format!("{before}{text}{behind}"))
}

/// What was found where something is not met; what is met needs no words.
fn found<'c>(clause: &ClauseOutcome, reason: &'c str) -> Option<&'c str> {
    (clause.holds != Some(true)).then_some(reason)
}

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
    let content = &notice.content;
    let head = vec![
        notice.kind.label_zh().to_owned(),
        format!("编号：{}", notice.number),
    ];
    let mut body = vec![format!("{}：", content.addressee), decision_zh(notice)];
    body.extend(content.grounds.as_ref().map(|why| format!("理由：{why}")));
    body.extend(content.amount.as_ref().map(|amount| {
        let (yuan, period) = (amount.amount_fen.yuan(), amount.period.label_zh());
        let reason = after("：", amount.reason_zh.as_deref(), "");
        format!("金额：{yuan}元（{period}，{}）{reason}", amount.zh)
    }));
    body.push("审查情况：".to_owned());
    body.extend(numbered(content.clauses.iter().map(|clause| {
        let met = match clause.holds {
            Some(true) => "符合",
            Some(false) => "不符合",
            None => "信息不足",
        };
        format!(
            "{}（{met}）{}",
            clause.zh,
            after("：", found(clause, &clause.reason_zh), "")
        )
    })));
    body.push("如对本决定不服：".to_owned());
    body.extend(numbered(ways_zh(notice)));
    let date = notice.issued_date.format("%Y年%-m月%-d日");
    letter([head, body, vec![content.office.clone(), date.to_string()]])
}

fn decision_zh(notice: &Notice) -> String {
    let Content {
        program_name_zh: program,
        case_number,
        legal_basis,
        program_version,
        upheld_number,
        ..
    } = &notice.content;
    let decided = match notice.kind {
        NoticeKind::Rejection => "决定不予批准",
        NoticeKind::Termination => "决定终止",
        NoticeKind::Approval => "决定予以批准",
        NoticeKind::Upholding => "经复查，维持原决定",
    };
    let upheld = after("（编号", upheld_number.as_deref(), "）");
    format!(
        "您的“{program}”申请（个案编号{case_number}），依据{legal_basis}（项目第{program_version}版），{decided}{upheld}。"
    )
}

fn ways_zh(notice: &Notice) -> impl Iterator<Item = String> {
    notice.content.remedies.iter().map(|remedy| {
        let office = &remedy.office;
        match remedy.way {
            Way::Reconsideration => {
                let day = notice.ask_until().map(|day| day.to_string());
                let until = after("（至", day.as_deref(), "）");
                format!("可自本决定书送达之日起60日内{until}向{office}申请复查，由原决定人员以外的人员办理。")
            }
            Way::Supervision => format!("可向{office}反映。"),
            Way::AdministrativeReview => {
                format!("可自知道本决定之日起60日内向{office}申请行政复议（《行政复议法》第二十条）。")
            }
            Way::Litigation => {
                format!("可自知道本决定之日起6个月内向{office}提起行政诉讼（《行政诉讼法》第四十六条）。")
            }
        }
    })
}

/// In English.
pub fn en(notice: &Notice) -> String {
    let content = &notice.content;
    let title = match notice.kind {
        NoticeKind::Rejection => "Notice of rejection",
        NoticeKind::Termination => "Notice of termination",
        NoticeKind::Approval => "Notice of approval",
        NoticeKind::Upholding => "Notice of reconsideration",
    };
    let head = vec![title.to_owned(), format!("No. {}", notice.number)];
    let mut body = vec![format!("To {}:", content.addressee), decision_en(notice)];
    body.extend(
        content
            .grounds
            .as_ref()
            .map(|why| format!("Grounds: {why}")),
    );
    body.extend(content.amount.as_ref().map(|amount| {
        let yuan = amount.amount_fen.yuan();
        let period = match amount.period {
            BenefitPeriod::Once => "once",
            BenefitPeriod::Month => "a month",
            BenefitPeriod::Year => "a year",
            BenefitPeriod::Claim => "for the period",
        };
        let reason = after(": ", amount.reason_en.as_deref(), "");
        format!("Amount: {yuan} yuan {period} ({}){reason}", amount.en)
    }));
    body.push("What was examined:".to_owned());
    body.extend(numbered(content.clauses.iter().map(|clause| {
        let met = match clause.holds {
            Some(true) => "met",
            Some(false) => "not met",
            None => "not known",
        };
        format!(
            "{} ({met}){}",
            clause.en,
            after(": ", found(clause, &clause.reason_en), "")
        )
    })));
    body.push("If you disagree:".to_owned());
    body.extend(numbered(ways_en(notice)));
    let foot = vec![content.office.clone(), notice.issued_date.to_string()];
    letter([head, body, foot])
}

fn decision_en(notice: &Notice) -> String {
    let Content {
        program_name_en: program,
        case_number,
        legal_basis,
        program_version,
        upheld_number,
        ..
    } = &notice.content;
    let decided = match notice.kind {
        NoticeKind::Rejection => "it was decided not to approve it",
        NoticeKind::Termination => "it was decided to end it",
        NoticeKind::Approval => "it was decided to approve it",
        NoticeKind::Upholding => "the decision was reconsidered and upheld",
    };
    let upheld = after(" (No. ", upheld_number.as_deref(), ")");
    format!(
        "On your application for \"{program}\" (case {case_number}), under {legal_basis} (version {program_version} of the program), {decided}{upheld}."
    )
}

fn ways_en(notice: &Notice) -> impl Iterator<Item = String> {
    notice.content.remedies.iter().map(|remedy| {
        let office = &remedy.office;
        match remedy.way {
            Way::Reconsideration => {
                let day = notice.ask_until().map(|day| day.to_string());
                let until = after(" (until ", day.as_deref(), ")");
                format!(
                    "Within 60 days after service of this notice{until}, ask {office} for reconsideration, by another person than the one who decided."
                )
            }
            Way::Supervision => format!("Turn to {office}."),
            Way::AdministrativeReview => format!(
                "Within 60 days after learning of the decision, apply to {office} for administrative review (Administrative Reconsideration Law, article 20)."
            ),
            Way::Litigation => {
                "Within six months after learning of the decision, bring an action before a people's court (Administrative Litigation Law, article 46).".to_owned()
            }
        }
    })
}
