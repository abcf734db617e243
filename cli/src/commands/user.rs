//! `waybill user`: people who sign in. Their passwords they set themselves, by a link that works once.

use serde_json::{Value, json};
use signer::people::{Invitation, Invited, People, PeopleError, User as Row};

use crate::{
    Context, edge,
    outcome::{Failure, Report},
    portal, show,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum User {
    /// Make a new link with which somebody sets a password, the first or a forgotten one
    Invite(Invite),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Invite {
    /// Whose
    #[arg(long)]
    email: String,
    /// Make them one of the vendor's staff, if they are not yet
    #[arg(long)]
    staff: bool,
}

impl User {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let people = People::new(context.data_dir.store().await?);
        let User::Invite(Invite { email, staff }) = self;
        let invited = match staff {
            true => invite_staff(&people, &email).await?,
            false => invite_again(&people, &email).await?,
        };
        Ok(Report::new(invited_text(&invited), invited_json(&invited)))
    }
}

/// Makes somebody staff who may be already, with a link in either case.
async fn invite_staff(people: &People, email: &str) -> Result<Invited, Failure> {
    match people.create_staff(email, edge::now(), &mut edge::entropy).await {
        Err(PeopleError::AlreadyStaff { .. }) => invite_again(people, email).await,
        Ok(invited) => Ok(invited),
        Err(error) => Err(error.into()),
    }
}

async fn invite_again(people: &People, email: &str) -> Result<Invited, Failure> {
    let Some((user, _)) = people.credentials(email).await? else {
        return Err(Failure::refused(
            "not-found",
            format!("nobody signs in as {email}"),
            "Check the address; `waybill account show` lists an account's people.",
        ));
    };
    let invitation = people.invite_again(&user.id, edge::now(), &mut edge::entropy).await?;
    Ok(Invited { user, invitation: Some(invitation) })
}

/// Who was invited and with what.
pub(crate) fn invited_text(invited: &Invited) -> String {
    let Invited { user, invitation } = invited;
    match invitation {
        Some(Invitation { token, expires }) => show::fields(&[
            ("invited", &user.email),
            (
                "link",
                &format!("{}   (on the portal, once, until {})", portal::join_path(token), expires.date()),
            ),
        ]),
        None => show::fields(&[("signs in", &user.email)]),
    }
}

/// The same for programs.
pub(crate) fn invited_json(invited: &Invited) -> Value {
    let Row { id, email, staff, .. } = &invited.user;
    json!({
        "user": id,
        "email": email.to_string(),
        "staff": staff,
        "join_path": invited.invitation.as_ref().map(|invitation| portal::join_path(&invitation.token)),
        "join_expires": invited.invitation.as_ref().map(|invitation| invitation.expires.rfc3339()),
    })
}
