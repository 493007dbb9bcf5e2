//! The scanner, held against tables and against `serde_json`.

use std::borrow::Cow;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde::de::IgnoredAny;

use super::{Cursor, Fault, Text, write_string};

fn scan(text: &str) -> Result<&str, Fault> {
    let mut cursor = Cursor::new(text);
    let value = cursor.skip()?;
    cursor.end()?;
    Ok(value)
}

fn string(literal: &str) -> Text<'_> {
    Cursor::new(literal).string().unwrap()
}

#[test]
fn what_is_json() {
    let check = |name: &str, text: &str| assert_eq!(Ok(text.trim()), scan(text), "{name}");
    check("an empty object", "{}");
    check("an empty array", "[ ]");
    check("white space everywhere", " \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : null } \n");
    check("words", "[true,false,null]");
    check("numbers", "[0,-0,1,-10,0.5,1e5,1E+5,1.25e-5]");
    check("a number beyond every type", &format!("1{}e400", "0".repeat(400)));
    check("escapes", r#""\"\\\/\b\f\n\r\t\u00e9""#);
    check("half a surrogate pair, where nobody reads it", r#""\ud800""#);
    check("an escaped NUL", r#""\u0000""#);
    check("characters of every length", r#""aé漢😀 and some more behind them""#);
    check("DEL, which JSON lets pass", "\"\u{7f}\"");
    check("equal keys, where nobody reads them", r#"[{"a":1,"a":2}]"#);
    check("128 levels", &("[".repeat(128) + &"]".repeat(128)));
}

#[test]
fn what_is_not() {
    let check = |name: &str, text: &str, offset, reason: &str| {
        let fault = scan(text).unwrap_err();

        assert_eq!((offset, true), (fault.offset, fault.reason.contains(reason)), "{name}: {}", fault.reason);
    };
    check("nothing", "", 0, "text ends");
    check("white space alone", "  ", 2, "text ends");
    check("a byte order mark", "\u{feff}{}", 0, "value");
    check("something behind", "{} x", 3, "nothing may follow");
    check("a second value", "{}{}", 2, "nothing may follow");
    check("NaN", "[NaN]", 1, "value");
    check("Infinity", "[Infinity]", 1, "value");
    check("-Infinity", "[-Infinity]", 2, "digit");
    check("a word cut short", "[nul]", 1, "value");
    check("a leading zero", "[01]", 2, "begin with 0");
    check("a leading plus", "[+1]", 1, "value");
    check("a bare point", "[1.]", 3, "digit");
    check("a bare exponent", "[1e]", 3, "digit");
    check("a hexadecimal number", "[0x1]", 2, "closing bracket");
    check("a trailing comma in an array", "[1,]", 3, "value");
    check("a trailing comma in an object", r#"{"a":1,}"#, 7, "string");
    check("no colon", r#"{"a" 1}"#, 5, "colon");
    check("a key that is no string", "{a:1}", 1, "string");
    check("single quotes", "['a']", 1, "value");
    check("a comment", "[/* */]", 1, "value");
    check("an open string", r#"["abc"#, 5, "not closed");
    check("an open array", "[1", 2, "closing bracket");
    check("an open object", r#"{"a":1"#, 6, "closing brace");
    check("a line feed in a string", "\"123456789\n\"", 10, "control character");
    check("a NUL in a string", "\"\0\"", 1, "control character");
    check("an unknown escape", r#""\x41""#, 1, "escape");
    check("an escape cut short", r#""\u12""#, 1, "escape");
    check("an escape of no digits", r#""\u12g4""#, 1, "escape");
    check("129 levels", &"[".repeat(129), 129, "levels");
    check("100,000 levels", &"{\"a\":".repeat(100_000), 641, "levels");
}

#[test]
fn what_strings_mean() {
    let check = |literal: &str, expected: &str| {
        assert_eq!(Ok(Cow::Borrowed(expected)), string(literal).decode(), "{literal}");
        assert_eq!(expected.len() as u64, string(literal).n_bytes(), "{literal}");
    };
    check(r#""""#, "");
    check(r#""plain""#, "plain");
    check(r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t");
    check(r#""a\u0041\u00e9\u6f22z""#, "aAé漢z");
    check(r#""\ud83d\ude00\uD83D\uDE00""#, "😀😀");
    check(r#""\u0000""#, "\0");
    check(r#""é\n漢""#, "é\n漢");
}

#[test]
fn half_a_surrogate_pair_is_no_string() {
    for literal in
        [r#""\ud800""#, r#""\udc00""#, r#""\ud800\ud800""#, r#""\ud800x""#, r#""\ud800\n""#, r#""\udc00\ud800""#]
    {
        assert_eq!("the string has half a surrogate pair", string(literal).decode().unwrap_err().reason, "{literal}");
        assert!(string(literal).name().contains('\\'), "{literal}");
    }
}

/// Texts that are nearly JSON, of pieces that meet at its seams.
fn nearly_json() -> impl Strategy<Value = String> {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\"a\"",
        "\"\\u12Af\"",
        "\\ud800",
        "0",
        "1",
        "-",
        ".",
        "e",
        "+",
        "true",
        "false",
        "null",
        "nul",
        " ",
        "\n",
        "\t",
        "\0",
        "\u{b}",
        "é",
        "12345678",
        "\"long enough for words\"",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..12).prop_map(|pieces| pieces.concat())
}

/// JSON with one byte's worth of damage, or none.
fn damaged_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|word| word.to_string()),
        any::<f64>().prop_filter("JSON has only finite ones", |number| number.is_finite()).prop_map(|n| n.to_string()),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    let value = leaf.prop_recursive(8, 64, 8, |inner| {
        let member = (any::<String>(), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..8).prop_map(|values| format!("[{}]", values.join(","))),
            prop::collection::vec(member, 0..8).prop_map(|members| {
                let member = |(key, value): &(String, String)| format!("{}: {value}", serde_json::json!(key));
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(" , "))
            }),
        ]
    });
    (value, any::<prop::sample::Index>(), prop::sample::select(vec!["", "", "\"", "}", ",", "0", "\\", "\u{1}"]))
        .prop_map(|(mut text, index, damage)| {
            let place = index.index(text.len());
            let place = (0..=place).rev().find(|place| text.is_char_boundary(*place)).unwrap();
            text.insert_str(place, damage);
            text
        })
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

    #[test]
    fn accepts_what_serde_json_accepts(text in prop_oneof![nearly_json(), damaged_json(), any::<String>()]) {
        prop_assert_eq!(serde_json::from_str::<IgnoredAny>(&text).is_ok(), scan(&text).is_ok(), "{}", text);
    }

    #[test]
    fn strings_survive(text in any::<String>()) {
        let mut literal = Vec::new();
        write_string(&text, &mut literal);
        let literal = String::from_utf8(literal).unwrap();
        prop_assert_eq!(&text, &serde_json::from_str::<String>(&literal).unwrap());
        prop_assert_eq!(text.len() as u64, string(&literal).n_bytes());
        prop_assert_eq!(text, string(&literal).decode().unwrap());
    }

    #[test]
    fn strings_mean_what_serde_json_says(pieces in prop::collection::vec(prop::sample::select(vec![
        "\\ud83d", "\\ude00", "\\n", "\\\\", "\\u0041", "a", "é", "\\\"", "u0041",
    ]), 0..8)) {
        let literal = format!("\"{}\"", pieces.concat());
        prop_assert_eq!(serde_json::from_str::<String>(&literal).ok(), string(&literal).decode().ok().map(Cow::into_owned));
    }
}
