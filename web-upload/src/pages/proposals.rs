//! `/proposals`: what staff have proposed that takes a second of them, and the page on which that one decides.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use license_format::Timestamp;
use serde::Deserialize;
use signer::{
    link::Decision,
    people::{Actor, Asker},
    second_person::{Proposal, ProposalState, RiskyAction, Rule},
};

use super::{
    At,
    confirm::{ConfirmPage, refused},
};
use crate::{
    answered::sentence,
    deliver,
    draft::Draft,
    failure::Failure,
    frame::{Frame, Here},
    outlook::Outlook,
    portal::Portal,
    session::{Staff, User},
    show::{Day, Notice, Status, Tone},
};

/// All of them, the newest first.
#[derive(Debug, Template)]
#[template(path = "proposals.html")]
pub(super) struct ProposalsPage {
    frame: Frame,
    required: bool,
    at_signer: bool,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    number: u64,
    says: String,
    proposed_by: String,
    expires: Day,
    state: Status,
    decided_by: String,
    open: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Deed {
    #[serde(default)]
    deed: String,
}

/// `GET /proposals`
pub(super) async fn list(State(portal): State<Portal>, Staff(user): Staff) -> Result<Response, Failure> {
    let (second_person, now) = (portal.signer().second_person(), portal.now());
    let rule = second_person.rule().await?;
    let (required, at_signer) = (rule != Rule::Off, rule == Rule::AtSigner);
    let proposals = second_person.list().await?;
    let names = names(&portal, &proposals).await?;
    let rows = proposals.iter().map(|proposal| Row::new(proposal, &names, now)).collect();
    let frame = Frame::new(&portal, Some(user.signed_in()), Here::Proposals);
    Ok(deliver::page(StatusCode::OK, &ProposalsPage { frame, required, at_signer, rows }))
}

/// `GET /proposals/{number}?deed=decline`: what it does, and the question.
pub(super) async fn get(
    State(portal): State<Portal>,
    Staff(user): Staff,
    At(number): At<u64>,
    Query(Deed { deed }): Query<Deed>,
) -> Result<Response, Failure> {
    ask(&portal, &user, number, deed == "decline", None).await
}

/// `POST /proposals/{number}`: the second person has decided.
pub(super) async fn post(
    State(portal): State<Portal>,
    staff: Staff,
    At(number): At<u64>,
    Form(form): Form<Draft>,
) -> Result<Response, Failure> {
    let declines = match form.value("deed") {
        "confirm" => false,
        "decline" => true,
        _ => return Err(Failure::Malformed),
    };
    let decision = if declines { Decision::Decline { number } } else { Decision::Confirm { number } };
    match portal.signer().decide(decision, &staff.decider(), portal.now()).await {
        Ok(_) => Ok(Redirect::to("/proposals").into_response()),
        Err(error) => ask(&portal, &staff.0, number, declines, Some(refused(error)?)).await,
    }
}

async fn ask(
    portal: &Portal,
    user: &User,
    number: u64,
    declines: bool,
    notice: Option<Notice>,
) -> Result<Response, Failure> {
    let now = portal.now();
    let proposal = portal.signer().second_person().show(number).await?;
    let own = proposal.proposed_by == user.actor();
    // What is decided, or too old, is in the list.
    if notice.is_none() && (proposal.state != ProposalState::Open || proposal.expires <= now) {
        return Ok(Redirect::to("/proposals").into_response());
    }
    let by = names(portal, std::slice::from_ref(&proposal)).await?;
    let mut says = vec![
        format!("{} proposed: {}.", name(&proposal.proposed_by, &by), proposal.says),
        format!("It waits until {}.", proposal.expires.date()),
    ];
    let (title, button) = match (declines, own) {
        (true, false) => ("Decline this proposal?", "Decline it"),
        (true, true) => ("Take your proposal back?", "Take it back"),
        (false, _) => ("Confirm this proposal?", "Confirm it"),
    };
    if own && !declines {
        says.push("You proposed it, so another of the vendor's staff has to confirm it.".to_owned());
    }
    let elsewhere = !declines && portal.signer().second_person().rule().await? == Rule::AtSigner;
    if elsewhere && notice.is_none() {
        says.push(format!(
            "It is confirmed where the signer's data directory is, and not here: waybill second-person confirm {number} --as EMAIL"
        ));
    }
    let outlook = match &proposal.action {
        RiskyAction::Overdraft(draft) if !declines => {
            let catalog = portal.signer().catalog();
            let of = catalog.subscription(&Asker::Staff, &draft.subscription).await?;
            // What has become impossible since is told when somebody tries.
            let preview = catalog.preview_overdraft(draft, now).await.ok();
            preview.map(|preview| Outlook::new(&of.account, &preview, now))
        }
        _ => None,
    };
    let frame = Frame::new(portal, Some(user.signed_in()), Here::Proposals);
    let crumbs = vec![("/proposals".to_owned(), "Second person".to_owned())];
    let page = ConfirmPage::new(frame, crumbs, title, format!("/proposals/{number}"), button);
    let deed = if declines { "decline" } else { "confirm" };
    let form = Draft::with(&[("deed", deed)]);
    let button = page.button.filter(|_| !elsewhere);
    Ok(ConfirmPage { notice, says, outlook, takes: declines, form, button, ..page }.response())
}

/// The addresses of everybody who proposed or decided something.
async fn names(portal: &Portal, proposals: &[Proposal]) -> Result<BTreeMap<String, String>, Failure> {
    let mut names = BTreeMap::new();
    for proposal in proposals {
        let decided = decided(proposal).map(|(actor, _)| actor);
        for actor in [Some(&proposal.proposed_by), decided].into_iter().flatten() {
            if let (Actor::User(id), false) = (actor, names.contains_key(&actor.to_string())) {
                let user = portal.signer().people().user(id).await?;
                names.insert(actor.to_string(), user.email.to_string());
            }
        }
    }
    Ok(names)
}

fn name(actor: &Actor, names: &BTreeMap<String, String>) -> String {
    names.get(&actor.to_string()).cloned().unwrap_or_else(|| actor.to_string())
}

fn decided(proposal: &Proposal) -> Option<(&Actor, Timestamp)> {
    match &proposal.state {
        ProposalState::Open => None,
        ProposalState::Done { by, at } | ProposalState::Declined { by, at } => Some((by, *at)),
    }
}

impl Row {
    fn new(proposal: &Proposal, names: &BTreeMap<String, String>, now: Timestamp) -> Row {
        let open = proposal.state == ProposalState::Open && now < proposal.expires;
        let state = match proposal.state {
            ProposalState::Open if open => Status::new(Tone::Wait, "Waits"),
            ProposalState::Open => Status::new(Tone::Idle, "Expired"),
            ProposalState::Done { .. } => Status::new(Tone::Ok, "Confirmed"),
            ProposalState::Declined { .. } => Status::new(Tone::Stop, "Declined"),
        };
        Row {
            number: proposal.number,
            says: sentence(&proposal.says),
            proposed_by: name(&proposal.proposed_by, names),
            expires: Day::new(proposal.expires, now),
            state,
            decided_by: decided(proposal).map_or_else(String::new, |(by, _)| name(by, names)),
            open,
        }
    }
}

#[cfg(test)]
impl crate::pages::Sample for ProposalsPage {
    fn samples() -> Vec<ProposalsPage> {
        let now = Timestamp::parse("2026-11-22").unwrap();
        let [_, _, frame] = Frame::samples();
        let row = |open| Row {
            number: 3,
            says: "Overdraft of 5 <b>.".to_owned(),
            proposed_by: "sam@northwind.example".to_owned(),
            expires: Day::new(now, now),
            state: Status::new(Tone::Wait, "Waits"),
            decided_by: "<b>".to_owned(),
            open,
        };
        vec![
            ProposalsPage {
                frame: frame.clone(),
                required: true,
                at_signer: false,
                rows: vec![row(true), row(false)],
            },
            ProposalsPage {
                frame: frame.clone(),
                required: true,
                at_signer: true,
                rows: vec![row(true), row(false)],
            },
            ProposalsPage { frame, required: false, at_signer: false, rows: Vec::new() },
        ]
    }
}
