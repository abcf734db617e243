//! `waybill connect`: one request file to a portal and its answer back, for machines that reach one.

use std::path::PathBuf;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use license_format::{Digest, payload::Request};
use serde::Deserialize;
use serde_json::json;
use signer::{Answer, answer_file_name, people::Token};
use web_upload::PublicUrl;
use zeroize::Zeroizing;

use super::issue::beside;
use crate::{
    files::{self, Saved},
    http::{Response, Server},
    outcome::{Exit, Failure, Report},
    show,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Connect {
    /// The request file
    file: PathBuf,
    /// The portal, by the address of its first page
    #[arg(long, value_name = "URL")]
    server: PublicUrl,
    /// File with the account's API token, from `waybill token create`; `-` for standard input
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// Where to write the answer; beside the request when absent
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Connect {
    pub(crate) fn run(self) -> Result<Report, Failure> {
        let file = files::read_unverified(&self.file)?;
        let found = file.document.kind();
        if !found.is_request() {
            // The portal would say the same; this saves the way.
            return Err(Failure::refused(
                "wrong-kind",
                format!("this is a {found}, and portals answer requests"),
                "Choose the file that `waybill-proxy prepare` saved.",
            ));
        }
        let request = Request::decode_unverified(&file.document)?;
        let authorization = Zeroizing::new(format!("Bearer {}", token(&self.token_file)?.expose()));
        let headers = [("authorization", authorization.as_str()), ("content-type", MEDIA_TYPE)];
        let response = Server::at(&self.server).post("/api/v1/answers", &headers, &file.encode())?;

        let Brought { bytes, newest, refused } = Brought::read(response)?;
        let answer = Answer::decode(&bytes)?;
        demand_ours(&answer, file.document.digest())?;
        let name = |answer: &Answer| answer_file_name(&request, answer);
        let path = self.output.unwrap_or_else(|| beside(&self.file, &name(&answer)));
        let saved = files::save(&path, &bytes)?;
        let readable = answer.readable();
        let mut text = show::indented(&readable.join("\n")) + &format!("\nSaved: {}\n", path.display());
        let mut json = json!({
            "file": path,
            "already_there": saved == Saved::AlreadyThere,
            "readable": readable,
        });
        if let Some(newest) = newest {
            // A newer request of the slot was answered before; that answer is what the proxy needs.
            let path = beside(&path, &name(&Answer::decode(&newest)?));
            files::save(&path, &newest)?;
            text += &format!("Saved: {}, the slot's newest license\n", path.display());
            json["newest"] = json!(path);
        }
        let report = Report::new(text, json);
        Ok(match refused {
            Some(refused) => report.refused(refused),
            None => report,
        })
    }
}

const MEDIA_TYPE: &str = "application/vnd.waybill+cbor";

/// What the portal gave.
struct Brought {
    bytes: Vec<u8>,
    newest: Option<Vec<u8>>,
    refused: Option<Failure>,
}

/// What it says when that is no license and no receipt (RFC 9457).
#[derive(Debug, Deserialize)]
struct Problem {
    code: String,
    detail: String,
    next_step: String,
    /// The signed refusal, in base 64.
    answer: Option<String>,
    /// With `overtaken`: the slot's newest license, in base 64.
    newest: Option<String>,
}

impl Brought {
    fn read(response: Response) -> Result<Brought, Failure> {
        if response.is_success() && response.header("content-type") == Some(MEDIA_TYPE) {
            return Ok(Brought { bytes: response.body, newest: None, refused: None });
        }
        let strange = || {
            Failure::new(
                Exit::CouldNotTell,
                "server-not-understood",
                format!(
                    "what the server says (status {}) is not what a Waybill portal says",
                    response.status
                ),
                "Check the address; it is that of the portal's first page.",
            )
        };
        let problem: Problem = serde_json::from_slice(&response.body).map_err(|_| strange())?;
        let exit = if response.status < 500 { Exit::Refused } else { Exit::CouldNotTell };
        let refused = Failure::new(exit, problem.code, problem.detail, problem.next_step);
        let decode = |text: String| BASE64_STANDARD.decode(text).map_err(|_| strange());
        match problem.answer {
            None => Err(refused),
            Some(answer) => Ok(Brought {
                bytes: decode(answer)?,
                newest: problem.newest.map(decode).transpose()?,
                refused: Some(refused),
            }),
        }
    }
}

fn token(path: &std::path::Path) -> Result<Token, Failure> {
    let text = Zeroizing::new(files::read_text(path)?);
    Token::parse(&text).ok_or_else(|| {
        let says = format!("{} holds no API token", path.display());
        Failure::misuse("not-a-token", says, "Give the file that `waybill token create --output` wrote.")
    })
}

/// An answer to something else would only puzzle whoever carries it to the proxy. Whether it is genuine the proxy decides.
fn demand_ours(answer: &Answer, request: Digest) -> Result<(), Failure> {
    let answers = match answer {
        Answer::License(license) => license.answers,
        Answer::Receipt(receipt) => receipt.answers,
        Answer::Refusal(refusal) => refusal.answers,
    };
    match answers == request {
        true => Ok(()),
        false => Err(Failure::new(
            Exit::CouldNotTell,
            "answer-to-another",
            "the server answered another request than the one that was sent",
            "Run the command again; tell the vendor if it comes back.",
        )),
    }
}
