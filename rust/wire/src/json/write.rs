//! Writes JSON. Commas and escapes are done here; what is in which member reads like the document itself.

use super::write_string;

/// Writes an object to the end of `output`.
pub(crate) fn write_object<R>(output: &mut Vec<u8>, write: impl FnOnce(&mut ObjectWriter<'_>) -> R) -> R {
    output.push(b'{');
    let result = write(&mut ObjectWriter { output, is_empty: true });
    output.push(b'}');
    result
}

/// Writes an array to the end of `output`.
fn write_array<R>(output: &mut Vec<u8>, write: impl FnOnce(&mut ArrayWriter<'_>) -> R) -> R {
    output.push(b'[');
    let result = write(&mut ArrayWriter { output, is_empty: true });
    output.push(b']');
    result
}

/// An object that is being written.
pub(crate) struct ObjectWriter<'a> {
    output: &'a mut Vec<u8>,
    is_empty: bool,
}

impl ObjectWriter<'_> {
    /// A member whose value is JSON already.
    pub(crate) fn raw(&mut self, key: &str, json: &str) {
        self.key(key).extend_from_slice(json.as_bytes());
    }

    pub(crate) fn string(&mut self, key: &str, text: &str) {
        write_string(text, self.key(key));
    }

    /// A member that is left out where there is no text.
    pub(crate) fn optional_string(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.string(key, text);
        }
    }

    /// A member that is left out where there is no JSON.
    pub(crate) fn optional_raw(&mut self, key: &str, json: Option<&str>) {
        if let Some(json) = json {
            self.raw(key, json);
        }
    }

    pub(crate) fn number(&mut self, key: &str, number: u64) {
        write_number(number, self.key(key));
    }

    pub(crate) fn boolean(&mut self, key: &str, boolean: bool) {
        self.raw(key, if boolean { "true" } else { "false" });
    }

    pub(crate) fn null(&mut self, key: &str) {
        self.raw(key, "null");
    }

    pub(crate) fn object<R>(&mut self, key: &str, write: impl FnOnce(&mut ObjectWriter<'_>) -> R) -> R {
        write_object(self.key(key), write)
    }

    pub(crate) fn array<R>(&mut self, key: &str, write: impl FnOnce(&mut ArrayWriter<'_>) -> R) -> R {
        write_array(self.key(key), write)
    }

    fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.is_empty) {
            self.output.push(b',');
        }
        write_string(key, self.output);
        self.output.push(b':');
        self.output
    }
}

/// An array that is being written.
pub(crate) struct ArrayWriter<'a> {
    output: &'a mut Vec<u8>,
    is_empty: bool,
}

impl ArrayWriter<'_> {
    /// An element that is JSON already.
    pub(crate) fn raw(&mut self, json: &str) {
        self.next().extend_from_slice(json.as_bytes());
    }

    pub(crate) fn string(&mut self, text: &str) {
        write_string(text, self.next());
    }

    pub(crate) fn object<R>(&mut self, write: impl FnOnce(&mut ObjectWriter<'_>) -> R) -> R {
        write_object(self.next(), write)
    }

    fn next(&mut self) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.is_empty) {
            self.output.push(b',');
        }
        self.output
    }
}

/// JSON without line feeds, each of which would end a line of an event. In JSON that is valid they are white space.
pub(crate) fn on_one_line(json: &str) -> String {
    json.replace(['\n', '\r'], " ")
}

fn write_number(mut number: u64, output: &mut Vec<u8>) {
    // Twenty digits hold any `u64`.
    let mut digits = [0_u8; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    output.extend_from_slice(&digits[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written() {
        let mut output = b"x".to_vec();
        write_object(&mut output, |object| {
            object.string("a\"", "b\n");
            object.number("zero", 0);
            object.number("most", u64::MAX);
            object.boolean("yes", true);
            object.null("nothing");
            object.raw("raw", "1.50");
            object.optional_string("absent", None);
            object.optional_raw("absent", None);
            object.optional_string("there", Some(""));
            object.object("object", |_| {});
            object.array("array", |array| {
                array.raw("1");
                array.string("é");
                array.object(|object| object.boolean("no", false));
            });
        });

        let expected = r#"x{"a\"":"b\n","zero":0,"most":18446744073709551615,"yes":true,"nothing":null,"raw":1.50,"there":"","object":{},"array":[1,"é",{"no":false}]}"#;
        assert_eq!(expected, String::from_utf8(output).unwrap());
    }

    #[test]
    fn empty_ones() {
        let mut output = Vec::new();
        write_array(&mut output, |_| {});
        write_object(&mut output, |_| {});

        assert_eq!(b"[]{}", output.as_slice());
    }
}
