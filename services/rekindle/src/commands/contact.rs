//! `rekindle contact may|rules`: whether somebody may be contacted, and the rules for it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use contract::profiles::v1::{
    ContactPermission, ContactQuestion, ContactRuleSet, GetContactRulesRequest, MayContactRequest,
    PublishContactRulesRequest,
};
use jiff::Timestamp;

use super::files::read_text;
use crate::arguments::instant;
use crate::client::{ONLINE, PUBLISHING, ServiceArguments, Services, Trace, new_request_id};
use crate::contact_rules::{ContactRules, read_contact_rules};
use crate::failure::{Exit, Failure};
use crate::json;
use crate::mapping::wire_time;
use crate::output::Output;
use crate::screen::{self, Paper};
use crate::vocabulary;

/// Say whether a customer may be contacted, or publish the rules for it.
#[derive(Debug, Args)]
pub struct Contact {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    services: ServiceArguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Say whether a customer may be contacted, why, and when next.
    May(May),
    /// Publish or show the rules by place, channel and purpose.
    #[command(subcommand)]
    Rules(Rules),
}

#[derive(Debug, Args)]
struct May {
    /// The customer, by any of their ids.
    customer: String,

    /// The channel: phone, email, sms, post, app; all of them when left out.
    #[arg(long, value_parser = |word: &str| vocabulary::CONSENT_CHANNEL.number(word))]
    channel: Option<i32>,

    /// Why: service, care, marketing; all three when left out.
    #[arg(long, value_parser = |word: &str| vocabulary::CONTACT_PURPOSE.number(word))]
    purpose: Option<i32>,

    /// When; now when left out.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Timestamp>,
}

#[derive(Debug, Subcommand)]
enum Rules {
    /// Make a new version of a file (TOML; `deploy/seed/contact_rules.toml` is an example).
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

impl Contact {
    /// Does what is asked for.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle contact"))?;
        match &self.verb {
            Verb::May(may) => {
                let permissions = may.ask(&services).await?;
                output.result(&json::contact_permissions(&permissions), |_| {
                    screen::contact_permissions(&permissions, Paper::of_stdout())
                })?;
            }
            Verb::Rules(rules) => {
                let rules = rules.carry_out(&services).await?;
                output.result(&json::contact_rules(&rules), |_| {
                    screen::contact_rules(&rules, Paper::of_stdout())
                })?;
            }
        }
        Ok(0)
    }
}

impl May {
    async fn ask(&self, services: &Services) -> Result<Vec<ContactPermission>, Failure> {
        let all = |given: Option<i32>, count: i32| match given {
            Some(number) => number..=number,
            None => 1..=count,
        };
        let purposes = || all(self.purpose, 3);
        let questions = all(self.channel, 5).flat_map(|channel| {
            purposes().map(move |purpose| ContactQuestion {
                customer_id: self.customer.clone(),
                channel,
                purpose,
                send_time: self.at.map(wire_time),
            })
        });
        let request = MayContactRequest {
            questions: questions.collect(),
        };
        let mut consents = services.consents();
        let method = "rekindle.profiles.v1.ConsentService/MayContact";
        let answer = services
            .call(method, ONLINE, request, |request| async move {
                consents.may_contact(request).await
            })
            .await?;
        Ok(answer.permissions)
    }
}

impl Rules {
    async fn carry_out(&self, services: &Services) -> Result<ContactRuleSet, Failure> {
        match self {
            Self::Show => get(services).await,
            Self::Publish { file, check } => {
                let rules = read_contact_rules(&read_text(file)?).map_err(|problem| {
                    let message = format!("{} cannot be used: {problem}", file.display());
                    Failure::new(Exit::BadInput, message).advice("correct it and publish again")
                })?;
                publish_contact_rules(services, rules, *check).await
            }
        }
    }
}

async fn get(services: &Services) -> Result<ContactRuleSet, Failure> {
    let mut rules = services.contact_rules();
    let method = "rekindle.profiles.v1.ContactRuleService/GetContactRules";
    let request = GetContactRulesRequest { version: 0 };
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            rules.get_contact_rules(request).await
        })
        .await?;
    Ok(answer.rule_set.unwrap_or_default())
}

/// Publishes the contact rules.
pub(super) async fn publish_contact_rules(
    services: &Services,
    rules: ContactRules,
    validate_only: bool,
) -> Result<ContactRuleSet, Failure> {
    let request = PublishContactRulesRequest {
        request_id: new_request_id(),
        rules: rules.rules,
        places: rules.places,
        validate_only,
    };
    let mut client = services.contact_rules();
    let method = "rekindle.profiles.v1.ContactRuleService/PublishContactRules";
    let answer = services
        .call(method, PUBLISHING, request, |request| async move {
            client.publish_contact_rules(request).await
        })
        .await?;
    Ok(answer.rule_set.unwrap_or_default())
}
