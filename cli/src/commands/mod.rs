//! The commands, one file each.

mod account;
mod activation_code;
mod conformance;
mod connect;
mod custody;
mod demo;
mod doctor;
mod init;
mod inspect;
mod installation;
mod installation_list;
mod issue;
mod keys;
mod license_key;
mod log;
mod overdraft;
mod portal;
mod revoke;
pub(crate) mod second_person;
mod serve;
mod signer;
mod sublicense;
mod subscription;
mod timeline;
mod token;
mod trust;
mod trust_signing;
mod user;
mod verify;

use crate::{
    Context,
    outcome::{Failure, Report},
};

/// What `waybill` can do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Live one complete life of a license through, on this machine
    Demo(demo::Demo),
    /// Make a data directory: signing keys, trust bundle, store
    Init(init::Init),
    /// Run the portal: upload page, staff pages, REST API
    Serve(serve::Serve),
    /// Run the signer alone, for portals in processes of their own
    Signer(signer::Signer),
    /// Run the portal alone, which asks a signer elsewhere and holds no key
    Portal(portal::Portal),
    /// Tell what will expire when, and what else needs doing here
    Doctor(doctor::Doctor),
    /// The signing keys: what each may do, and which is in use
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Which keys may sign what: the bundle that proxies are set up with
    #[command(subcommand)]
    Trust(trust::Trust),
    /// People who sign in
    #[command(subcommand)]
    User(user::User),
    /// What takes two of the vendor's people, and the second of them
    #[command(subcommand)]
    SecondPerson(second_person::SecondPerson),
    /// Customers
    #[command(subcommand)]
    Account(account::Account),
    /// What customers bought
    #[command(subcommand)]
    Subscription(subscription::Subscription),
    /// The keys that are typed on proxies
    #[command(subcommand)]
    LicenseKey(license_key::LicenseKey),
    /// Proxies, and what they hold
    #[command(subcommand)]
    Installation(installation::Installation),
    /// Licenses and keys that are not honored any more
    #[command(subcommand)]
    Revoke(revoke::Revoke),
    /// Secrets with which programs use the REST API
    #[command(subcommand)]
    Token(token::Token),
    /// The log of answers, which is only ever added to
    #[command(subcommand)]
    Log(log::Log),
    /// Answer a request file here, without the portal and by the same rules
    Issue(issue::Issue),
    /// Take a request file to a portal and bring the answer back
    Connect(connect::Connect),
    /// Show what a file says, genuine or not
    Inspect(inspect::Inspect),
    /// Tell whether a file is genuine
    Verify(verify::Verify),
    /// Judge a program, or this one, by the test vectors
    Conformance(conformance::Conformance),
}

impl Command {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        match self {
            Command::Demo(command) => command.run(context).await,
            Command::Init(command) => command.run(context).await,
            Command::Serve(command) => command.run(context).await,
            Command::Signer(command) => command.run(context).await,
            Command::Portal(command) => command.run(context).await,
            Command::Doctor(command) => command.run(context).await,
            Command::Keys(command) => command.run(context).await,
            Command::Trust(command) => command.run(context).await,
            Command::User(command) => command.run(context).await,
            Command::SecondPerson(command) => command.run(context).await,
            Command::Account(command) => command.run(context).await,
            Command::Subscription(command) => command.run(context).await,
            Command::LicenseKey(command) => command.run(context).await,
            Command::Installation(command) => command.run(context).await,
            Command::Revoke(command) => command.run(context).await,
            Command::Token(command) => command.run(context).await,
            Command::Log(command) => command.run(context).await,
            Command::Issue(command) => command.run(context).await,
            Command::Connect(command) => command.run(),
            Command::Inspect(command) => command.run(),
            Command::Verify(command) => command.run(),
            Command::Conformance(command) => command.run(),
        }
    }
}
