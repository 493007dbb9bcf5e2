//! The list of models.

use crate::json::{ObjectWriter, write_object};
use crate::models::Model;

/// The body of `GET /v1/models`, all on one page.
pub(crate) fn list(models: &[Model<'_>]) -> Vec<u8> {
    let mut output = Vec::new();
    write_object(&mut output, |body| {
        body.array("data", |data| models.iter().for_each(|model| data.object(|object| write(model, object))));
        body.boolean("has_more", false);
        for (key, model) in [("first_id", models.first()), ("last_id", models.last())] {
            match model {
                Some(model) => body.string(key, model.id),
                None => body.null(key),
            }
        }
    });
    output
}

/// The body of `GET /v1/models/{id}`.
pub(crate) fn item(model: &Model<'_>) -> Vec<u8> {
    let mut output = Vec::new();
    write_object(&mut output, |object| write(model, object));
    output
}

fn write(model: &Model<'_>, object: &mut ObjectWriter<'_>) {
    object.string("type", "model");
    object.string("id", model.id);
    object.string("display_name", model.id);
    object.string("created_at", &date_time(model.created));
    object.string("lifecycle", "active");
}

/// A time in seconds since the Unix epoch as RFC 3339 has it. Howard Hinnant's `civil_from_days`, whose years begin in
/// March so that leap days come last.
fn date_time(unix_seconds: u64) -> String {
    let (days, seconds) = (unix_seconds / 86_400, unix_seconds % 86_400);
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months_from_march + 2) / 5 + 1;
    let month = if months_from_march < 10 { months_from_march + 3 } else { months_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let [hour, minute, second] = [seconds / 3_600, seconds / 60 % 60, seconds % 60];
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}
