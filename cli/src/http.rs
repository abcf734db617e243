//! A client of a portal. It knows no address by heart and follows no redirect: a token or a cookie goes where it was meant to.

use std::time::Duration;

use ureq::{Agent, http};
use web_upload::PublicUrl;

use crate::outcome::{Exit, Failure};

/// More than any page or file of a portal has.
const LARGEST: u64 = 8 * 1024 * 1024;

/// Answers take milliseconds; a portal that is stuck should not hold up a courier for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A portal, by its address.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    url: String,
    agent: Agent,
}

/// What a portal said.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Server {
    /// The portal at an address, which is one with TLS or on this machine.
    pub(crate) fn at(url: &PublicUrl) -> Server {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .user_agent(concat!("waybill/", env!("CARGO_PKG_VERSION")));
        if url.as_str().starts_with("http://") {
            // This machine is never reached through another.
            config = config.proxy(None);
        }
        Server { url: url.as_str().to_owned(), agent: config.build().into() }
    }

    /// Fetches a page or a file.
    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Response, Failure> {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.read(request.call())
    }

    /// Sends something.
    pub(crate) fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Response, Failure> {
        let mut request = self.agent.post(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.read(request.send(body))
    }

    fn read(&self, response: Result<http::Response<ureq::Body>, ureq::Error>) -> Result<Response, Failure> {
        let unreachable = |error: ureq::Error| {
            Failure::new(
                Exit::CouldNotTell,
                "server-unreachable",
                format!("{} gives no answer: {error}", self.url),
                "Check the address and the connection, then run the command again; the same file gets the same answer.",
            )
        };
        let (parts, mut body) = response.map_err(unreachable)?.into_parts();
        let body = body.with_config().limit(LARGEST).read_to_vec().map_err(unreachable)?;
        Ok(Response { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

impl Response {
    /// Whether it was done.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header, if it is there and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text; what is no text is shown as such.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
