//! Finds a division by the names of its county, township and village.

use std::collections::HashMap;

use crate::kernel::division::{DivisionCode, DivisionLevel};
use crate::kernel::text;

/// County, township and village; the county may be empty, and so may the village.
type Names = [String; 3];

/// The divisions of the offices concerned, by name.
#[derive(Debug, Default)]
pub struct DivisionNames {
    /// Nothing where several divisions share the names.
    codes: HashMap<Names, Option<DivisionCode>>,
}

impl<S: AsRef<str>> FromIterator<(DivisionCode, S)> for DivisionNames {
    fn from_iter<I: IntoIterator<Item = (DivisionCode, S)>>(divisions: I) -> Self {
        let names: HashMap<_, _> = divisions
            .into_iter()
            .map(|(code, name)| (code, text::compact(name.as_ref())))
            .collect();
        let name_of = |code: Option<DivisionCode>| {
            code.and_then(|code| names.get(&code))
                .cloned()
                .unwrap_or_default()
        };
        let mut found = Self::default();
        for (code, name) in &names {
            let county = name_of(code.county());
            let (township, village) = match code.level() {
                DivisionLevel::Township => (name.clone(), String::new()),
                DivisionLevel::Village => (name_of(code.parent()), name.clone()),
                DivisionLevel::Province | DivisionLevel::City | DivisionLevel::County => continue,
            };
            found.insert([String::new(), township.clone(), village.clone()], *code);
            found.insert([county, township, village], *code);
        }
        found
    }
}

impl DivisionNames {
    fn insert(&mut self, names: Names, code: DivisionCode) {
        self.codes
            .entry(names)
            .and_modify(|known| *known = known.filter(|known| *known == code))
            .or_insert(Some(code));
    }

    /// The division of these names. Without a village the township is meant; the county may be
    /// left out where the other names are unique.
    pub fn find(&self, county: &str, township: &str, village: &str) -> Option<DivisionCode> {
        let names = [county, township, village].map(text::compact);
        self.codes.get(&names).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> DivisionCode {
        text.parse().unwrap()
    }

    fn names() -> DivisionNames {
        [
            ("99", "虚省"),
            ("990121", "丙岭县"),
            ("990121003", "三号镇"),
            ("990121003001", "一号村"),
            ("990122", "丁山县"),
            ("990122003", "三号镇"),
            ("990122003001", "一号村"),
            ("990122004", "四号镇"),
        ]
        .into_iter()
        .map(|(text, name)| (code(text), name))
        .collect()
    }

    #[test]
    fn a_division_is_found_by_all_its_names() {
        let names = names();
        assert_eq!(
            names.find("丙岭县", "三号镇", "一号村"),
            Some(code("990121003001"))
        );
        assert_eq!(names.find("丁山县", " 三号镇", ""), Some(code("990122003")));
        assert_eq!(names.find("丁山县", "三号镇", "二号村"), None);
        assert_eq!(names.find("丁山县", "", ""), None);
    }

    #[test]
    fn the_county_may_be_left_out_where_nothing_is_in_doubt() {
        assert_eq!(names().find("", "四号镇", ""), Some(code("990122004")));
        assert_eq!(names().find("", "三号镇", "一号村"), None);
    }
}
