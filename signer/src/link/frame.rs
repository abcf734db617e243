//! One message on a stream: eight bytes that say what follows, and CBOR.
//!
//! ```text
//! 57 42 4c   "WBL"
//! 01         version
//! 00 00 01 2c  how many bytes follow, most significant first
//! ```
//!
//! The version stands before anything that depends on it: whoever reads another knows by the head alone which program is older, and reads
//! no further. So a call of another version was not done.

use std::io;

use license_format::limits;
use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The version of calls and replies.
pub const VERSION: u8 = 1;

/// Longest message: the longest file that is taken in, and 64 KiB for all that goes with it. A reply has two files of a quarter of that.
pub const FRAME_BYTES: usize = limits::ARMOUR_BYTES + 64 * 1024;

const MAGIC: [u8; 3] = *b"WBL";

/// Why there is no message.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    /// The stream broke, or ended too soon.
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    /// The other end speaks another version.
    #[error("the other end speaks version {0} of the link, and this one speaks {VERSION}")]
    Version(u8),
    /// More bytes than any message has. None of them were read.
    #[error("a message of {0} bytes is longer than the {FRAME_BYTES} that any has")]
    TooLarge(usize),
    /// It is no message of ours.
    #[error("what came is no message of the link")]
    Garbled,
}

/// A message as it travels.
pub(super) fn encode(message: &impl Serialize) -> Result<Vec<u8>, FrameError> {
    let mut frame = vec![0; 8];
    ciborium::into_writer(message, &mut frame).map_err(|_| FrameError::Garbled)?;
    let length = frame.len() - 8;
    if length > FRAME_BYTES {
        return Err(FrameError::TooLarge(length));
    }
    frame[..3].copy_from_slice(&MAGIC);
    frame[3] = VERSION;
    frame[4..8].copy_from_slice(&(length as u32).to_be_bytes());
    Ok(frame)
}

/// Writes a message whole.
pub(super) async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    message: &impl Serialize,
) -> Result<(), FrameError> {
    send(stream, &encode(message)?).await
}

/// Writes one that is encoded.
pub(super) async fn send(stream: &mut (impl AsyncWrite + Unpin), frame: &[u8]) -> Result<(), FrameError> {
    stream.write_all(frame).await?;
    Ok(stream.flush().await?)
}

/// Reads a message whole. Memory is taken as the bytes come, not as the length promises.
pub(super) async fn read<T: DeserializeOwned>(
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<T, FrameError> {
    let mut head = [0; 8];
    stream.read_exact(&mut head).await?;
    let [m0, m1, m2, version, length @ ..] = head;
    if [m0, m1, m2] != MAGIC {
        return Err(FrameError::Garbled);
    }
    if version != VERSION {
        return Err(FrameError::Version(version));
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > FRAME_BYTES {
        return Err(FrameError::TooLarge(length));
    }
    let mut body = Vec::new();
    stream.take(length as u64).read_to_end(&mut body).await?;
    if body.len() < length {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    let mut rest = body.as_slice();
    let message = ciborium::from_reader(&mut rest).map_err(|_| FrameError::Garbled)?;
    if rest.is_empty() { Ok(message) } else { Err(FrameError::Garbled) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Call, Envelope, Health, Reply, Told};

    async fn there_and_back<T: Serialize + DeserializeOwned>(message: &T) -> T {
        let mut stream = Vec::new();
        write(&mut stream, message).await.expect("written");
        read(&mut stream.as_slice()).await.expect("read")
    }

    #[tokio::test]
    async fn messages_come_as_they_went() {
        let record = "0193f2a0-5c00-7d3e-8f10-6f5b2f9c2a11".parse().expect("an id");
        let file = vec![0xfb; 300_000];
        let call = Call::Answer { file: file.clone(), asker: crate::people::Asker::Staff };
        let envelope = Envelope { record, call };
        assert_eq!(there_and_back(&envelope).await, envelope);
        for newest in [None, Some(vec![1; 5000])] {
            let reply = Reply::Answer(Told { file: file.clone(), repeated: true, newest });
            assert_eq!(there_and_back(&reply).await, reply);
        }
        let health =
            Health { vendor: "Northwind".parse().expect("a label"), recovering_until: None, warning: None };
        assert_eq!(there_and_back(&Reply::Health(health.clone())).await, Reply::Health(health));
    }

    #[tokio::test]
    async fn a_file_is_a_byte_string() {
        let mut stream = Vec::new();
        write(&mut stream, &Told { file: vec![0xff; 1000], repeated: false, newest: None })
            .await
            .expect("written");
        assert!(stream.len() < 1050, "{} bytes", stream.len());
    }

    /// Whatever is wrong with a frame, none of it is believed.
    #[tokio::test]
    async fn what_is_no_message_is_none() {
        let mut whole = Vec::new();
        write(&mut whole, &Reply::Stored(None)).await.expect("written");
        let with = |at: usize, byte: u8| {
            let mut frame = whole.clone();
            frame[at] = byte;
            frame
        };
        let read = async |frame: Vec<u8>| read::<Reply>(&mut frame.as_slice()).await.expect_err("refused");
        assert!(matches!(read(with(0, b'G')).await, FrameError::Garbled));
        assert!(matches!(read(with(3, 9)).await, FrameError::Version(9)));
        assert!(matches!(read(with(4, 0xff)).await, FrameError::TooLarge(_)));
        assert!(matches!(read(with(8, 0xff)).await, FrameError::Garbled));
        assert!(matches!(read(whole[..whole.len() - 1].to_vec()).await, FrameError::Broken(_)));
        let mut more = with(7, whole[7] + 1);
        more.push(0);
        assert!(matches!(read(more).await, FrameError::Garbled), "something after the end");
        assert!(matches!(read(Vec::new()).await, FrameError::Broken(_)));
    }

    #[tokio::test]
    async fn a_message_that_nobody_would_read_is_not_sent() {
        let mut stream = Vec::new();
        let large = Told { file: vec![0; FRAME_BYTES], repeated: false, newest: None };
        assert!(matches!(write(&mut stream, &large).await, Err(FrameError::TooLarge(_))));
        assert!(stream.is_empty());
    }
}
