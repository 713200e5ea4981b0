//! Says whether customers may be contacted.

use kernel::id::CustomerId;
use kernel::refusal::Refusal;
use kernel::time::Timestamp;

use super::{Call, Profiles};
use crate::domain::permission::{Permission, Question, Whom, permission};
use crate::domain::vocabulary::{ConsentChannel, ContactPurpose};

/// A question as a caller asks it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The customer, by any of their ids.
    pub customer_id: CustomerId,
    /// The channel.
    pub channel: ConsentChannel,
    /// Why.
    pub purpose: ContactPurpose,
    /// When it would be sent; now when not given.
    pub send_time: Option<Timestamp>,
}

/// The answer to one question.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The question.
    pub question: Question,
    /// The customer, by the id that stays.
    pub customer_id: CustomerId,
    /// The answer.
    pub permission: Permission,
    /// The version of the rules.
    pub rules_version: u64,
    /// The revision of the customer; zero for one who is not known or was erased.
    pub revision: u64,
}

impl Profiles {
    /// Answers questions, in their order, by one reading of the record.
    pub async fn may_contact(
        &self,
        call: Call,
        questions: Vec<Asked>,
    ) -> Result<Vec<Answer>, Refusal> {
        let ids = questions.iter().map(|one| one.customer_id.clone());
        let ground = self
            .store
            .contact_ground(&ids.collect(), call.deadline)
            .await?;
        let now = self.clock.now();
        let answers = questions.into_iter().map(|asked| {
            let question = Question {
                customer_id: asked.customer_id,
                channel: asked.channel,
                purpose: asked.purpose,
                send_time: asked.send_time.unwrap_or(now),
            };
            let whom = ground.whom(&question.customer_id);
            let (customer_id, revision) = match whom {
                Whom::Known(known) => (known.facts.customer_id.clone(), known.facts.revision),
                Whom::Unknown | Whom::Erased => (question.customer_id.clone(), 0),
            };
            Answer {
                permission: permission(&question, whom, &ground.rules),
                customer_id,
                rules_version: ground.rules.version,
                revision,
                question,
            }
        });
        Ok(answers.collect())
    }
}
