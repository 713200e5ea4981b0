//! The RPCs of the review of offers.

use contract::offers::v1 as pb;
use contract::offers::v1::review_service_server::ReviewService;
use edge::page::PageTokens;
use edge::violations::Violations;
use edge::wire::timestamp;
use kernel::id::Agent;
use kernel::refusal::Refusal;
use kernel::time::Date;
use statistics::lift::{Group, Lift};
use tonic::{Request, Response, Status};

use super::{BOUNDARY, deadline, learned, parse, review_calls as calls};
use crate::domain::review::{
    Figures, Leaving, OfferReview, Side, Spending, SurvivalPoint, Verdict, WeekOfSpending,
};
use crate::usecase::read_learned::ReadLearned;
use crate::usecase::review_calls::ReviewCalls;
use crate::usecase::review_offers::{
    Asked, CheckedHoldout, NewOfferDecision, Review, ReviewOffers, ReviewedOffer,
    StoredOfferDecision,
};

/// The most reasons of one offer that are told.
const MOST_REASONS: usize = 20;
/// The most segments of one offer that are told.
const MOST_SEGMENTS: usize = 100;

/// Answers retention managers.
pub struct ReviewRpc {
    /// Listing what became of calls.
    pub review_calls: ReviewCalls,
    /// Reviewing and deciding.
    pub review_offers: ReviewOffers,
    /// What was learnt.
    pub read_learned: ReadLearned,
    /// Seals page tokens.
    pub page_tokens: PageTokens,
}

