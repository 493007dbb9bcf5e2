//! Which language a text is in.

use crate::nearest::nearest;

/// What is looked at, in bytes: more would take longer and hardly tell more.
const MAX_BYTES: usize = 600;

/// The languages that can be told, by ISO 639-3 as `whatlang` names them, and by ISO 639-1.
const LANGUAGES: [(&str, &str); 70] = [
    ("epo", "eo"),
    ("eng", "en"),
    ("rus", "ru"),
    ("cmn", "zh"),
    ("spa", "es"),
    ("por", "pt"),
    ("ita", "it"),
    ("ben", "bn"),
    ("fra", "fr"),
    ("deu", "de"),
    ("ukr", "uk"),
    ("kat", "ka"),
    ("ara", "ar"),
    ("hin", "hi"),
    ("jpn", "ja"),
    ("heb", "he"),
    ("yid", "yi"),
    ("pol", "pl"),
    ("amh", "am"),
    ("jav", "jv"),
    ("kor", "ko"),
    ("nob", "nb"),
    ("dan", "da"),
    ("swe", "sv"),
    ("fin", "fi"),
    ("tur", "tr"),
    ("nld", "nl"),
    ("hun", "hu"),
    ("ces", "cs"),
    ("ell", "el"),
    ("bul", "bg"),
    ("bel", "be"),
    ("mar", "mr"),
    ("kan", "kn"),
    ("ron", "ro"),
    ("slv", "sl"),
    ("hrv", "hr"),
    ("srp", "sr"),
    ("mkd", "mk"),
    ("lit", "lt"),
    ("lav", "lv"),
    ("est", "et"),
    ("tam", "ta"),
    ("vie", "vi"),
    ("urd", "ur"),
    ("tha", "th"),
    ("guj", "gu"),
    ("uzb", "uz"),
    ("pan", "pa"),
    ("aze", "az"),
    ("ind", "id"),
    ("tel", "te"),
    ("pes", "fa"),
    ("mal", "ml"),
    ("ori", "or"),
    ("mya", "my"),
    ("nep", "ne"),
    ("sin", "si"),
    ("khm", "km"),
    ("tuk", "tk"),
    ("aka", "ak"),
    ("zul", "zu"),
    ("sna", "sn"),
    ("afr", "af"),
    ("lat", "la"),
    ("slk", "sk"),
    ("cat", "ca"),
    ("tgl", "tl"),
    ("hye", "hy"),
    ("cym", "cy"),
];

/// The language of `text` by ISO 639-1; nothing where it cannot be told, as of a few words or of languages mixed.
pub(super) fn language(text: &str) -> Option<&'static str> {
    let found = whatlang::detect(super::start_of(text, MAX_BYTES)).filter(whatlang::Info::is_reliable)?;
    let code = found.lang().code();
    LANGUAGES.iter().find(|(long, _)| *long == code).map(|(_, short)| *short)
}

/// The language that is written `code`.
///
/// # Errors
/// The one that was probably meant, if there is one.
pub(super) fn named(code: &str) -> Result<&'static str, Option<&'static str>> {
    let mut known = LANGUAGES.iter().map(|(_, short)| *short);
    known.clone().find(|short| *short == code).ok_or_else(|| {
        let long = LANGUAGES.iter().find(|(long, _)| *long == code).map(|(_, short)| *short);
        long.or_else(|| nearest(code, known.by_ref()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(language(text), expected, "{text}");
        check("Where is my order? I have been waiting for two weeks and nobody answers my messages.", Some("en"));
        check("Wo bleibt meine Bestellung? Ich warte seit zwei Wochen, und niemand antwortet mir.", Some("de"));
        check("मेरा ऑर्डर कहाँ है? मैं दो हफ्ते से इंतज़ार कर रहा हूँ और कोई जवाब नहीं देता।", Some("hi"));
        check("எனது ஆர்டர் எங்கே?", Some("ta"));
        check("我的订单在哪里？", Some("zh"));
        check("注文はどこですか？", Some("ja"));
        check("ok", None);
        check("", None);
    }

    #[test]
    fn every_language_of_the_detector_has_a_code_of_two_letters() {
        let codes: Vec<_> = whatlang::Lang::all().iter().map(whatlang::Lang::code).collect();

        assert_eq!(codes, LANGUAGES.map(|(long, _)| long));
        assert_eq!(named("de"), Ok("de"));
        assert_eq!(named("deu"), Err(Some("de")));
        assert_eq!(named("german"), Err(None));
    }
}
