//! Publishes and reads the contact rules.

use kernel::refusal::Refusal;

use super::{Call, Profiles, refusals};
use crate::domain::contact_rules::{ContactRules, Content};
use crate::store::NewContactRules;

impl Profiles {
    /// Makes a new version of the rules and puts it in force.
    pub async fn publish_contact_rules(
        &self,
        call: Call,
        content: Content,
        validate_only: bool,
    ) -> Result<ContactRules, Refusal> {
        if validate_only {
            return Ok(ContactRules {
                version: 0,
                publish_time: None,
                content,
            });
        }
        let rules = NewContactRules {
            content,
            now: self.clock.now(),
            remembered: call.remembered,
        };
        let published = self.store.publish_contact_rules(call.deadline, rules).await;
        published.map_err(refusals::of_store)
    }

    /// Reads a version of the rules; zero is the one in force.
    pub async fn contact_rules(&self, call: Call, version: u64) -> Result<ContactRules, Refusal> {
        let wanted = (version > 0).then_some(version);
        match self.store.contact_rules(wanted, call.deadline).await? {
            Some(rules) => Ok(rules),
            None if version == 0 => Ok(ContactRules::built_in()),
            None => Err(Refusal::not_found(
                "CONTACT_RULES_NOT_FOUND",
                "there is no such version of the contact rules: ask for 0 to get the one in force",
            )
            .with("version", version)),
        }
    }
}
