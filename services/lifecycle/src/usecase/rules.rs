//! Publishes and reads the rules of the business lines.

use std::collections::BTreeMap;

use kernel::refusal::Refusal;
use kernel::time::Deadline;

use super::UseCases;
use crate::domain::rules::{LineRules, RuleSet};
use crate::store::{Published, RequestKey};

/// Rules to publish; checked already.
#[derive(Clone, Debug)]
pub struct PublishRules {
    /// The request id with the encoded request, when it may be retried.
    pub request: Option<(String, Vec<u8>)>,
    /// The rules by line.
    pub lines: BTreeMap<String, LineRules>,
    /// Only check.
    pub validate_only: bool,
}

impl UseCases {
    /// Makes a new version of the rules and puts it in force.
    pub async fn publish_rules(
        &self,
        deadline: Deadline,
        rules: PublishRules,
    ) -> Result<RuleSet, Refusal> {
        if rules.validate_only {
            return Ok(RuleSet::new(0, None, rules.lines));
        }
        let request = rules.request.map(|(request_id, encoded)| RequestKey {
            request_id,
            encoded,
        });
        let published = Published {
            request,
            lines: rules.lines,
            publish_time: self.now(),
        };
        let rule_set = self.store.publish_rules(deadline, published).await?;
        // It is published whether or not this process can read it back now; the poll catches up.
        if let Err(error) = self.knowledge.refresh().await {
            tracing::warn!(error = %error, "published rules are not in memory yet");
        }
        Ok(rule_set)
    }

    /// Returns the latest activation of a model that statuses are computed with here; zero while
    /// there is none.
    pub fn model_activation(&self) -> u64 {
        let known = self.knowledge.current();
        known.map_or(0, |known| known.versions().activation)
    }

    /// Reads a version of the rules; zero is the one in force.
    pub async fn get_rules(&self, deadline: Deadline, version: u64) -> Result<RuleSet, Refusal> {
        let wanted = (version > 0).then_some(version);
        match self.store.rules(deadline, wanted).await? {
            Some(rules) => Ok(rules),
            None if version == 0 => Ok(RuleSet::built_in()),
            None => Err(Refusal::not_found(
                "RULES_NOT_FOUND",
                "there is no such version of the rules: ask for 0 to get the one in force",
            )
            .with("version", version)),
        }
    }
}
