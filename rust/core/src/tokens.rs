//! Counts the tokens of a text as OpenAI's models do.
//!
//! Anthropic and Google publish no vocabulary: for their models the count is an estimate, within some tens of
//! percent. What is billed is what the provider reports; this is for routing, for limits, and for providers that
//! report nothing.

/// A byte-pair vocabulary. Its tables are decoded on first use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// OpenAI's models since GPT-4o.
    O200k,
    /// GPT-4, GPT-3.5 and the embedding models.
    Cl100k,
}

/// What the names of the models begin with that `tiktoken` 0.14 (`model.py`) counts with `cl100k_base`. `gpt-4` is one too,
/// but `gpt-4o` and `gpt-4.1` are not.
const CL100K_PREFIXES: [&str; 7] =
    ["gpt-4-", "gpt-3.5", "gpt-35", "davinci-002", "babbage-002", "text-embedding-3-", "text-embedding-ada-002"];

impl Encoding {
    /// The encoding of a model, by its provider's name for it, or the closest there is.
    pub fn for_model(model: &str) -> Self {
        let base = model.strip_prefix("ft:").unwrap_or(model);
        let is_old = base == "gpt-4" || CL100K_PREFIXES.iter().any(|prefix| base.starts_with(prefix));
        if is_old { Self::Cl100k } else { Self::O200k }
    }
}

/// The number of tokens of `text`. Text that looks like a special token counts as ordinary text.
pub fn count(text: &str, encoding: Encoding) -> usize {
    match encoding {
        Encoding::O200k => bpe_openai::o200k_base().count(text),
        Encoding::Cl100k => bpe_openai::cl100k_base().count(text),
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoding, count};

    fn check_encoding(model: &str, expected: Encoding) {
        assert_eq!(expected, Encoding::for_model(model), "{model}");
    }

    fn check_count(text: &str, o200k: usize, cl100k: usize) {
        assert_eq!((o200k, cl100k), (count(text, Encoding::O200k), count(text, Encoding::Cl100k)), "{text:?}");
    }

    #[test]
    fn encodings_follow_the_model() {
        check_encoding("gpt-4o-mini", Encoding::O200k);
        check_encoding("gpt-4.1", Encoding::O200k);
        check_encoding("gpt-5", Encoding::O200k);
        check_encoding("o3", Encoding::O200k);
        check_encoding("gpt-4", Encoding::Cl100k);
        check_encoding("gpt-4-turbo", Encoding::Cl100k);
        check_encoding("ft:gpt-4o-mini-2024-07-18:acme", Encoding::O200k);
        check_encoding("ft:gpt-4-0613:acme", Encoding::Cl100k);
        check_encoding("gpt-3.5-turbo", Encoding::Cl100k);
        check_encoding("text-embedding-3-small", Encoding::Cl100k);
        check_encoding("claude-sonnet-4-5", Encoding::O200k);
    }

    /// The expected counts were made with `tiktoken` 0.14.
    #[test]
    fn counts_are_those_of_tiktoken() {
        check_count("", 0, 0);
        check_count("hello world", 2, 2);
        check_count("The quick brown fox jumps over the lazy dog.", 10, 10);
        check_count("fn main() {\n    println!(\"hi\");\n}\n", 10, 10);
        check_count("नमस्ते दुनिया", 5, 13);
        check_count("こんにちは世界", 2, 4);
        check_count("don't  stop   \n\n now", 5, 6);
        check_count("1234567890", 4, 4);
        check_count("<|endoftext|>", 7, 7);
    }
}
