//! What a rule becomes: small, typed, total. Truth has three values, as bytes, so that `and` is the
//! lesser, `or` the greater, and `not` what is left of two.

use super::schema::FactId;

pub type Truth = u8;
pub const FALSE: Truth = 0;
pub const UNKNOWN: Truth = 1;
pub const TRUE: Truth = 2;

pub const fn truth(value: bool) -> Truth {
    if value { TRUE } else { FALSE }
}

pub const fn not(value: Truth) -> Truth {
    TRUE - value
}

/// A number that is not known. Facts and constants are far from it.
pub const NO_NUMBER: i64 = i64::MIN;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    Different,
}

impl Comparison {
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "≤",
            Self::More => ">",
            Self::AtLeast => "≥",
            Self::Equal => "=",
            Self::Different => "≠",
        }
    }

    pub fn holds<N: PartialOrd>(self, left: &N, right: &N) -> bool {
        match self {
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::More => left > right,
            Self::AtLeast => left >= right,
            Self::Equal => left == right,
            Self::Different => left != right,
        }
    }

    /// As it reads from the other side.
    pub const fn turned(self) -> Self {
        match self {
            Self::Less => Self::More,
            Self::AtMost => Self::AtLeast,
            Self::More => Self::Less,
            Self::AtLeast => Self::AtMost,
            same => same,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operation {
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "−",
            Self::Multiply => "×",
            Self::Divide => "÷",
            Self::Remainder => "mod",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Literal(bool),
    /// A fact that is a truth.
    Fact(FactId),
    /// `has`: whether a fact is known.
    Known(FactId),
    Compare(Comparison, Number, Number),
    Among(Number, Vec<i64>),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
    Choose(Box<[Self; 3]>),
    /// Whether some component is so; inside, facts are those of a component.
    Some(Box<Self>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Number {
    Literal(i64),
    Fact(FactId),
    /// A parameter, with the facts that choose its value.
    Parameter(usize, Vec<FactId>),
    Calculate(Operation, Box<[Self; 2]>),
    Choose(Box<Condition>, Box<[Self; 2]>),
}
