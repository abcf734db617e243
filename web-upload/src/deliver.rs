//! Handing out: pages that nobody else may keep, and files byte for byte.

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use license_format::UnverifiedFile;

use crate::failure::Failure;

/// The media type of a Waybill file.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.waybill+cbor";

/// A page, for this visitor alone: shared machines and proxies keep no copy.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, [(header::CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a template failed");
            Failure::Panicked.into_response()
        }
    }
}

/// A file to save under its name.
pub(crate) fn file(bytes: Vec<u8>, name: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE.to_owned()),
        (header::CONTENT_DISPOSITION, disposition(name)),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}

/// The same in the armoured spelling: for mail, tickets and eyes.
pub(crate) fn armoured(bytes: &[u8], name: &str) -> Result<Response, Failure> {
    let text = armour(bytes)?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition(&format!("{name}.txt"))),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, text).into_response())
}

/// The armoured spelling of one of our own files.
pub(crate) fn armour(bytes: &[u8]) -> Result<String, Failure> {
    UnverifiedFile::read(bytes).and_then(|file| file.armour()).map_err(|error| {
        tracing::error!(%error, "an answer of our own could not be armoured");
        Failure::Panicked
    })
}

/// Only letters that mean nothing in a header or on any file system stay in the name.
fn disposition(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    format!("attachment; filename=\"{name}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_break_the_header() {
        assert_eq!(
            disposition("PS1-desktop-license.waybill"),
            "attachment; filename=\"PS1-desktop-license.waybill\""
        );
        assert_eq!(disposition("a\"; x=\r\n/é"), "attachment; filename=\"a___x_____\"");
    }
}
