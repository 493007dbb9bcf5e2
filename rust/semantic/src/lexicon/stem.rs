//! The part of an English word that its forms have in common. Plainer than Porter's: the beginning of the word, so that
//! nothing is written, and only what inflects a word, since what derives one from another ("inform", "information") often
//! means something else.

/// The beginning that forms of a word share. A word in another script, or a short one, is its own.
pub(crate) fn stem(word: &str) -> &str {
    if word.len() <= 3 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return word;
    }
    let singular = without_plural(word);
    let plain = ["ing", "ed", "ly"].iter().find_map(|ending| without(singular, ending)).unwrap_or(singular);
    let plain = plain.strip_suffix(['e', 'y', 'i']).filter(|it| it.len() >= 3).unwrap_or(plain);
    match plain.as_bytes() {
        [.., before, last] if before == last && plain.len() > 3 => plain.get(..plain.len() - 1).unwrap_or(plain),
        _ => plain,
    }
}

fn without_plural(word: &str) -> &str {
    if word == "news" || ["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        return word;
    }
    let hissing = ["sses", "xes", "zes", "ches", "shes"];
    if hissing.iter().any(|end| word.ends_with(end)) {
        return word.strip_suffix("es").unwrap_or(word);
    }
    match word.strip_suffix("ies") {
        Some(short) if short.len() >= 2 => word.get(..short.len() + 1).unwrap_or(word),
        _ => word.strip_suffix('s').unwrap_or(word),
    }
}

/// The word without an ending, if what is left can be a word.
fn without<'a>(word: &'a str, ending: &str) -> Option<&'a str> {
    let rest = word.strip_suffix(ending)?;
    let has_vowel = rest.bytes().any(|byte| matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y'));
    let is_adverb = ending == "ly" && (rest.len() < 4 || rest.ends_with(['a', 'e', 'i', 'o', 'u']));
    (rest.len() >= 3 && has_vowel && !is_adverb).then_some(rest)
}
