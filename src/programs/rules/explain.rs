//! Why a rule came out as it did for one person: only what decided, in words, with the facts.

use std::collections::BTreeSet;

use super::evaluate::Ground;
use super::expression::{Condition, Number, TRUE, Truth, UNKNOWN};
use super::parameter::Parameter;
use super::people::{COMPONENTS, NO_COMPONENT, People};
use super::schema::{
    self, COMPONENT_FACTS, COMPONENTS_EN, COMPONENTS_ZH, FACTS, Fact, FactId, Kind, Language,
};
use crate::kernel::impairment::ImpairmentType;

/// Explains rules about one of some people.
#[derive(Debug, Clone, Copy)]
pub struct Explanation<'a> {
    pub ground: Ground<'a>,
    pub people: &'a People,
    pub person: usize,
    pub parameters: &'a [Parameter],
    pub language: Language,
}

impl Explanation<'_> {
    fn say<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    /// Of a conjunction that fails, the parts that fail; of a disjunction that holds, those that hold;
    /// of what is not known, what is missing.
    pub fn because(&self, condition: &Condition) -> String {
        let mut reasons = Vec::new();
        self.decided(condition, &mut reasons);
        reasons.join(self.say("；", "; "))
    }

    fn holds(&self, condition: &Condition) -> Truth {
        self.ground.holds(condition, self.person)
    }

    fn decided(&self, condition: &Condition, reasons: &mut Vec<String>) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                let whole = self.holds(condition);
                for part in parts.iter().filter(|part| self.holds(part) == whole) {
                    self.decided(part, reasons);
                }
            }
            Condition::Choose(choice) => {
                let [asked, yes, no] = &**choice;
                self.decided(asked, reasons);
                match self.holds(asked) {
                    UNKNOWN => {}
                    TRUE => self.decided(yes, reasons),
                    _ => self.decided(no, reasons),
                }
            }
            leaf => reasons.push(self.leaf(leaf)),
        }
    }

    /// `残疾等级 ≤ 2（残疾等级：3）`.
    fn leaf(&self, condition: &Condition) -> String {
        let mut facts = BTreeSet::new();
        leaves(condition, &mut facts);
        let shown: Vec<_> = facts.iter().map(|fact| self.shown(*fact)).collect();
        let text = self.text(&FACTS, condition);
        if shown.is_empty() {
            return text;
        }
        let (open, close) = (self.say("（", " ("), self.say("）", ")"));
        format!("{text}{open}{}{close}", shown.join(self.say("，", ", ")))
    }

    fn shown(&self, leaf: Leaf) -> String {
        let colon = self.say("：", ": ");
        match leaf {
            Leaf::Fact(place) => {
                let Some(fact) = FACTS.get(place) else {
                    return String::new();
                };
                let value = self.value(place).map_or_else(
                    || self.say("未知", "not known").to_owned(),
                    |kept| fact.kind.show(kept, self.language),
                );
                format!("{}{colon}{value}", fact.label(self.language))
            }
            Leaf::Components => {
                let name = self.say(COMPONENTS_ZH, COMPONENTS_EN);
                format!("{name}{colon}{}", self.components())
            }
            Leaf::Parameter(place) => {
                let name = self.parameters.get(place);
                name.map_or_else(String::new, |parameter| parameter.name.clone())
            }
        }
    }

    fn value(&self, fact: FactId) -> Option<i64> {
        self.people.value(fact, self.person)
    }

    fn components(&self) -> String {
        let levels = (0..COMPONENTS).map(|place| self.people.level(place, self.person));
        let Some(levels) = levels.collect::<Option<Vec<_>>>() else {
            return self.say("未知", "not known").to_owned();
        };
        let parts: Vec<_> = levels
            .iter()
            .zip(ImpairmentType::ALL)
            .filter(|(level, _)| **level != NO_COMPONENT)
            .map(|(level, kind)| format!("{} {level}", self.say(kind.label_zh(), kind.as_str())))
            .collect();
        if parts.is_empty() {
            return self.say("无", "none").to_owned();
        }
        parts.join(self.say("、", ", "))
    }

    /// What somebody would have to find out: facts and parameters that are not known, where they
    /// matter.
    pub fn missing(&self, condition: &Condition) -> Vec<String> {
        let mut leaves = BTreeSet::new();
        self.undecided(condition, &mut leaves);
        self.unknown_among(&leaves)
    }

    pub fn missing_for(&self, number: &Number) -> Vec<String> {
        let mut leaves = BTreeSet::new();
        leaves_of(number, &mut leaves);
        self.unknown_among(&leaves)
    }

    fn unknown_among(&self, leaves: &BTreeSet<Leaf>) -> Vec<String> {
        leaves
            .iter()
            .filter_map(|leaf| match leaf {
                Leaf::Fact(place) if self.value(*place).is_none() => {
                    FACTS.get(*place).map(|fact| fact.path.to_owned())
                }
                Leaf::Components if self.people.level(0, self.person).is_none() => {
                    Some(schema::COMPONENTS.to_owned())
                }
                Leaf::Parameter(place) => {
                    let parameter = self.parameters.get(*place)?;
                    Some(format!("params.{}", parameter.name))
                }
                Leaf::Fact(_) | Leaf::Components => None,
            })
            .collect()
    }

    fn undecided(&self, condition: &Condition, out: &mut BTreeSet<Leaf>) {
        if self.holds(condition) != UNKNOWN {
            return;
        }
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                for part in parts {
                    self.undecided(part, out);
                }
            }
            Condition::Not(inner) => self.undecided(inner, out),
            Condition::Choose(parts) => {
                for part in &**parts {
                    self.undecided(part, out);
                }
            }
            leaf => leaves(leaf, out),
        }
    }

    fn text(&self, facts: &[Fact], condition: &Condition) -> String {
        let inner = |condition: &Condition| self.text(facts, condition);
        let joined = |parts: &[Condition], by: &str| {
            let parts: Vec<_> = parts.iter().map(inner).collect();
            format!("({})", parts.join(by))
        };
        match condition {
            Condition::Literal(value) => {
                let (zh, en) = if *value {
                    ("是", "yes")
                } else {
                    ("否", "no")
                };
                self.say(zh, en).to_owned()
            }
            Condition::Fact(fact) => self.label(facts, *fact).to_owned(),
            Condition::Known(fact) => {
                format!(
                    "{}{}",
                    self.say("已知", "known: "),
                    self.label(facts, *fact)
                )
            }
            Condition::Not(condition) => match &**condition {
                Condition::Fact(fact) => {
                    format!("{}{}", self.say("非", "not "), self.label(facts, *fact))
                }
                other => format!("{}({})", self.say("非", "not "), inner(other)),
            },
            Condition::All(parts) => joined(parts, self.say(" 且 ", " and ")),
            Condition::Any(parts) => joined(parts, self.say(" 或 ", " or ")),
            Condition::Choose(choice) => {
                let [asked, yes, no] = &**choice;
                let (asked, yes, no) = (inner(asked), inner(yes), inner(no));
                match self.language {
                    Language::Zh => format!("若 {asked} 则 {yes}，否则 {no}"),
                    Language::En => format!("if {asked} then {yes}, else {no}"),
                }
            }
            Condition::Compare(comparison, left, right) => {
                let kind = kind_of(facts, left).or(kind_of(facts, right));
                let left = self.number(facts, left, kind);
                let right = self.number(facts, right, kind);
                format!("{left} {} {right}", comparison.sign())
            }
            Condition::Among(number, values) => {
                let kind = kind_of(facts, number);
                let values: Vec<_> = values.iter().map(|one| self.literal(*one, kind)).collect();
                let number = self.number(facts, number, kind);
                let values = values.join(self.say("、", ", "));
                match self.language {
                    Language::Zh => format!("{number}属于{{{values}}}"),
                    Language::En => format!("{number} among {{{values}}}"),
                }
            }
            Condition::Some(condition) => {
                let inner = self.text(&COMPONENT_FACTS, condition);
                match self.language {
                    Language::Zh => format!("有一类残疾满足：{inner}"),
                    Language::En => format!("some component: {inner}"),
                }
            }
        }
    }

    fn label(&self, facts: &[Fact], fact: FactId) -> &'static str {
        facts
            .get(fact)
            .map_or("?", |fact| fact.label(self.language))
    }

    fn literal(&self, value: i64, kind: Option<&Kind>) -> String {
        kind.map_or_else(|| value.to_string(), |kind| kind.show(value, self.language))
    }

    fn number(&self, facts: &[Fact], number: &Number, kind: Option<&Kind>) -> String {
        match number {
            Number::Literal(value) => self.literal(*value, kind),
            Number::Fact(fact) => self.label(facts, *fact).to_owned(),
            Number::Parameter(place, _) => self.shown(Leaf::Parameter(*place)),
            Number::Calculate(operation, sides) => {
                let [left, right] = &**sides;
                let (left, right) = (
                    self.number(facts, left, None),
                    self.number(facts, right, None),
                );
                format!("({left} {} {right})", operation.sign())
            }
            Number::Choose(asked, outcomes) => {
                let [yes, no] = &**outcomes;
                let asked = self.text(facts, asked);
                let (yes, no) = (self.number(facts, yes, kind), self.number(facts, no, kind));
                match self.language {
                    Language::Zh => format!("若 {asked} 则 {yes}，否则 {no}"),
                    Language::En => format!("if {asked} then {yes}, else {no}"),
                }
            }
        }
    }

    /// How an amount came about: the branches that were taken.
    pub fn amount(&self, number: &Number) -> String {
        let mut reasons = Vec::new();
        let mut number = number;
        while let Number::Choose(asked, outcomes) = number {
            let [yes, no] = &**outcomes;
            number = match self.holds(asked) {
                UNKNOWN => break,
                TRUE => {
                    self.decided(asked, &mut reasons);
                    yes
                }
                _ => no,
            };
        }
        reasons.push(self.number(&FACTS, number, None));
        reasons.join(self.say("：", ": "))
    }
}

