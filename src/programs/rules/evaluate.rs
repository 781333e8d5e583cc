//! Rules over people. One evaluator walks an expression for a block of people at a time: a block of
//! one is the interpreter that explains, a block of [`BLOCK`] goes over the columns of a county.

use super::column::{Kept, Values, of_either_width};
use super::expression::{
    Comparison, Condition, FALSE, NO_NUMBER, Number, Operation, TRUE, Truth, UNKNOWN, not, truth,
};
use super::parameter::{Span, Tables};
use super::people::{COMPONENTS, NO_COMPONENT, People};
use super::schema::{COMPONENT_TYPE, FactId};

/// People looked at together: as many as stay in the processor's nearest cache.
pub const BLOCK: usize = 1024;

/// For each impairment a column that says so.
static IMPAIRMENTS: [[u8; BLOCK]; COMPONENTS] = [
    [0; BLOCK], [1; BLOCK], [2; BLOCK], [3; BLOCK], [4; BLOCK], [5; BLOCK],
];

/// Where facts and parameters come from.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    people: &'a People,
    tables: &'a Tables<'a>,
    /// Inside `exists`: the component whose facts are meant.
    component: Option<usize>,
}

impl<'a> Ground<'a> {
    pub fn new(people: &'a People, tables: &'a Tables<'a>) -> Self {
        Self {
            people,
            tables,
            component: None,
        }
    }

    /// One person.
    pub fn holds(&self, condition: &Condition, person: usize) -> Truth {
        let mut out = [UNKNOWN];
        self.conditions::<1>(condition, person, &mut out);
        let [value] = out;
        value
    }

    pub fn amount(&self, number: &Number, person: usize) -> i64 {
        let mut out = [NO_NUMBER];
        self.numbers::<1>(number, person, &mut out);
        let [value] = out;
        value
    }

