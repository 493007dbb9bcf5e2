//! What of an expression is decided without `cel`.

use super::variables::Variable;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};
use cel::parser::Expression;

/// A checked expression, with what is decided without `cel` taken apart.
pub(super) enum Node {
    Both(Box<[Node; 2]>),
    Either(Box<[Node; 2]>),
    Not(Box<Node>),
    /// `prompt_tokens >= n`
    HasTokens(u64),
    Other(Expression, Vec<(String, Variable)>),
}

impl Node {
    pub(super) fn of(expression: Expression) -> Self {
        if let Some(node) = Self::of_tokens(&expression) {
            return node;
        }
        match expression.expr {
            Expr::Call(CallExpr { func_name, target: None, args }) if is_logic(&func_name) => {
                let mut sides = args.into_iter().map(Self::of);
                match (func_name.as_str(), sides.next(), sides.next()) {
                    (operators::LOGICAL_NOT, Some(inner), None) => Self::Not(Box::new(inner)),
                    (operators::LOGICAL_AND, Some(left), Some(right)) => Self::Both(Box::new([left, right])),
                    (_, Some(left), Some(right)) => Self::Either(Box::new([left, right])),
                    // The check has let no other number of sides pass.
                    _ => Self::Other(Expression::default(), Vec::new()),
                }
            }
            _ => {
                let mut variables = Vec::new();
                gather_variables(&expression, &mut variables);
                Self::Other(expression, variables)
            }
        }
    }

    /// Adds what is asked about.
    pub(super) fn variables<'a>(&'a self, variables: &mut Vec<&'a Variable>) {
        match self {
            Self::Both(sides) | Self::Either(sides) => sides.iter().for_each(|side| side.variables(variables)),
            Self::Not(inner) => inner.variables(variables),
            Self::HasTokens(_) => variables.push(&Variable::PromptTokens),
            Self::Other(_, own) => variables.extend(own.iter().map(|(_, variable)| variable)),
        }
    }

    /// `prompt_tokens > 2000`, with any of the four signs and either side first.
    fn of_tokens(expression: &Expression) -> Option<Self> {
        let Expr::Call(CallExpr { func_name, target: None, args }) = &expression.expr else { return None };
        let [left, right] = args.as_slice() else { return None };
        let number = |it: &Expression| match &it.expr {
            Expr::Literal(LiteralValue::Int(number)) => u64::try_from(*number.inner()).ok(),
            _ => None,
        };
        let is_tokens = |it: &Expression| matches!(&it.expr, Expr::Ident(name) if name == "prompt_tokens");
        let (is_turned, n) = match (is_tokens(left), is_tokens(right)) {
            (true, false) => (false, number(right)?),
            (false, true) => (true, number(left)?),
            _ => return None,
        };
        let not = |n| Self::Not(Box::new(Self::HasTokens(n)));
        Some(match (func_name.as_str(), is_turned) {
            (operators::GREATER_EQUALS, false) | (operators::LESS_EQUALS, true) => Self::HasTokens(n),
            (operators::GREATER, false) | (operators::LESS, true) => Self::HasTokens(n + 1),
            (operators::LESS, false) | (operators::GREATER, true) => not(n),
            (operators::LESS_EQUALS, false) | (operators::GREATER_EQUALS, true) => not(n + 1),
            _ => return None,
        })
    }
}

fn is_logic(name: &str) -> bool {
    matches!(name, operators::LOGICAL_AND | operators::LOGICAL_OR | operators::LOGICAL_NOT)
}

/// Adds the variables of a checked expression, each once, with the name that it has there.
fn gather_variables(expression: &Expression, variables: &mut Vec<(String, Variable)>) {
    match &expression.expr {
        Expr::Ident(name) if !variables.iter().any(|(other, _)| other == name) => {
            variables.extend(Variable::checked(name).map(|variable| (name.clone(), variable)));
        }
        Expr::Call(call) => {
            call.target.as_deref().into_iter().chain(&call.args).for_each(|it| gather_variables(it, variables));
        }
        Expr::List(list) => list.elements.iter().for_each(|it| gather_variables(it, variables)),
        _ => {}
    }
}
