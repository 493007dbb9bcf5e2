//! What is wrong with a configuration, and where.

use std::fmt;
use std::ops::Range;

/// One mistake in a configuration, with the place of it. `Display` is ready to be shown to a person.
///
/// Never holds a secret: what could be one is masked in `source_line`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it, when that is known.
    pub hint: Option<String>,
    /// The line at fault; empty when it is none of the file's, or may hold a secret.
    pub source_line: String,
    /// How many characters of `source_line`, from `column`, are at fault.
    pub width: usize,
}

impl ConfigError {
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message, source_line, width, .. } = self;
        write!(f, "{file}:{line}:{column}: {message}")?;
        if !source_line.is_empty() {
            let indent = column - 1;
            write!(f, "\n  {source_line}\n  {:indent$}{:^<width$}", "", "")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// How much of the line at fault may be shown.
#[derive(Clone, Copy)]
pub(super) enum Reveal {
    /// All of it: nothing in it can be a secret.
    Line,
    /// Up to the next value: that of a mistyped field may be a secret.
    UpToFault,
    /// Not the fault, nor what follows it: it may be a secret itself.
    BeforeFault,
    /// All of it, unless the line looks as if it held a secret: bad syntax may hide where one begins.
    IfHarmless,
}

/// The text that a configuration was read from.
#[derive(Clone, Default)]
pub(super) struct Source {
    pub(super) file: String,
    pub(super) text: String,
}

impl fmt::Debug for Source {
    /// Without the text: its comments may hold anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.file.fmt(f)
    }
}

impl Source {
    /// An error that no line of the text is to blame for.
    pub(super) fn error_nowhere(&self, message: impl Into<String>) -> ConfigError {
        ConfigError {
            file: self.file.clone(),
            line: 1,
            column: 1,
            message: message.into(),
            hint: None,
            source_line: String::new(),
            width: 1,
        }
    }

    /// The error at `span`, which is in bytes of the text.
    pub(super) fn error(&self, span: &Range<usize>, reveal: Reveal, message: impl Into<String>) -> ConfigError {
        let boundary = |at: usize| (0..=at).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let start = boundary(span.start);
        let end = boundary(span.end).max(start);
        let (before, after) = self.text.split_at(start);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let lead = &self.text[line_start..start];
        let line_end = after.find('\n').map_or(self.text.len(), |newline| start + newline);
        let fault = &self.text[start..end.min(line_end)];
        let rest = &self.text[start + fault.len()..line_end];
        let shown = match reveal {
            Reveal::IfHarmless if !is_harmless(&self.text[line_start..line_end]) => String::new(),
            Reveal::Line | Reveal::IfHarmless => format!("{lead}{fault}{rest}"),
            Reveal::UpToFault => match rest.split_once('=') {
                Some((name, _)) => format!("{lead}{fault}{name}= …"),
                None => format!("{lead}{fault}{rest}"),
            },
            Reveal::BeforeFault if rest.trim().is_empty() => format!("{lead}***"),
            Reveal::BeforeFault => format!("{lead}*** …"),
        };
        let width = match reveal {
            Reveal::BeforeFault => "***".len(),
            _ => fault.trim_end().chars().count().max(1),
        };
        ConfigError {
            file: self.file.clone(),
            line: before.matches('\n').count() + 1,
            column: lead.chars().count() + 1,
            message: message.into(),
            hint: None,
            // A tab becomes one space, so that the caret stands under what it points at.
            source_line: shown.trim_end().replace(|character: char| character.is_control(), " "),
            width,
        }
    }
}

fn is_harmless(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    // Without its name, the value of an array that spans lines could be anything.
    (line.contains('=') || line.trim_start().starts_with('['))
        && !["key", "secret", "token", "password", "auth"].iter().any(|word| line.contains(word))
}