    fn kept(&self, fact: FactId, from: usize, count: usize) -> Values<'a> {
        let kept = match (self.component, fact) {
            (None, _) => self.people.values(fact, from, count),
            (Some(impairment), COMPONENT_TYPE) => IMPAIRMENTS
                .get(impairment)
                .and_then(|column| column.get(..count))
                .map(Values::Narrow),
            (Some(impairment), _) => self
                .people
                .levels(impairment, from, count)
                .map(Values::Narrow),
        };
        debug_assert!(kept.is_some(), "a column for every fact and everybody");
        kept.unwrap_or(Values::Narrow(&[]))
    }

    /// A condition for the people from `from` on, as many as `out` has room for, at most `N`.
    pub fn conditions<const N: usize>(
        &self,
        condition: &Condition,
        from: usize,
        out: &mut [Truth],
    ) {
        let count = out.len();
        let mut spare = [UNKNOWN; N];
        let (other, _) = spare.split_at_mut(count.min(N));
        match condition {
            Condition::Literal(value) => out.fill(truth(*value)),
            Condition::Fact(fact) => {
                let kept = self.kept(*fact, from, count);
                of_either_width!(kept, kept => with_literal(kept, out, Comparison::Different, 0));
            }
            Condition::Known(fact) => {
                let kept = self.kept(*fact, from, count);
                of_either_width!(kept, kept => whether_known(kept, out));
            }
            Condition::Not(inner) => {
                self.conditions::<N>(inner, from, out);
                for out in out {
                    *out = not(*out);
                }
            }
            Condition::All(parts) => {
                let mut parts = parts.iter().filter(|part| self.settled(part) != Some(true));
                match parts.next() {
                    Some(first) => self.conditions::<N>(first, from, out),
                    None => out.fill(TRUE),
                }
                for part in parts {
                    self.conditions::<N>(part, from, other);
                    for (out, part) in out.iter_mut().zip(&*other) {
                        *out = (*out).min(*part);
                    }
                }
            }
            Condition::Any(parts) => {
                let mut parts = parts
                    .iter()
                    .filter(|part| self.settled(part) != Some(false));
                match parts.next() {
                    Some(first) => self.conditions::<N>(first, from, out),
                    None => out.fill(FALSE),
                }
                for part in parts {
                    self.conditions::<N>(part, from, other);
                    for (out, part) in out.iter_mut().zip(&*other) {
                        *out = (*out).max(*part);
                    }
                }
            }
            Condition::Choose(choice) => {
                let [asked, yes, no] = &**choice;
                let mut third = [UNKNOWN; N];
                let (chosen, _) = third.split_at_mut(count.min(N));
                self.conditions::<N>(asked, from, chosen);
                self.conditions::<N>(yes, from, out);
                self.conditions::<N>(no, from, other);
                for ((out, no), chosen) in out.iter_mut().zip(&*other).zip(&*chosen) {
                    *out = match *chosen {
                        UNKNOWN => UNKNOWN,
                        TRUE => *out,
                        _ => *no,
                    };
                }
            }
            Condition::Compare(comparison, left, right) => {
                self.compared::<N>(*comparison, left, right, from, out);
            }
            Condition::Among(number, values) => self.among::<N>(number, values, from, out),
            Condition::Some(inner) => self.some::<N>(inner, from, out),
        }
    }

    fn compared<const N: usize>(
        &self,
        comparison: Comparison,
        left: &Number,
        right: &Number,
        from: usize,
        out: &mut [Truth],
    ) {
        let count = out.len();
        // By far the most frequent: a fact beside a constant.
        let simple = match (left, right) {
            (Number::Fact(fact), Number::Literal(value)) => Some((*fact, comparison, *value)),
            (Number::Literal(value), Number::Fact(fact)) => {
                Some((*fact, comparison.turned(), *value))
            }
            _ => None,
        };
        if let Some((fact, comparison, value)) = simple {
            let kept = self.kept(fact, from, count);
            of_either_width!(kept, kept => with_literal(kept, out, comparison, value));
            return;
        }
        let (mut one, mut other) = ([NO_NUMBER; N], [NO_NUMBER; N]);
        let (one, _) = one.split_at_mut(count.min(N));
        let (other, _) = other.split_at_mut(count.min(N));
        self.numbers::<N>(left, from, one);
        self.numbers::<N>(right, from, other);
        for ((out, left), right) in out.iter_mut().zip(&*one).zip(&*other) {
            *out = if *left == NO_NUMBER || *right == NO_NUMBER {
                UNKNOWN
            } else {
                truth(comparison.holds(left, right))
            };
        }
    }

    fn among<const N: usize>(
        &self,
        number: &Number,
        values: &[i64],
        from: usize,
        out: &mut [Truth],
    ) {
        // Words of a fact, for the most part: each is looked for in the column.
        if let Number::Fact(fact) = number {
            let kept = self.kept(*fact, from, out.len());
            of_either_width!(kept, kept => one_of(kept, out, values));
            return;
        }
        let mut numbers = [NO_NUMBER; N];
        let (numbers, _) = numbers.split_at_mut(out.len().min(N));
        self.numbers::<N>(number, from, numbers);
        for (out, number) in out.iter_mut().zip(&*numbers) {
            *out = if *number == NO_NUMBER {
                UNKNOWN
            } else {
                truth(values.contains(number))
            };
        }
    }

    /// What a condition comes to for whichever people, since the impairment alone decides.
    fn settled(&self, condition: &Condition) -> Option<bool> {
        let impairment = i64::try_from(self.component?).ok()?;
        match condition {
            Condition::Compare(
                comparison,
                Number::Fact(COMPONENT_TYPE),
                Number::Literal(value),
            ) => Some(comparison.holds(&impairment, value)),
            Condition::Among(Number::Fact(COMPONENT_TYPE), values) => {
                Some(values.contains(&impairment))
            }
            Condition::All(parts) => {
                let all = parts.iter().map(|part| self.settled(part));
                all.reduce(|all, part| match (all, part) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                })?
            }
            _ => None,
        }
    }

    fn some<const N: usize>(&self, inner: &Condition, from: usize, out: &mut [Truth]) {
        let count = out.len();
        out.fill(FALSE);
        let mut found = [UNKNOWN; N];
        let (found, _) = found.split_at_mut(count.min(N));
        for impairment in 0..COMPONENTS {
            let levels = self.people.levels(impairment, from, count);
            let levels = levels.unwrap_or_default();
            let ground = Self {
                component: Some(impairment),
                ..*self
            };
            // Without a certificate it is not known which components there are; one column tells of all.
            if impairment > 0 && ground.settled(inner) == Some(false) {
                continue;
            }
            ground.conditions::<N>(inner, from, found);
            // Without branches, which a processor would guess wrong half of the time.
            for ((out, found), level) in out.iter_mut().zip(&*found).zip(levels) {
                let there = Truth::from(*level != NO_COMPONENT);
                let found = (*out).max(*found * there);
                *out = if *level == u8::UNKNOWN {
                    UNKNOWN
                } else {
                    found
                };
            }
        }
    }

    /// A number for the people from `from` on.
    pub fn numbers<const N: usize>(&self, number: &Number, from: usize, out: &mut [i64]) {
        let count = out.len();
        match number {
            Number::Literal(value) => out.fill(*value),
            Number::Fact(fact) => {
                let kept = self.kept(*fact, from, count);
                of_either_width!(kept, kept => widened(kept, out));
            }
            Number::Parameter(parameter, keys) => {
                let mut rows = [0_usize; N];
                let (rows, _) = rows.split_at_mut(count.min(N));
                for (key, span) in keys.iter().filter_map(|key| Some((*key, Span::of(*key)?))) {
                    let kept = self.kept(key, from, count);
                    of_either_width!(kept, kept => for (row, kept) in rows.iter_mut().zip(kept) {
                        *row = span.row(*row, *kept);
                    });
                }
                for (out, row) in out.iter_mut().zip(&*rows) {
                    *out = self.tables.value(*parameter, *row);
                }
            }
            Number::Calculate(operation, sides) => {
                let [left, right] = &**sides;
                let mut other = [NO_NUMBER; N];
                let (other, _) = other.split_at_mut(count.min(N));
                self.numbers::<N>(left, from, out);
                self.numbers::<N>(right, from, other);
                match operation {
                    Operation::Add => pairs(out, other, i64::wrapping_add),
                    Operation::Subtract => pairs(out, other, i64::wrapping_sub),
                    Operation::Multiply => pairs(out, other, i64::wrapping_mul),
                    Operation::Divide => pairs(out, other, |left, right| {
                        left.checked_div(right).unwrap_or(NO_NUMBER)
                    }),
                    Operation::Remainder => pairs(out, other, |left, right| {
                        left.checked_rem(right).unwrap_or(NO_NUMBER)
                    }),
                }
            }
            Number::Choose(asked, outcomes) => {
                let [yes, no] = &**outcomes;
                let mut chosen = [UNKNOWN; N];
                let (chosen, _) = chosen.split_at_mut(count.min(N));
                self.conditions::<N>(asked, from, chosen);
                self.numbers::<N>(no, from, out);
                if let Number::Literal(yes) = yes {
                    return choose(chosen, std::iter::repeat_n(yes, count), out);
                }
                let mut other = [NO_NUMBER; N];
                let (other, _) = other.split_at_mut(count.min(N));
                self.numbers::<N>(yes, from, other);
                choose(chosen, other.iter(), out);
            }
        }
    }
}

