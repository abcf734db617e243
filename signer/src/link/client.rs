//! The portal's end: one connection for each call. So a signer that was away is simply there again, and nothing has to notice it first.

use std::{io, path::PathBuf, time::Duration};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{
    call::{Call, Envelope, Reply},
    door::Stream,
    error::{CallError, Fault, LOOK_FIRST, LinkError, SAME_FILE, TRY_AGAIN},
    frame::{self, FrameError, VERSION},
    tls::{TlsFiles, TlsPeer},
};
use crate::ids::RecordId;

/// How long a signer may take to be there.
const CONNECTING: Duration = Duration::from_secs(5);

/// How long it may take to answer. Its writer gives each transaction thirty seconds, and a call may wait for more than one of these: then the
/// portal hangs up, and its file is passed over. A page waits for sixty.
const ANSWERING: Duration = Duration::from_secs(45);

/// The way to a signer in another process.
#[derive(Debug, Clone)]
pub struct Link {
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Unix(PathBuf),
    Tls(TlsPeer),
}

impl Link {
    /// The signer at `unix:PATH`, or at `HOST:PORT` with certificates. Nothing is connected yet: the signer may come later.
    pub fn new(address: &str, tls: Option<&TlsFiles>) -> Result<Link, LinkError> {
        let place = match (address.strip_prefix("unix:"), tls) {
            (Some(""), _) => return Err(LinkError::Address { text: address.to_owned() }),
            (Some(path), None) => Place::Unix(path.into()),
            (Some(_), Some(_)) => return Err(LinkError::CertificatesNeedless),
            (None, Some(files)) => Place::Tls(TlsPeer::new(address, files)?),
            (None, None) => {
                TlsPeer::name(address)?;
                return Err(LinkError::CertificatesMissing { address: address.to_owned() });
            }
        };
        Ok(Link { place })
    }

    /// Asks the signer. An error that it told is its own; all others say that it did not tell anything.
    pub async fn call(&self, record: &RecordId, call: Call) -> Result<Reply, CallError> {
        let may_repeat = !matches!(call, Call::Decide { .. });
        let envelope = Envelope { record: record.clone(), call };
        let frame = frame::encode(&envelope).map_err(|error| undone(&error))?;
        let mut stream = match tokio::time::timeout(CONNECTING, self.connect()).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(away(&error)),
            Err(_) => return Err(away(&io::ErrorKind::TimedOut.into())),
        };
        let asking = async {
            // One that refuses a call before it has read all of it has still said why.
            let written = frame::send(&mut stream, &frame).await;
            match (written, frame::read::<Reply>(&mut stream).await) {
                (Err(error), Err(FrameError::Broken(_))) => Err(error),
                (_, read) => read,
            }
        };
        let read = tokio::time::timeout(ANSWERING, asking).await;
        match read.unwrap_or_else(|_| Err(FrameError::Broken(io::ErrorKind::TimedOut.into()))) {
            Ok(Reply::Failed(error)) => Err(error),
            Ok(reply) => Ok(reply),
            // One of another version reads no call of ours.
            Err(error @ FrameError::Version(_)) => Err(undone(&error)),
            Err(error) => Err(lost(&error, may_repeat)),
        }
    }

    async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        match &self.place {
            #[cfg(unix)]
            Place::Unix(path) => Ok(Box::new(tokio::net::UnixStream::connect(path).await?)),
            #[cfg(not(unix))]
            Place::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
            Place::Tls(peer) => {
                let stream = TcpStream::connect(&peer.address).await?;
                stream.set_nodelay(true)?;
                let connector = TlsConnector::from(peer.config.clone());
                Ok(Box::new(connector.connect(peer.name.clone(), stream).await?))
            }
        }
    }
}

/// The signer was not asked.
fn away(error: &io::Error) -> CallError {
    tracing::error!(%error, "the signer cannot be reached");
    CallError::new(
        Fault::Ours,
        if is_tls(error) { "signer-untrusted" } else { "signer-unreachable" },
        "the signer, which answers requests, cannot be reached just now",
        TRY_AGAIN,
    )
}

/// Nothing was done, and nothing will be while it is so: the call cannot be sent, or its signer does not read what this program writes.
fn undone(error: &FrameError) -> CallError {
    tracing::error!(%error, "the signer cannot be asked this");
    let (code, says, next_step) = match error {
        FrameError::Version(theirs) => (
            "link-version",
            format!("the signer speaks version {theirs} of the link, and this portal version {VERSION}"),
            match *theirs < VERSION {
                true => "Nothing was done. Update the signer: it is older than its portal.",
                false => "Nothing was done. Update the portal: it is older than its signer.",
            },
        ),
        FrameError::TooLarge(_) => (
            "link-too-large",
            "this is longer than anything that a signer takes".to_owned(),
            "Nothing was done. Send less at once.",
        ),
        FrameError::Broken(_) | FrameError::Garbled => (
            "link-garbled",
            "this cannot be put into words for the signer".to_owned(),
            "Nothing was done. Tell the vendor the code.",
        ),
    };
    CallError::new(Fault::Ours, code, says, next_step)
}

/// The signer was asked, and what it said is not known.
fn lost(error: &FrameError, may_repeat: bool) -> CallError {
    tracing::error!(%error, "the signer was asked, and its answer is not known");
    let code = match error {
        FrameError::Broken(error) if is_tls(error) => "signer-untrusted",
        FrameError::Broken(_) => "signer-lost",
        FrameError::Version(_) => "link-version",
        FrameError::TooLarge(_) => "link-too-large",
        FrameError::Garbled => "link-garbled",
    };
    let next_step = match may_repeat {
        true => SAME_FILE,
        false => LOOK_FIRST,
    };
    CallError::new(Fault::Ours, code, "the signer stopped before it told its answer", next_step)
}

/// Whether one end refused the other's certificate.
fn is_tls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}
