//! What a text looks like, whatever it says: length, lines, marks, digits, code.

use super::tokens::{Kind, Token};

/// Counts of what was seen.
#[derive(Debug, Default)]
pub(super) struct Shape {
    n_bytes: usize,
    n_tokens: usize,
    n_words: usize,
    n_letters: usize,
    n_capitals: usize,
    n_numbers: usize,
    n_wide: usize,
    n_lines: usize,
    n_paragraphs: usize,
    n_items: usize,
    n_starts: usize,
    n_questions: usize,
    n_code: usize,
    n_formula: usize,
    n_fences: usize,
    n_quotes: usize,
    n_colons: usize,
    first: Option<Kind>,
    is_small: bool,
    last: u8,
}

impl Shape {
    /// Nothing seen yet of a text of `n_bytes`.
    pub(super) fn new(n_bytes: usize) -> Self {
        Self { n_bytes, ..Self::default() }
    }

    /// Sentences and lines begun so far.
    pub(super) fn n_starts(&self) -> usize {
        self.n_starts
    }

    /// Counts the token in. `before` is the one before it.
    pub(super) fn see(&mut self, token: &Token, before: Option<&Token>) {
        let begins_line = before.is_none_or(|before| before.kind == Kind::Line);
        self.n_tokens += 1;
        if self.first.is_none() {
            self.first = Some(token.kind);
            self.is_small = token.first.is_ascii_lowercase();
        }
        match token.kind {
            Kind::Word => {
                self.n_words += 1;
                self.n_letters += token.n_bytes;
                self.n_capitals += usize::from(token.first.is_ascii_uppercase());
                self.n_starts += usize::from(begins_line || before.is_some_and(|it| matches!(it.first, b'.' | b'?')));
            }
            Kind::Number => {
                self.n_numbers += 1;
                self.n_items += usize::from(begins_line);
            }
            Kind::Wide => self.n_wide += 1,
            Kind::Line => {
                self.n_lines += 1;
                self.n_paragraphs += usize::from(token.n_bytes > 1);
            }
            Kind::Mark => self.mark(token, begins_line),
        }
        if token.kind != Kind::Line {
            self.last = token.first;
        }
    }

    fn mark(&mut self, token: &Token, begins_line: bool) {
        match token.first {
            b'?' => self.n_questions += 1,
            b'`' if token.n_bytes > 2 => self.n_fences += 1,
            b'{' | b'}' | b';' | b'`' | b'<' | b'>' | b'#' | b'[' | b']' | b'(' | b')' => self.n_code += 1,
            b'=' | b'+' | b'^' | b'$' | b'\\' | b'%' => self.n_formula += 1,
            b'"' => self.n_quotes += 1,
            b':' => self.n_colons += 1,
            b'-' | b'*' if begins_line => self.n_items += 1,
            _ => {}
        }
    }

    /// Hands on one row a measure: 16 for each, in this order.
    pub(super) fn rows(&self, mut row: impl FnMut(u32)) {
        let kind = match self.first {
            None => 0,
            Some(Kind::Word) => 1 + u32::from(self.is_small),
            Some(Kind::Number) => 3,
            Some(Kind::Mark) => 4,
            Some(Kind::Wide) => 5,
            Some(Kind::Line) => 6,
        };
        let last = match self.last {
            b'?' => 1,
            b'.' => 2,
            b':' => 3,
            b'"' => 4,
            b'`' => 5,
            b'}' | b')' | b';' => 6,
            b'a'..=b'z' => 7,
            b'0'..=b'9' => 8,
            _ => 0,
        };
        let measures = [
            steps(self.n_bytes >> 3),
            steps(self.n_lines),
            steps(self.n_paragraphs),
            steps(self.n_items),
            steps(self.n_questions),
            steps(self.n_fences),
            steps(self.n_quotes),
            steps(self.n_colons),
            share(self.n_code, self.n_tokens),
            share(self.n_formula, self.n_tokens),
            share(self.n_numbers, self.n_tokens),
            share(self.n_wide, self.n_tokens),
            share(self.n_capitals, self.n_words),
            u32::try_from(self.n_letters / self.n_words.max(1)).unwrap_or(15).min(15),
            kind,
            last,
        ];
        for (number, measure) in (0..).zip(measures) {
            row(number * 16 + measure);
        }
    }
}

/// 0, 1, 2-3, 4-7, ...: how many bits the count has, at most 15.
fn steps(count: usize) -> u32 {
    (usize::BITS - count.leading_zeros()).min(15)
}

/// The share in steps that are finer where it is small: none, a 128th, a 64th, ... all.
fn share(part: usize, of: usize) -> u32 {
    steps(part * 256 / of.max(1))
}