#[tonic::async_trait]
impl ReviewService for ReviewRpc {
    async fn review_offers(
        &self,
        request: Request<pb::ReviewOffersRequest>,
    ) -> Result<Response<pb::ReviewOffersResponse>, Status> {
        let asked = asked(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let review = self
            .review_offers
            .handle(asked, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(reviewed(&review)))
    }

    async fn list_call_outcomes(
        &self,
        request: Request<pb::ListCallOutcomesRequest>,
    ) -> Result<Response<pb::ListCallOutcomesResponse>, Status> {
        let request = request.get_ref();
        let which =
            calls::list(request, &self.page_tokens).map_err(|refusal| BOUNDARY.status(refusal))?;
        let page = self
            .review_calls
            .list(which, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let next = page.next_before.map(|before| {
            let cursor = before.to_string();
            self.page_tokens.seal(&calls::question(request), &cursor)
        });
        Ok(Response::new(pb::ListCallOutcomesResponse {
            outcomes: page.outcomes.into_iter().map(calls::outcome).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }

    async fn get_learned(
        &self,
        request: Request<pb::GetLearnedRequest>,
    ) -> Result<Response<pb::GetLearnedResponse>, Status> {
        let version = Some(request.get_ref().version).filter(|version| *version > 0);
        let told = self
            .read_learned
            .handle(version, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let answer = told.as_ref().map(learned::learned);
        Ok(Response::new(answer.unwrap_or_default()))
    }

    async fn decide_offer(
        &self,
        request: Request<pb::DecideOfferRequest>,
    ) -> Result<Response<pb::DecideOfferResponse>, Status> {
        let new = decide(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let stored = self
            .review_offers
            .decide(new, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(pb::DecideOfferResponse {
            decision: Some(decision(&stored)),
        }))
    }
}

fn asked(wire: &pb::ReviewOffersRequest) -> Result<Asked, Refusal> {
    let mut checks = Violations::default();
    let offer_key = checks.optional_id("offer_key", &wire.offer_key);
    let since = checks.optional_instant("since_time", wire.since_time.as_ref());
    checks.finish(|| {
        Some(Asked {
            offer_key: offer_key?,
            since: since?,
            by_segment: wire.by_segment,
        })
    })
}

fn decide(wire: &pb::DecideOfferRequest) -> Result<NewOfferDecision, Refusal> {
    let mut checks = Violations::default();
    let request_id = checks.id("request_id", &wire.request_id);
    let offer_key = checks.id("offer_key", &wire.offer_key);
    let decision = checks.known("decision", wire.decision).and_then(verdict);
    let reason = checks.key("reason", &wire.reason);
    let decided_by = checks.id::<Agent>("decided_by", &wire.decided_by);
    let review_due = day(&mut checks, "review_due", &wire.review_due);
    checks.finish(|| {
        Some(NewOfferDecision {
            request_id: request_id?,
            body_hash: parse::hash(wire),
            offer_key: offer_key?,
            decision: decision?,
            reason: reason?,
            decided_by: decided_by?.to_string(),
            review_due: review_due?,
        })
    })
}

#[expect(
    clippy::option_option,
    reason = "as the checks have it: the inner one means that none is given"
)]
fn day(checks: &mut Violations, field: &str, text: &str) -> Option<Option<Date>> {
    if text.is_empty() {
        return Some(None);
    }
    let day = text.parse().ok();
    if day.is_none() {
        checks.add(field, "BAD_VALUE", "must be a day, as in 2027-01-31");
    }
    day.map(Some)
}

const fn verdict(wire: pb::ReviewVerdict) -> Option<Verdict> {
    match wire {
        pb::ReviewVerdict::Unspecified => None,
        pb::ReviewVerdict::Continue => Some(Verdict::Continue),
        pb::ReviewVerdict::Watch => Some(Verdict::Watch),
        pb::ReviewVerdict::Change => Some(Verdict::Change),
        pb::ReviewVerdict::Drop => Some(Verdict::Drop),
    }
}

const fn wire_verdict(verdict: Verdict) -> pb::ReviewVerdict {
    match verdict {
        Verdict::Continue => pb::ReviewVerdict::Continue,
        Verdict::Watch => pb::ReviewVerdict::Watch,
        Verdict::Change => pb::ReviewVerdict::Change,
        Verdict::Drop => pb::ReviewVerdict::Drop,
    }
}

fn reviewed(review: &Review) -> pb::ReviewOffersResponse {
    pb::ReviewOffersResponse {
        offers: review.offers.iter().map(offer).collect(),
        holdout: review.holdout.as_ref().map(holdout),
        review_time: Some(timestamp(review.reviewed_at)),
        since_time: Some(timestamp(review.since)),
        spending: review.spending.iter().map(spending).collect(),
        exit_satisfaction: Some(exit_satisfaction(&review.leaving)),
    }
}

fn exit_satisfaction(leaving: &Leaving) -> pb::ExitSatisfactionReview {
    let reasons = leaving.by_reason.iter();
    let reasons = reasons.map(|reason| pb::ExitSatisfactionReason {
        reason_key: reason.key.clone(),
        rated: reason.rated,
        mean_score: reason.mean_score,
    });
    pb::ExitSatisfactionReview {
        cancellations: leaving.cancellations,
        rated: leaving.rated(),
        mean_score: leaving.mean_score(),
        rated_by_score: leaving.by_score.to_vec(),
        by_reason: reasons.collect(),
    }
}

fn offer(reviewed: &ReviewedOffer) -> pb::OfferReview {
    let review = &reviewed.review;
    let reasons = review.by_reason.iter().take(MOST_REASONS);
    pb::OfferReview {
        offer_key: review.offer_key.to_string(),
        currency: review
            .currency
            .map_or_else(String::new, |currency| currency.code().to_owned()),
        all: Some(figures(&review.all)),
        by_reason: reasons
            .map(|(reason, of_reason)| pb::ReasonFigures {
                reason: reason.clone().unwrap_or_default(),
                figures: Some(figures(of_reason)),
            })
            .collect(),
        verdict: wire_verdict(review.opinion.verdict).into(),
        verdict_reason: review.opinion.reason.to_owned(),
        chance_worth_more: review.opinion.chance_worth_more,
        review_due: reviewed
            .review_due
            .map_or_else(String::new, |day| day.to_string()),
        is_due: reviewed.is_due,
        in_catalogue: reviewed.in_catalogue,
        decision: reviewed.decision.as_ref().map(decision),
        offered_survival: reviewed.offered_survival.iter().map(point).collect(),
        held_out_survival: reviewed.held_out_survival.iter().map(point).collect(),
        by_segment: segments(review),
        parity_breaches: reviewed.parity.breaches,
        parity_refused: reviewed.parity.refused,
    }
}

fn segments(review: &OfferReview) -> Vec<pb::SegmentFigures> {
    let segments = review.by_segment.iter().take(MOST_SEGMENTS);
    segments
        .map(|((reason, kind), of_segment)| pb::SegmentFigures {
            reason: reason.clone().unwrap_or_default(),
            value_tier: kind.value_tier,
            long_term: kind.long_term,
            figures: Some(figures(of_segment)),
        })
        .collect()
}

fn spending(of: &Spending) -> pb::BudgetSpending {
    let week = |week: &WeekOfSpending| pb::WeekOfSpending {
        begin_time: Some(timestamp(week.begins_at)),
        committed: week.committed,
        given_back: week.given_back,
        spent_so_far: week.spent_so_far,
    };
    pb::BudgetSpending {
        budget_key: of.budget.to_string(),
        currency: of
            .currency
            .map_or_else(String::new, |currency| currency.code().to_owned()),
        limit_amount: of.limit,
        window: of.window.clone(),
        weeks: of.weeks.iter().map(week).collect(),
    }
}

fn figures(figures: &Figures) -> pb::ReviewFigures {
    let [lift_30, lift_90, lift_180] = figures.lifts;
    pb::ReviewFigures {
        offered: Some(side(&figures.offered)),
        held_out: Some(side(&figures.held_out)),
        lift_30_days: lift_30.map(difference),
        lift_90_days: lift_90.map(difference),
        lift_180_days: lift_180.map(difference),
        durable_lift: with_always(figures.durable_lift, figures.durable_always),
        value_per_call_minor: with_always(figures.value_lift, figures.value_always),
        cost_per_incremental_save_minor: figures.cost_per_incremental_save_minor,
        calls_still_needed: figures.calls_still_needed,
        durable_lift_at_equal_risk: figures.durable_adjusted.map(|it| difference(it.lift)),
        explained_by_risk: figures.durable_adjusted.map(|it| it.explained),
        net_retained_margin_minor: figures.net_retained_margin.map(difference),
    }
}

fn side(side: &Side) -> pb::ReviewSide {
    let [here_30, here_90, here_180] = side.windows.map(share);
    let [after_30, after_90] = side.after_terms.map(share);
    pb::ReviewSide {
        calls: side.calls,
        presented: side.presented,
        taken: side.taken,
        here_30_days: Some(here_30),
        here_90_days: Some(here_90),
        here_180_days: Some(here_180),
        durable: Some(share(side.durable)),
        cost_minor: side.cost_minor,
        here_30_days_after_terms: Some(after_30),
        here_90_days_after_terms: Some(after_90),
        serial_calls: side.serial_calls,
        overridden: side.overridden,
        took_price_before: Some(share(side.took_price_before)),
        rang_again: Some(share(side.rang_again)),
    }
}

fn share(group: Group) -> pb::Share {
    let (low, high) = group.interval_95();
    pb::Share {
        calls: group.calls,
        count: group.saves,
        share: group.rate(),
        low,
        high,
    }
}

const fn difference(lift: Lift) -> pb::Difference {
    pb::Difference {
        difference: lift.difference,
        low: lift.low,
        high: lift.high,
        standard_error: lift.standard_error,
        always_low: None,
        always_high: None,
    }
}

fn with_always(at_once: Option<Lift>, always: Option<Lift>) -> Option<pb::Difference> {
    at_once.map(|at_once| pb::Difference {
        always_low: always.map(|always| always.low),
        always_high: always.map(|always| always.high),
        ..difference(at_once)
    })
}

fn point(point: &SurvivalPoint) -> pb::SurvivalPoint {
    pb::SurvivalPoint {
        week: point.week,
        share: point.share,
        calls: u32::try_from(point.calls).unwrap_or(u32::MAX),
    }
}

fn decision(stored: &StoredOfferDecision) -> pb::OfferDecision {
    pb::OfferDecision {
        decision: wire_verdict(stored.decision).into(),
        reason: stored.reason.clone(),
        decided_by: stored.decided_by.clone(),
        decide_time: Some(timestamp(stored.decided_at)),
        review_due: stored
            .review_due
            .map_or_else(String::new, |day| day.to_string()),
    }
}

fn holdout(checked: &CheckedHoldout) -> pb::HoldoutCheck {
    let counts = checked.counts;
    pb::HoldoutCheck {
        holdout_key: checked.holdout.key.to_string(),
        planned_share: checked.holdout.share.fraction(),
        offered_customers: counts.offered,
        held_out_customers: counts.held_out,
        chance: checked.ratio.chance,
        is_suspicious: checked.ratio.is_suspicious,
        offered_all_the_same: counts.offered_all_the_same,
        on_both_sides: counts.on_both_sides,
    }
}
