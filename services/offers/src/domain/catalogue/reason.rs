//! The reasons people leave for, and what each allows.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Lever, StagePrior};
use crate::domain::named::Named;

/// The reasons, by key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReasonTree {
    reasons: BTreeMap<String, Reason>,
    categories: BTreeSet<String>,
}

impl ReasonTree {
    /// The key of "they would rather not say", which every tree has.
    pub const DECLINED_TO_SAY: &'static str = "declined_to_say";

    /// Builds the tree.
    pub fn new(reasons: impl IntoIterator<Item = Reason>) -> Self {
        let reasons: BTreeMap<String, Reason> = reasons
            .into_iter()
            .map(|reason| (reason.key.clone(), reason))
            .collect();
        let categories = reasons
            .values()
            .map(|reason| reason.category.clone())
            .collect();
        Self {
            reasons,
            categories,
        }
    }

    /// Finds a reason by its key.
    pub fn find(&self, key: &str) -> Option<&Reason> {
        self.reasons.get(key)
    }

    /// Returns what holds when no reason is stated.
    pub fn unstated(&self) -> Option<&Reason> {
        self.find(Self::DECLINED_TO_SAY)
    }

    /// Returns every reason, by key.
    pub fn iter(&self) -> impl Iterator<Item = &Reason> + Clone {
        self.reasons.values()
    }

    /// Returns every category, each once, in order.
    pub fn categories(&self) -> impl Iterator<Item = &str> + Clone {
        self.categories.iter().map(String::as_str)
    }

    /// Tells whether there is no reason.
    pub fn is_empty(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// A reason to leave.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a column of the reason tree, and they are independent of each other"
)]
pub struct Reason {
    /// Names it.
    pub key: String,
    /// The branch of the tree, for example `price`.
    pub category: String,
    /// Whether the company can do something about it.
    pub controllable: Controllable,
    /// The levers that answer it, best first.
    pub levers: Vec<Lever>,
    /// A lower price is an answer.
    pub price_offer_allowed: bool,
    /// Any offer is an answer; otherwise they are let go with care.
    pub offers_allowed: bool,
    /// Their life changed, and no offer changes it back.
    pub structural: bool,
    /// Whether service is possible at the new address has to be looked up: nothing is moved there
    /// before, and no pitch is made where it is not.
    pub serviceability_check: bool,
    /// How they leave.
    pub exit_path: ExitPath,
    /// After how many days they may be asked back; never when absent.
    pub win_back_after_days: Option<u32>,
    /// It is sensitive, and asking back is allowed for this very reason all the same.
    pub win_back_though_sensitive: bool,
    /// What to speak of then; empty when they are never asked back.
    pub win_back_theme: String,
    /// What has to be so before anything is offered for coming back.
    pub return_needs: ReturnNeeds,
    /// The share of those who leave for it that is expected back within a year.
    pub expected_return: f64,
    /// About health, death or hardship: kept apart and never spoken of lightly.
    pub sensitive: bool,
    /// What is recorded as having ended the subscription.
    pub system_code: EndReason,
    /// What happens when nothing is offered.
    pub no_offer: StagePrior,
}

impl Reason {
    /// Tells whether an offer of a lever is an answer to this reason.
    pub fn is_answered_by(&self, lever: Lever) -> bool {
        self.offers_allowed
            && self.levers.contains(&lever)
            && (self.price_offer_allowed || !lever.is_about_price())
    }

    /// Says in what way its attributes contradict each other.
    pub(super) fn complaints(&self) -> Vec<&'static str> {
        let price_lever = self.levers.iter().any(|lever| lever.is_about_price());
        let checks = [
            (
                !self.offers_allowed && !self.levers.is_empty(),
                "offers are not allowed, but there are levers: drop them",
            ),
            (
                !self.offers_allowed && self.price_offer_allowed,
                "a price offer cannot be allowed where offers are not",
            ),
            (
                self.offers_allowed && self.levers.is_empty(),
                "offers are allowed, but there is no lever: name one",
            ),
            (
                price_lever && !self.price_offer_allowed,
                "there is a lever about price, but a price offer is not allowed: drop one of them",
            ),
            (
                self.win_back_after_days.is_none() != self.win_back_theme.is_empty(),
                "win_back_after_days and win_back_theme go together",
            ),
        ];
        checks
            .into_iter()
            .filter(|(wrong, _)| *wrong)
            .map(|(_, complaint)| complaint)
            .collect()
    }
}

/// Whether the company can do something about a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Controllable {
    /// It can.
    Yes,
    /// In part.
    Partly,
    /// It cannot.
    No,
}

impl Named for Controllable {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Yes, "yes"),
        (Self::Partly, "partly"),
        (Self::No, "no"),
    ];
}

/// What has to be so before somebody who left for a reason is offered anything for coming back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReturnNeeds {
    /// Nothing.
    #[default]
    None,
    /// No incident is open: what drove them away is mended first.
    IncidentResolved,
    /// The place they would come back to is served.
    Serviceable,
}

impl Named for ReturnNeeds {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::None, "none"),
        (Self::IncidentResolved, "incident_resolved"),
        (Self::Serviceable, "serviceable"),
    ];
}

/// How somebody leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExitPath {
    /// The ordinary end.
    Standard,
    /// A planned end around a date in their life.
    Planned,
    /// They move, and the service may follow.
    MoveAndFollow,
    /// Somebody died: one person, few questions.
    Bereavement,
    /// What was wrong is put right and confirmed first.
    CorrectAndConfirm,
    /// The payment is mended before anything ends.
    PaymentRepair,
}

impl Named for ExitPath {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Standard, "standard"),
        (Self::Planned, "planned"),
        (Self::MoveAndFollow, "move_and_follow"),
        (Self::Bereavement, "bereavement"),
        (Self::CorrectAndConfirm, "correct_and_confirm"),
        (Self::PaymentRepair, "payment_repair"),
    ];
}

/// What ended a subscription, in the closed vocabulary of systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The customer cancelled.
    CustomerTermination,
    /// The customer withdrew within the cooling-off time.
    CustomerWithdrawal,
    /// The contract ended and was not renewed.
    ContractEndNotRenewed,
    /// Payment failed for good.
    PaymentFailure,
    /// A payment was disputed.
    PaymentDispute,
    /// The provider ended it.
    ProviderTermination,
    /// The product was withdrawn.
    ProductWithdrawn,
    /// The service moved to another address: linked, not churn.
    MovedService,
    /// The service was replaced by another: linked, not churn.
    ReplacedService,
    /// The account was merged into another: linked, not churn.
    MergedAccount,
    /// No activity for the lost time of the business line: inferred.
    InactivityLost,
    /// The customer died.
    Death,
}

impl Named for EndReason {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::CustomerTermination, "customer_termination"),
        (Self::CustomerWithdrawal, "customer_withdrawal"),
        (Self::ContractEndNotRenewed, "contract_end_not_renewed"),
        (Self::PaymentFailure, "payment_failure"),
        (Self::PaymentDispute, "payment_dispute"),
        (Self::ProviderTermination, "provider_termination"),
        (Self::ProductWithdrawn, "product_withdrawn"),
        (Self::MovedService, "moved_service"),
        (Self::ReplacedService, "replaced_service"),
        (Self::MergedAccount, "merged_account"),
        (Self::InactivityLost, "inactivity_lost"),
        (Self::Death, "death"),
    ];
}
