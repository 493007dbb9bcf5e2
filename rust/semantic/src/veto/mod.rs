//! Reasons why the answer to one question is certainly none to another, however near they are.
//!
//! # Why vetoes beside a verifier
//! A verifier weighs: enough likeness makes up for a number that differs, and for one question in some hundred it is
//! wrong about that. A veto does not weigh. Each is about something that an answer nearly always depends on and that can
//! be read off the words; at a cosine that passes one wrong pair of Quora's in a hundred, 70 to 86 % of negated questions
//! and 87 to 100 % of those about another thing would be answered from the cache.
//!
//! # What they do not do
//! They are silent where a list or a rule has nothing to say, and then the verifier decides. They err towards asking the
//! model: a veto that is wrong costs an answer that could have been had for nothing, one that is missing a wrong answer.

mod language;
mod asks;
mod number;
mod date;
mod negation;
mod antonym;
mod name;
mod reversal;
mod scope;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::Comparison;

/// Why a stored answer must not serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Veto {
    /// A question is too long to be compared.
    Length,
    /// The questions are in two languages or scripts.
    Language,
    /// One asks for a reason, say, and one for a time.
    QuestionType,
    /// A number is another one, or an operator.
    Number,
    /// A unit or a currency is another one.
    Unit,
    /// A date, a part of the day, or past and future.
    Date,
    /// A version of something.
    Version,
    /// One of them denies something.
    Negation,
    /// A word is replaced by its opposite.
    Antonym,
    /// A name is replaced by another, or added.
    Name,
    /// A thing is replaced by another of its kind: dogs by cats.
    Kind,
    /// Two things changed places: PDF to Word, Word to PDF.
    Reversal,
    /// One is about a special case: for students, without sugar.
    Scope,
}

impl Veto {
    /// One word for logs and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Language => "language",
            Self::QuestionType => "question_type",
            Self::Number => "number",
            Self::Unit => "unit",
            Self::Date => "date",
            Self::Version => "version",
            Self::Negation => "negation",
            Self::Antonym => "antonym",
            Self::Name => "name",
            Self::Kind => "kind",
            Self::Reversal => "reversal",
            Self::Scope => "scope",
        }
    }
}

impl fmt::Display for Veto {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl Comparison<'_> {
    /// Why the answer to the one question must not be given to the other, if a reason is found. A question that is equal
    /// to the other is never vetoed, unless it is longer than what is compared.
    pub fn veto(&self) -> Option<Veto> {
        if self.questions.iter().any(|it| !it.is_whole()) {
            return Some(Veto::Length);
        }
        if self.are_equal() {
            return None;
        }
        let families = [
            language::veto,
            asks::veto,
            number::veto,
            date::veto,
            negation::veto,
            antonym::veto,
            reversal::veto,
            name::veto,
            scope::veto,
        ];
        families.iter().find_map(|veto| veto(self))
    }
}
