//! Who is looking: a session token in a cookie, and what it lets somebody see. The store keeps only the token's digest.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, OriginalUri},
    http::{Method, request::Parts},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use signer::{
    installations::Decider,
    people::{AccountId, Actor, Asker, Role, SignedIn, Token},
};

use crate::{
    failure::Failure,
    portal::{Portal, PublicUrl},
};

/// Looked up once for each request for a page.
#[derive(Clone, Default)]
pub(crate) struct Visitor(pub(crate) Option<Arc<SignedIn>>);

impl Visitor {
    /// Who the cookie says is there.
    pub(crate) async fn of(portal: &Portal, jar: &CookieJar) -> Result<Visitor, Failure> {
        let Some(token) = token(portal.public_url(), jar) else {
            return Ok(Visitor(None));
        };
        Ok(Visitor(portal.signer().people().signed_in(&token, portal.now()).await?.map(Arc::new)))
    }
}

/// Somebody who is signed in. As an extractor it sends everybody else to sign in.
#[derive(Clone)]
pub(crate) struct User(Arc<SignedIn>);

impl User {
    pub(crate) fn signed_in(&self) -> &SignedIn {
        &self.0
    }

    pub(crate) fn is_staff(&self) -> bool {
        self.0.user.staff
    }

    /// Who did it, for histories.
    pub(crate) fn actor(&self) -> Actor {
        Actor::User(self.0.user.id.clone())
    }

    /// The eyes with which this person looks at an account. Everybody else learns nothing about it, not even that it exists.
    /// Staff look with the account's own eyes too: so what a page shows does not depend on who looks at it.
    pub(crate) fn eyes(&self, account: &AccountId) -> Result<Asker, Failure> {
        if self.is_staff() || self.0.role_in(account).is_some() {
            Ok(Asker::Account(account.clone()))
        } else {
            Err(Failure::NotFound)
        }
    }

    /// Whether this is an administrator of the account. Staff are not, unless they belong to it.
    pub(crate) fn administers(&self, account: &AccountId) -> bool {
        self.0.role_in(account) == Some(Role::Administrator)
    }

    /// Whether this one decides about an account's seats: an administrator of it, or the vendor's staff. They see license keys in full.
    pub(crate) fn manages(&self, account: &AccountId) -> bool {
        self.is_staff() || self.administers(account)
    }

    /// Somebody who decides about an account's seats. Refuses members, and everybody else as if the account were not there.
    pub(crate) fn decider(&self, account: &AccountId) -> Result<Decider, Failure> {
        let asker = self.eyes(account)?;
        if self.manages(account) {
            Ok(Decider { asker, actor: self.actor() })
        } else {
            Err(Failure::AdministratorsOnly)
        }
    }

    /// This person as one of the vendor's. Refuses everybody else.
    pub(crate) fn staff(&self) -> Result<Staff, Failure> {
        if self.is_staff() { Ok(Staff(self.clone())) } else { Err(Failure::StaffOnly) }
    }

    /// All the eyes that this person has: for things that are found by their digest alone.
    pub(crate) fn all_eyes(&self) -> Vec<Asker> {
        if self.is_staff() {
            return vec![Asker::Staff];
        }
        self.0.memberships.iter().map(|membership| Asker::Account(membership.account.id.clone())).collect()
    }
}

impl FromRequestParts<Portal> for User {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Portal) -> Result<Self, Failure> {
        let visitor = parts.extensions.get::<Visitor>().cloned().unwrap_or_default();
        visitor.0.map(User).ok_or_else(|| {
            // Routes that are nested see the rest of the address only.
            let whole = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
            let back = parts.method == Method::GET && is_local_path(whole.path());
            Failure::SignInNeeded { next: if back { whole.path() } else { "/" }.to_owned() }
        })
    }
}

/// One of the vendor's people.
#[derive(Clone)]
pub(crate) struct Staff(pub(crate) User);

impl Staff {
    /// Somebody who decides what no customer does, with the vendor's eyes.
    pub(crate) fn decider(&self) -> Decider {
        Decider { asker: Asker::Staff, actor: self.0.actor() }
    }
}

impl FromRequestParts<Portal> for Staff {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Failure> {
        User::from_request_parts(parts, portal).await?.staff()
    }
}

/// The address at the other end of the connection, if the server tells it. Headers that claim another one are not believed.
pub(crate) struct Peer(pub(crate) Option<IpAddr>);

impl FromRequestParts<Portal> for Peer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Portal) -> Result<Self, Failure> {
        let info = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Peer(info.map(|ConnectInfo(address)| address.ip().to_canonical())))
    }
}

/// Whether a redirect to this text stays on the portal. All our addresses are of these characters, so nothing else is let through.
pub(crate) fn is_local_path(text: &str) -> bool {
    text.starts_with('/')
        && !text.starts_with("//")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_.-".contains(&b))
}

/// The token in the cookie, if it looks like one.
pub(crate) fn token(public_url: &PublicUrl, jar: &CookieJar) -> Option<Token> {
    Token::parse(jar.get(cookie_name(public_url))?.value())
}

/// The cookie that carries a session. It goes when the browser is closed; the store ends the session in any case.
pub(crate) fn cookie(public_url: &PublicUrl, token: &Token) -> Cookie<'static> {
    Cookie::build((cookie_name(public_url), token.expose().to_owned()))
        .path("/")
        .http_only(true)
        .secure(public_url.is_secure())
        .same_site(SameSite::Lax)
        .build()
}

/// The cookie that takes it away again.
pub(crate) fn removal(public_url: &PublicUrl) -> Cookie<'static> {
    Cookie::build((cookie_name(public_url), "")).path("/").secure(public_url.is_secure()).build()
}

/// Browsers hold a `__Host-` cookie to TLS, to this host and to no other; they take none without TLS.
fn cookie_name(public_url: &PublicUrl) -> &'static str {
    if public_url.is_secure() { "__Host-waybill" } else { "waybill" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_here() {
        for path in ["/", "/accounts", "/accounts/0193f2a0-5c00-7d3e-8f10-6f5b2f9c2a11"] {
            assert!(is_local_path(path), "{path}");
        }
        for path in
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a?next=//b", "/a%0d%0a"]
        {
            assert!(!is_local_path(path), "{path}");
        }
    }
}
