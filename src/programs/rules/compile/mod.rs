//! From CEL's syntax to a [`Condition`] or a [`Number`], or the reason why not, with its place in the
//! text. The subset: facts, parameters, literals, `&& || !`, comparisons, `in`, `+ - * / %`, `? :`,
//! `has`, `date("2022-07-01")`, and `exists` and `all` over `certificate.components`.
//!
//! Ranges are followed through every calculation, so that no rule that is saved can overflow or divide
//! by zero on any person whose facts are within theirs.

mod operators;
mod reader;

use cel::common::ast::{Expr, IdedExpr, SourceInfo};

use self::reader::{Reader, Wrong, refuse};
use super::expression::{Condition, Number};
use super::parameter::Parameter;

/// The parser has no limits of its own. It goes as deep as the text does, on the stack of a thread
/// that serves.
const LONGEST: usize = 2_000;
const DEEPEST_BRACKETS: usize = 6;

/// Why a rule cannot be taken, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The first and the last byte of what is wrong, where that is known.
    pub place: Option<(u32, u32)>,
    pub en: String,
    pub zh: String,
}

/// A rule that was read, and what looks like a slip: conditions that are always or never so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read<T> {
    pub rule: T,
    pub doubts: Vec<Refusal>,
}

pub fn condition(text: &str, parameters: &[Parameter]) -> Result<Read<Condition>, Refusal> {
    read(text, parameters, |reader, expression| {
        reader.condition(expression)
    })
}

/// An amount of money in fen, which is never negative.
pub fn amount(text: &str, parameters: &[Parameter]) -> Result<Read<Number>, Refusal> {
    read(text, parameters, |reader, expression| {
        let (number, (lowest, _)) = reader.whole(expression)?;
        if lowest < 0 {
            return refuse(expression, "the amount can be negative", "金额可能为负");
        }
        Ok(number)
    })
}

fn read<T>(
    text: &str,
    parameters: &[Parameter],
    take: impl FnOnce(&mut Reader<'_>, &IdedExpr) -> Result<T, Wrong>,
) -> Result<Read<T>, Refusal> {
    let whole = |en: String, zh: String| Refusal {
        place: None,
        en,
        zh,
    };
    if text.len() > LONGEST || depth_of_brackets(text) > DEEPEST_BRACKETS {
        return Err(whole(
            format!(
                "longer than {LONGEST} bytes, or brackets in more than {DEEPEST_BRACKETS} others"
            ),
            format!("超过{LONGEST}字节，或括号嵌套超过{DEEPEST_BRACKETS}层"),
        ));
    }
    let program = cel::Program::compile(text).map_err(|errors| {
        let first = errors.errors.first();
        let place = first.and_then(|error| {
            let info = error.source_info.as_ref()?;
            info.offset_for(error.expr_id)
        });
        let said = first.map_or_else(|| errors.to_string(), |error| error.msg.clone());
        Refusal {
            place,
            zh: format!("语法错误：{said}"),
            en: said,
        }
    })?;
    let placed = |wrong: Wrong| Refusal {
        place: find(program.expression(), wrong.node)
            .and_then(|node| span(node, program.source_info())),
        en: wrong.en,
        zh: wrong.zh,
    };
    let mut reader = Reader::of_people(parameters);
    let rule = take(&mut reader, program.expression()).map_err(placed)?;
    let doubts = reader.doubts.into_iter().map(placed).collect();
    Ok(Read { rule, doubts })
}

fn parts(of: &IdedExpr) -> Vec<&IdedExpr> {
    match &of.expr {
        Expr::Select(select) => vec![&select.operand],
        Expr::Call(call) => call
            .target
            .as_deref()
            .into_iter()
            .chain(&call.args)
            .collect(),
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Comprehension(over) => vec![&over.iter_range, &over.loop_step],
        _ => Vec::new(),
    }
}

fn find(expression: &IdedExpr, id: u64) -> Option<&IdedExpr> {
    if expression.id == id {
        return Some(expression);
    }
    parts(expression)
        .into_iter()
        .find_map(|part| find(part, id))
}

/// From where a node begins to where it ends: the parser notes its operator only.
fn span(node: &IdedExpr, info: &SourceInfo) -> Option<(u32, u32)> {
    let own = info
        .offset_for(node.id)
        .map(|(first, last)| match &node.expr {
            Expr::Select(select) => {
                let name = u32::try_from(select.field.len()).unwrap_or_default();
                (first, last + name)
            }
            _ => (first, last),
        });
    let parts = parts(node).into_iter().filter_map(|part| span(part, info));
    own.into_iter()
        .chain(parts)
        .reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}

/// Those in quoted text count along: no rule needs that many.
fn depth_of_brackets(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
