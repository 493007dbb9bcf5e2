//! What upstreams say went wrong.

use std::fmt;

use crate::json::{Cursor, Fault, Shape};

/// Bytes of an upstream's error body that are read.
pub(crate) const MAX_BODY: usize = 64 * 1024;
/// Characters of an upstream's text that are kept. The longest that OpenAI sends, on schemas, have some hundreds.
const MAX_TEXT: usize = 1_000;

/// What an upstream says went wrong. For the operator and for deciding; it may quote the client's input.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UpstreamError {
    /// In words; empty when it has none.
    pub message: String,
    /// The class: `error.type`, Google's `error.status`, or AWS's exception.
    pub kind: Option<String>,
    /// The machine-readable word or number.
    pub code: Option<String>,
    /// The request's field that is to blame.
    pub parameter: Option<String>,
    /// A more exact word that some have in addition: Google's `ErrorInfo.reason`, Anthropic's `details.error_code`,
    /// Azure's `innererror.code`.
    pub reason: Option<String>,
}

impl UpstreamError {
    /// Reads an upstream's error body in any dialect. All have `error` with a message and a class, or one of its
    /// variants: a bare string for `error`, the members at the top, `detail`, or all of it in an array. `None` when it is
    /// none of these, or longer than 64 KiB.
    pub fn read(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= MAX_BODY)?;
        let mut cursor = Cursor::new(text);
        let mut error = Self::default();
        if cursor.shape().ok()? == Shape::Array {
            cursor.array(|cursor| error.read_members(cursor)).ok()?;
        } else {
            error.read_members(&mut cursor).ok()?;
        }
        (error != Self::default()).then_some(error)
    }

    /// As `read`, with the class that Bedrock has in the answer's head alone. The names of `headers` are lower case.
    pub fn of_answer<'a>(headers: impl IntoIterator<Item = (&'a str, &'a [u8])>, body: &[u8]) -> Option<Self> {
        let error = Self::read(body);
        let class = headers.into_iter().find(|(name, _)| *name == "x-amzn-errortype");
        let Some(class) = class.and_then(|(_, value)| std::str::from_utf8(value).ok()) else { return error };
        // An address may follow: `ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/`.
        let class = class.split(':').next().unwrap_or_default().trim();
        Some(Self { kind: Some(kept(class)), ..error.unwrap_or_default() })
    }

    fn read_members(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        cursor.object_or_skip(|cursor, key| {
            match &*key.name() {
                "error" if cursor.shape()? == Shape::Object => return self.read_members(cursor),
                // AWS's older services write it large.
                "error" | "message" | "Message" | "detail" => self.message = text(cursor)?.unwrap_or_default(),
                // Anthropic says at the top that an error is an error.
                "type" | "__type" | "status" => {
                    let kind = text(cursor)?.filter(|kind| kind != "error");
                    self.kind = kind.or_else(|| self.kind.take());
                }
                "code" => self.code = text(cursor)?,
                "param" => self.parameter = text(cursor)?,
                "details" if cursor.shape()? == Shape::Array => cursor.array(|cursor| self.read_detail(cursor))?,
                "details" | "innererror" => self.read_detail(cursor)?,
                _ => drop(cursor.skip()?),
            }
            Ok(())
        })
    }

    fn read_detail(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        cursor.object_or_skip(|cursor, key| {
            match &*key.name() {
                "reason" | "error_code" | "code" => self.reason = text(cursor)?.or_else(|| self.reason.take()),
                _ => drop(cursor.skip()?),
            }
            Ok(())
        })
    }
}

/// Passes a value; a string or a number comes back as text, without control characters.
fn text(cursor: &mut Cursor<'_>) -> Result<Option<String>, Fault> {
    let value = match cursor.shape()? {
        Shape::String => cursor.string()?.name(),
        Shape::Number => cursor.skip()?.into(),
        _ => return cursor.skip().map(|_| None),
    };
    Ok(Some(kept(&value)))
}

/// What is kept of a text.
fn kept(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(MAX_TEXT).collect()
}

// Without the message: it may quote a prompt or part of a key, and both forms end up in logs.
impl fmt::Debug for UpstreamError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message: _, kind, code, parameter, reason: _ } = self;
        let mut output = formatter.debug_struct("UpstreamError");
        output.field("kind", kind).field("code", code).field("parameter", parameter).finish_non_exhaustive()
    }
}

impl fmt::Display for UpstreamError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, code) = (self.kind.as_deref().unwrap_or("none"), self.code.as_deref().unwrap_or("none"));
        write!(formatter, "the upstream reports an error of type {kind}, code {code}")
    }
}

impl std::error::Error for UpstreamError {}

/// Why an answer with a status of 200 is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerError {
    /// It is not of the form that was asked for.
    Malformed,
    /// It is an error.
    Upstream(UpstreamError),
}

impl From<Fault> for AnswerError {
    fn from(_: Fault) -> Self {
        Self::Malformed
    }
}

impl fmt::Display for AnswerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => formatter.write_str("the upstream's answer is not what its endpoint should give"),
            Self::Upstream(_) => formatter.write_str("the upstream answered an error with a status of success"),
        }
    }
}

