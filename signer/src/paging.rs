//! Lists a page at a time. A cursor says where the page before ended, by the values that the list is sorted by, so that a page costs the
//! same wherever it is and however long the list.

use std::{fmt, str::FromStr};

/// Most rows of one page.
pub const MOST_ROWS: usize = 500;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paged<T> {
    /// In the list's order.
    pub rows: Vec<T>,
    /// Where the next page begins; absent at the end of the list.
    pub next: Option<Cursor>,
}

/// Where a page ended: opaque to all but the list that made it, and safe in addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

/// A text that no list has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no place in a list")]
pub struct CursorError;

/// Which part of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Where the page before ended; the beginning of the list if absent.
    pub after: Option<Cursor>,
    /// How many rows, up to [`MOST_ROWS`].
    pub rows: usize,
}

impl Part {
    /// The first so many.
    pub fn first(rows: usize) -> Part {
        Part { after: None, rows }
    }

    /// How many rows are asked of the store: one more than are shown tells whether there is a next page.
    pub(crate) fn asked(&self) -> i64 {
        (self.shown() + 1) as i64
    }

    fn shown(&self) -> usize {
        self.rows.clamp(1, MOST_ROWS)
    }

    /// The rows that came, as a page.
    pub(crate) fn page<T>(&self, mut rows: Vec<T>, cursor: impl FnOnce(&T) -> Cursor) -> Paged<T> {
        let more = rows.len() > self.shown();
        rows.truncate(self.shown());
        let next = if more { rows.last().map(cursor) } else { None };
        Paged { rows, next }
    }

    /// The values of the cursor. One of another list is where this one begins.
    pub(crate) fn values<const N: usize>(&self) -> Option<[String; N]> {
        self.after.as_ref().and_then(Cursor::values)
    }
}

impl Cursor {
    /// Of the values that the last row has in the list's order.
    pub(crate) fn of(values: &[&[u8]]) -> Cursor {
        let hex = |value: &&[u8]| value.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Cursor(values.iter().map(hex).collect::<Vec<_>>().join("."))
    }

    fn values<const N: usize>(&self) -> Option<[String; N]> {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
        let values: Option<Vec<String>> = self.0.split('.').map(|hex| bytes(hex).and_then(text)).collect();
        values?.try_into().ok()
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Cursor, CursorError> {
        let well_formed = text.len() <= 4096 && text.split('.').all(|hex| bytes(hex).is_some());
        if well_formed { Ok(Cursor(text.to_owned())) } else { Err(CursorError) }
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        hex.chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let cursor = Cursor::of(&[b"ps1", b"", "Zürich".as_bytes()]);
        assert_eq!(cursor.to_string(), "707331..5ac3bc72696368");
        let part = Part { after: Some(cursor.to_string().parse().unwrap()), rows: 10 };
        assert_eq!(part.values(), Some(["ps1".to_owned(), String::new(), "Zürich".to_owned()]));
        assert_eq!(part.values::<2>(), None, "another list's");
        for other in ["7", "zz", "70 73", "é"] {
            assert_eq!(other.parse::<Cursor>(), Err(CursorError), "{other:?}");
        }
    }

    #[test]
    fn one_row_more_than_is_shown_tells_of_a_next_page() {
        let part = Part::first(2);
        let page = |rows: &[u8]| part.page(rows.to_vec(), |row| Cursor::of(&[&[*row]]));
        assert_eq!(page(&[1, 2, 3]), Paged { rows: vec![1, 2], next: Some(Cursor("02".to_owned())) });
        assert_eq!(page(&[1, 2]), Paged { rows: vec![1, 2], next: None });
        assert_eq!(Part::first(usize::MAX).asked(), 501, "nobody asks for everything");
    }
}
