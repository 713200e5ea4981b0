//! The record of a call as proof: what its rows say of each other, and which of them was changed.
//!
//! Hashes are compared where the rows are read. Here their outcomes are put together with what the
//! rows must have in common, and what does not fit is named.

mod acceptance;

use std::fmt::Display;

use kernel::id::{DecisionId, PresentedOfferId, SessionId};
use kernel::time::Timestamp;

use super::decision::Record;
use super::history::Outcome;
use super::named::Named;
use super::session::State;

pub use acceptance::AcceptanceRow;

/// The rows of one call.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The session.
    pub session: SessionRow,
    /// Its decisions, the first step first.
    pub decisions: Vec<DecisionRow>,
    /// The offers handed out in it.
    pub offers: Vec<OfferRow>,
    /// Its events, in order.
    pub events: Vec<EventRow>,
    /// What was accepted of them.
    pub acceptances: Vec<AcceptanceRow>,
    /// The cancellations confirmed in it, the first one first.
    pub cancellations: Vec<CancellationRow>,
}

/// What is looked at of a session.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// The session.
    pub session_id: SessionId,
    /// How far it has come.
    pub state: State,
    /// The contact, subscription, intent, reason and agent, and when it was opened.
    pub opening: Opening,
    /// What never changes is as it was at the first event, if there was one.
    pub root_is_sound: Option<bool>,
    /// How many events there are, by the head of the chain; absent when it has none.
    pub chain_length: Option<u32>,
    /// The head fits the state and the last event, if there is one.
    pub head_is_sound: Option<bool>,
}

/// How a session was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The contact.
    pub contact_id: String,
    /// The subscription.
    pub subscription_id: String,
    /// What the customer said they want.
    pub intent: String,
    /// The reason.
    pub reason: Option<String>,
    /// The agent.
    pub agent_id: Option<String>,
    /// When.
    pub opened_at: Timestamp,
}

/// What is looked at of a decision.
#[derive(Clone, Debug)]
pub struct DecisionRow {
    /// The decision.
    pub decision_id: DecisionId,
    /// The record; absent when it cannot be read.
    pub record: Option<Record>,
    /// It fits its hash; absent when it has none.
    pub is_sound: Option<bool>,
}

/// What is looked at of a presented offer.
#[derive(Clone, Debug)]
pub struct OfferRow {
    /// The offer.
    pub presented_offer_id: PresentedOfferId,
    /// Which one of the catalogue.
    pub offer_key: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Until when it is honoured.
    pub expires_at: Timestamp,
    /// What its hold reserves, in minor units.
    pub cost_minor: i64,
}

/// What is looked at of an event.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// Its place, from one.
    pub sequence: u32,
    /// What.
    pub kind: String,
    /// Who.
    pub agent_id: Option<String>,
    /// More about it.
    pub detail: String,
    /// When.
    pub happened_at: Timestamp,
    /// The decision it came after.
    pub decision_id: Option<String>,
    /// Its hash, made with the one before; absent when it has none.
    pub hash: Option<Vec<u8>>,
    /// It fits its hash and the one before; absent when it has none.
    pub is_sound: Option<bool>,
    /// What it stands for is as it was.
    pub evidence_is_sound: bool,
    /// What it stands for is an acceptance.
    pub of_acceptance: bool,
}

/// What is looked at of a cancellation.
#[derive(Clone, Debug)]
pub struct CancellationRow {
    /// The acknowledgement.
    pub cancellation_id: String,
    /// It fits the hash that was acknowledged.
    pub is_sound: bool,
    /// It was revoked.
    pub revoked: bool,
}

/// Something that happened on the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What.
    pub kind: String,
    /// Who.
    pub agent_id: Option<String>,
    /// More about it.
    pub detail: String,
    /// When.
    pub happened_at: Timestamp,
    /// The hash of its row; absent where another row tells it, or it has none.
    pub hash: Option<Vec<u8>>,
}

/// A row that was changed or is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The table.
    pub table: &'static str,
    /// The row.
    pub row: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Finding {
    fn new(table: &'static str, row: &dyn Display, problem: impl Into<String>) -> Self {
        Self {
            table,
            row: row.to_string(),
            problem: problem.into(),
        }
    }
}

impl Rows {
    /// Tells whether every row that can have a hash has one.
    pub fn are_sealed(&self) -> bool {
        let decisions = self.decisions.iter().map(|row| row.is_sound);
        let events = self.events.iter().map(|row| row.is_sound);
        decisions.chain(events).all(|sound| sound.is_some())
    }

