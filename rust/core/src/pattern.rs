//! Patterns of names, in which `*` stands for any run of characters.

/// Whether the whole of `name` matches `pattern`.
///
/// Only the last star is ever returned to, which suffices without other wildcards: the time is at most the product
/// of the two lengths, whatever they hold.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at_pattern, mut at_name) = (0, 0);
    let mut last_star = None;
    while at_name < name.len() {
        match pattern.get(at_pattern) {
            Some(b'*') => {
                last_star = Some((at_pattern, at_name));
                at_pattern += 1;
            }
            Some(byte) if *byte == name[at_name] => {
                at_pattern += 1;
                at_name += 1;
            }
            _ => {
                let Some((star, from)) = last_star else { return false };
                last_star = Some((star, from + 1));
                (at_pattern, at_name) = (star + 1, from + 1);
            }
        }
    }
    pattern[at_pattern..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_names_match() {
        let check = |pattern, name, expected| assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        check("*", "", true);
        check("*", "openai/gpt-4o", true);
        check("auto", "auto", true);
        check("auto", "automatic", false);
        check("openai/*", "openai/gpt-4o", true);
        check("openai/*", "openai", false);
        check("*mini", "gpt-4o-mini-mini", true);
        check("a*b*c", "a-b-b-c", true);
        check("a*b*c", "a-c-b", false);
        check("", "", true);
        check("", "a", false);
        check("**", "a", true);
        check("GPT-*", "gpt-4o", false);
    }
}
