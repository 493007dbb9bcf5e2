//! What rules look at beside the conversation. A cached answer must not go to a request that they may send elsewhere.

use super::Rules;
use super::cel::Variable;
use super::matcher::Matcher;

/// What a route's rules look at beside the body, but for the time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heeds {
    /// Names of headers, in lower case, each once.
    pub headers: Vec<String>,
    /// Names of the client's notes, each once.
    pub metadata: Vec<String>,
    /// Whether a rule asks whose key it is.
    pub key: bool,
    /// Whether a rule asks for which tenant.
    pub tenant: bool,
}

impl Rules {
    /// What they look at.
    pub fn heeds(&self) -> Heeds {
        let mut heeds = Heeds::default();
        for matcher in self.all.iter().flat_map(|rule| &rule.matchers) {
            match matcher {
                Matcher::Header(name, _) => heeds.headers.push(name.clone()),
                Matcher::Metadata(name, _) => heeds.metadata.push(name.clone()),
                Matcher::Keys(_) => heeds.key = true,
                Matcher::Tenants(_) => heeds.tenant = true,
                Matcher::When(condition) => condition.variables().into_iter().for_each(|variable| heeds.take(variable)),
                _ => {}
            }
        }
        for names in [&mut heeds.headers, &mut heeds.metadata] {
            names.sort_unstable();
            names.dedup();
        }
        heeds
    }
}

impl Heeds {
    fn take(&mut self, variable: &Variable) {
        match variable {
            Variable::Header(name) | Variable::HasHeader(name) => self.headers.push(name.clone()),
            Variable::Metadata(name) | Variable::HasMetadata(name) => self.metadata.push(name.clone()),
            // What is left of a budget is a key's own.
            Variable::Key | Variable::BudgetLeft => self.key = true,
            Variable::Tenant => self.tenant = true,
            _ => {}
        }
    }
}
