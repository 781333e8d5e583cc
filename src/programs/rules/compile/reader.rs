//! Facts, parameters, literals and lists.

use cel::common::ast::{ComprehensionExpr, Expr, IdedExpr, LiteralValue, SelectExpr, operators};

use super::super::expression::{Condition, Number};
use super::super::parameter::Parameter;
use super::super::schema::{COMPONENT_FACTS, COMPONENTS, FACTS, Fact, FactId, Kind};

/// How deep operations may lie within one another.
const DEEPEST: usize = 48;

/// What is wrong with a node of the syntax tree.
#[derive(Debug)]
pub(super) struct Wrong {
    pub node: u64,
    pub en: String,
    pub zh: String,
}

pub(super) fn wrong(at: &IdedExpr, en: impl Into<String>, zh: impl Into<String>) -> Wrong {
    Wrong {
        node: at.id,
        en: en.into(),
        zh: zh.into(),
    }
}

pub(super) fn refuse<T>(
    at: &IdedExpr,
    en: impl Into<String>,
    zh: impl Into<String>,
) -> Result<T, Wrong> {
    Err(wrong(at, en, zh))
}

pub(super) fn outside<T>(at: &IdedExpr, what: &str) -> Result<T, Wrong> {
    refuse(
        at,
        format!("{what} is outside the subset of CEL that rules use"),
        format!("规则不支持 {what}"),
    )
}

pub(super) type Range = (i64, i64);

/// What an expression was found to be.
pub(super) enum Found {
    Condition(Condition),
    Number(Number, Kind, Range),
    Text(String),
}

/// A number that is no word and no date, and its range.
pub(super) fn whole(range: Range) -> (Kind, Range) {
    let kind = Kind::Number {
        lowest: 0,
        highest: 0,
    };
    (kind, range)
}

pub(super) fn alike(one: &Kind, other: &Kind) -> bool {
    match (one, other) {
        (Kind::Word(_), _) => one == other,
        (Kind::Number { .. }, Kind::Number { .. }) | (Kind::Date, Kind::Date) => true,
        _ => false,
    }
}

/// `a.b.c` as it is written.
fn path(expression: &IdedExpr) -> Option<String> {
    match &expression.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => {
            Some(format!("{}.{}", path(&select.operand)?, select.field))
        }
        _ => None,
    }
}

pub(super) fn text_of(expression: &IdedExpr) -> Option<&str> {
    match &expression.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

pub(super) struct Reader<'r> {
    facts: &'static [Fact],
    parameters: &'r [Parameter],
    /// What a component is called, inside `exists` and `all`.
    variable: Option<String>,
    depth: usize,
    pub doubts: Vec<Wrong>,
}

impl<'r> Reader<'r> {
    pub fn of_people(parameters: &'r [Parameter]) -> Self {
        Self {
            facts: &FACTS,
            parameters,
            variable: None,
            depth: 0,
            doubts: Vec::new(),
        }
    }

    fn fact(&self, at: &IdedExpr, path: &str) -> Result<FactId, Wrong> {
        let name = match &self.variable {
            None => Some(path),
            Some(variable) => path
                .strip_prefix(variable.as_str())
                .and_then(|rest| rest.strip_prefix('.')),
        };
        let found = name.and_then(|name| self.facts.iter().position(|fact| fact.path == name));
        found.ok_or_else(|| {
            wrong(
                at,
                format!("there is no fact `{path}` here"),
                format!("此处没有事实 {path}"),
            )
        })
    }

    fn kind(&self, fact: FactId) -> Kind {
        let fact = self.facts.get(fact);
        fact.map_or(Kind::Truth, |fact| fact.kind.clone())
    }

    pub fn condition(&mut self, at: &IdedExpr) -> Result<Condition, Wrong> {
        match self.expression(at)? {
            Found::Condition(condition) => Ok(condition),
            Found::Number(..) | Found::Text(_) => {
                refuse(at, "a condition is expected here", "此处应为条件")
            }
        }
    }

    pub fn number(&mut self, at: &IdedExpr) -> Result<(Number, Kind, Range), Wrong> {
        match self.expression(at)? {
            Found::Number(number, kind, range) => Ok((number, kind, range)),
            Found::Condition(_) | Found::Text(_) => {
                refuse(at, "a number is expected here", "此处应为数值")
            }
        }
    }

    pub fn whole(&mut self, at: &IdedExpr) -> Result<(Number, Range), Wrong> {
        match self.number(at)? {
            (number, Kind::Number { .. }, range) => Ok((number, range)),
            _ => refuse(at, "a number is expected here", "此处应为数值"),
        }
    }

    pub fn expression(&mut self, at: &IdedExpr) -> Result<Found, Wrong> {
        if self.depth >= DEEPEST {
            return refuse(
                at,
                format!("deeper than {DEEPEST} operations"),
                format!("运算嵌套超过{DEEPEST}层"),
            );
        }
        self.depth += 1;
        let found = self.found(at);
        self.depth -= 1;
        found
    }

