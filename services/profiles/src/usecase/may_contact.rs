//! Says whether customers may be contacted.

use kernel::id::CustomerId;
use kernel::refusal::Refusal;
use kernel::time::Timestamp;

use super::{Call, Profiles};
use crate::domain::permission::{Permission, Question, Whom, permission};

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
    /// Reads the clock: when a contact is asked about for which no time is given.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Answers questions, in their order, by one reading of the record.
    pub async fn may_contact(
        &self,
        call: Call,
        questions: Vec<Question>,
    ) -> Result<Vec<Answer>, Refusal> {
        let ids = questions.iter().map(|one| one.customer_id.clone());
        let ground = self
            .store
            .contact_ground(&ids.collect(), call.deadline)
            .await?;
        let answers = questions.into_iter().map(|question| {
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
