//! What follows once somebody has left: the steps of the exit plan as tasks, keeping in touch where
//! they want it, and asking them back once, where anything speaks for it.

use kernel::id::{CancellationId, CustomerId, SubscriptionId};
use kernel::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::catalogue::{Catalogue, ExitPath, Reason};
use super::decision::Record;
use super::exit::EndDates;
use super::exit_plan::{ExitPlan, ExitType};
use super::keep_in_touch::{ContactChannel, KeepInTouch};
use super::named::Named;

/// How long after the end somebody hears from the company who wants to, in days.
const KEEP_IN_TOUCH_DAYS: u32 = 30;

/// What a task is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CareKind {
    /// A step of the exit plan.
    ExitStep,
    /// They wanted to hear from the company.
    KeepInTouch,
    /// They are asked once whether the need came back.
    Follow,
    /// They are asked back.
    WinBack,
}

/// A task that lifecycle is to hand out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CareTask {
    /// What it is about.
    pub kind: CareKind,
    /// What of it: the subscription, or a step of its plan.
    pub subject: String,
    /// What to speak about; empty where nothing is to be said.
    pub theme: String,
    /// When it is due.
    pub due_at: Timestamp,
    /// After this nobody needs it; as lifecycle sees fit when absent.
    pub expires_at: Option<Timestamp>,
    /// Who sees to it; whoever sends messages when empty.
    pub owner: String,
    /// The channels that the customer asked for; any when empty.
    pub channels: Vec<ContactChannel>,
}

/// The order to hand out what is due to somebody who left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleCare {
    /// The cancellation that asks for it; the request id towards lifecycle.
    pub cancellation_id: CancellationId,
    /// The customer.
    pub customer_id: CustomerId,
    /// The tasks.
    pub tasks: Vec<CareTask>,
}

/// The order to take it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithdrawCare {
    /// What asks for it, as an id: the request id towards lifecycle.
    pub cause: String,
    /// The customer.
    pub customer_id: CustomerId,
    /// The subscription that goes on.
    pub subscription_id: SubscriptionId,
}

/// An order about the care of a customer. Those about one customer are carried out one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CareOrder {
    /// Something is due.
    Schedule(ScheduleCare),
    /// It is not, after all.
    Withdraw(WithdrawCare),
}

/// The order to record what a customer chose about hearing from the company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordChoices {
    /// The cancellation in which they chose.
    pub cancellation_id: CancellationId,
    /// The customer.
    pub customer_id: CustomerId,
    /// When they chose.
    pub chosen_at: Timestamp,
    /// The channels, each with what they chose.
    pub channels: Vec<(ContactChannel, KeepInTouch)>,
}

/// What is told of why a subscription ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToldReason {
    /// The reason stated, as a key of the reason tree; empty where none was, and where it is sensitive.
    pub stated: String,
    /// Its category; empty where no reason was stated.
    pub category: String,
}

impl ToldReason {
    /// What may be told of a reason outside the desk.
    pub fn of(reason: Option<&Reason>) -> Self {
        let Some(reason) = reason else {
            return Self::default();
        };
        Self {
            stated: if reason.sensitive {
                String::new()
            } else {
                reason.key.clone()
            },
            category: reason.category.clone(),
        }
    }
}

/// Why somebody who left is not asked back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotAskedBack {
    /// They died.
    Deceased,
    /// They asked never to be made an offer.
    DoNotOffer,
    /// They want to hear nothing any more.
    KeepInTouchRefused,
    /// Nobody is asked back who left for this reason.
    Never,
    /// The reason is sensitive, and nothing is said of asking back for this very one.
    Sensitive,
    /// It may be asked for only after the law allows to ask.
    WindowOver,
    /// They are held out, to learn what asking back comes to.
    HeldOut,
}

impl Named for NotAskedBack {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Deceased, "deceased"),
        (Self::DoNotOffer, "do_not_offer"),
        (Self::KeepInTouchRefused, "keep_in_touch_refused"),
        (Self::Never, "never"),
        (Self::Sensitive, "sensitive"),
        (Self::WindowOver, "window_over"),
        (Self::HeldOut, "held_out"),
    ];
}

/// Asking somebody back, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskBack {
    /// In which way: [`CareKind::WinBack`] or [`CareKind::Follow`].
    pub kind: CareKind,
    /// When.
    pub due_at: Timestamp,
    /// Until when it may be asked; absent where no policy is known.
    pub expires_at: Option<Timestamp>,
    /// What to speak of.
    pub theme: String,
}