    /// Tells what happened, in order, as far as it can still be read: what the session and its first
    /// decision say, and the events.
    pub fn told(&self) -> Vec<Told> {
        let opening = &self.session.opening;
        let mut told = vec![Told {
            kind: "opened".to_owned(),
            agent_id: opening.agent_id.clone(),
            detail: opening.intent.clone(),
            happened_at: opening.opened_at,
            hash: None,
        }];
        let first = self.decisions.first().and_then(|row| row.record.as_ref());
        if let Some(record) = first {
            let (kind, detail) = record.decision.event();
            let decided = Told {
                kind: kind.to_owned(),
                agent_id: record
                    .request
                    .agent
                    .agent_id
                    .as_ref()
                    .map(ToString::to_string),
                detail,
                happened_at: record.decided_at,
                hash: None,
            };
            told.extend(record.request.spoken().map(|spoken| Told {
                kind: spoken.name().to_owned(),
                detail: String::new(),
                ..decided.clone()
            }));
            told.push(decided);
        }
        told.extend(self.events.iter().map(|event| Told {
            kind: event.kind.clone(),
            agent_id: event.agent_id.clone(),
            detail: event.detail.clone(),
            happened_at: event.happened_at,
            hash: event.hash.clone(),
        }));
        told
    }

    /// What policy wanted said, each once, in the order of the decisions.
    pub fn disclosures(&self) -> Vec<String> {
        let records = self.decisions.iter().filter_map(|row| row.record.as_ref());
        let mut wanted: Vec<String> = Vec::new();
        for text in records.flat_map(|record| &record.decision.policy.disclosures) {
            if !wanted.contains(text) {
                wanted.push(text.clone());
            }
        }
        wanted
    }

    /// From the customer saying that they leave to the first confirmation, in seconds; absent when they
    /// did not leave. A cancellation that was revoked was confirmed, too.
    pub fn seconds_to_confirmation(&self) -> Option<f64> {
        let mut events = self.events.iter();
        let confirmed = events.find(|event| event.kind == State::CancelRecorded.name())?;
        let span = confirmed
            .happened_at
            .duration_since(self.session.opening.opened_at);
        Some(span.as_secs_f64().max(0.0))
    }

