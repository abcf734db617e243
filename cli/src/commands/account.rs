//! `waybill account`: customers.

use serde_json::{Value, json};
use signer::{
    AccountId,
    people::{Account as Row, AccountDraft, AccountKind, Member, People},
};

use crate::{
    Context,
    commands::user,
    edge,
    outcome::{Failure, Report},
    show,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Account {
    /// Create a customer's account and invite its first administrator
    Create(Create),
    /// List all accounts
    List,
    /// Show one account and its people
    Show {
        /// The account's id
        id: AccountId,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// The customer's name
    #[arg(long)]
    name: String,
    /// Who administers the account; gets a link that sets a password
    #[arg(long, value_name = "EMAIL")]
    admin_email: String,
    /// It is one person's, and no company's
    #[arg(long)]
    personal: bool,
}

impl Account {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let people = People::new(context.data_dir.store().await?);
        match self {
            Account::Create(create) => create.run(&people).await,
            Account::List => list(&people).await,
            Account::Show { id } => show_one(&people, &id).await,
        }
    }
}

impl Create {
    async fn run(self, people: &People) -> Result<Report, Failure> {
        let kind = if self.personal { AccountKind::Personal } else { AccountKind::Business };
        let draft = AccountDraft { name: self.name, kind, admin_email: self.admin_email };
        let created = people.create_account(draft, edge::now(), &mut edge::entropy).await?;
        let account = &created.account;
        let text = show::fields(&[("account", &account.id), ("name", &account.name)]);
        let text = text + &user::invited_text(&created.administrator);
        let json =
            json!({ "account": row(account), "administrator": user::invited_json(&created.administrator) });
        Ok(Report::new(text, json))
    }
}

async fn list(people: &People) -> Result<Report, Failure> {
    let accounts = people.accounts().await?;
    let cells = |account: &Row| {
        vec![
            account.id.to_string(),
            account.name.to_string(),
            account.kind.name().to_owned(),
            account.created.date(),
        ]
    };
    let empty = "There is no account yet. Make one with `waybill account create`.";
    let text = show::table(&["id", "name", "kind", "created"], accounts.iter().map(cells).collect(), empty);
    Ok(Report::new(text, json!({ "accounts": accounts.iter().map(row).collect::<Vec<_>>() })))
}

async fn show_one(people: &People, id: &AccountId) -> Result<Report, Failure> {
    let account = people.account(id).await?;
    let members = people.members(id).await?;
    let fields = show::fields(&[
        ("account", &account.id),
        ("name", &account.name),
        ("kind", &account.kind.name()),
        ("created", &account.created.date()),
    ]);
    let cells = |member: &Member| {
        let signs_in = if member.user.has_password { "signs in" } else { "invited" };
        vec![member.user.email.to_string(), member.role.name().to_owned(), signs_in.to_owned()]
    };
    let people =
        show::table(&["email", "role", ""], members.iter().map(cells).collect(), "Nobody belongs to it.");
    let json = json!({
        "account": row(&account),
        "members": members.iter().map(|member| json!({
            "email": member.user.email.to_string(),
            "role": member.role.name(),
            "has_password": member.user.has_password,
        })).collect::<Vec<_>>(),
    });
    Ok(Report::new(format!("{fields}\n{people}"), json))
}

fn row(account: &Row) -> Value {
    json!({
        "id": account.id,
        "name": account.name,
        "kind": account.kind.name(),
        "created": account.created.rfc3339(),
    })
}
