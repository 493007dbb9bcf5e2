//! What an expression may ask about.

use super::super::scene::Scene;
use super::Type;
use crate::config::UtcOffset;
use cel::common::types::{CelBool, CelDouble, CelInt, CelString};
use cel::common::value::Val;

/// One thing that is known of a request.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::rules) enum Variable {
    PromptTokens,
    NMessages,
    NImages,
    HasTools,
    HasCode,
    Task,
    TaskConfidence,
    PCheap,
    Language,
    Tenant,
    Key,
    Hour,
    Weekday,
    BudgetLeft,
    Header(String),
    HasHeader(String),
    Metadata(String),
    HasMetadata(String),
}

/// Those with a name of their own. `header` and `metadata` are tables, of which one entry is asked about at a time.
const NAMED: [(&str, Variable); 14] = [
    ("prompt_tokens", Variable::PromptTokens),
    ("n_messages", Variable::NMessages),
    ("n_images", Variable::NImages),
    ("has_tools", Variable::HasTools),
    ("has_code", Variable::HasCode),
    ("task", Variable::Task),
    ("task_confidence", Variable::TaskConfidence),
    ("p_cheap", Variable::PCheap),
    ("language", Variable::Language),
    ("tenant", Variable::Tenant),
    ("key", Variable::Key),
    ("hour", Variable::Hour),
    ("weekday", Variable::Weekday),
    ("budget_left", Variable::BudgetLeft),
];

impl Variable {
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMED.iter().find(|(other, _)| *other == name).map(|(_, variable)| variable.clone())
    }

    /// The variable that [`name`](Self::name) gives the name of.
    pub(super) fn checked(name: &str) -> Option<Self> {
        let Some((table, entry)) = name.strip_prefix('@').and_then(|name| name.split_once(':')) else {
            return Self::named(name);
        };
        let entry = entry.to_owned();
        match table {
            "header" => Some(Self::Header(entry)),
            "has_header" => Some(Self::HasHeader(entry)),
            "metadata" => Some(Self::Metadata(entry)),
            "has_metadata" => Some(Self::HasMetadata(entry)),
            _ => None,
        }
    }

    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|(name, _)| *name).chain(["header", "metadata"])
    }

    /// What the variable is called in a checked expression. No source can spell an `@`.
    pub(super) fn name(&self) -> String {
        let entry = match self {
            Self::Header(name) => ("header", name),
            Self::HasHeader(name) => ("has_header", name),
            Self::Metadata(name) => ("metadata", name),
            Self::HasMetadata(name) => ("has_metadata", name),
            _ => {
                let known = NAMED.iter().find(|(_, variable)| variable == self);
                return known.map_or_else(String::new, |(name, _)| (*name).to_owned());
            }
        };
        format!("@{}:{}", entry.0, entry.1)
    }

    pub(super) const fn kind(&self) -> Type {
        match self {
            Self::PromptTokens | Self::NMessages | Self::NImages | Self::Hour => Type::Integer,
            Self::HasTools | Self::HasCode | Self::HasHeader(_) | Self::HasMetadata(_) => Type::Boolean,
            Self::TaskConfidence | Self::PCheap | Self::BudgetLeft => Type::Number,
            Self::Task
            | Self::Language
            | Self::Tenant
            | Self::Key
            | Self::Weekday
            | Self::Header(_)
            | Self::Metadata(_) => Type::Text,
        }
    }

    /// What it is in this request. A text that there is not is empty; a number that nobody knows is nothing at all.
    pub(super) fn value<'a>(&self, scene: &Scene<'_, 'a>, offset: UtcOffset) -> Option<Box<dyn Val + 'a>> {
        let facts = &scene.facts;
        let text = |text: Option<&'a str>| -> Box<dyn Val + 'a> { Box::new(CelString::from(text.unwrap_or_default())) };
        let integer =
            |number: u64| -> Box<dyn Val + 'a> { Box::new(CelInt::from(i64::try_from(number).unwrap_or(i64::MAX))) };
        let boolean = |is: bool| -> Box<dyn Val + 'a> { Box::new(CelBool::from(is)) };
        let number = |number: f64| -> Box<dyn Val + 'a> { Box::new(CelDouble::from(number)) };
        Some(match self {
            Self::PromptTokens => integer(scene.tokens()),
            Self::NMessages => integer(facts.n_messages.into()),
            Self::NImages => integer(facts.n_images.into()),
            Self::HasTools => boolean(facts.n_tools > 0),
            Self::HasCode => boolean(scene.has_code()),
            Self::Task => text(scene.task().map(|(task, _)| task)),
            Self::TaskConfidence => number(scene.task()?.1.into()),
            Self::PCheap => number(scene.p_cheap()?.into()),
            Self::Language => text(scene.language()),
            Self::Tenant => text(facts.tenant),
            Self::Key => text(Some(facts.key)),
            Self::Hour => integer((offset.local(facts.unix).0 / 60).into()),
            Self::Weekday => text(Some(offset.local(facts.unix).1.name())),
            Self::BudgetLeft => number(facts.budget_left?),
            Self::Header(name) => text((facts.header)(name)),
            Self::HasHeader(name) => boolean((facts.header)(name).is_some()),
            Self::Metadata(name) => text(facts.metadata(name)),
            Self::HasMetadata(name) => boolean(facts.metadata(name).is_some()),
        })
    }
}
