//! Prometheus' text format, version 0.0.4.

use std::fmt::{self, Write};

use super::family::{Definition, Kind, Unit};
use super::series::{Series, Store};

/// Every metric, in a fixed order. `build_info` are the labels of `tiercel_build_info`.
pub(super) fn exposition(store: &Store, build_info: &str) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_all(&mut text, store, build_info);
    text
}

fn write_all(text: &mut String, store: &Store, build_info: &str) -> fmt::Result {
    write_head(text, "tiercel_build_info", "The running program and the prices it uses.", "gauge")?;
    write_line(text, "tiercel_build_info", build_info, &1)?;
    for (family, series) in store.families() {
        write_family(text, &family.definition(), series)?;
    }
    Ok(())
}

fn write_family(text: &mut String, family: &Definition, series: &Series) -> fmt::Result {
    let kind = match family.kind {
        Kind::Counter => "counter",
        Kind::Gauge | Kind::Least | Kind::Most => "gauge",
        Kind::Histogram(_) => "histogram",
    };
    write_head(text, family.name, family.help, kind)?;
    for (labels, cells) in series {
        match family.kind {
            Kind::Counter | Kind::Gauge | Kind::Least | Kind::Most => {
                write_line(text, family.name, labels, &Number { value: cells[0], unit: family.unit })?;
            }
            Kind::Histogram(bounds) => write_histogram(text, family, bounds, labels, cells)?,
        }
    }
    Ok(())
}

fn write_histogram(text: &mut String, family: &Definition, bounds: &[u64], labels: &str, cells: &[u64]) -> fmt::Result {
    let Definition { name, unit, .. } = *family;
    let separator = if labels.is_empty() { "" } else { "," };
    let mut count = 0_u64;
    for (index, n_observations) in cells[1..].iter().enumerate() {
        count = count.saturating_add(*n_observations);
        write!(text, "{name}_bucket{{{labels}{separator}le=\"")?;
        match bounds.get(index) {
            Some(&value) => write!(text, "{}", Number { value, unit })?,
            None => text.push_str("+Inf"),
        }
        writeln!(text, "\"}} {count}")?;
    }
    write_line(text, &format!("{name}_sum"), labels, &Number { value: cells[0], unit })?;
    write_line(text, &format!("{name}_count"), labels, &count)
}

fn write_head(text: &mut String, name: &str, help: &str, kind: &str) -> fmt::Result {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

fn write_line(text: &mut String, name: &str, labels: &str, value: &dyn fmt::Display) -> fmt::Result {
    if labels.is_empty() { writeln!(text, "{name} {value}") } else { writeln!(text, "{name}{{{labels}}} {value}") }
}

struct Number {
    value: u64,
    unit: Unit,
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const BILLION: u64 = 1_000_000_000;
        match self.unit {
            Unit::One => write!(formatter, "{}", self.value),
            Unit::Nano => {
                let decimal = format!("{}.{:09}", self.value / BILLION, self.value % BILLION);
                formatter.write_str(decimal.trim_end_matches('0').trim_end_matches('.'))
            }
        }
    }
}
