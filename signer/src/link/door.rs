//! Where a signer listens: a Unix socket that file permissions guard, or an address that certificates do.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::{error::LinkError, tls::TlsFiles};

/// Both ways of the stream to whoever called.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Who may connect to a signer's socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocketMode {
    /// The signer's own user.
    Owner,
    /// The socket's group too: that of the folder, where its set-group-ID bit says so, or else the signer's.
    Group,
}

/// A listener that is bound, and so already has callers waiting in line. A socket's file goes with it.
pub struct Door {
    inner: Inner,
}

enum Inner {
    #[cfg(unix)]
    Unix(unix::Socket),
    Tls(TcpListener, Arc<ServerConfig>),
}

/// Somebody who has connected, and has proved nothing yet.
pub(super) enum Caller {
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
    Tls(tokio::net::TcpStream, IpAddr, Arc<ServerConfig>),
}

impl Door {
    /// A Unix socket with this path. What an ended signer has left there gives way; one that still answers does not: `SocketInUse`.
    #[cfg(unix)]
    pub async fn socket(path: impl Into<PathBuf>, mode: SocketMode) -> Result<Door, LinkError> {
        Ok(Door { inner: Inner::Unix(unix::Socket::bind(path.into(), mode).await?) })
    }

    /// There are none here.
    #[cfg(not(unix))]
    pub async fn socket(path: impl Into<PathBuf>, _: SocketMode) -> Result<Door, LinkError> {
        Err(LinkError::Socket { path: path.into(), source: io::ErrorKind::Unsupported.into() })
    }

    /// An address, for those who show a certificate of the authority. With port 0 the system chooses one.
    pub async fn tls(address: SocketAddr, files: &TlsFiles) -> Result<Door, LinkError> {
        let config = files.server()?;
        let listen = |source| LinkError::Listen { address: address.to_string(), source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        Ok(Door { inner: Inner::Tls(listener, config) })
    }

    /// Where portals find it, as `--signer` takes it.
    pub fn address(&self) -> String {
        match &self.inner {
            #[cfg(unix)]
            Inner::Unix(socket) => format!("unix:{}", socket.path().display()),
            Inner::Tls(listener, _) => {
                listener.local_addr().map_or_else(|error| error.to_string(), |address| address.to_string())
            }
        }
    }

    pub(super) async fn accept(&self) -> io::Result<Caller> {
        match &self.inner {
            #[cfg(unix)]
            Inner::Unix(socket) => socket.accept().await.map(Caller::Unix),
            Inner::Tls(listener, config) => {
                let (stream, from) = listener.accept().await?;
                Ok(Caller::Tls(stream, from.ip(), Arc::clone(config)))
            }
        }
    }
}

impl Caller {
    /// Which machine it is; none is another than this one at a socket.
    pub(super) fn from(&self) -> Option<IpAddr> {
        match self {
            #[cfg(unix)]
            Caller::Unix(_) => None,
            Caller::Tls(_, from, _) => Some(*from),
        }
    }

    /// The stream, once the caller has proved what the door demands.
    pub(super) async fn admitted(self, patience: Duration) -> io::Result<Box<dyn Stream>> {
        match self {
            #[cfg(unix)]
            Caller::Unix(stream) => Ok(Box::new(stream)),
            Caller::Tls(stream, _, config) => {
                stream.set_nodelay(true)?;
                let shaking = TlsAcceptor::from(config).accept(stream);
                let stream = tokio::time::timeout(patience, shaking).await??;
                Ok(Box::new(stream))
            }
        }
    }
}

#[cfg(unix)]
mod unix {
    use std::{
        ffi::OsString,
        fs::{self, Permissions},
        io,
        os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
        path::{Path, PathBuf},
    };

    use tokio::net::{UnixListener, UnixStream};

    use super::{LinkError, SocketMode};

    /// What a socket is called until its name is its own. A path has a hundred bytes at most.
    const SOCKET: &str = "s";

    /// A socket and the file by which it is found.
    pub(super) struct Socket {
        listener: UnixListener,
        path: PathBuf,
        inode: u64,
    }

    impl Socket {
        pub(super) async fn bind(path: PathBuf, mode: SocketMode) -> Result<Socket, LinkError> {
            let failed = |source| LinkError::Socket { path: path.clone(), source };
            match fs::symlink_metadata(&path) {
                Ok(found) if !found.file_type().is_socket() => return Err(LinkError::NoSocket { path }),
                Ok(_) if UnixStream::connect(&path).await.is_ok() => {
                    return Err(LinkError::SocketInUse { path });
                }
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
                _ => {}
            }
            // The user's mask decides who may connect until the mode is set, so it is made where nobody else comes, and moved then.
            let hidden = hidden(&path).ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
            make_anew(&hidden).map_err(failed)?;
            let bound = bind_at(&hidden.join(SOCKET), &path, mode);
            // It is empty again; if not, what is in the way says so the next time.
            let _ = fs::remove_dir(&hidden);
            let (listener, inode) = bound.map_err(failed)?;
            Ok(Socket { listener, path, inode })
        }

        pub(super) fn path(&self) -> &Path {
            &self.path
        }

        pub(super) async fn accept(&self) -> io::Result<UnixStream> {
            self.listener.accept().await.map(|(stream, _)| stream)
        }
    }

    fn hidden(path: &Path) -> Option<PathBuf> {
        let mut name = OsString::from(".");
        name.push(path.file_name()?);
        Some(path.with_file_name(name))
    }

    /// A folder for this user alone. One that is there is an interrupted start's, or a stranger's, who would have it open to himself.
    fn make_anew(folder: &Path) -> io::Result<()> {
        // What cannot be taken away stands in the way of making it.
        let _ = fs::remove_file(folder.join(SOCKET));
        let _ = fs::remove_dir(folder);
        fs::DirBuilder::new().mode(0o700).create(folder)
    }

    fn bind_at(hidden: &Path, path: &Path, mode: SocketMode) -> io::Result<(UnixListener, u64)> {
        let listener = UnixListener::bind(hidden)?;
        let mode = match mode {
            SocketMode::Owner => 0o600,
            SocketMode::Group => 0o660,
        };
        if let Some(folder) = path.parent() {
            inherit_group(hidden, folder)?;
        }
        fs::set_permissions(hidden, Permissions::from_mode(mode))?;
        let inode = fs::symlink_metadata(hidden)?.ino();
        fs::rename(hidden, path)?;
        Ok((listener, inode))
    }

    /// The group of a folder whose set-group-ID bit hands it on: what was moved there has not got it by itself.
    fn inherit_group(socket: &Path, folder: &Path) -> io::Result<()> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let found = fs::metadata(folder)?;
        if found.mode() & 0o2000 == 0 {
            return Ok(());
        }
        std::os::unix::fs::lchown(socket, None, Some(found.gid()))
    }

    impl Drop for Socket {
        fn drop(&mut self) {
            // Another signer may have taken the name meanwhile; that file is not ours.
            if fs::symlink_metadata(&self.path).is_ok_and(|found| found.ino() == self.inode) {
                let _ = fs::remove_file(&self.path);
            }
        }
    }
}