/// What an expression rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Leaf {
    Fact(FactId),
    Components,
    Parameter(usize),
}

fn leaves(condition: &Condition, out: &mut BTreeSet<Leaf>) {
    match condition {
        Condition::Literal(_) => {}
        Condition::Fact(fact) | Condition::Known(fact) => {
            out.insert(Leaf::Fact(*fact));
        }
        Condition::Compare(_, left, right) => {
            leaves_of(left, out);
            leaves_of(right, out);
        }
        Condition::Among(number, _) => leaves_of(number, out),
        Condition::Not(inner) => leaves(inner, out),
        Condition::All(parts) | Condition::Any(parts) => {
            for part in parts {
                leaves(part, out);
            }
        }
        Condition::Choose(parts) => {
            for part in &**parts {
                leaves(part, out);
            }
        }
        Condition::Some(_) => {
            out.insert(Leaf::Components);
        }
    }
}

fn leaves_of(number: &Number, out: &mut BTreeSet<Leaf>) {
    match number {
        Number::Literal(_) => {}
        Number::Fact(fact) => {
            out.insert(Leaf::Fact(*fact));
        }
        Number::Parameter(place, keys) => {
            out.insert(Leaf::Parameter(*place));
            out.extend(keys.iter().map(|key| Leaf::Fact(*key)));
        }
        Number::Calculate(_, sides) => {
            for side in &**sides {
                leaves_of(side, out);
            }
        }
        Number::Choose(asked, outcomes) => {
            leaves(asked, out);
            for outcome in &**outcomes {
                leaves_of(outcome, out);
            }
        }
    }
}

fn kind_of<'f>(facts: &'f [Fact], number: &Number) -> Option<&'f Kind> {
    match number {
        Number::Fact(fact) => facts.get(*fact).map(|fact| &fact.kind),
        _ => None,
    }
}