    /// Names what was changed or is missing.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.check_session(&mut findings);
        self.check_decisions(&mut findings);
        self.check_events(&mut findings);
        self.check_offers(&mut findings);
        self.check_acceptances(&mut findings);
        self.check_cancellations(&mut findings);
        findings.dedup();
        findings
    }

    fn check_session(&self, findings: &mut Vec<Finding>) {
        let session = &self.session;
        let opened_by = self.decisions.first().and_then(|row| row.record.as_ref());
        let opened_by = opened_by.filter(|record| record.request.step == 1);
        let sound_record = self
            .decisions
            .first()
            .is_some_and(|row| row.is_sound == Some(true));
        let differs = opened_by
            .filter(|record| sound_record && record.decided_at == session.opening.opened_at)
            .is_some_and(|record| Opening::of(record) != session.opening);
        if differs || session.root_is_sound == Some(false) {
            let problem = "what never changes of a session is not what it was opened with";
            findings.push(Finding::new("save_session", &session.session_id, problem));
        }
        let last = self.events.last().map_or(0, |event| event.sequence);
        let complete = session.chain_length.is_none_or(|length| length == last);
        if complete && session.head_is_sound == Some(false) {
            let problem = "the state is not the one that the last step led to";
            findings.push(Finding::new("save_session", &session.session_id, problem));
        }
    }

    fn check_decisions(&self, findings: &mut Vec<Finding>) {
        for row in &self.decisions {
            if row.is_sound == Some(false) || row.record.is_none() {
                let problem = "the record is not the one that was stored";
                findings.push(Finding::new("decision", &row.decision_id, problem));
            }
        }
    }

    fn check_events(&self, findings: &mut Vec<Finding>) {
        let name = |sequence: u32| format!("{} {sequence}", self.session.session_id);
        let mut expected = 1;
        let mut hashed = false;
        for event in &self.events {
            for missing in expected..event.sequence {
                findings.push(Finding::new("session_event", &name(missing), "is missing"));
            }
            let follows = event.sequence == expected;
            expected = event.sequence.saturating_add(1);
            // What comes after a gap does not fit the hash before; the gap is named already.
            if (follows && event.is_sound == Some(false)) || (hashed && event.is_sound.is_none()) {
                let problem = "the event is not the one that was recorded";
                findings.push(Finding::new(
                    "session_event",
                    &name(event.sequence),
                    problem,
                ));
            } else if event.is_sound.is_some() && !event.evidence_is_sound {
                findings.push(event.evidence_changed());
            }
            hashed |= event.is_sound.is_some();
        }
        let length = self.session.chain_length.unwrap_or(0);
        for missing in expected..=length {
            findings.push(Finding::new("session_event", &name(missing), "is missing"));
        }
    }

    fn check_offers(&self, findings: &mut Vec<Finding>) {
        let records = self.decisions.iter().filter_map(|row| row.record.as_ref());
        let records: Vec<&Record> = records.collect();
        // What a record promised cannot be told from one that cannot be read; that is named already.
        let readable = records.len() == self.decisions.len();
        for row in &self.offers {
            let id = row.presented_offer_id;
            let Some(promise) = records.iter().find_map(|record| record.promise(id)) else {
                if readable {
                    findings.push(Finding::new("presented_offer", &id, "no decision made it"));
                }
                continue;
            };
            let as_promised = promise.offer_key.as_str() == row.offer_key
                && promise.expires_at == row.expires_at
                && promise.cost.minor.max(0) == row.cost_minor;
            if !as_promised {
                let problem = "it is not what the decision promised";
                findings.push(Finding::new("presented_offer", &id, problem));
            }
            if self.tells_all() && !self.outcome_is_told(row) {
                let problem = format!("no event says that it was {}", row.outcome.name());
                findings.push(Finding::new("presented_offer", &id, problem));
            }
        }
        for id in records
            .iter()
            .flat_map(|record| &record.presented_offer_ids)
        {
            if !self.offers.iter().any(|row| row.presented_offer_id == *id) {
                findings.push(Finding::new("presented_offer", &id, "is missing"));
            }
        }
    }

    /// Tells whether no event is missing: what a missing one said is no contradiction.
    fn tells_all(&self) -> bool {
        let in_order = (1..).zip(&self.events);
        let last = self.events.last().map_or(0, |event| event.sequence);
        let length = self.session.chain_length.unwrap_or(last);
        in_order
            .clone()
            .all(|(place, event)| event.sequence == place)
            && length == last
    }

    /// Time alone expires an offer that nobody heard of, and no event says so.
    fn outcome_is_told(&self, row: &OfferRow) -> bool {
        let id = row.presented_offer_id.to_string();
        let told = self
            .events
            .iter()
            .rev()
            .find_map(|event| Outcome::from_name(&event.kind).filter(|_| event.detail == id));
        match told {
            None => matches!(row.outcome, Outcome::Decided | Outcome::Expired),
            Some(Outcome::Presented) => {
                matches!(row.outcome, Outcome::Presented | Outcome::Expired)
            }
            Some(told) => row.outcome == told,
        }
    }

    fn check_cancellations(&self, findings: &mut Vec<Finding>) {
        let told = |kind: &str, id: &str| {
            let mut events = self.events.iter();
            events.any(|event| event.kind == kind && event.detail == id)
        };
        for row in &self.cancellations {
            let id = &row.cancellation_id;
            let finding = |problem| Finding::new("cancellation", &id, problem);
            if !row.is_sound {
                findings.push(finding("it is not what was acknowledged"));
            }
            if !self.tells_all() {
                continue;
            }
            if !told("cancel_recorded", id) {
                findings.push(finding("no event says that it was confirmed"));
            }
            if row.revoked != told("cancel_revoked", id) {
                findings.push(finding("it was revoked, or not, other than its events say"));
            }
        }
        for event in &self.events {
            let known = |row: &CancellationRow| row.cancellation_id == event.detail;
            if event.kind == "cancel_recorded" && !self.cancellations.iter().any(known) {
                findings.push(Finding::new("cancellation", &event.detail, "is missing"));
            }
        }
    }
}

impl EventRow {
    fn evidence_changed(&self) -> Finding {
        let problem = "it is not what it was when an event was recorded after it";
        if self.kind.starts_with("cancel_re") && self.kind != "cancel_reaffirmed" {
            return Finding::new("cancellation", &self.detail, problem);
        }
        if self.of_acceptance {
            return Finding::new("acceptance", &self.detail, problem);
        }
        let decision = self.decision_id.clone().unwrap_or_default();
        Finding::new("decision", &decision, problem)
    }
}

impl Opening {
    fn of(record: &Record) -> Self {
        let request = &record.request;
        Self {
            contact_id: request.contact_id.to_string(),
            subscription_id: request.subscription_id.to_string(),
            intent: request.intent.name().to_owned(),
            reason: request.reason.clone(),
            agent_id: request.agent.agent_id.as_ref().map(ToString::to_string),
            opened_at: record.decided_at,
        }
    }
}