/// Somebody who leaves, as far as the desk knows them.
#[derive(Clone, Copy, Debug)]
pub struct Leaver<'a> {
    /// The customer.
    pub customer_id: &'a CustomerId,
    /// What they leave.
    pub subscription_id: &'a SubscriptionId,
    /// How.
    pub plan: ExitPlan,
    /// When.
    pub dates: EndDates,
    /// When it was acknowledged.
    pub acknowledged_at: Timestamp,
    /// The last decision of the call; absent where nobody asked.
    pub record: Option<&'a Record>,
    /// The reason stated.
    pub reason: Option<&'a Reason>,
    /// The catalogue in force.
    pub catalogue: &'a Catalogue,
    /// How often a cancellation of this subscription was taken back before.
    pub times_stayed: u32,
}

impl Leaver<'_> {
    /// The customer is held out of being asked back.
    pub fn is_held_out(self) -> bool {
        let holdout = self.catalogue.holdout.as_ref();
        holdout.is_some_and(|holdout| holdout.holds_out_of_win_back(self.customer_id))
    }

    /// When and how they are asked back, or why they are not.
    pub fn ask_back(self) -> Result<AskBack, NotAskedBack> {
        let customer = self.record.and_then(|record| record.customer.as_deref());
        let died = customer.is_some_and(|customer| customer.deceased);
        if died || self.plan.exit_type == ExitType::Deceased {
            return Err(NotAskedBack::Deceased);
        }
        if customer.is_some_and(|customer| customer.do_not_offer) {
            return Err(NotAskedBack::DoNotOffer);
        }
        if self.plan.choices.is_refused() {
            return Err(NotAskedBack::KeepInTouchRefused);
        }
        let reason = self.reason.or_else(|| self.catalogue.reasons.unstated());
        let reason = reason.ok_or(NotAskedBack::Never)?;
        let after = reason.win_back_after_days.ok_or(NotAskedBack::Never)?;
        if reason.sensitive && !reason.win_back_though_sensitive {
            return Err(NotAskedBack::Sensitive);
        }
        let ended = self.dates.service_end_at;
        let due_at = days_after(ended, after).ok_or(NotAskedBack::Never)?;
        let due_at = due_at.max(self.acknowledged_at);
        let window = self
            .record
            .map(|it| it.decision.policy.win_back_window_days);
        let expires_at = window.and_then(|days| days_after(ended, days));
        if expires_at.is_some_and(|until| until <= due_at) {
            return Err(NotAskedBack::WindowOver);
        }
        let kind = way(reason.exit_path);
        if kind == CareKind::WinBack && self.is_held_out() {
            return Err(NotAskedBack::HeldOut);
        }
        Ok(AskBack {
            kind,
            due_at,
            expires_at,
            theme: reason.win_back_theme.clone(),
        })
    }

    /// The tasks that follow from leaving.
    pub fn tasks(self) -> Vec<CareTask> {
        let steps = self.plan.steps(self.dates, self.acknowledged_at);
        let mut tasks: Vec<CareTask> = steps
            .iter()
            .map(|step| CareTask {
                owner: step.owner.to_owned(),
                ..self.task(CareKind::ExitStep, step.key, step.due_at)
            })
            .collect();
        let ended = self.dates.service_end_at;
        if self.plan.choices.is_wanted() && self.plan.exit_type != ExitType::Deceased {
            let due_at = days_after(ended, KEEP_IN_TOUCH_DAYS).unwrap_or(ended);
            tasks.push(CareTask {
                channels: self.plan.choices.channels(KeepInTouch::Wanted).collect(),
                ..self.task(CareKind::KeepInTouch, "", due_at)
            });
        }
        if let Ok(ask) = self.ask_back() {
            tasks.push(CareTask {
                theme: ask.theme,
                expires_at: ask.expires_at,
                ..self.task(ask.kind, "", ask.due_at)
            });
        }
        tasks
    }

    /// A task of this subscription. Who stays after all and leaves again has new tasks: lifecycle makes
    /// none twice of which it knows the subject.
    fn task(self, kind: CareKind, step: &str, due_at: Timestamp) -> CareTask {
        let mut subject = self.subscription_id.to_string();
        if !step.is_empty() {
            subject = format!("{subject}/{step}");
        }
        if self.times_stayed > 0 {
            subject = format!("{subject}/{}", self.times_stayed + 1);
        }
        CareTask {
            kind,
            subject,
            theme: String::new(),
            due_at,
            expires_at: None,
            owner: String::new(),
            channels: Vec::new(),
        }
    }
}

/// Whose need ended or who moved is asked once whether it came back, and not won back.
const fn way(path: ExitPath) -> CareKind {
    match path {
        ExitPath::MoveAndFollow | ExitPath::Planned => CareKind::Follow,
        _ => CareKind::WinBack,
    }
}

fn days_after(from: Timestamp, days: u32) -> Option<Timestamp> {
    let hours = Span::new().try_hours(i64::from(days) * 24).ok()?;
    from.checked_add(hours).ok()
}

#[cfg(test)]
mod tests;
