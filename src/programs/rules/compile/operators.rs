//! Operators, and the ranges that are followed through them.

use std::collections::BTreeSet;

use cel::common::ast::{Expr, IdedExpr, LiteralValue, operators};
use chrono::NaiveDate;

use super::super::expression::{Comparison, Condition, Number, Operation};
use super::super::schema::{self, Kind};
use super::reader::{
    Found, Range, Reader, Wrong, alike, negated, outside, refuse, text_of, whole, wrong,
};

/// Results stay whole numbers in every client.
const LARGEST: i128 = 1 << 53;

impl Reader<'_> {
    pub fn call(
        &mut self,
        at: &IdedExpr,
        name: &str,
        arguments: &[IdedExpr],
    ) -> Result<Found, Wrong> {
        let comparison = match name {
            operators::LESS => Some(Comparison::Less),
            operators::LESS_EQUALS => Some(Comparison::AtMost),
            operators::GREATER => Some(Comparison::More),
            operators::GREATER_EQUALS => Some(Comparison::AtLeast),
            operators::EQUALS => Some(Comparison::Equal),
            operators::NOT_EQUALS => Some(Comparison::Different),
            _ => None,
        };
        let operation = match name {
            operators::ADD => Some(Operation::Add),
            operators::SUBSTRACT => Some(Operation::Subtract),
            operators::MULTIPLY => Some(Operation::Multiply),
            operators::DIVIDE => Some(Operation::Divide),
            operators::MODULO => Some(Operation::Remainder),
            _ => None,
        };
        match (name, arguments) {
            (_, [left, right]) if comparison.is_some() => {
                self.comparison(at, comparison.unwrap_or(Comparison::Equal), left, right)
            }
            (_, [left, right]) if operation.is_some() => {
                self.calculation(at, operation.unwrap_or(Operation::Add), left, right)
            }
            (operators::LOGICAL_AND | operators::LOGICAL_OR, parts) => {
                self.joined(name == operators::LOGICAL_AND, parts)
            }
            (operators::LOGICAL_NOT, [inner]) => {
                Ok(Found::Condition(negated(self.condition(inner)?)))
            }
            (operators::NEGATE, [inner]) => {
                let (number, (lowest, highest)) = self.whole(inner)?;
                let (kind, range) = whole((-highest, -lowest));
                let negative =
                    Number::Calculate(Operation::Subtract, Box::new([Number::Literal(0), number]));
                Ok(Found::Number(negative, kind, range))
            }
            (operators::IN, [value, list]) => self.among(value, list),
            (operators::CONDITIONAL, [condition, yes, no]) => self.choice(at, condition, yes, no),
            (operators::INDEX, [of, key]) => self.indexed(at, of, key),
            ("date", [text]) => {
                let date = text_of(text).and_then(|text| text.parse::<NaiveDate>().ok());
                let Some(date) = date else {
                    return refuse(
                        at,
                        "a date is written date(\"2022-07-01\")",
                        "日期写作 date(\"2022-07-01\")",
                    );
                };
                let kept = i64::from(schema::days(date));
                Ok(Found::Number(
                    Number::Literal(kept),
                    Kind::Date,
                    (kept, kept),
                ))
            }
            _ => outside(at, name),
        }
    }

    /// The parser makes a balanced tree of a chain; the clauses come back as they were written.
    fn joined(&mut self, all: bool, parts: &[IdedExpr]) -> Result<Found, Wrong> {
        let mut clauses = Vec::new();
        for part in parts {
            match self.condition(part)? {
                Condition::All(inner) if all => clauses.extend(inner),
                Condition::Any(inner) if !all => clauses.extend(inner),
                other => clauses.push(other),
            }
        }
        Ok(Found::Condition(if all {
            Condition::All(clauses)
        } else {
            Condition::Any(clauses)
        }))
    }

    fn comparison(
        &mut self,
        at: &IdedExpr,
        comparison: Comparison,
        left: &IdedExpr,
        right: &IdedExpr,
    ) -> Result<Found, Wrong> {
        let ((left, right), kind, (one, other)) = self.pair(left, right)?;
        let ordered = !matches!(comparison, Comparison::Equal | Comparison::Different);
        if ordered && matches!(kind, Kind::Word(_)) {
            return refuse(
                at,
                "words have no order: use == or in",
                "词语没有大小，请用 == 或 in",
            );
        }
        if let Some(always) = decided(comparison, one, other) {
            let (en, zh) = if always {
                ("always", "总是成立")
            } else {
                ("never", "永不成立")
            };
            self.doubts
                .push(wrong(at, format!("this is {en} so"), format!("该条件{zh}")));
        }
        Ok(Found::Condition(Condition::Compare(
            comparison, left, right,
        )))
    }

    /// Two sides of a comparison; text becomes the other side's word.
    #[expect(
        clippy::type_complexity,
        reason = "two sides, what they are, and both ranges"
    )]
    fn pair(
        &mut self,
        left: &IdedExpr,
        right: &IdedExpr,
    ) -> Result<((Number, Number), Kind, (Range, Range)), Wrong> {
        match (self.expression(left)?, self.expression(right)?) {
            (Found::Number(one, kind, range), Found::Number(other, its, its_range)) => {
                if !alike(&kind, &its) {
                    return refuse(right, "these cannot be compared", "两者不可比较");
                }
                Ok(((one, other), kind, (range, its_range)))
            }
            (Found::Number(one, kind, range), Found::Text(text)) => {
                let word = word(right, &kind, &text)?;
                Ok(((one, Number::Literal(word)), kind, (range, (word, word))))
            }
            (Found::Text(text), Found::Number(other, kind, range)) => {
                let word = word(left, &kind, &text)?;
                Ok(((Number::Literal(word), other), kind, ((word, word), range)))
            }
            _ => refuse(right, "these cannot be compared", "两者不可比较"),
        }
    }

    fn calculation(
        &mut self,
        at: &IdedExpr,
        operation: Operation,
        left: &IdedExpr,
        right: &IdedExpr,
    ) -> Result<Found, Wrong> {
        let ((left, one), (right, other)) = (self.whole(left)?, self.whole(right)?);
        let divides = matches!(operation, Operation::Divide | Operation::Remainder);
        if divides && (other.0..=other.1).contains(&0) {
            return refuse(at, "the divisor can be zero", "除数可能为零");
        }
        let Some(range) = range_of(operation, one, other) else {
            return refuse(at, "the result can exceed 2^53", "结果可能超出范围（2^53）");
        };
        let (kind, range) = whole(range);
        let number = Number::Calculate(operation, Box::new([left, right]));
        Ok(Found::Number(number, kind, range))
    }

    fn among(&mut self, value: &IdedExpr, list: &IdedExpr) -> Result<Found, Wrong> {
        let (number, kind, _) = self.number(value)?;
        let Expr::List(list) = &list.expr else {
            return outside(list, "in without a list in brackets");
        };
        let mut values = BTreeSet::new();
        for element in &list.elements {
            values.insert(match (text_of(element), &element.expr) {
                (Some(text), _) => word(element, &kind, text)?,
                (None, Expr::Literal(LiteralValue::Int(value)))
                    if matches!(kind, Kind::Number { .. }) =>
                {
                    *value.inner()
                }
                _ => return refuse(element, "not of the same kind", "类型不一致"),
            });
        }
        Ok(Found::Condition(Condition::Among(
            number,
            values.into_iter().collect(),
        )))
    }

    fn choice(
        &mut self,
        at: &IdedExpr,
        condition: &IdedExpr,
        yes: &IdedExpr,
        no: &IdedExpr,
    ) -> Result<Found, Wrong> {
        let condition = self.condition(condition)?;
        match (self.expression(yes)?, self.expression(no)?) {
            (Found::Condition(yes), Found::Condition(no)) => {
                Ok(Found::Condition(Condition::Choose(Box::new([
                    condition, yes, no,
                ]))))
            }
            (Found::Number(yes, kind, one), Found::Number(no, its, other))
                if alike(&kind, &its) =>
            {
                let range = (one.0.min(other.0), one.1.max(other.1));
                let number = Number::Choose(Box::new(condition), Box::new([yes, no]));
                Ok(Found::Number(number, kind, range))
            }
            _ => refuse(
                at,
                "both outcomes must be of one kind",
                "两个结果的类型须一致",
            ),
        }
    }
}

