//! Figures: percentiles, spreads, and the tables that hold them.

use crate::Plan;
use std::fmt;
use std::time::Duration;

/// Times of one round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn of(parts: impl IntoIterator<Item = Vec<Duration>>) -> Self {
        let mut all: Vec<_> = parts.into_iter().flatten().collect();
        all.sort_unstable();
        Self(all)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// In milliseconds; nothing where nothing was timed.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let at = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        let time = self.0.get(at);
        time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }

    pub(crate) fn p50(&self) -> f64 {
        self.percentile(50)
    }

    pub(crate) fn p99(&self) -> f64 {
        self.percentile(99)
    }
}

/// The middle of the rounds, and how far they lie apart.
pub(crate) fn spread<T>(rounds: &[T], figure: impl Fn(&T) -> f64) -> String {
    let mut all: Vec<f64> = rounds.iter().map(figure).collect();
    all.sort_by(f64::total_cmp);
    match (all.first(), all.get(all.len() / 2), all.last()) {
        (Some(least), Some(middle), Some(most)) if all.len() > 1 => {
            format!("{} ({}–{})", short(*middle), short(*least), short(*most))
        }
        (Some(only), ..) => short(*only),
        _ => "–".to_owned(),
    }
}

/// Three digits of it, or all before the point.
pub(crate) fn short(figure: f64) -> String {
    match figure.abs() {
        _ if figure.is_nan() => "–".to_owned(),
        size if size >= 1e3 => grouped(figure),
        size if size >= 100.0 => format!("{figure:.0}"),
        size if size >= 10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}

fn grouped(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A table of Markdown under its title, and what is to be said below it.
#[derive(Debug)]
pub(crate) struct Table {
    title: String,
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
}

impl Table {
    pub(crate) fn new(title: &str, head: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            rows: vec![head.iter().map(|&cell| cell.to_owned()).collect()],
            notes: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub(crate) fn note(&mut self, text: String) {
        self.notes.push(text);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "#### {}\n", self.title)?;
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..columns).map(width).collect();
        for (number, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths);
            let cells: Vec<_> = cells
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            writeln!(formatter, "| {} |", cells.join(" | "))?;
            if number == 0 {
                let lines: Vec<_> = widths.iter().map(|width| "-".repeat(*width)).collect();
                writeln!(formatter, "| {} |", lines.join(" | "))?;
            }
        }
        for note in &self.notes {
            writeln!(formatter, "\n{note}")?;
        }
        Ok(())
    }
}

/// Where and how it was measured.
pub(crate) fn machine(plan: &Plan) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let about = read("/proc/cpuinfo");
    let named = |line: &&str| line.starts_with("model name");
    let model = about
        .lines()
        .find(named)
        .and_then(|line| line.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = read("/proc/loadavg");
    format!(
        "{cores} × {}; load average before the run {}; {} rounds of {} s each, \
         the middle one and in brackets the least and the most; clients and server share the \
         processors.",
        model.unwrap_or("a processor without a name").trim(),
        load.split(' ').next().unwrap_or("unknown"),
        plan.rounds,
        plan.length.as_secs(),
    )
}
