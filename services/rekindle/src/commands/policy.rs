//! `rekindle policy explain|publish`: what may be said on the way out.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use contract::offers::v1::{
    ExplainPolicyRequest, PublishPolicyRequest, PublishPolicyResponse, SourceFile,
};
use jiff::Timestamp;
use serde_json::json;

use super::files::{is_error, print_problems, read_sources, tell_warnings};
use crate::client::{ONLINE, PUBLISHING, ServiceArguments, Services, Trace, new_request_id};
use crate::failure::Failure;
use crate::mapping::wire_time;
use crate::output::Output;
use crate::screen::{self, Paper};
use crate::{json as documents, vocabulary};

/// Explain or publish the policy of the way out.
#[derive(Debug, Args)]
pub struct Policy {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    services: ServiceArguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Say what may be said in a situation, and which rows say so.
    Explain(Situation),
    /// Make a new version of files; the one in force already makes none.
    Publish {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,

        /// Who publishes.
        #[arg(long, default_value = "rekindle", value_name = "NAME")]
        by: String,

        /// Why.
        #[arg(long, default_value = "", value_name = "TEXT")]
        note: String,

        /// Only check.
        #[arg(long)]
        check: bool,
    },
}

/// A situation; what is not given counts as unknown, and the strictest row holds.
#[derive(Debug, Args)]
struct Situation {
    /// Where the customer is: ISO 3166, as in US-CA.
    #[arg(long, default_value = "", value_name = "PLACE")]
    jurisdiction: String,

    /// How the parties speak: phone, chat, web, app, email, store.
    #[arg(long, value_parser = |word: &str| vocabulary::CHANNEL.number(word))]
    channel: Option<i32>,

    /// Who the customer is in law: person, organisation.
    #[arg(long, value_parser = |word: &str| vocabulary::CUSTOMER_KIND.number(word))]
    customer_kind: Option<i32>,

    /// The commitment, as in `month_to_month`.
    #[arg(long, value_parser = |word: &str| vocabulary::CONTRACT_KIND.number(word))]
    contract_kind: Option<i32>,

    /// Why the parties speak, as in `win_back`; a cancellation call when not given.
    #[arg(long, value_parser = |word: &str| vocabulary::OCCASION.number(word))]
    occasion: Option<i32>,

    /// The time it shall hold for, as in 2026-11-01T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    as_of: Option<Timestamp>,
}

impl Policy {
    /// Does one of the two.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle policy"))?;
        match &self.verb {
            Verb::Explain(situation) => explain(&services, situation, output).await,
            Verb::Publish {
                files,
                by,
                note,
                check,
            } => {
                let files = read_sources(files)?;
                let answer = publish_policy(&services, files, by, note, *check).await?;
                print_published(&answer, *check, output)
            }
        }
    }
}

async fn explain(
    services: &Services,
    situation: &Situation,
    output: Output,
) -> Result<u8, Failure> {
    let request = ExplainPolicyRequest {
        jurisdiction: situation.jurisdiction.clone(),
        channel: situation.channel.unwrap_or_default(),
        customer_kind: situation.customer_kind.unwrap_or_default(),
        contract_kind: situation.contract_kind.unwrap_or_default(),
        as_of_time: situation.as_of.map(wire_time),
        occasion: situation.occasion.unwrap_or_default(),
    };
    let mut policies = services.policies();
    let method = "rekindle.offers.v1.PolicyService/ExplainPolicy";
    let explained = services
        .call(method, ONLINE, request, |request| async move {
            policies.explain_policy(request).await
        })
        .await?;
    output.result(&documents::policy(&explained), |_| {
        screen::policy(&explained, Paper::of_stdout())
    })?;
    Ok(0)
}

/// Publishes a policy; the answer may hold problems instead of a version.
pub(super) async fn publish_policy(
    services: &Services,
    files: Vec<SourceFile>,
    published_by: &str,
    note: &str,
    validate_only: bool,
) -> Result<PublishPolicyResponse, Failure> {
    let request = PublishPolicyRequest {
        request_id: new_request_id(),
        files,
        published_by: published_by.to_owned(),
        note: note.to_owned(),
        validate_only,
    };
    let mut policies = services.policies();
    let method = "rekindle.offers.v1.PolicyService/PublishPolicy";
    services
        .call(method, PUBLISHING, request, |request| async move {
            policies.publish_policy(request).await
        })
        .await
}

fn print_published(
    answer: &PublishPolicyResponse,
    is_check: bool,
    output: Output,
) -> Result<u8, Failure> {
    if answer.problems.iter().any(is_error) {
        return print_problems(&answer.problems, output);
    }
    tell_warnings(&answer.problems, output);
    let document = json!({
        "problems": documents::listed_problems(&answer.problems),
        "version": answer.version,
        "changed": answer.changed,
        "row_count": answer.row_count,
    });
    output.result(&document, |_| {
        let rows = answer.row_count;
        match (is_check, answer.changed) {
            (true, _) => format!("no problems in {rows} rows: the files can be published"),
            (false, true) => format!("policy {} published, {rows} rows", answer.version),
            (false, false) => format!("policy {} is in force already, {rows} rows", answer.version),
        }
    })?;
    Ok(0)
}
