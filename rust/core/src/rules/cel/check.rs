//! Types of an expression, found when the configuration is read: `cel` finds them when it is too late to tell the author.
//!
//! On the way each entry of `header` and `metadata` becomes a variable of its own, so that what is looked up is one
//! value and not a table.

use super::variables::Variable;
use super::{MAX_DEPTH, Mistake, Type};
use crate::nearest;
use cel::common::ast::{CallExpr, Expr, LiteralValue, SourceInfo, operators};
use cel::parser::Expression;
use std::ops::Range;
use std::sync::Arc;

/// Functions of text: name, how many texts they take beside the one before the dot, and what they give.
const FUNCTIONS: [(&str, usize, Type); 4] = [
    ("contains", 1, Type::Boolean),
    ("endsWith", 1, Type::Boolean),
    ("startsWith", 1, Type::Boolean),
    ("size", 0, Type::Integer),
];

pub(super) struct Checker<'a> {
    pub(super) source: &'a str,
    pub(super) info: &'a SourceInfo,
    /// What the variable `task` may be.
    pub(super) tasks: &'a [Arc<str>],
}

impl Checker<'_> {
    /// The type of `expression`, which is `depth` below the whole.
    pub(super) fn check(&self, expression: &mut Expression, depth: usize) -> Result<Type, Mistake> {
        if depth > MAX_DEPTH {
            return Err(self.mistake(expression.id, format!("an expression is at most {MAX_DEPTH} deep")));
        }
        let id = expression.id;
        if let Some(variable) = self.entry(expression)? {
            let kind = variable.kind();
            expression.expr = Expr::Ident(variable.name());
            return Ok(kind);
        }
        match &mut expression.expr {
            Expr::Literal(LiteralValue::Boolean(_)) => Ok(Type::Boolean),
            Expr::Literal(LiteralValue::Int(_)) => Ok(Type::Integer),
            Expr::Literal(LiteralValue::Double(_)) => Ok(Type::Number),
            Expr::Literal(LiteralValue::String(_)) => Ok(Type::Text),
            Expr::Ident(name) => match Variable::named(name) {
                Some(variable) => Ok(variable.kind()),
                None if is_table(name) => {
                    let message = format!("`{name}` is a table: ask for one entry of it");
                    Err(self.mistake(id, message).hint(format!("{name}[\"name\"]")))
                }
                None => Err(self.unknown(id, "variable", name, &Variable::names().collect::<Vec<_>>())),
            },
            Expr::Call(call) => self.check_call(id, call, depth + 1),
            Expr::List(_) => Err(self.mistake(id, "a list stands only after `in`")),
            Expr::Select(select) => Err(self.mistake(id, format!("there is no `.{}` of that", select.field))),
            Expr::Comprehension(_) => Err(self.mistake(id, "loops such as `exists` and `all` are not known here")),
            Expr::Unspecified | Expr::Literal(_) | Expr::Map(_) | Expr::Struct(_) => {
                Err(self.mistake(id, "only texts, numbers and `true` or `false` may be written here"))
            }
        }
    }

    /// The entry of a table that `expression` asks for, if it does: `header["a"]`, `header.a`, `has(header.a)`, `"a" in header`.
    fn entry(&self, expression: &Expression) -> Result<Option<Variable>, Mistake> {
        let (table, name, is_test) = match &expression.expr {
            Expr::Select(select) => (&*select.operand, select.field.as_str(), select.test),
            Expr::Call(CallExpr { func_name, target: None, args }) => match (func_name.as_str(), args.as_slice()) {
                (operators::INDEX, [table, name]) if is_ident(table) => (table, self.literal(name)?, false),
                (operators::IN, [name, table]) if is_ident(table) => (table, self.literal(name)?, true),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        let Expr::Ident(table) = &table.expr else { return Ok(None) };
        Ok(match (table.as_str(), is_test) {
            ("header", false) => Some(Variable::Header(name.to_ascii_lowercase())),
            ("header", true) => Some(Variable::HasHeader(name.to_ascii_lowercase())),
            ("metadata", false) => Some(Variable::Metadata(name.to_owned())),
            ("metadata", true) => Some(Variable::HasMetadata(name.to_owned())),
            _ => None,
        })
    }

    fn literal<'e>(&self, expression: &'e Expression) -> Result<&'e str, Mistake> {
        match &expression.expr {
            Expr::Literal(LiteralValue::String(text)) => Ok(text.inner()),
            _ => Err(self.mistake(expression.id, "the name of an entry must be written out as a text")),
        }
    }

    fn check_call(&self, id: u64, call: &mut CallExpr, depth: usize) -> Result<Type, Mistake> {
        use Type::{Boolean, Integer, Number, Text};
        let name = call.func_name.clone();
        if let (operators::IN, [needle, list]) = (name.as_str(), call.args.as_mut_slice()) {
            return self.check_in(needle, list, depth);
        }
        if let (operators::EQUALS | operators::NOT_EQUALS, [left, right]) = (name.as_str(), call.args.as_slice()) {
            self.check_task(left, right)?;
            self.check_task(right, left)?;
        }
        let is_method = call.target.is_some();
        let arguments = call.target.as_deref_mut().into_iter().chain(&mut call.args);
        let types = arguments.map(|it| self.check(it, depth)).collect::<Result<Vec<_>, _>>()?;
        let wrong = |wanted: &str| Err(self.mistake(id, format!("{wanted}, not {}", listed(&types))));
        match (name.as_str(), types.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, [Boolean, Boolean])
            | (operators::LOGICAL_NOT, [Boolean]) => Ok(Boolean),
            (operators::LOGICAL_AND | operators::LOGICAL_OR | operators::LOGICAL_NOT, _) => {
                wrong("`&&`, `||` and `!` take conditions")
            }
            (operators::CONDITIONAL, [Boolean, left, right]) if left == right => Ok(*left),
            (operators::CONDITIONAL, _) => wrong("`? :` takes a condition and two values of one type"),
            (operators::EQUALS | operators::NOT_EQUALS, [left, right]) if is_comparable(*left, *right) => Ok(Boolean),
            (
                operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS,
                [left, right],
            ) if is_comparable(*left, *right) && *left != Boolean => Ok(Boolean),
            (
                operators::EQUALS
                | operators::NOT_EQUALS
                | operators::LESS
                | operators::LESS_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS,
                _,
            ) => wrong("two values of one type can be compared"),
            (operators::ADD, [Text, Text]) => Ok(Text),
            (operators::NEGATE, [Integer]) | (operators::MODULO, [Integer, Integer]) => Ok(Integer),
            (operators::NEGATE, [Number]) => Ok(Number),
            (
                operators::ADD | operators::SUBSTRACT | operators::MULTIPLY | operators::DIVIDE,
                [left @ (Integer | Number), right],
            ) if left == right => Ok(*left),
            (
                operators::ADD
                | operators::SUBSTRACT
                | operators::MULTIPLY
                | operators::DIVIDE
                | operators::MODULO
                | operators::NEGATE,
                _,
            ) => wrong("arithmetic takes two integers or two fractions (`2.0`)"),
            ("int", [Integer | Number]) if !is_method => Ok(Integer),
            ("double", [Integer | Number]) if !is_method => Ok(Number),
            (operators::INDEX, _) => Err(self.mistake(id, "only `header` and `metadata` have entries")),
            _ => self.check_function(id, &name, is_method, &types),
        }
    }

    fn check_in(&self, needle: &mut Expression, list: &mut Expression, depth: usize) -> Result<Type, Mistake> {
        let wanted = self.check(needle, depth)?;
        let id = list.id;
        let Expr::List(list) = &mut list.expr else {
            return Err(self.mistake(id, "after `in` stands a list, `header` or `metadata`"));
        };
        for element in &mut list.elements {
            self.check_task(needle, element)?;
            let found = self.check(element, depth)?;
            if !is_comparable(wanted, found) {
                let message = format!("what is looked for is {}, and this is {}", wanted.name(), found.name());
                return Err(self.mistake(element.id, message));
            }
        }
        Ok(Type::Boolean)
    }

    /// A task is compared with one that the classifier knows, or with the empty text of a request that has none: a
    /// slip would never hold.
    fn check_task(&self, variable: &Expression, other: &Expression) -> Result<(), Mistake> {
        let (Expr::Ident(name), Expr::Literal(LiteralValue::String(task))) = (&variable.expr, &other.expr) else {
            return Ok(());
        };
        let (task, known) = (task.inner(), self.tasks.iter().map(|task| &**task));
        if name != "task" || task.is_empty() || known.clone().any(|it| it == task) {
            return Ok(());
        }
        Err(self.unknown(other.id, "task", task, &known.collect::<Vec<_>>()))
    }

    fn check_function(&self, id: u64, name: &str, is_method: bool, types: &[Type]) -> Result<Type, Mistake> {
        let Some((_, n_arguments, gives)) = FUNCTIONS.iter().find(|(other, ..)| *other == name) else {
            let known: Vec<_> = FUNCTIONS.iter().map(|(name, ..)| *name).chain(["int", "double", "has"]).collect();
            return Err(self.unknown(id, "function", name, &known));
        };
        let is_called_well = is_method || name == "size";
        if is_called_well && types.len() == n_arguments + 1 && types.iter().all(|it| *it == Type::Text) {
            return Ok(*gives);
        }
        let usage = if *n_arguments == 0 { format!("tenant.{name}()") } else { format!("tenant.{name}(\"a\")") };
        Err(self.mistake(id, format!("`{name}` is a function of texts")).hint(usage))
    }

    fn unknown(&self, id: u64, what: &str, name: &str, known: &[&str]) -> Mistake {
        let hint = nearest::hint(name, known.iter().copied());
        self.mistake(id, format!("unknown {what} `{name}`")).hint(hint)
    }

    pub(super) fn mistake(&self, id: u64, message: impl Into<String>) -> Mistake {
        Mistake { at: self.place(id), message: message.into(), hint: None }
    }

    /// The bytes of the token that part `id` of the expression is known by.
    fn place(&self, id: u64) -> Range<usize> {
        let Some((first, last)) = self.info.offset_for(id) else { return 0..self.source.len() };
        first as usize..(last as usize + 1).max(first as usize)
    }
}

fn is_table(name: &str) -> bool {
    name == "header" || name == "metadata"
}

fn is_ident(expression: &Expression) -> bool {
    matches!(&expression.expr, Expr::Ident(name) if is_table(name))
}

fn is_comparable(left: Type, right: Type) -> bool {
    let is_number = |it| matches!(it, Type::Integer | Type::Number);
    left == right || (is_number(left) && is_number(right))
}

fn listed(types: &[Type]) -> String {
    types.iter().map(|it| it.name()).collect::<Vec<_>>().join(" and ")
}
