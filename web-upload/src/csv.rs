//! Lists as CSV (RFC 4180), page after page as they are read, so that a long one is never in memory whole.

use std::future::Future;

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use signer::paging::{Cursor, MOST_ROWS, Paged, Part};

use crate::failure::Failure;

/// A file to save, of a header and of all pages of a list. What fails in the middle breaks the file off, so that nobody takes it for
/// whole.
pub(crate) async fn file<T, F, Read>(
    name: &str,
    header: &'static [&'static str],
    row: fn(&T) -> Vec<String>,
    read: F,
) -> Result<Response, Failure>
where
    T: Send + 'static,
    F: Fn(Part) -> Read + Send + 'static,
    Read: Future<Output = Result<Paged<T>, Failure>> + Send + 'static,
{
    // The first page is read before anything is sent: what is refused is refused as a page is.
    let first = read(Part::first(MOST_ROWS)).await?;
    let lines = move |page: &Paged<T>| page.rows.iter().map(|one| line(&row(one))).collect::<String>();
    let begun = line(&header.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()) + &lines(&first);
    let body = stream::try_unfold(
        (Some(begun), first.next),
        move |(begun, next): (Option<String>, Option<Cursor>)| {
            let part = next.clone().map(|after| Part { after: Some(after), rows: MOST_ROWS });
            let reading = begun.is_none().then_some(part).flatten().map(&read);
            async move {
                match (begun, reading) {
                    (Some(begun), _) => Ok(Some((begun, (None, next)))),
                    (None, None) => Ok(None),
                    (None, Some(reading)) => {
                        let page = reading.await.map_err(std::io::Error::other)?;
                        Ok::<_, std::io::Error>(Some((lines(&page), (None, page.next))))
                    }
                }
            }
        },
    );
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// One record. A text that a spreadsheet would take for a formula gets an apostrophe: names of servers are strangers' words.
fn line(fields: &[String]) -> String {
    let field = |field: &String| {
        let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let plain = if formula { format!("'{field}") } else { field.clone() };
        if plain.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", plain.replace('"', "\"\""))
        } else {
            plain
        }
    };
    fields.iter().map(field).collect::<Vec<_>>().join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_where_it_must_be_and_is_never_a_formula() {
        let fields = ["a", "b,c", "say \"hi\"", "=1+1", "", "two\nlines"].map(str::to_owned);
        assert_eq!(line(&fields), "a,\"b,c\",\"say \"\"hi\"\"\",'=1+1,,\"two\nlines\"\r\n");
    }
}
