//! `rekindle rules publish|show`: the thresholds of the business lines.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use contract::lifecycle::v1::{BusinessLineRules, GetRulesRequest, PublishRulesRequest, RuleSet};

use super::files::read_text;
use crate::client::{ONLINE, PUBLISHING, ServiceArguments, Services, Trace, new_request_id};
use crate::failure::{Exit, Failure};
use crate::json;
use crate::output::Output;
use crate::rules::read_rules;
use crate::screen::{self, Paper};

/// Publish or show the rules of the business lines: early days, silence, margins, horizons.
#[derive(Debug, Args)]
pub struct Rules {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    services: ServiceArguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a new version of a file (TOML; deploy/seed/rules.toml is an example).
    Publish {
        /// The file.
        file: PathBuf,

        /// Only check.
        #[arg(long)]
        check: bool,
    },
    /// Show the version in force.
    Show,
}

impl Rules {
    /// Does one of the two.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle rules"))?;
        let rules = match &self.verb {
            Verb::Show => get_rules(&services).await?,
            Verb::Publish { file, check } => {
                let lines = read_rules(&read_text(file)?).map_err(|problem| {
                    let message = format!("{} cannot be used: {problem}", file.display());
                    Failure::new(Exit::BadInput, message).advice("correct it and publish again")
                })?;
                publish_rules(&services, lines, *check).await?
            }
        };
        output.result(&json::rules(&rules), |_| {
            screen::rules(&rules, Paper::of_stdout())
        })?;
        Ok(0)
    }
}

async fn get_rules(services: &Services) -> Result<RuleSet, Failure> {
    let mut rules = services.rules();
    let method = "rekindle.lifecycle.v1.RuleService/GetRules";
    let answer = services
        .call(
            method,
            ONLINE,
            GetRulesRequest { version: 0 },
            |request| async move { rules.get_rules(request).await },
        )
        .await?;
    Ok(answer.rule_set.unwrap_or_default())
}

/// Publishes the rules of all business lines.
pub(super) async fn publish_rules(
    services: &Services,
    business_lines: Vec<BusinessLineRules>,
    validate_only: bool,
) -> Result<RuleSet, Failure> {
    let request = PublishRulesRequest {
        request_id: new_request_id(),
        business_lines,
        validate_only,
    };
    let mut rules = services.rules();
    let method = "rekindle.lifecycle.v1.RuleService/PublishRules";
    let answer = services
        .call(method, PUBLISHING, request, |request| async move {
            rules.publish_rules(request).await
        })
        .await?;
    Ok(answer.rule_set.unwrap_or_default())
}
