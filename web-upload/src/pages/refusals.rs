//! `/refusals`: what each code means, for those who have one in front of them.

use askama::Template;
use axum::{Extension, extract::State, http::StatusCode, response::Response};
use signer::exchange::RefusalCode;

use crate::{
    deliver,
    frame::{Frame, Here},
    portal::Portal,
    session::Visitor,
};

/// The table.
#[derive(Debug, Template)]
#[template(path = "refusals.html")]
pub(super) struct RefusalsPage {
    frame: Frame,
    codes: [RefusalCode; RefusalCode::ALL.len()],
}

/// `GET /refusals`
pub(super) async fn get(State(portal): State<Portal>, Extension(visitor): Extension<Visitor>) -> Response {
    let frame = Frame::new(&portal, visitor.0.as_deref(), Here::Elsewhere);
    deliver::page(StatusCode::OK, &RefusalsPage { frame, codes: RefusalCode::ALL })
}

#[cfg(test)]
impl crate::pages::Sample for RefusalsPage {
    fn samples() -> Vec<RefusalsPage> {
        Frame::samples().map(|frame| RefusalsPage { frame, codes: RefusalCode::ALL }).into()
    }
}
