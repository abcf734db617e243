//! What every page and every call of the API needs, gathered once by the program that serves them.

use std::{str::FromStr, sync::Arc, time::Duration};

use license_format::Timestamp;
use signer::{entropy::Entropy, link::PortalSide};
use tokio::sync::Semaphore;

use crate::{attempts::Attempts, failure::Failure, health::KeptHealth, password::Passwords};

/// The time now. The program reads its clock in here and nowhere else.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Fills a slice with random bytes that nobody can foresee.
pub type EntropySource = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The portal's state: cheap to clone, shared by all requests.
#[derive(Clone)]
pub struct Portal {
    inner: Arc<Inner>,
    patience: Duration,
}

/// How long the files of one upload may keep the signer. Its own writer gives up after thirty seconds, and whoever waits for the page, or a
/// proxy between, after sixty: so the page is there in time, and says of each file what became of it.
const PATIENCE: Duration = Duration::from_secs(40);

struct Inner {
    signer: PortalSide,
    public_url: PublicUrl,
    clock: Clock,
    entropy: EntropySource,
    passwords: Passwords,
    attempts: Attempts,
    hashing: Semaphore,
    health: KeptHealth,
}

impl Portal {
    /// A portal in front of a signer: one in this process, or one at the other end of a link.
    pub fn new(
        signer: impl Into<PortalSide>,
        public_url: PublicUrl,
        clock: Clock,
        entropy: EntropySource,
        passwords: Passwords,
    ) -> Portal {
        let inner = Arc::new(Inner {
            signer: signer.into(),
            public_url,
            clock,
            entropy,
            passwords,
            attempts: Attempts::default(),
            hashing: Semaphore::new(HASHING_AT_ONCE),
            health: KeptHealth::default(),
        });
        Portal { inner, patience: PATIENCE }
    }

    /// The same, with another time for which the files of one upload may keep the signer; 40 seconds if nobody says so.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Portal {
        Portal { patience, ..self }
    }

    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    pub(crate) fn signer(&self) -> &PortalSide {
        &self.inner.signer
    }

    pub(crate) fn public_url(&self) -> &PublicUrl {
        &self.inner.public_url
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.inner.clock)()
    }

    /// A source for one call of the signer.
    pub(crate) fn entropy(&self) -> impl Entropy + 'static {
        let source = Arc::clone(&self.inner.entropy);
        move |out: &mut [u8]| source(out)
    }

    pub(crate) fn attempts(&self) -> &Attempts {
        &self.inner.attempts
    }

    pub(crate) fn kept_health(&self) -> &KeptHealth {
        &self.inner.health
    }

    /// Runs the deliberately slow work on passwords beside the pages, never more of it at once than the machine can bear.
    pub(crate) async fn with_passwords<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Passwords) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let _permit = self.inner.hashing.acquire().await.map_err(|_| Failure::Panicked)?;
        let portal = self.clone();
        tokio::task::spawn_blocking(move || work(&portal.inner.passwords))
            .await
            .map_err(|_| Failure::Panicked)
    }
}

/// Each takes 19 MiB and a processor for some tens of milliseconds.
const HASHING_AT_ONCE: usize = 4;

/// Where people reach the portal: scheme, host and port. It stands in invitation links, and decides how the session cookie is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
    secure: bool,
}

/// Why a text cannot be the portal's public address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublicUrlError {
    /// Neither `https://host` nor `http://host`, or with a path.
    #[error("a public address is https:// and a host, with a port if it needs one, and nothing after it")]
    Shape,
    /// Without TLS, to another machine.
    #[error("http:// is for this machine alone; passwords would cross the network for everybody to read")]
    Plain,
}

impl PublicUrlError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            PublicUrlError::Shape => "public-url-shape",
            PublicUrlError::Plain => "public-url-plain",
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            PublicUrlError::Shape => "Give an address such as https://licenses.example.com.",
            PublicUrlError::Plain => "Put a proxy with TLS in front and give its https:// address.",
        }
    }
}

impl PublicUrl {
    /// Without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether browsers reach the portal through TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }
}

impl FromStr for PublicUrl {
    type Err = PublicUrlError;

    fn from_str(text: &str) -> Result<Self, PublicUrlError> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let (scheme, authority) = text.split_once("://").ok_or(PublicUrlError::Shape)?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b".-:[]".contains(&b);
        if authority.is_empty() || !authority.bytes().all(allowed) {
            return Err(PublicUrlError::Shape);
        }
        let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, _)) => address,
            None => authority.split(':').next().unwrap_or(authority),
        };
        let loopback =
            host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
        match scheme {
            "https" => Ok(PublicUrl { text: text.to_owned(), secure: true }),
            "http" if loopback => Ok(PublicUrl { text: text.to_owned(), secure: false }),
            "http" => Err(PublicUrlError::Plain),
            _ => Err(PublicUrlError::Shape),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_https_or_this_machine() {
        let secure = |text: &str| text.parse::<PublicUrl>().map(|url| url.is_secure());
        assert_eq!(secure("https://licenses.example.com"), Ok(true));
        assert_eq!(secure("https://licenses.example.com:8443/"), Ok(true));
        assert_eq!(secure("http://127.0.0.1:8080"), Ok(false));
        assert_eq!(secure("http://localhost:8080"), Ok(false));
        assert_eq!(secure("http://[::1]:8080"), Ok(false));
        assert_eq!(secure("http://licenses.example.com"), Err(PublicUrlError::Plain));
        assert_eq!(secure("http://localhost.example.com"), Err(PublicUrlError::Plain));
        for other in ["", "licenses.example.com", "ftp://x", "https://", "https://x/portal", "https://x\"y"] {
            assert_eq!(secure(other), Err(PublicUrlError::Shape), "{other:?}");
        }
    }
}