fn each<K: Kept>(kept: &[K], out: &mut [Truth], holds: impl Fn(K) -> bool) {
    for (out, kept) in out.iter_mut().zip(kept) {
        *out = if *kept == K::UNKNOWN {
            UNKNOWN
        } else {
            truth(holds(*kept))
        };
    }
}

fn whether_known<K: Kept>(kept: &[K], out: &mut [Truth]) {
    for (out, kept) in out.iter_mut().zip(kept) {
        *out = truth(*kept != K::UNKNOWN);
    }
}

fn with_literal<K: Kept>(kept: &[K], out: &mut [Truth], comparison: Comparison, literal: i64) {
    let Some(value) = K::of(literal) else {
        // Beyond what the column can keep, on the same side of everybody.
        let settled = comparison.holds(&0, &literal);
        return each(kept, out, |_| settled);
    };
    match comparison {
        Comparison::Less => each(kept, out, |kept| kept < value),
        Comparison::AtMost => each(kept, out, |kept| kept <= value),
        Comparison::More => each(kept, out, |kept| kept > value),
        Comparison::AtLeast => each(kept, out, |kept| kept >= value),
        Comparison::Equal => each(kept, out, |kept| kept == value),
        Comparison::Different => each(kept, out, |kept| kept != value),
    }
}

fn one_of<K: Kept>(kept: &[K], out: &mut [Truth], values: &[i64]) {
    each(kept, out, |_| false);
    for value in values.iter().filter_map(|value| K::of(*value)) {
        for (out, kept) in out.iter_mut().zip(kept) {
            *out |= truth(*kept == value);
        }
    }
}

fn widened<K: Kept>(kept: &[K], out: &mut [i64]) {
    for (out, kept) in out.iter_mut().zip(kept) {
        *out = kept.known().unwrap_or(NO_NUMBER);
    }
}

/// `out` has what is due where the condition does not hold.
fn choose<'a>(chosen: &[Truth], yes: impl Iterator<Item = &'a i64>, out: &mut [i64]) {
    let all_where = |holds| -i64::from(holds);
    for ((out, yes), chosen) in out.iter_mut().zip(yes).zip(chosen) {
        let (holds, unknown) = (all_where(*chosen == TRUE), all_where(*chosen == UNKNOWN));
        *out = (*yes & holds) | (NO_NUMBER & unknown) | (*out & !(holds | unknown));
    }
}

fn pairs(out: &mut [i64], other: &[i64], of: impl Fn(i64, i64) -> i64) {
    for (out, other) in out.iter_mut().zip(other) {
        *out = if *out == NO_NUMBER || *other == NO_NUMBER {
            NO_NUMBER
        } else {
            of(*out, *other)
        };
    }
}