    fn found(&mut self, at: &IdedExpr) -> Result<Found, Wrong> {
        match &at.expr {
            Expr::Literal(LiteralValue::Boolean(value)) => {
                Ok(Found::Condition(Condition::Literal(*value.inner())))
            }
            Expr::Literal(LiteralValue::Int(value)) => {
                let value = *value.inner();
                let (kind, range) = whole((value, value));
                Ok(Found::Number(Number::Literal(value), kind, range))
            }
            Expr::Literal(LiteralValue::String(text)) => Ok(Found::Text(text.inner().to_owned())),
            Expr::Literal(_) => outside(at, "this literal"),
            Expr::Select(select) if select.test => self.known(at, select),
            Expr::Ident(_) | Expr::Select(_) => self.named(at),
            Expr::Comprehension(comprehension) => self.some(at, comprehension),
            Expr::Call(call) => self.call(at, &call.func_name, &call.args),
            _ => outside(at, "this"),
        }
    }

    fn known(&self, at: &IdedExpr, select: &SelectExpr) -> Result<Found, Wrong> {
        let Some(of) = path(&select.operand) else {
            return outside(at, "has(…) of no fact");
        };
        let fact = self.fact(at, &format!("{of}.{}", select.field))?;
        Ok(Found::Condition(Condition::Known(fact)))
    }

    fn named(&mut self, at: &IdedExpr) -> Result<Found, Wrong> {
        let Some(name) = path(at) else {
            return outside(at, "a field of what is no fact");
        };
        if let Some(parameter) = name.strip_prefix("params.") {
            return self.parameter(at, parameter, Vec::new());
        }
        let fact = self.fact(at, &name)?;
        Ok(match self.kind(fact) {
            Kind::Truth => Found::Condition(Condition::Fact(fact)),
            kind => {
                let range = kind.range();
                Found::Number(Number::Fact(fact), kind, range)
            }
        })
    }

    fn parameter(&self, at: &IdedExpr, name: &str, keys: Vec<FactId>) -> Result<Found, Wrong> {
        if self.variable.is_some() {
            return outside(at, "a parameter inside exists or all");
        }
        let place = self
            .parameters
            .iter()
            .position(|parameter| parameter.name == name);
        let Some((place, parameter)) =
            place.and_then(|place| Some((place, self.parameters.get(place)?)))
        else {
            return refuse(
                at,
                format!("there is no parameter `{name}`"),
                format!("没有参数 {name}"),
            );
        };
        if parameter.keys != keys {
            let names: Vec<_> = parameter
                .keys
                .iter()
                .filter_map(|key| FACTS.get(*key))
                .map(|fact| format!("[{}]", fact.path))
                .collect();
            let written = format!("params.{name}{}", names.concat());
            return refuse(
                at,
                format!("this parameter is written {written}"),
                format!("该参数应写作 {written}"),
            );
        }
        let (kind, range) = whole((0, parameter.highest()));
        Ok(Found::Number(Number::Parameter(place, keys), kind, range))
    }

    /// `exists` and `all`, as the parser has taken them apart.
    fn some(&mut self, at: &IdedExpr, over: &ComprehensionExpr) -> Result<Found, Wrong> {
        if path(&over.iter_range).as_deref() != Some(COMPONENTS) {
            return outside(at, &format!("a list other than {COMPONENTS}"));
        }
        if self.variable.is_some() || over.iter_var2.is_some() {
            return outside(at, "a list within a list");
        }
        let begins_true = matches!(
            &over.accu_init.expr,
            Expr::Literal(LiteralValue::Boolean(value)) if *value.inner()
        );
        let (all, body) = match &over.loop_step.expr {
            Expr::Call(step) => match (step.func_name.as_str(), step.args.as_slice()) {
                (operators::LOGICAL_OR, [_, body]) if !begins_true => (false, body),
                (operators::LOGICAL_AND, [_, body]) if begins_true => (true, body),
                _ => return outside(at, "a macro other than exists and all"),
            },
            _ => return outside(at, "a macro other than exists and all"),
        };
        let mut inner = Reader {
            facts: &COMPONENT_FACTS,
            parameters: self.parameters,
            variable: Some(over.iter_var.clone()),
            depth: self.depth,
            doubts: Vec::new(),
        };
        let condition = inner.condition(body)?;
        self.doubts.append(&mut inner.doubts);
        // All are so where none is otherwise.
        Ok(Found::Condition(if all {
            negated(Condition::Some(Box::new(negated(condition))))
        } else {
            Condition::Some(Box::new(condition))
        }))
    }

    /// `params.rate[fact][fact]`.
    pub fn indexed(&self, at: &IdedExpr, of: &IdedExpr, key: &IdedExpr) -> Result<Found, Wrong> {
        let mut keys = vec![key];
        let mut table = of;
        while let Expr::Call(call) = &table.expr {
            let (operators::INDEX, [of, key]) = (call.func_name.as_str(), call.args.as_slice())
            else {
                break;
            };
            keys.push(key);
            table = of;
        }
        let name = path(table);
        let Some(name) = name
            .as_deref()
            .and_then(|name| name.strip_prefix("params."))
        else {
            return outside(at, "an index of what is no parameter");
        };
        let keys = keys
            .into_iter()
            .rev()
            .map(|key| match path(key) {
                Some(path) => self.fact(key, &path),
                None => outside(key, "a key that is no fact"),
            })
            .collect::<Result<Vec<_>, _>>()?;
        self.parameter(at, name, keys)
    }
}

pub(super) fn negated(condition: Condition) -> Condition {
    match condition {
        Condition::Not(inner) => *inner,
        other => Condition::Not(Box::new(other)),
    }
}
