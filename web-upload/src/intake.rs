//! Takes files in from the upload form: any number up to the limit, each up to its limit, and text that was pasted.
//! It does not look into them.

use axum::extract::{
    Multipart,
    multipart::{Field, MultipartError},
};
use license_format::limits;

use crate::failure::Failure;

/// Files in one upload.
pub(crate) const FILES: usize = 50;

/// Bytes of one file: the armoured spelling is the longer one.
pub(crate) const FILE_BYTES: usize = limits::ARMOUR_BYTES;

/// Bytes of one upload with everything in it. Fifty of the largest binary files fit, and thousands of usual ones would.
pub(crate) const UPLOAD_BYTES: usize = 16 * 1024 * 1024;

/// Longest text of a form's other fields.
const TEXT_BYTES: usize = 256;

/// One file as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Carried {
    /// The name that the browser gave it: a stranger's text.
    pub(crate) source: String,
    pub(crate) content: Content,
}

/// What was in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Bytes(Vec<u8>),
    /// More bytes than any file of ours has; they were not kept.
    TooLarge,
}

/// What an upload form brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Upload {
    /// The account for which it was sent, as the form says it; empty when it does not.
    pub(crate) account: String,
    pub(crate) files: Vec<Carried>,
}

impl Upload {
    /// Reads the form. Refuses more files than are taken at once, and a form that is none.
    pub(crate) async fn read(mut form: Multipart) -> Result<Upload, Failure> {
        let mut upload = Upload::default();
        while let Some(mut field) = form.next_field().await.map_err(malformed)? {
            match field.name().unwrap_or_default() {
                "account" => upload.account = short_text(&mut field).await?,
                "files" => {
                    let source = source(field.file_name().unwrap_or_default());
                    let content = read(&mut field).await?;
                    // A form without a chosen file sends one without name and content.
                    if content != Content::Bytes(Vec::new()) || !source.is_empty() {
                        upload.add(Carried { source, content })?;
                    }
                }
                "text" => {
                    let content = read(&mut field).await?;
                    let blank = matches!(&content, Content::Bytes(bytes) if bytes.trim_ascii().is_empty());
                    if !blank {
                        upload.add(Carried { source: PASTED.to_owned(), content })?;
                    }
                }
                // Other fields mean nothing; they are read over.
                _ => {}
            }
        }
        Ok(upload)
    }

    fn add(&mut self, file: Carried) -> Result<(), Failure> {
        if self.files.len() == FILES {
            return Err(Failure::TooManyFiles { found: FILES + 1, limit: FILES });
        }
        self.files.push(file);
        Ok(())
    }
}

/// What stands in place of a file's name where text was pasted.
const PASTED: &str = "Pasted text";

/// Some browsers send a path; and a name of a thousand letters helps nobody.
fn source(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let shown = |c: &char| !c.is_control();
    last.chars().filter(shown).take(120).collect()
}

async fn read(field: &mut Field<'_>) -> Result<Content, Failure> {
    let mut bytes = Vec::new();
    let mut too_large = false;
    // What is too much is read over and dropped, so that the other files still count.
    while let Some(chunk) = field.chunk().await.map_err(malformed)? {
        too_large |= bytes.len() + chunk.len() > FILE_BYTES;
        if !too_large {
            bytes.extend_from_slice(&chunk);
        }
    }
    Ok(if too_large { Content::TooLarge } else { Content::Bytes(bytes) })
}

async fn short_text(field: &mut Field<'_>) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(malformed)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > TEXT_BYTES {
            return Err(Failure::Malformed);
        }
    }
    String::from_utf8(bytes).map_err(|_| Failure::Malformed)
}

fn malformed(error: MultipartError) -> Failure {
    match error.status() {
        axum::http::StatusCode::PAYLOAD_TOO_LARGE => Failure::TooLarge,
        _ => Failure::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, extract::FromRequest as _, http::Request};

    use super::*;

    async fn read(parts: &[(&str, Option<&str>, &[u8])]) -> Result<Upload, Failure> {
        let mut body = Vec::new();
        for (name, file, content) in parts {
            body.extend(format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"").bytes());
            if let Some(file) = file {
                body.extend(format!("; filename=\"{file}\"").bytes());
            }
            body.extend(b"\r\n\r\n");
            body.extend(*content);
            body.extend(b"\r\n");
        }
        body.extend(b"--X--\r\n");
        let request = Request::post("/upload")
            .header("content-type", "multipart/form-data; boundary=X")
            .extension(axum::extract::DefaultBodyLimit::disable())
            .body(Body::from(body))
            .unwrap();
        Upload::read(Multipart::from_request(request, &()).await.unwrap()).await
    }

    #[tokio::test]
    async fn files_and_pasted_text_come_in_order() {
        let upload = read(&[
            ("account", None, b"0193"),
            ("files", Some("C:\\\\requests\\\\a.waybill"), b"one"),
            ("files", Some("b.waybill"), b""),
            ("text", None, b"  two\r\n"),
            ("other", None, b"x"),
        ])
        .await
        .unwrap();
        assert_eq!(upload.account, "0193");
        let got: Vec<(&str, &Content)> =
            upload.files.iter().map(|file| (file.source.as_str(), &file.content)).collect();
        assert_eq!(
            got,
            [
                ("a.waybill", &Content::Bytes(b"one".to_vec())),
                ("b.waybill", &Content::Bytes(Vec::new())),
                (PASTED, &Content::Bytes(b"  two\r\n".to_vec())),
            ]
        );
    }

    #[tokio::test]
    async fn an_untouched_form_brings_nothing() {
        assert_eq!(read(&[("files", Some(""), b""), ("text", None, b"\r\n")]).await.unwrap().files, []);
    }

    #[tokio::test]
    async fn one_file_too_large_does_not_hold_up_the_others() {
        let large = vec![b'x'; FILE_BYTES + 1];
        let upload = read(&[("files", Some("big"), &large), ("files", Some("small"), b"s")]).await.unwrap();
        assert_eq!(upload.files[0].content, Content::TooLarge);
        assert_eq!(upload.files[1].content, Content::Bytes(b"s".to_vec()));
    }

    #[tokio::test]
    async fn the_fifty_first_file_is_refused() {
        let parts: Vec<(&str, Option<&str>, &[u8])> = vec![("files", Some("f"), b"x"); FILES];
        assert_eq!(read(&parts).await.unwrap().files.len(), FILES);
        let parts = vec![("files", Some("f"), b"x".as_slice()); FILES + 1];
        let refused = read(&parts).await;
        assert_eq!(refused, Err(Failure::TooManyFiles { found: 51, limit: 50 }));
    }
}
