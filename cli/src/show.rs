//! How lists and details look on a terminal.

use std::fmt::{Display, Write as _};

use comfy_table::{Table, presets};
use license_format::Metric;
use verifier::Fingerprint;

/// `name   value` lines, their values in one column.
pub(crate) fn fields(fields: &[(&str, &dyn Display)]) -> String {
    let width = fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    fields.iter().fold(String::new(), |mut text, (name, value)| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:width$}  {value}");
        text
    })
}

/// The same with the root fingerprint after them: in groups, and in the words for these.
pub(crate) fn fields_and_fingerprint(fields: &[(&str, &dyn Display)], fingerprint: &Fingerprint) -> String {
    let lines = fingerprint.lines().map(|(groups, words)| format!("{groups}   {words}"));
    let mut all = fields.to_vec();
    for (at, line) in lines.iter().enumerate() {
        all.push((if at == 0 { "root fingerprint" } else { "" }, line));
    }
    self::fields(&all)
}

/// A table without lines, or a sentence when there is nothing to list.
pub(crate) fn table(header: &[&str], rows: Vec<Vec<String>>, empty: &str) -> String {
    if rows.is_empty() {
        return format!("{empty}\n");
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
    lines.collect()
}

/// `250 managed devices and 1 user`: so many of each metric.
pub(crate) fn seats(seats: impl IntoIterator<Item = (Metric, u64)>) -> String {
    let each = seats.into_iter().map(|(metric, count)| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {}{plural}", metric.noun())
    });
    each.collect::<Vec<_>>().join(" and ")
}

/// `yes` or `no`.
pub(crate) fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// An indented block.
pub(crate) fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}").trim_end().to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        assert_eq!(fields(&[("id", &1), ("account", &"Contoso")]), "id       1\naccount  Contoso\n");
        let rows = vec![vec!["1".to_owned(), "Contoso".to_owned()], vec!["22".to_owned(), "B".to_owned()]];
        assert_eq!(table(&["id", "name"], rows, "none"), "id  name\n1   Contoso\n22  B\n");
        assert_eq!(table(&["id"], Vec::new(), "There is none yet."), "There is none yet.\n");
    }

    #[test]
    fn seats_are_counted_in_words() {
        assert_eq!(seats([(Metric::Computer, 40), (Metric::User, 1)]), "40 computers and 1 user");
    }
}
