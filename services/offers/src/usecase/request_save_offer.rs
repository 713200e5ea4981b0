//! Asking for a save offer: replay, gather, decide, record.

use std::sync::Arc;
use std::time::Instant;

use kernel::entropy::Entropy;
use kernel::id::{OfferKey, SessionId};
use kernel::refusal::{Refusal, Violation};
use kernel::time::{Clock, Deadline, Timestamp};
use storage::request_log::BodyHash;

use super::active::Active;
use super::budgets::WatchedBudgets;
use super::gather::{Gather, Gathered};
use super::undecided::Undecided;
use crate::domain::budget::{Barred, Shortage};
use crate::domain::catalogue::Catalogue;
use crate::domain::customer::Customer;
use crate::domain::decision::{Record, decide_on_facts};
use crate::domain::direction::{Directions, direct, direct_by_facts};
use crate::domain::history::DeskHistory;
use crate::domain::outcome::first_chosen;
use crate::domain::progress::Progress;
use crate::domain::request::SaveRequest;
use crate::store::{
    AllIds, Asked, Before, History, NewDecision, Noted, StepKey, Store, request_id_reused,
};

/// How often a call is decided before budgets are given up on.
const MOST_TRIES: u32 = 4;
/// How many reasons are named to whoever sent one that the catalogue does not have.
const MOST_REASONS_TOLD: usize = 100;

/// The use case.
#[derive(Clone)]
pub struct RequestSaveOffer {
    /// The save desk's tables.
    pub store: Store,
    /// Who customers are.
    pub gather: Gather,
    /// The catalogue and the policy in force.
    pub active: Active,
    /// How budgets stood a moment ago.
    pub budgets: WatchedBudgets,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for ids and seeds.
    pub entropy: Arc<dyn Entropy>,
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Command {
    /// The checked request.
    pub request: SaveRequest,
    /// The SHA-256 of its encoding.
    pub body_hash: BodyHash,
    /// The trace it is part of; empty when there is none.
    pub trace_id: String,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was decided.
    pub record: Record,
    /// It had been answered before.
    pub replayed: bool,
    /// What the agent is told beside the offers.
    pub directions: Directions,
}

impl RequestSaveOffer {
    /// Answers a call; the same contact and step get the same answer.
    pub async fn handle(
        &self,
        mut command: Command,
        deadline: Deadline,
    ) -> Result<Answer, Refusal> {
        let request = &command.request;
        let gathered = self
            .gather
            .customer(&request.customer_id, request.min_revision, deadline)
            .await;
        if let Ok(gathered) = &gathered
            && let Some(answer) = self.as_never_met(&command, gathered, deadline).await?
        {
            return Ok(answer);
        }
        let customer = gathered.as_ref().ok();
        let customer = customer.and_then(|gathered| gathered.customer.as_deref());
        let ids = AllIds::of(&request.customer_id, customer);
        let history = self.store.history(ids, deadline).await?;
        let session = history.session(&request.contact_id, &request.subscription_id);
        let Some(session_id) = session.map(|session| session.session_id) else {
            self.stays_a_call_to_cancel(request, &history, deadline)
                .await?;
            return self.first_step(command, gathered?, history, deadline).await;
        };
        if let Some(under) = session.and_then(|session| session.under.clone()) {
            // The contact began under another id of the customer, and goes on as it began.
            command.request.customer_id = under;
        }
        match self.answered_before(&command, deadline).await? {
            Before::Answered(record) => Ok(self.replayed(*record, deadline).await),
            Before::Reused => Err(request_id_reused(command.request.request_id.as_str())),
            Before::SessionIs(progress) => {
                may_ask_again(progress, &command.request, session_id)?;
                self.stays_a_call_to_cancel(&command.request, &history, deadline)
                    .await?;
                self.later_step(command, gathered?, history, session_id, deadline)
                    .await
            }
            Before::Nothing => Err(contact_unknown(&command.request)),
        }
    }

    /// Answers as if the desk had never met the customer, which holds for most who ring to cancel
    /// and spares reading their history. Where it does not hold nothing is written or answered.
    async fn as_never_met(
        &self,
        command: &Command,
        gathered: &Gathered,
        deadline: Deadline,
    ) -> Result<Option<Answer>, Refusal> {
        let customer = gathered.customer.as_deref();
        let has_other_ids =
            customer.is_some_and(|customer| !customer.merged_customer_ids.is_empty());
        if command.request.step != 1 || has_other_ids {
            return Ok(None);
        }
        let session_id = SessionId::draw(self.clock.now(), self.entropy.as_ref());
        let history = DeskHistory::default();
        let mut shortages = Shortages::default();
        loop {
            // What is refused here may have been answered when it was asked first.
            let Ok(decided) = self.decide(command, gathered, &history, session_id, &shortages)
            else {
                return Ok(None);
            };
            match self.record(decided, History::Supposed, deadline).await? {
                Ok(answer) => return Ok(answer),
                Err((short, first)) => shortages.note(short, first),
            }
        }
    }

