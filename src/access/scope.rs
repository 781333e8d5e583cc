//! The divisions somebody may see. Everything that belongs to a place carries its code, and an
//! office sees the range of codes beneath its own.

use crate::kernel::division::DivisionCode;

/// Ranges of division codes. Only a permit makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(Vec<DivisionCode>);

impl Scope {
    /// Divisions that lie in another of the list say nothing new.
    pub(super) fn of(divisions: impl IntoIterator<Item = DivisionCode>) -> Self {
        let mut all: Vec<_> = divisions.into_iter().collect();
        all.sort_unstable();
        let mut roots: Vec<DivisionCode> = Vec::new();
        for division in all {
            if !roots.iter().any(|root| root.contains(division)) {
                roots.push(division);
            }
        }
        Self(roots)
    }

    pub fn divisions(&self) -> &[DivisionCode] {
        &self.0
    }

    pub fn sees(&self, division: DivisionCode) -> bool {
        self.0.iter().any(|root| root.contains(division))
    }

    /// The divisions that this scope lies in: what is laid down there holds here, too.
    pub fn above(&self) -> Vec<DivisionCode> {
        let parents =
            |root: &DivisionCode| std::iter::successors(root.parent(), |one| one.parent());
        self.0.iter().flat_map(parents).collect()
    }

    /// The part of this scope that lies in `division`; nothing when that is out of sight.
    pub fn narrowed(&self, division: DivisionCode) -> Option<Self> {
        if self.sees(division) {
            return Some(Self(vec![division]));
        }
        let within: Vec<_> = self
            .0
            .iter()
            .copied()
            .filter(|root| division.contains(*root))
            .collect();
        (!within.is_empty()).then_some(Self(within))
    }
}

/// The SQL condition that a column's division code lies in a scope. Every query over what belongs
/// to a place begins with it. Where the county's code is a column, too, a whole county is asked for by
/// that: lists are indexed by it.
macro_rules! within {
    ($column:expr, $county:expr, $scope:expr) => {{
        use diesel::expression::BoxableExpression;
        use diesel::prelude::*;
        use diesel::sql_types::Bool;
        use $crate::kernel::division::{DivisionCode, DivisionLevel};
        let scope: &$crate::access::Scope = $scope;
        let lies_in = |division: DivisionCode| {
            let (lowest, highest) = division.range();
            let condition: Box<dyn BoxableExpression<_, $crate::db::MultiBackend, SqlType = Bool>> =
                match division.level() {
                    DivisionLevel::County => {
                        Box::new($county.eq(division.county_digits()).assume_not_null())
                    }
                    // Most of the rows there are: a mere filter, so that the list's order leads.
                    DivisionLevel::Province | DivisionLevel::City => {
                        Box::new($county.like(division.prefix_pattern()).assume_not_null())
                    }
                    DivisionLevel::Township | DivisionLevel::Village => {
                        Box::new($column.between(lowest, highest))
                    }
                };
            condition
        };
        let mut divisions = scope.divisions().iter().copied();
        let first = divisions.next().map_or_else(
            || {
                let (lowest, highest) = DivisionCode::NOWHERE;
                Box::new($column.between(lowest, highest))
            },
            lies_in,
        );
        divisions.fold(first, |any, division| Box::new(any.or(lies_in(division))))
    }};
    ($column:expr, $scope:expr) => {{
        use diesel::expression::BoxableExpression;
        use diesel::prelude::*;
        use diesel::sql_types::Bool;
        let scope: &$crate::access::Scope = $scope;
        let mut ranges = scope.divisions().iter().map(|division| division.range());
        let (lowest, highest) = ranges
            .next()
            .unwrap_or($crate::kernel::division::DivisionCode::NOWHERE);
        let first: Box<dyn BoxableExpression<_, $crate::db::MultiBackend, SqlType = Bool>> =
            Box::new($column.between(lowest, highest));
        ranges.fold(first, |any, (lowest, highest)| {
            Box::new(any.or($column.between(lowest, highest)))
        })
    }};
}
pub(crate) use within;

/// The SQL condition that a row waits for a role somebody holds where it is.
macro_rules! on_desk {
    ($role:expr, $division:expr, $actor:expr) => {{
        use diesel::expression::BoxableExpression;
        use diesel::prelude::*;
        use diesel::sql_types::Bool;
        let actor: &$crate::access::Actor = $actor;
        let (lowest, highest) = $crate::kernel::division::DivisionCode::NOWHERE;
        let nowhere: Box<dyn BoxableExpression<_, $crate::db::MultiBackend, SqlType = Bool>> =
            Box::new($division.between(lowest, highest));
        actor.grants.iter().fold(nowhere, |any, held| {
            let (lowest, highest) = held.division.range();
            let here = $division.between(lowest, highest);
            Box::new(any.or($role.eq(held.role).and(here)))
        })
    }};
}
pub(crate) use on_desk;

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> DivisionCode {
        text.parse().unwrap()
    }

    #[test]
    fn a_scope_narrows_but_never_widens() {
        let scope = Scope::of([code("990121103"), code("990121"), code("990122103")]);
        assert_eq!(scope.divisions(), [code("990121"), code("990122103")]);
        assert_eq!(
            scope.narrowed(code("990121104")).unwrap().divisions(),
            [code("990121104")]
        );
        assert_eq!(scope.narrowed(code("9901")).unwrap(), scope);
        assert_eq!(
            scope.narrowed(code("990122")).unwrap().divisions(),
            [code("990122103")]
        );
        assert_eq!(scope.narrowed(code("990123")), None);
        assert_eq!(
            Scope::of([code("990121103")]).above(),
            [code("990121"), code("9901"), code("99")]
        );
    }
}
