//! `waybill second-person`: what takes two people, and the second of them.

use std::path::PathBuf;

use serde_json::{Value, json};
use signer::{
    people::{Actor, People},
    second_person::{Proposal, ProposalState, RiskyAction, Rule as Required, SecondPerson as Rule, Taken},
    store::Store,
};
use web_upload::Passwords;

use crate::{
    Context, edge,
    outcome::{Failure, Report},
    secret::{self, SecretSource},
    show,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum SecondPerson {
    /// Whether a second person is required, and what was proposed
    List,
    /// Require a second person for staff's risky actions from now on
    Require {
        /// Where the second person confirms; as it was, or anywhere at first. From `signer` back to `anywhere` takes two people
        #[arg(long, value_name = "PLACE")]
        confirm_at: Option<ConfirmAt>,
        #[command(flatten)]
        person: Person,
    },
    /// Require none any more; where one is required, that is a proposal itself
    Off {
        #[command(flatten)]
        person: Person,
    },
    /// Confirm what another person proposed, and so do it
    Confirm {
        /// The proposal's number
        number: u64,
        #[command(flatten)]
        person: Person,
        #[command(flatten)]
        secrets: SecretSource,
    },
    /// Decline a proposal, or take one's own back
    Decline {
        /// The proposal's number
        number: u64,
        #[command(flatten)]
        person: Person,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum ConfirmAt {
    /// Where the signer's data directory is, by a command: a portal that was taken over cannot play two people
    Signer,
    /// At a portal, too
    Anywhere,
}

/// Who is at the keyboard. Proved by the password with which they sign in on the portal.
#[derive(Debug, clap::Args)]
pub(crate) struct Person {
    /// The address with which one of the staff signs in on the portal
    #[arg(long = "as", value_name = "EMAIL")]
    email: Option<String>,
    /// File whose first line is that person's password; `-` for standard input. Asked for when absent
    #[arg(long, value_name = "FILE", requires = "email")]
    password_file: Option<PathBuf>,
}

impl Person {
    /// Somebody who has proved who they are; nobody in particular where nobody was named.
    pub(crate) async fn actor(&self, store: &Store) -> Result<Actor, Failure> {
        let Some(email) = &self.email else { return Ok(Actor::Operator) };
        let password = secret::password(self.password_file.as_deref())?;
        let known = People::new(store.clone()).credentials(email).await?;
        let (user, hash) = known.map_or((None, None), |(user, hash)| (Some(user), hash));
        let fits = Passwords::default().verify(&password, hash.as_ref());
        match user.filter(|_| fits) {
            Some(user) => Ok(Actor::User(user.id)),
            None => Err(Failure::refused(
                "sign-in-wrong",
                format!("{email} does not sign in with this password"),
                "Try again; `waybill user invite` makes a link for somebody who has lost theirs.",
            )),
        }
    }
}

impl SecondPerson {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let store = context.data_dir.store().await?;
        let (rule, now) = (Rule::new(store.clone()), edge::now());
        match self {
            SecondPerson::List => list(&rule).await,
            SecondPerson::Require { confirm_at, person } => {
                match (confirm_at, rule.rule().await?) {
                    (Some(ConfirmAt::Signer), _) => rule.require_at_signer().await?,
                    (Some(ConfirmAt::Anywhere), Required::AtSigner) => {
                        let by = person.actor(&store).await?;
                        if let Taken::Waits(proposal) =
                            rule.take(RiskyAction::ConfirmAnywhere, &by, now).await?
                        {
                            return Ok(waits(&proposal));
                        }
                    }
                    (Some(ConfirmAt::Anywhere) | None, _) => rule.require().await?,
                }
                let required = rule.rule().await?;
                let text = format!("From now on {}\n", sentence(required));
                Ok(Report::new(text, json!({ "required": true, "confirm_at": place(required) })))
            }
            SecondPerson::Off { person } => {
                let by = person.actor(&store).await?;
                let done = Report::new("No second person is required.", json!({ "required": false }));
                Ok(match rule.take(RiskyAction::RuleOff, &by, now).await? {
                    Taken::Done(()) => done,
                    Taken::Waits(proposal) => waits(&proposal),
                })
            }
            SecondPerson::Confirm { number, person, secrets } => {
                let by = person.actor(&store).await?;
                let action = rule.show(number).await?.action;
                // A signer is opened only for what is signed.
                if action.is_bundle() {
                    rule.confirm_bundle(number, &by, &context.data_dir.made()?, now).await?;
                } else if action.is_signed() {
                    let signer = context.data_dir.signer(&secrets, now).await?;
                    let confirmed = signer.confirm(number, &by, now).await;
                    signer.close().await;
                    confirmed?;
                } else {
                    rule.confirm(number, &by, now).await?;
                }
                let proposal = rule.show(number).await?;
                let text = format!("Done: {}", proposal.says);
                Ok(Report::new(text, json!({ "proposal": row(&proposal) })))
            }
            SecondPerson::Decline { number, person } => {
                let by = person.actor(&store).await?;
                let proposal = rule.decline(number, &by, now).await?;
                let text = format!("Declined: {}", proposal.says);
                Ok(Report::new(text, json!({ "proposal": row(&proposal) })))
            }
        }
    }
}

/// Nothing was done yet: exit code 1, with what it waits for.
pub(crate) fn waits(proposal: &Proposal) -> Report {
    let number = proposal.number;
    let refusal = Failure::refused(
        "second-person-needed",
        format!(
            "proposal {number} waits for a second person until {}: {}",
            proposal.expires.date(),
            proposal.says
        ),
        format!(
            "Another of the staff says `waybill second-person confirm {number} --as EMAIL`, or confirms it on the portal where the rule lets \
             them."
        ),
    );
    Report::new("", json!({ "proposal": row(proposal) })).refused(refusal)
}

async fn list(rule: &Rule) -> Result<Report, Failure> {
    let (required, proposals) = (rule.rule().await?, rule.list().await?);
    let cells = |proposal: &Proposal| {
        vec![
            proposal.number.to_string(),
            state(proposal).to_owned(),
            proposal.expires.date(),
            proposal.proposed_by.to_string(),
            proposal.says.clone(),
        ]
    };
    let header = ["number", "state", "until", "proposed by", "what it does"];
    let table = show::table(&header, proposals.iter().map(cells).collect(), "Nothing was proposed.");
    let rows: Vec<Value> = proposals.iter().map(row).collect();
    let mut says = sentence(required).to_owned();
    says[..1].make_ascii_uppercase();
    Ok(Report::new(
        format!("{says}\n{table}"),
        json!({ "required": required != Required::Off, "confirm_at": place(required), "proposals": rows }),
    ))
}

fn sentence(rule: Required) -> &'static str {
    match rule {
        Required::Off => "no second person is required.",
        Required::Anywhere => "risky actions take two people.",
        Required::AtSigner => {
            "risky actions take two people, the second of whom confirms where the signer's data directory is."
        }
    }
}

/// Where the second person confirms.
fn place(rule: Required) -> Option<&'static str> {
    match rule {
        Required::Off => None,
        Required::Anywhere => Some("anywhere"),
        Required::AtSigner => Some("signer"),
    }
}

fn state(proposal: &Proposal) -> &'static str {
    match proposal.state {
        ProposalState::Open if proposal.expires <= edge::now() => "expired",
        ProposalState::Open => "open",
        ProposalState::Done { .. } => "done",
        ProposalState::Declined { .. } => "declined",
    }
}

fn row(proposal: &Proposal) -> Value {
    let (by, at) = match &proposal.state {
        ProposalState::Open => (None, None),
        ProposalState::Done { by, at } | ProposalState::Declined { by, at } => {
            (Some(by.to_string()), Some(at.rfc3339()))
        }
    };
    json!({
        "number": proposal.number,
        "state": state(proposal),
        "says": proposal.says,
        "proposed_by": proposal.proposed_by.to_string(),
        "proposed": proposal.proposed.rfc3339(),
        "expires": proposal.expires.rfc3339(),
        "decided_by": by,
        "decided": at,
    })
}
