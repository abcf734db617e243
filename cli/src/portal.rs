//! The portal, as this program runs it: the web room's router on a listener, with this program's clock and dice.

use std::{
    future::{Future, IntoFuture as _},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use signer::{link::PortalSide, people::Token};
use tokio::{net::TcpListener, sync::oneshot};
use web_upload::{Passwords, Portal, PublicUrl, router};

use crate::{
    edge,
    outcome::{Exit, Failure},
};

/// How long answers under way may take after the portal was told to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// The page on which an invitation is redeemed.
pub(crate) fn join_path(invitation: &Token) -> String {
    format!("/join/{}", invitation.expose())
}

/// A listener that is bound, and so already has clients waiting in line.
pub(crate) struct Door {
    listener: TcpListener,
    address: SocketAddr,
}

impl Door {
    /// Binds an address; with port 0 the system chooses one.
    pub(crate) async fn open(address: SocketAddr) -> Result<Door, Failure> {
        let failed = |error: std::io::Error| {
            let says = format!("cannot listen on {address}: {error}");
            Failure::new(Exit::CouldNotTell, "listen", says, "Choose another address with --listen.")
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Door { listener, address })
    }

    /// Where this machine's own browsers reach it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until `stop` comes, and then until the answers under way are given, or too slow.
    pub(crate) async fn serve(
        self,
        signer: impl Into<PortalSide>,
        public_url: PublicUrl,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Failure> {
        let side: PortalSide = signer.into();
        let portal = Portal::new(
            side.clone(),
            public_url,
            Arc::new(edge::now),
            Arc::new(edge::entropy),
            Passwords::default(),
        );
        let (stopping, stopped) = oneshot::channel::<()>();
        let shutdown = async move {
            stop.await;
            drop(stopping);
        };
        let too_slow = async move {
            // Ends when the sender is dropped.
            let _ = stopped.await;
            tokio::time::sleep(LAST_ANSWERS).await;
        };
        let serving =
            axum::serve(self.listener, router(portal).into_make_service_with_connect_info::<SocketAddr>())
                .with_graceful_shutdown(shutdown)
                .into_future();
        let served = tokio::select! {
            served = serving => served,
            () = too_slow => Ok(()),
        };
        // A store that is closed leaves one file behind, which can be copied as it is; what is too slow is durable or not, as it stands.
        let _ = tokio::time::timeout(LAST_ANSWERS, side.close()).await;
        served.map_err(|error| {
            let says = format!("the portal stopped: {error}");
            Failure::new(Exit::CouldNotTell, "serve", says, "Start it again; nothing was lost.")
        })
    }
}
