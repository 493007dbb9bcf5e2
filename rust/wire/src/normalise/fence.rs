//! Fences as Markdown has them: a line of three backticks or more, with the name of a language.

/// What stands inside, where `text` is one fenced block, of JSON or of no language that is named, and nothing else.
pub(super) fn inside(text: &str) -> Option<&str> {
    let (line, rest) = text.trim().split_once('\n')?;
    let n_ticks = opening(line)?;
    let inside = rest.strip_suffix(&line.trim_start()[..n_ticks])?.trim_end_matches([' ', '\t']);
    let is_whole = inside.ends_with('\n') && !inside.lines().any(|line| line.trim_start().starts_with("```"));
    Some(inside.trim()).filter(|inside| is_whole && !inside.is_empty())
}

/// Backticks of a line that opens a block which may be of JSON.
pub(super) fn opening(line: &str) -> Option<usize> {
    let line = line.trim();
    let language = line.trim_start_matches('`');
    let n_ticks = line.len() - language.len();
    let is_json = ["", "json", "jsonc", "json5"].iter().any(|known| language.trim().eq_ignore_ascii_case(known));
    (n_ticks >= 3 && is_json).then_some(n_ticks)
}
