//! The page before a deed: what happens, to whom, and from when. Nothing is done until its button is pressed; it works without scripts,
//! since all that was filled in travels on in the form.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use signer::{NoReason, Reason};

use crate::{
    answered::sentence,
    deliver,
    draft::Draft,
    failure::Failure,
    frame::Frame,
    outlook::Outlook,
    show::{Notice, Tone},
};

/// A deed to confirm.
#[derive(Debug, Template)]
#[template(path = "confirm.html")]
pub(crate) struct ConfirmPage {
    pub(crate) frame: Frame,
    /// Where this is: addresses and names, from the outside in.
    pub(crate) crumbs: Vec<(String, String)>,
    pub(crate) notice: Option<Notice>,
    pub(crate) title: String,
    /// What happens and from when.
    pub(crate) says: Vec<String>,
    pub(crate) outlook: Option<Outlook>,
    /// A list to choose from: its field, its label, and what stands in it.
    pub(crate) choice: Option<Choice>,
    /// Whether a reason is asked for.
    pub(crate) reason: bool,
    pub(crate) form: Draft,
    pub(crate) action: String,
    /// Nothing where it cannot be done here.
    pub(crate) button: Option<&'static str>,
    /// Whether the form that led here can be shown again.
    pub(crate) editable: bool,
    /// Whether it takes something away.
    pub(crate) takes: bool,
    /// Where to go instead.
    pub(crate) back: String,
}

/// One of several.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) field: &'static str,
    pub(crate) label: &'static str,
    pub(crate) options: Vec<(String, String)>,
}

impl ConfirmPage {
    /// A page with the least: a title, an address and a button.
    pub(crate) fn new(
        frame: Frame,
        crumbs: Vec<(String, String)>,
        title: impl Into<String>,
        action: String,
        button: &'static str,
    ) -> ConfirmPage {
        let back = crumbs.last().map_or_else(|| "/".to_owned(), |(href, _)| href.clone());
        ConfirmPage {
            frame,
            crumbs,
            notice: None,
            title: title.into(),
            says: Vec::new(),
            outlook: None,
            choice: None,
            reason: false,
            form: Draft::default(),
            action,
            button: Some(button),
            editable: false,
            takes: false,
            back,
        }
    }

    /// What travels on unseen.
    fn hidden(&self) -> Vec<(&str, &str)> {
        let seen = |name: &str| {
            name == "step"
                || self.reason && name == "reason"
                || self.choice.as_ref().is_some_and(|choice| choice.field == name)
        };
        self.form.values().filter(|(name, _)| !seen(name)).collect()
    }

    pub(crate) fn response(&self) -> Response {
        let status = match &self.notice {
            Some(_) => StatusCode::CONFLICT,
            None if !self.form.problems().is_empty() => StatusCode::UNPROCESSABLE_ENTITY,
            None => StatusCode::OK,
        };
        deliver::page(status, self)
    }
}

/// The reason that was typed. Notes that it is missing.
pub(crate) fn reason(form: &mut Draft) -> Option<Reason> {
    match form.value("reason").parse() {
        Ok(reason) => Some(reason),
        Err(error) => {
            let error: NoReason = error;
            form.note("reason", error.code(), error.to_string(), error.next_step());
            None
        }
    }
}

/// Why a decision was not taken, above the page that it was about to be taken on.
pub(crate) fn refused(error: impl Into<Failure>) -> Result<Notice, Failure> {
    match error.into() {
        Failure::Refused { says, next_step, .. } => {
            Ok(Notice::new(Tone::Stop, format!("{} {next_step}", sentence(&says))))
        }
        other => Err(other),
    }
}

/// What to say when somebody else was faster.
pub(crate) fn changed(what: &str) -> Notice {
    Notice::new(
        Tone::Stop,
        format!(
            "Changed meanwhile: somebody else changed this {what} after you opened the page, so your change was not made. \
             Here it is as it stands now; make your change again if it is still needed."
        ),
    )
}

#[cfg(test)]
impl crate::pages::Sample for ConfirmPage {
    fn samples() -> Vec<ConfirmPage> {
        use license_format::{DAY, Metric, Timestamp};
        use signer::{
            catalog::{Affected, Difference, Effect, Preview},
            exchange::Instant,
        };

        let now = Timestamp::parse("2026-11-22").unwrap();
        let account = "0193f2a0-5c00-7d3e-8f10-6f5b2f9c2a11".parse().unwrap();
        let crumbs = || vec![("/accounts/a".to_owned(), "Contoso <Ltd>".to_owned())];
        let [_, frame, _] = Frame::samples();
        let one = |name: &str, used| Affected {
            installation: license_format::Thumbprint([7; 32]),
            name: name.parse().unwrap(),
            site_code: "PS1".parse().unwrap(),
            seats: 100,
            used,
            ends: now.plus(70 * DAY),
            next: used,
        };
        let instant = Instant { at: now, sold: 250, granted: 0, reserved: 40, leased: 100, booked: 0 };
        let preview = |effect, affected: Vec<Affected>| Preview {
            differences: vec![Difference {
                what: "quota".to_owned(),
                before: Some("100".to_owned()),
                after: Some("40 <1>".to_owned()),
            }],
            timelines: [(Metric::ManagedDevice, vec![instant])].into(),
            effect,
            over_until: Some(now.plus(70 * DAY)),
            over: 60,
            installations: affected.len() as u64 * 50,
            affected,
        };
        let page = |preview: &Preview| ConfirmPage {
            outlook: Some(crate::outlook::Outlook::new(&account, preview, now)),
            editable: true,
            takes: true,
            form: Draft::with(&[("quota", "40"), ("name", "<b>"), ("version", "3")]),
            ..ConfirmPage::new(frame.clone(), crumbs(), "Change <b>", "/edit".to_owned(), "Change it")
        };
        let mut reasonless = Draft::with(&[("key", "0193")]);
        assert_eq!(reason(&mut reasonless), None);
        vec![
            page(&preview(Effect::Fewer(Some(40)), vec![one("CM01 <b>", Some(90)), one("CM02", None)])),
            page(&preview(Effect::Ends, vec![one("CM01", Some(90))])),
            page(&preview(Effect::None, Vec::new())),
            ConfirmPage {
                notice: Some(changed("license key")),
                says: vec!["It gets no new license.".to_owned()],
                reason: true,
                choice: Some(Choice {
                    field: "to",
                    label: "Goes on with",
                    options: vec![("a".to_owned(), "Berlin <b>".to_owned())],
                }),
                form: reasonless,
                ..ConfirmPage::new(frame.clone(), crumbs(), "Block", "/block".to_owned(), "Block it")
            },
            ConfirmPage {
                says: vec!["Run `waybill` <there>.".to_owned()],
                button: None,
                ..ConfirmPage::new(frame.clone(), crumbs(), "Confirm", "/confirm".to_owned(), "")
            },
        ]
    }
}
