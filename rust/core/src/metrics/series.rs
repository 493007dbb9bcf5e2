//! The values, by metric and labels.

use std::collections::BTreeMap;
use std::mem;

use super::family::{Family, Kind};

/// At most this many series a metric. At 200 bytes of labels each, all metrics together stay near two megabytes.
pub const MAX_SERIES: usize = 500;

/// Stands for every label value that is not shown.
pub(super) const OTHER: &str = "other";

/// One series: a counter or gauge has one cell, a histogram its sum and then a count for each bucket.
pub(super) type Cells = Vec<u64>;

/// Series by their labels as written in the exposition, without braces.
pub(super) type Series = BTreeMap<Box<str>, Cells>;

#[derive(Debug, Clone)]
pub(super) struct Store {
    families: [Series; Family::ALL.len()],
    /// Kept so that looking up a series allocates nothing.
    scratch: String,
}

impl Default for Store {
    fn default() -> Self {
        Self { families: std::array::from_fn(|_| Series::new()), scratch: String::new() }
    }
}

impl Store {
    /// Adds to a counter, or adds one observation to a histogram.
    pub(super) fn add(&mut self, family: Family, values: &[&str], amount: u64) {
        let mut labels = mem::take(&mut self.scratch);
        labels.clear();
        write_labels(&mut labels, family.definition().labels, values);
        let bucket = match family.definition().kind {
            Kind::Counter | Kind::Gauge | Kind::Least | Kind::Most => None,
            Kind::Histogram(bounds) => Some(1 + bounds.partition_point(|&bound| bound < amount)),
        };
        self.update(family, &labels, |cells| {
            cells[0] = cells[0].saturating_add(amount);
            if let Some(bucket) = bucket {
                cells[bucket] = cells[bucket].saturating_add(1);
            }
        });
        self.scratch = labels;
    }

    /// Sets the only series of a metric without labels.
    pub(super) fn set(&mut self, family: Family, value: u64) {
        self.update(family, "", |cells| cells[0] = value);
    }

    /// Sets all series of a gauge: those that are not told of are gone.
    pub(super) fn replace(&mut self, family: Family) -> impl FnMut(&[&str], u64) {
        self.families[family as usize].clear();
        move |values, value| {
            let labels = labels(family.definition().labels, values);
            self.update(family, &labels, |cells| cells[0] = cells[0].saturating_add(value));
        }
    }

    /// Adds the series of another worker; its gauges only while it runs.
    pub(super) fn merge(&mut self, families: Vec<(Family, Series)>, is_alive: bool) {
        for (family, series) in families {
            let kind = family.definition().kind;
            if matches!(kind, Kind::Gauge | Kind::Least | Kind::Most) && !is_alive {
                continue;
            }
            let merge = match kind {
                Kind::Least => least,
                Kind::Most => u64::max,
                Kind::Counter | Kind::Gauge | Kind::Histogram(_) => u64::saturating_add,
            };
            for (labels, amounts) in series {
                self.update(family, &labels, |cells| {
                    for (cell, amount) in cells.iter_mut().zip(&amounts) {
                        *cell = merge(*cell, *amount);
                    }
                });
            }
        }
    }

    /// Every metric that has series.
    pub(super) fn families(&self) -> impl Iterator<Item = (Family, &Series)> {
        Family::ALL.into_iter().zip(&self.families).filter(|(_, series)| !series.is_empty())
    }

    fn update(&mut self, family: Family, labels: &str, change: impl FnOnce(&mut [u64])) {
        let series = &mut self.families[family as usize];
        if let Some(cells) = series.get_mut(labels) {
            return change(cells);
        }
        let labels = if series.len() < MAX_SERIES - 1 { labels.into() } else { other_labels(family) };
        change(series.entry(labels).or_insert_with(|| vec![0; n_cells(family)]));
    }
}

/// The smaller of two, where nothing is known of what is 0.
fn least(left: u64, right: u64) -> u64 {
    if left == 0 || right == 0 { left.max(right) } else { left.min(right) }
}

/// How many cells a series of this metric has.
pub(super) fn n_cells(family: Family) -> usize {
    match family.definition().kind {
        Kind::Counter | Kind::Gauge | Kind::Least | Kind::Most => 1,
        Kind::Histogram(bounds) => 2 + bounds.len(),
    }
}

/// Labels as the exposition writes them, without braces. An empty value is the same as no label.
pub(super) fn labels(names: &[&str], values: &[&str]) -> String {
    let mut text = String::new();
    write_labels(&mut text, names, values);
    text
}

fn other_labels(family: Family) -> Box<str> {
    let names = family.definition().labels;
    labels(names, &vec![OTHER; names.len()]).into()
}

fn write_labels(text: &mut String, names: &[&str], values: &[&str]) {
    debug_assert_eq!(names.len(), values.len());
    for (name, value) in names.iter().zip(values).filter(|(_, value)| !value.is_empty()) {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(name);
        text.push_str("=\"");
        for character in value.chars() {
            match character {
                '\\' => text.push_str(r"\\"),
                '"' => text.push_str("\\\""),
                '\n' => text.push_str(r"\n"),
                _ => text.push(character),
            }
        }
        text.push('"');
    }
}