fn word(at: &IdedExpr, kind: &Kind, text: &str) -> Result<i64, Wrong> {
    let place = kind.place_of(text).ok_or_else(|| {
        let known = kind.described();
        wrong(
            at,
            format!("`{text}` is none of: {known}"),
            format!("“{text}”不在可选范围：{known}"),
        )
    })?;
    Ok(place.into())
}

/// What a comparison of two ranges always comes to.
fn decided(comparison: Comparison, one: Range, other: Range) -> Option<bool> {
    let same = one.0 == one.1 && one == other;
    let apart = one.1 < other.0 || other.1 < one.0;
    let (always, never) = match comparison {
        Comparison::Less => (one.1 < other.0, one.0 >= other.1),
        Comparison::AtMost => (one.1 <= other.0, one.0 > other.1),
        Comparison::More => (one.0 > other.1, one.1 <= other.0),
        Comparison::AtLeast => (one.0 >= other.1, one.1 < other.0),
        Comparison::Equal => (same, apart),
        Comparison::Different => (apart, same),
    };
    (always || never).then_some(always)
}

fn range_of(operation: Operation, one: Range, other: Range) -> Option<Range> {
    let wide = |value: i64| i128::from(value);
    let [(a, b), (c, d)] = [one, other].map(|range| (wide(range.0), wide(range.1)));
    let corners = |of: fn(i128, i128) -> i128| vec![of(a, c), of(a, d), of(b, c), of(b, d)];
    let ends = match operation {
        Operation::Add => vec![a + c, b + d],
        Operation::Subtract => vec![a - d, b - c],
        Operation::Multiply => corners(|left, right| left * right),
        // A quotient is nearest to zero where the divisor is largest.
        Operation::Divide => [corners(|left, right| left / right), vec![0]].concat(),
        Operation::Remainder => {
            let most = c.abs().max(d.abs()) - 1;
            vec![-most, most, 0]
        }
    };
    let (lowest, highest) = (ends.iter().min()?, ends.iter().max()?);
    if *lowest < -LARGEST || *highest > LARGEST {
        return None;
    }
    Some((i64::try_from(*lowest).ok()?, i64::try_from(*highest).ok()?))
}
