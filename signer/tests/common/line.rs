//! A line between a signer and its PostgreSQL server that a test can cut, at a chosen word, or stop without a word.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    task::JoinHandle,
};
use url::Url;

/// What the line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// Carries everything.
    Open,
    /// Carries nothing, and says nothing either.
    Silent,
    /// Cuts the connection that wants to commit; the server never hears of it. Then it is open.
    CutBeforeCommit,
    /// Cuts the connection that has committed; the client never hears of it. Then it is open.
    CutAfterCommit,
}

/// A line to one database.
pub(crate) struct Wire {
    address: SocketAddr,
    url: Url,
    state: Arc<watch::Sender<Line>>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Wire {
    /// To the database of this address.
    pub(crate) async fn to(url: &str) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let url: Url = url.parse().expect("an address");
        let wire =
            Wire { address, url, state: Arc::new(watch::channel(Line::Open).0), accepting: Mutex::new(None) };
        wire.accept(listener);
        wire
    }

    /// The database, by this line.
    pub(crate) fn url(&self) -> String {
        let user = self.url.query_pairs().find(|(name, _)| name == "user").map(|(_, user)| user.into_owned());
        let user = user.unwrap_or_else(|| self.url.username().to_owned());
        format!("postgres://{user}@{}{}?sslmode=disable", self.address, self.url.path())
    }

    /// What it does from now on, connections that are open included.
    pub(crate) fn set(&self, line: Line) {
        self.state.send_replace(line);
    }

    /// Whether it still is to cut.
    pub(crate) fn is(&self, line: Line) -> bool {
        *self.state.borrow() == line
    }

    /// Hangs up, and refuses whoever calls: the server has stopped.
    pub(crate) async fn hang_up(&self) {
        let accepting = self.accepting.lock().expect("no panic").take().expect("it was up");
        accepting.abort();
        // Gone once the task has ended: the listener with it, and every connection.
        let _ = accepting.await;
    }

    /// Takes calls again at the same address.
    pub(crate) async fn take_calls(&self) {
        let listener = TcpListener::bind(self.address).await.expect("the port is free");
        self.accept(listener);
    }

    fn accept(&self, listener: TcpListener) {
        let (state, server) = (Arc::clone(&self.state), self.url.clone());
        let accepting = tokio::spawn(async move {
            // Dropped with the task, and then they are aborted.
            let mut calls = tokio::task::JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.expect("a caller");
                let (state, server) = (Arc::clone(&state), server.clone());
                calls.spawn(async move { carry(client, call(&server).await, &state).await });
            }
        });
        *self.accepting.lock().expect("no panic") = Some(accepting);
    }
}

async fn call(server: &Url) -> Box<dyn Stream> {
    let parameter = |wanted: &str| {
        server.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    let port =
        parameter("port").or_else(|| server.port().map(|port| port.to_string())).unwrap_or("5432".to_owned());
    match parameter("host").or_else(|| server.host_str().map(str::to_owned)).as_deref() {
        Some(folder) if folder.starts_with('/') => Box::new(
            UnixStream::connect(format!("{folder}/.s.PGSQL.{port}")).await.expect("the server is there"),
        ),
        host => {
            let host = host.unwrap_or("localhost");
            Box::new(TcpStream::connect(format!("{host}:{port}")).await.expect("the server is there"))
        }
    }
}

/// Carries until either side hangs up or the line is cut; then both are dropped.
async fn carry(mut client: TcpStream, mut server: Box<dyn Stream>, state: &watch::Sender<Line>) {
    let mut changes = state.subscribe();
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut committing = false;
    loop {
        let line = *changes.borrow_and_update();
        if line == Line::Silent {
            changes.changed().await.expect("the wire is there");
            continue;
        }
        tokio::select! {
            _ = changes.changed() => {}
            read = client.read(&mut asked) => {
                let Ok(read @ 1..) = read else { return };
                let commits = asked[..read].windows(7).any(|word| word == b"COMMIT\0");
                if commits && line == Line::CutBeforeCommit {
                    state.send_replace(Line::Open);
                    return;
                }
                committing |= commits && line == Line::CutAfterCommit;
                if server.write_all(&asked[..read]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(read @ 1..) = read else { return };
                // The server's word that it is done has the same form.
                if committing && answered[..read].windows(7).any(|word| word == b"COMMIT\0") {
                    state.send_replace(Line::Open);
                    return;
                }
                if client.write_all(&answered[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}
