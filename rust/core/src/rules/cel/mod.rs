//! What no matcher says: conditions in CEL, the Common Expression Language (<https://cel.dev>).
//!
//! What is taken is the part of it that a condition on one request needs: variables, comparisons, `in`, arithmetic, a few
//! functions of text; neither loops nor patterns, so that the time depends on the expression's length alone.
//!
//! # What is found out when
//! Variables, functions and types are checked when the configuration is read. `&&`, `||` and `!` are taken out of the
//! expression then, so that what stands behind them is asked for only where it decides, and so are comparisons of
//! `prompt_tokens` with a number, which the length in bytes often settles. The rest is evaluated by `cel`.

mod check;
mod node;
mod variables;

use super::scene::Scene;
use crate::config::UtcOffset;
use cel::parser::{Expression, Parser};
use cel::{Context, Env, ExecutionError, Value};
use check::Checker;
use node::Node;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
pub(super) use variables::Variable;

/// In bytes. A longer one is no condition that a person reads.
const MAX_SOURCE: usize = 2_000;
/// How deep an expression may nest: reading and evaluating it takes stack for each level.
const MAX_DEPTH: usize = 24;

/// A condition that was checked.
pub(super) struct Condition {
    source: String,
    root: Node,
    offset: UtcOffset,
    environment: Arc<Env>,
}

/// What is wrong with an expression, and in which of its bytes.
#[derive(Debug, PartialEq)]
pub(super) struct Mistake {
    pub(super) at: Range<usize>,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Mistake {
    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// Why a condition neither holds nor does not. Never what the client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undecided {
    /// The variable of that name is not known of this request.
    Unknown(String),
    /// A division by zero, or a number that is too large.
    Arithmetic,
    /// Something that the check let pass and should not have.
    Type,
}

impl Condition {
    /// Reads `source`, whose hours and days are those at `offset`, and whose `task` is one of `tasks`. `environment` is
    /// [`environment`].
    pub(super) fn compile(
        source: &str,
        offset: UtcOffset,
        tasks: &[Arc<str>],
        environment: &Arc<Env>,
    ) -> Result<Self, Mistake> {
        let whole = |message: String| Mistake { at: 0..source.len(), message, hint: None };
        if source.len() > MAX_SOURCE {
            return Err(whole(format!("a condition is at most {MAX_SOURCE} bytes long")));
        }
        if nesting(source) > MAX_DEPTH {
            return Err(whole(format!("an expression is at most {MAX_DEPTH} deep")));
        }
        let (mut expression, info) =
            Parser::new().parse_with_source_info(source).map_err(|errors| syntax_error(source, &errors))?;
        let checker = Checker { source, info: &info, tasks };
        match checker.check(&mut expression, 0)? {
            Type::Boolean => {}
            other => {
                return Err(whole(format!("a condition is true or false, and this is {}", other.name())));
            }
        }
        let root = Node::of(expression);
        Ok(Self { source: source.to_owned(), root, offset, environment: environment.clone() })
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Those that it asks about.
    pub(super) fn variables(&self) -> Vec<&Variable> {
        let mut variables = Vec::new();
        self.root.variables(&mut variables);
        variables
    }

    pub(super) fn holds(&self, scene: &Scene<'_, '_>) -> Result<bool, Undecided> {
        self.decide(&self.root, scene)
    }

    /// As CEL has it, one side of `&&` or `||` that decides makes up for another that cannot be evaluated.
    fn decide(&self, node: &Node, scene: &Scene<'_, '_>) -> Result<bool, Undecided> {
        match node {
            // Both hold where neither does not.
            Node::Both(sides) => Ok(!self.any(sides, false, scene)?),
            Node::Either(sides) => self.any(sides, true, scene),
            Node::Not(inner) => Ok(!self.decide(inner, scene)?),
            Node::HasTokens(n) => Ok(scene.has_tokens(*n)),
            Node::Other(expression, variables) => self.evaluate(expression, variables, scene),
        }
    }

    /// Whether one of the two sides is `wanted`.
    fn any(&self, sides: &[Node; 2], wanted: bool, scene: &Scene<'_, '_>) -> Result<bool, Undecided> {
        let left = self.decide(&sides[0], scene);
        if left == Ok(wanted) || self.decide(&sides[1], scene)? == wanted {
            return Ok(true);
        }
        left.map(|_| false)
    }

    fn evaluate(
        &self,
        expression: &Expression,
        variables: &[(String, Variable)],
        scene: &Scene<'_, '_>,
    ) -> Result<bool, Undecided> {
        let mut context = Context::with_env(self.environment.clone());
        for (name, variable) in variables {
            let value = variable.value(scene, self.offset).ok_or_else(|| Undecided::Unknown(name.clone()))?;
            context.add_variable_as_val(name.as_str(), value);
        }
        match Value::resolve(expression, &context) {
            Ok(Value::Bool(is)) => Ok(is),
            Err(
                ExecutionError::DivisionByZero(_)
                | ExecutionError::RemainderByZero(_)
                | ExecutionError::Overflow(..)
                | ExecutionError::FunctionError { .. },
            ) => Err(Undecided::Arithmetic),
            Ok(_) | Err(_) => Err(Undecided::Type),
        }
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "`{name}` is not known of this request"),
            Self::Arithmetic => f.write_str("it divides by zero, or a number is too large"),
            Self::Type => f.write_str("it has no value"),
        }
    }
}

/// Functions and operators, which all conditions share: to make them takes longer than to evaluate most.
pub(super) fn environment() -> Arc<Env> {
    Arc::new(Env::default().with_optional_support(false).with_stdlib())
}

/// What an expression gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Boolean,
    Integer,
    Number,
    Text,
}

impl Type {
    const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "a condition",
            Self::Integer => "an integer",
            Self::Number => "a fraction",
            Self::Text => "a text",
        }
    }
}

/// How deep brackets stand in one another. `cel` reads with a stack of its own depth, so this is known before it begins.
fn nesting(source: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn syntax_error(source: &str, errors: &cel::ParseErrors) -> Mistake {
    let Some(error) = errors.errors.first() else {
        return Mistake { at: 0..source.len(), message: "this is not CEL".to_owned(), hint: None };
    };
    let (line, column) = error.pos;
    let line = usize::try_from(line - 1).ok();
    let lines = line.and_then(|line| source.split_inclusive('\n').nth(line).zip(Some(line)));
    let at = lines.map_or(0..source.len(), |(text, line)| {
        let before: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
        let column = usize::try_from(column - 1).unwrap_or(0);
        let within = text.char_indices().nth(column).map_or(text.trim_end().len(), |(at, _)| at);
        before + within..before + within + 1
    });
    // What the parser expected instead is a list of everything, which helps nobody.
    let message = error.msg.trim_start_matches("Syntax error: ");
    let message = message.split(" expecting ").next().unwrap_or(message).lines().next().unwrap_or_default();
    Mistake { at, message: format!("this is not CEL: {message}"), hint: None }
}