    async fn first_step(
        &self,
        command: Command,
        gathered: Gathered,
        history: DeskHistory,
        deadline: Deadline,
    ) -> Result<Answer, Refusal> {
        if command.request.step != 1 {
            return Err(contact_unknown(&command.request));
        }
        let session_id = SessionId::draw(self.clock.now(), self.entropy.as_ref());
        let mut shortages = Shortages::default();
        loop {
            let decided = self.decide(&command, &gathered, &history, session_id, &shortages)?;
            match self.record(decided, History::Read, deadline).await? {
                Ok(Some(answer)) => return Ok(answer),
                Ok(None) => return self.read_first_answer(&command, session_id, deadline).await,
                Err((short, first)) => shortages.note(short, first),
            }
        }
    }

    /// Records the decision of a first step; no answer when it does not stand, and the budgets that
    /// lack what its offers need when these made it fail.
    async fn record(
        &self,
        (new, directions): Decided,
        history: History,
        deadline: Deadline,
    ) -> Result<Result<Option<Answer>, Short>, Refusal> {
        let noted = self.store.record_decision(&new, history, deadline).await?;
        Ok(match noted {
            Noted::Recorded => Ok(Some(Answer {
                record: new.record,
                replayed: false,
                directions,
            })),
            Noted::Before => Ok(None),
            Noted::Short(short) => Err((short, first_choice(&new.record))),
        })
    }

    async fn later_step(
        &self,
        command: Command,
        gathered: Gathered,
        history: DeskHistory,
        session_id: SessionId,
        deadline: Deadline,
    ) -> Result<Answer, Refusal> {
        let recorded = self
            .decide_later(&command, &gathered, &history, session_id, deadline)
            .await?;
        match recorded {
            Some(answer) => Ok(answer),
            None => self.read_first_answer(&command, session_id, deadline).await,
        }
    }

    /// Decides a later step and records it; no answer when somebody was quicker with it.
    pub(super) async fn decide_later(
        &self,
        command: &Command,
        gathered: &Gathered,
        history: &DeskHistory,
        session_id: SessionId,
        deadline: Deadline,
    ) -> Result<Option<Answer>, Refusal> {
        let mut shortages = Shortages::default();
        loop {
            let (new, directions) =
                self.decide(command, gathered, history, session_id, &shortages)?;
            match self.store.record_later_step(new.clone(), deadline).await? {
                Asked::Recorded => {
                    return Ok(Some(Answer {
                        record: new.record,
                        replayed: false,
                        directions,
                    }));
                }
                Asked::Before => return Ok(None),
                Asked::Short(short) => shortages.note(short, first_choice(&new.record)),
            }
        }
    }

    /// Somebody was quicker with the same request, or the same contact: theirs is the answer.
    async fn read_first_answer(
        &self,
        command: &Command,
        session_id: SessionId,
        deadline: Deadline,
    ) -> Result<Answer, Refusal> {
        match self.answered_before(command, deadline).await? {
            Before::Answered(record) => Ok(self.replayed(*record, deadline).await),
            // The request id is known, and not for this contact and step.
            Before::Reused | Before::Nothing => {
                Err(request_id_reused(command.request.request_id.as_str()))
            }
            Before::SessionIs(progress) => {
                may_ask_again(progress, &command.request, session_id)?;
                Err(contact_unknown(&command.request))
            }
        }
    }

    /// The answer that was given before. What to say follows from the record and its catalogue; the
    /// answer is whole without it, where that catalogue cannot be read.
    pub(super) async fn replayed(&self, record: Record, deadline: Deadline) -> Answer {
        let version = record.catalogue_version;
        let directions = match self.active.catalogue(version, deadline).await {
            Ok(catalogue) => {
                let active = self.active.current();
                direct(&record.inputs(&catalogue, &active.policy), &record.decision)
            }
            Err(_) => Directions::default(),
        };
        Answer {
            record,
            replayed: true,
            directions,
        }
    }

    async fn answered_before(
        &self,
        command: &Command,
        deadline: Deadline,
    ) -> Result<Before, Refusal> {
        let request = &command.request;
        let key = StepKey {
            request_id: request.request_id.to_string(),
            body_hash: command.body_hash,
            customer_id: request.customer_id.clone(),
            contact_id: request.contact_id.clone(),
            subscription_id: request.subscription_id.clone(),
            step: request.step,
        };
        Ok(self.store.answered_before(&key, deadline).await?)
    }

