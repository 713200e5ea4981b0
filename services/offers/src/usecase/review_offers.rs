//! Reviewing offers, and recording what managers decide about them.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::id::OfferKey;
use kernel::refusal::Refusal;
use kernel::time::{Clock, Date, Deadline, Span, Timestamp};
use statistics::lift::{SampleRatio, sample_ratio};

use super::active::Active;
use crate::domain::catalogue::Catalogue;
use crate::domain::holdout::Holdout;
use crate::domain::review::{
    Cell, Leaving, OfferReview, Spending, SurvivalPoint, WeekOfCalls, review, survival,
};
use crate::store::{CurveKey, HoldoutCounts, ParityKept, Store, WhichReview};

pub use crate::store::{NewOfferDecision, StoredOfferDecision};

/// Outcomes are looked at again for so long, and older calls say little about today.
const FURTHEST_BACK_HOURS: i64 = 400 * 24;

/// The use case.
#[derive(Clone)]
pub struct ReviewOffers {
    /// The tables.
    pub store: Store,
    /// The versions in force.
    pub active: Active,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What is asked of a review.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Only this offer.
    pub offer_key: Option<OfferKey>,
    /// Only calls since then.
    pub since: Option<Timestamp>,
    /// By segment, too.
    pub by_segment: bool,
}

/// A review.
#[derive(Clone, Debug)]
pub struct Review {
    /// The offers by key.
    pub offers: Vec<ReviewedOffer>,
    /// Whether the comparison can be believed; absent where nobody is held out.
    pub holdout: Option<CheckedHoldout>,
    /// When it was made.
    pub reviewed_at: Timestamp,
    /// Since when calls count.
    pub since: Timestamp,
    /// What was spent of each budget.
    pub spending: Vec<Spending>,
    /// What those said who left.
    pub leaving: Leaving,
}

/// A holdout in force and how it stands.
#[derive(Clone, Debug)]
pub struct CheckedHoldout {
    /// The holdout.
    pub holdout: Holdout,
    /// How many customers are on each side.
    pub counts: HoldoutCounts,
    /// Whether that is what was planned.
    pub ratio: SampleRatio,
}

/// One offer with what is known beside its figures.
#[derive(Clone, Debug)]
pub struct ReviewedOffer {
    /// Its review.
    pub review: OfferReview,
    /// How long those who were offered it stayed.
    pub offered_survival: Vec<SurvivalPoint>,
    /// How long those who would have been stayed.
    pub held_out_survival: Vec<SurvivalPoint>,
    /// The catalogue in force makes it.
    pub in_catalogue: bool,
    /// The review is due on this day.
    pub review_due: Option<Date>,
    /// It is due.
    pub is_due: bool,
    /// What was decided last.
    pub decision: Option<StoredOfferDecision>,
    /// How its price was kept from being above that of new customers.
    pub parity: ParityKept,
}

impl ReviewOffers {
    /// Reviews one offer or all of them, on calls since a time; by segment where that is asked for and
    /// the catalogue says where segments begin.
    pub async fn handle(&self, asked: Asked, deadline: Deadline) -> Result<Review, Refusal> {
        let Asked {
            offer_key,
            since,
            by_segment,
        } = asked;
        let now = self.clock.now();
        let furthest = now
            .checked_sub(Span::new().hours(FURTHEST_BACK_HOURS))
            .unwrap_or(Timestamp::UNIX_EPOCH);
        let since = since.map_or(furthest, |since| since.max(furthest));
        let versions = self.active.current();
        let holdout = versions.catalogue.holdout.clone();
        let which = WhichReview {
            since,
            now,
            offer_key,
            holdout_key: holdout.as_ref().map(|holdout| holdout.key.clone()),
            kinds: versions.catalogue.learning.clone().filter(|_| by_segment),
        };
        let rows = self.store.review(&which, deadline).await?;
        let share = holdout.as_ref().map_or(0.0, |it| it.share.fraction());
        let cells = with_silent(rows.cells, &versions.catalogue, which.offer_key.as_ref());
        let beside = Beside {
            weeks: &rows.weeks,
            decisions: &rows.decisions,
            parity: &rows.parity,
            catalogue: &versions.catalogue,
            today: now.in_tz("UTC").map_or(Date::MIN, |now| now.date()),
        };
        let offers = review(&cells, share).into_iter();
        let offers = offers.map(|review| beside.reviewed(review)).collect();
        let counts = rows.holdout;
        Ok(Review {
            offers,
            holdout: holdout.map(|holdout| CheckedHoldout {
                ratio: sample_ratio(counts.offered, counts.held_out, holdout.share.fraction()),
                counts,
                holdout,
            }),
            reviewed_at: now,
            since,
            spending: rows.spending,
            leaving: rows.leaving,
        })
    }

    /// Records what a manager decides about an offer that is or was made, once.
    pub async fn decide(
        &self,
        new: NewOfferDecision,
        deadline: Deadline,
    ) -> Result<StoredOfferDecision, Refusal> {
        self.active
            .current()
            .catalogue
            .named_offer(&new.offer_key)?;
        Ok(self.store.decide_offer(new, deadline).await?)
    }
}

/// Adds the offers that the catalogue makes and no call is known of.
fn with_silent(mut cells: Vec<Cell>, catalogue: &Catalogue, only: Option<&OfferKey>) -> Vec<Cell> {
    let asked = |key: &OfferKey| only.is_none_or(|only| only == key);
    let silent: Vec<_> = catalogue
        .offers()
        .filter(|offer| asked(&offer.key))
        .filter(|offer| cells.iter().all(|cell| cell.offer_key != offer.key))
        .map(|offer| Cell::silent(offer.key.clone()))
        .collect();
    cells.extend(silent);
    cells
}

/// What is known of offers beside their figures.
struct Beside<'a> {
    weeks: &'a BTreeMap<CurveKey, Vec<WeekOfCalls>>,
    decisions: &'a BTreeMap<OfferKey, StoredOfferDecision>,
    parity: &'a BTreeMap<OfferKey, ParityKept>,
    catalogue: &'a Catalogue,
    today: Date,
}

impl Beside<'_> {
    fn reviewed(&self, review: OfferReview) -> ReviewedOffer {
        let offer = self.catalogue.offer(&review.offer_key);
        let decision = self.decisions.get(&review.offer_key).cloned();
        let decided = decision.as_ref().and_then(|decision| decision.review_due);
        let review_due = decided.or_else(|| offer.map(|offer| offer.review_due));
        ReviewedOffer {
            offered_survival: self.curve(&review, false),
            held_out_survival: self.curve(&review, true),
            in_catalogue: offer.is_some(),
            review_due,
            is_due: review_due.is_some_and(|due| due <= self.today),
            decision,
            parity: self
                .parity
                .get(&review.offer_key)
                .copied()
                .unwrap_or_default(),
            review,
        }
    }

    fn curve(&self, review: &OfferReview, held_out: bool) -> Vec<SurvivalPoint> {
        let key = (review.offer_key.clone(), review.currency, held_out);
        let weeks = self.weeks.get(&key);
        weeks.map_or_else(Vec::new, |weeks| survival(weeks))
    }
}
