//! A person at the portal's pages, as far as the demo needs one: signs in, uploads a file, downloads the answer. It sends what
//! a browser without JavaScript sends, and reads the links that are on the page.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use web_upload::PublicUrl;

use crate::{
    http::{Response, Server},
    outcome::Failure,
};

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    server: Server,
    cookie: String,
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

impl Browser {
    /// Redeems an invitation, which sets the password, and then signs in with it.
    pub(crate) fn join(url: &PublicUrl, path: &str, email: &str, password: &str) -> Result<Browser, Failure> {
        let server = Server::at(url);
        let joined =
            server.post(path, &[FORM], form(&[("password", password), ("again", password)]).as_bytes())?;
        expect(joined.status == 303, "the invitation sets a password", &joined)?;
        let fields = form(&[("email", email), ("password", password), ("next", "/")]);
        let signed_in = server.post("/sign-in", &[FORM], fields.as_bytes())?;
        expect(signed_in.status == 303, "the password signs in", &signed_in)?;
        let cookie = signed_in.header("set-cookie").and_then(|cookie| cookie.split(';').next());
        let cookie = cookie.ok_or_else(|| unexpected("a session cookie is set", &signed_in))?.to_owned();
        Ok(Browser { server, cookie })
    }

    /// Uploads one request file on the upload page and downloads the answer that the page then offers.
    pub(crate) fn upload(&self, name: &str, file: &[u8]) -> Result<Vec<u8>, Failure> {
        let boundary = "----waybill-demo-7d1f0c";
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        )
        .into_bytes();
        body.extend(file);
        body.extend(format!("\r\n--{boundary}--\r\n").bytes());
        let content_type = format!("multipart/form-data; boundary={boundary}");
        let headers = [("content-type", content_type.as_str()), ("cookie", self.cookie.as_str())];
        let page = self.server.post("/upload", &headers, &body)?;
        let html = page.text();

        let download = match between(&html, "href=\"/answers/", "\"") {
            Some(link) => self.server.get(&format!("/answers/{link}"), &[("cookie", &self.cookie)])?,
            // A refusal that is not final is not kept; the page carries it and has it made into a file.
            None => self.carried(&html).ok_or_else(|| unexpected("the page offers an answer", &page))??,
        };
        expect(download.is_success() && !download.body.is_empty(), "the answer downloads", &download)?;
        Ok(download.body)
    }

    fn carried(&self, html: &str) -> Option<Result<Response, Failure>> {
        let form_at = &html[html.find("action=\"/answers\"")?..];
        let name = between(form_at, "name=\"name\" value=\"", "\"")?;
        let file = between(form_at, "name=\"file\" value=\"", "\"")?;
        // The page escapes what it shows; base 64 has only one sign that needs it.
        let file = file.replace("&#43;", "+");
        BASE64_STANDARD.decode(&file).ok()?;
        let fields = form(&[("name", name), ("file", &file)]);
        Some(self.server.post("/answers", &[FORM, ("cookie", &self.cookie)], fields.as_bytes()))
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}

/// Fields as forms send them (the URL standard's `application/x-www-form-urlencoded`).
fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._*".contains(&byte);
        text.bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    };
    let fields: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    fields.join("&")
}

fn expect(holds: bool, what: &str, response: &Response) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(unexpected(what, response)) }
}

fn unexpected(what: &str, response: &Response) -> Failure {
    Failure::refused(
        "demo-step",
        format!("a step did not do what it says: {what}; the portal said {}", response.status),
        "This is a defect of Waybill: please report it with the folder's files.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_encoded() {
        assert_eq!(form(&[("a", "x y&=+"), ("b", "é")]), "a=x%20y%26%3D%2B&b=%C3%A9");
    }

    #[test]
    fn finds_what_stands_between() {
        assert_eq!(between("<a href=\"/answers/12\" download>", "href=\"/answers/", "\""), Some("12"));
        assert_eq!(between("<a>", "href=\"", "\""), None);
    }
}