    fn decide(
        &self,
        command: &Command,
        gathered: &Gathered,
        history: &DeskHistory,
        session_id: SessionId,
        shortages: &Shortages,
    ) -> Result<Decided, Refusal> {
        let request = &command.request;
        let active = self.active.current();
        known(request, gathered.customer.as_deref(), &active.catalogue)?;
        let started = Instant::now();
        let now = self.clock.now();
        let history = self.active.known_to(history, now);
        let customer = gathered.customer.as_deref();
        let barred = self.barred(request, customer, &active.catalogue, now, shortages);
        let undecided = Undecided {
            session_id,
            request: request.clone(),
            gathered,
            history,
            versions: &active,
            barred,
            now,
            trace_id: command.trace_id.clone(),
        };
        let inputs = undecided.inputs();
        let (decision, facts) = decide_on_facts(&inputs);
        let took = started.elapsed();
        let directions = direct_by_facts(&inputs, &decision, facts);
        let record = undecided.record(decision, took, self.entropy.as_ref());
        let new = NewDecision {
            record: Record {
                first_choice: shortages.first_choice.clone(),
                ..record
            },
            body_hash: command.body_hash,
        };
        Ok((new, directions))
    }

    /// The budgets that cannot pay for an offer of this call, in the currency that its customer pays.
    fn barred(
        &self,
        request: &SaveRequest,
        customer: Option<&Customer>,
        catalogue: &Catalogue,
        now: Timestamp,
        shortages: &Shortages,
    ) -> Vec<Barred> {
        let needed = catalogue.budgets();
        if needed.is_empty() {
            return Vec::new();
        }
        if shortages.are_endless() {
            return needed.iter().map(Barred::exhausted).collect();
        }
        let currency = customer
            .and_then(|customer| customer.subscription(&request.subscription_id)?.score)
            .map(|score| score.monthly_margin.currency);
        let budgets = self.budgets.current();
        budgets.barred(needed.iter(), currency, now, &shortages.known)
    }
}

/// A decision to record, with what the agent is told beside it.
type Decided = (NewDecision, Directions);

/// What budgets lacked, and the offer that was to be made first.
type Short = (Vec<Shortage>, Option<OfferKey>);

/// What a decision chose first, whether a budget pays for it or not.
fn first_choice(record: &Record) -> Option<OfferKey> {
    let first_choice = record.first_choice.clone();
    first_choice.or_else(|| first_chosen(&record.decision))
}

/// What budgets lacked while a call was decided.
#[derive(Debug, Default)]
struct Shortages {
    known: Vec<Shortage>,
    first_choice: Option<OfferKey>,
    tries: u32,
}

impl Shortages {
    /// Remembers for the next try what turned out to be missing.
    fn note(&mut self, short: Vec<Shortage>, first_choice: Option<OfferKey>) {
        self.tries += 1;
        self.first_choice = first_choice;
        let news = |known: &Shortage| short.iter().all(|it| it.budget != known.budget);
        self.known.retain(news);
        self.known.extend(short);
    }

    /// Others were quicker again and again: nothing is offered any more that a budget pays for.
    const fn are_endless(&self) -> bool {
        self.tries >= MOST_TRIES
    }
}

/// A further step is possible only while nothing was offered and nothing has ended. That the
/// customer does not want to hear an offer can be said later, too.
fn may_ask_again(
    progress: Progress,
    request: &SaveRequest,
    session_id: SessionId,
) -> Result<(), Refusal> {
    progress
        .after(request.step_of_asking())
        .map(|_| ())
        .map_err(|illegal| illegal.refusal(session_id))
}

fn contact_unknown(request: &SaveRequest) -> Refusal {
    Refusal::refused(
        "ILLEGAL_STATE",
        "the contact has no first step yet: ask with step 1 before any later one",
    )
    .with("contact_id", &request.contact_id)
}

/// What a decision cannot do without: the subscription, and a reason that the catalogue knows.
fn known(
    request: &SaveRequest,
    customer: Option<&Customer>,
    catalogue: &Catalogue,
) -> Result<(), Refusal> {
    let missing =
        customer.is_some_and(|customer| customer.subscription(&request.subscription_id).is_none());
    if missing {
        return Err(Refusal::not_found(
            "SUBSCRIPTION_NOT_FOUND",
            "the customer has no such subscription: check both ids",
        )
        .with("subscription_id", &request.subscription_id));
    }
    if catalogue.reasons.is_empty() {
        return Ok(());
    }
    let stated = request
        .reason
        .iter()
        .map(|reason| ("reason".to_owned(), reason));
    let further = request
        .secondary_reasons
        .iter()
        .enumerate()
        .map(|(index, reason)| (format!("secondary_reasons[{index}]"), reason));
    let violations: Vec<Violation> = stated
        .chain(further)
        .filter(|(_, reason)| catalogue.reason(reason).is_none())
        .map(|(field, _)| Violation {
            field,
            description: unknown_reason(catalogue),
            reason: "UNKNOWN_REASON",
        })
        .collect();
    if violations.is_empty() {
        return Ok(());
    }
    Err(Refusal::malformed(violations))
}

/// What was sent is not repeated: people write all sorts of things where a reason is asked for.
fn unknown_reason(catalogue: &Catalogue) -> String {
    let keys = catalogue.reasons.iter().map(|reason| reason.key.as_str());
    let known: Vec<&str> = keys.take(MOST_REASONS_TOLD).collect();
    format!(
        "is no reason of the catalogue: send one that is, as {}, or none",
        known.join(", ")
    )
}