impl std::error::Error for AnswerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Malformed => None,
            Self::Upstream(error) => Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Message, type, code and parameter.
    type Parts<'a> = (&'a str, Option<&'a str>, Option<&'a str>, Option<&'a str>);

    #[test]
    fn what_upstreams_errors_say() {
        let check = |name: &str, body: &str, expected: Option<Parts<'_>>| {
            let error = UpstreamError::read(body.as_bytes());
            let parts = error.as_ref().map(|error| {
                (error.message.as_str(), error.kind.as_deref(), error.code.as_deref(), error.parameter.as_deref())
            });

            assert_eq!(expected, parts, "{name}");
        };
        let openai = r#"{"error":{"message":"Bad \"n\".","type":"invalid_request_error","param":"n","code":"x"}}"#;
        check("OpenAI", openai, Some(("Bad \"n\".", Some("invalid_request_error"), Some("x"), Some("n"))));
        let anthropic = r#"{"type":"error","error":{"type":"overloaded_error","message":"Busy."},"request_id":"r"}"#;
        check("Anthropic", anthropic, Some(("Busy.", Some("overloaded_error"), None, None)));
        let google = r#"[{"error":{"code":429,"message":"Slow.","status":"RESOURCE_EXHAUSTED","details":[{"a":1}]}}]"#;
        check("Google's imitation", google, Some(("Slow.", Some("RESOURCE_EXHAUSTED"), Some("429"), None)));
        check("a bare string", r#"{"error":"model not found"}"#, Some(("model not found", None, None, None)));
        check("FastAPI", r#"{"detail":"Not Found"}"#, Some(("Not Found", None, None, None)));
        check(
            "older vLLM",
            r#"{"object":"error","message":"m","type":"t","code":400}"#,
            Some(("m", Some("t"), Some("400"), None)),
        );
        let aws = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"No."}"#;
        check(
            "AWS's older services",
            aws,
            Some(("No.", Some("com.amazon.coral.service#AccessDeniedException"), None, None)),
        );
        let azure =
            r#"{"error":{"message":"No.","type":null,"code":"content_filter","innererror":{"code":"R","a":{}}}}"#;
        check("Azure", azure, Some(("No.", None, Some("content_filter"), None)));
        check("control characters", r#"{"error":{"message":"a\r\n\u0000b"}}"#, Some(("ab", None, None, None)));
        let long = format!(r#"{{"error":"{}"}}"#, "é".repeat(2_000));
        check("a long one is cut", &long, Some((&"é".repeat(1_000), None, None, None)));
        check("a huge one is not read", &format!(r#"{{"error":"{}"}}"#, "x".repeat(65_536)), None);
        check("an object of other things", r#"{"choices":[]}"#, None);
        check("deep nesting", &r#"{"error":"#.repeat(100_000), None);
        check("HTML", "<html>502 Bad Gateway</html>", None);
        check("nothing", "", None);
    }

    #[test]
    fn an_upstreams_words_stay_out_of_logs() {
        let error = UpstreamError::read(br#"{"error":{"message":"Bad key sk-123.","type":"t"}}"#).unwrap();

        assert_eq!("the upstream reports an error of type t, code none", error.to_string());
        assert!(!format!("{error:?}").contains("sk-123"));
    }

    #[test]
    fn what_errors_say_in_detail() {
        let check = |name: &str, body: &str, expected: Option<&str>| {
            let error = UpstreamError::read(body.as_bytes()).unwrap_or_default();

            assert_eq!(expected, error.reason.as_deref(), "{name}");
        };
        let google = r#"{"error":{"code":429,"details":[{"@type":"x/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED"},
            {"@type":"x/google.rpc.RetryInfo","retryDelay":"34.07s"},7]}}"#;
        check("Google", google, Some("RATE_LIMIT_EXCEEDED"));
        let anthropic =
            r#"{"error":{"type":"t","message":"m","details":{"error_code":"enforced_spend_limit_reached"}}}"#;
        check("Anthropic", anthropic, Some("enforced_spend_limit_reached"));
        check("Azure", r#"{"error":{"message":"m","innererror":{"code":"R","a":{"code":"b"}}}}"#, Some("R"));
        check("none", r#"{"error":{"message":"m","details":null}}"#, None);
        check("a reason that is no text", r#"{"error":{"message":"m","details":[{"reason":{"a":1}}]}}"#, None);
    }

    #[test]
    fn an_error_whose_class_is_in_the_head() {
        let check = |name: &str, header: Option<&str>, body: &str, expected: Option<(&str, Option<&str>)>| {
            let headers = header.map(|value| ("x-amzn-errortype", value.as_bytes()));
            let error = UpstreamError::of_answer([("date", &b"now"[..])].into_iter().chain(headers), body.as_bytes());
            let parts = error.as_ref().map(|error| (error.message.as_str(), error.kind.as_deref()));

            assert_eq!(expected, parts, "{name}");
        };
        let class = Some("ThrottlingException:http://internal.amazon.com/coral/");
        check("both", class, r#"{"message":"Slow."}"#, Some(("Slow.", Some("ThrottlingException"))));
        check("no body", class, "", Some(("", Some("ThrottlingException"))));
        check("no header", None, r#"{"message":"Slow."}"#, Some(("Slow.", None)));
        check("neither", None, "", None);
    }
}
