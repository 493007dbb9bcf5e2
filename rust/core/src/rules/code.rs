//! Whether there is source code in a text.

/// What lines of code begin with in the languages that people ask about, and lines of prose do not.
const OPENINGS: [&str; 30] = [
    "def ",
    "class ",
    "import ",
    "from ",
    "return ",
    "async ",
    "await ",
    "elif ",
    "except ",
    "print(",
    "#include",
    "#define",
    "fn ",
    "let ",
    "impl ",
    "pub ",
    "use std",
    "func ",
    "package ",
    "function ",
    "const ",
    "var ",
    "public ",
    "private ",
    "static ",
    "SELECT ",
    "INSERT ",
    "CREATE ",
    "</",
    "<?php",
];
/// What they end with.
const ENDINGS: [&str; 8] = [";", "{", "}", "):", ");", "})", "]:", "=>"];

/// Whether `text` has a fence of Markdown, or two lines that both begin or end as code does: prose has one by chance.
pub(super) fn has_code(text: &str) -> bool {
    let is_code = |line: &&str| {
        let line = line.trim();
        let opens = OPENINGS.iter().any(|opening| line.starts_with(opening));
        // "Class of 2026:" and "From: me" are prose; a line that opens as code does has a sign of it further on.
        (opens && line.contains(['(', '=', '{', ';', ':', '*', '<', '.']) && !line.ends_with(['.', '?', '!', ',']))
            || ENDINGS.iter().any(|ending| line.ends_with(ending))
    };
    text.contains("```") || text.lines().filter(is_code).nth(1).is_some()
}

#[cfg(test)]
mod tests {
    use super::has_code;

    #[test]
    fn code_is_told_from_prose() {
        let check = |text: &str, expected: bool| assert_eq!(has_code(text), expected, "{text:?}");
        check("", false);
        check("What does this do?\n```\nx\n```", true);
        check("def add(a, b):\n    return a + b;", true);
        check("fn main() {\n    println!(\"hi\");\n}", true);
        check("#include <stdio.h>\nint main(void) {", true);
        check("SELECT * FROM orders\nWHERE id = 1;\nSELECT (1)", true);
        check("From my side, all is well.\nLet me know.\nImport duties are high.", false);
        check("Please see the notes;\nthank you.", false);
        check("Write a function that adds two numbers.", false);
    }
}
