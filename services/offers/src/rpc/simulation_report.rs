//! What a draft would have done, on the wire.

use contract::offers::v1 as pb;
use edge::wire::timestamp;
use kernel::money::Currency;
use kernel::time::Date;

use crate::domain::named::Named;
use crate::domain::simulation::{
    BeforeAfter, BudgetSpending, Change, Check, Counts, Example, Fortune, Gain, Judged, Report,
    Spent, WindowSpending,
};
use crate::usecase::simulate::Simulated;

/// The most pairs, and the most reasons why offers newly fail.
const MOST_ROWS: usize = 200;

/// Renders the result, and the calls to look at.
pub(super) fn render(simulated: Simulated) -> (pb::Simulation, Vec<pb::SimulationExample>) {
    let evidence = evidence(&simulated);
    let Simulated {
        report,
        budgets,
        begun,
        is_cut,
        ..
    } = simulated;
    let (pairs, other_pairs_count) = pairs(&report);
    let [long_standing, others] = report.long_standing;
    let spendings = report.spendings.by_budget(&budgets);
    let rendered = pb::Simulation {
        read_count: report.read,
        compared_count: report.compared,
        replay_differs_count: report.replay_differs,
        overridden_count: report.overridden,
        unreadable_count: report.unreadable,
        from_time: Some(timestamp(begun.from)),
        until_time: Some(timestamp(begun.until)),
        more_exist: is_cut,
        checks: checks(&report),
        long_standing: Some(fortune(&long_standing)),
        others: Some(fortune(&others)),
        changes: Some(changes(&report)),
        gains: report.gains.iter().map(gain).collect(),
        evidence: Some(evidence),
        offers: counts(&report.offers),
        pairs,
        other_pairs_count,
        let_go_reasons: counts(&report.let_go),
        obstacles: counts(&report.obstacles),
        newly_failing: newly_failing(&report),
        budgets: spendings.iter().map(budget).collect(),
        budgets_cut: report.spendings.is_cut(),
        segments: segments(&report),
    };
    let examples = report.examples.into_sorted();
    (rendered, examples.iter().map(example).collect())
}

fn checks(report: &Report) -> Vec<pb::SimulationCheck> {
    let seen = |check: Check| {
        let mut seen = report.checks.iter().filter(|(seen, _)| **seen == check);
        seen.next().map(|(_, count)| *count).unwrap_or_default()
    };
    let all = Check::NAMES.iter().map(|(check, code)| {
        let count = seen(*check);
        pb::SimulationCheck {
            code: (*code).to_owned(),
            breach: check.is_breach(),
            before_count: count.before,
            after_count: count.after,
        }
    });
    all.collect()
}

fn changes(report: &Report) -> pb::SimulationChanges {
    let of = |change: Change| {
        let mut of = report.changes.iter().filter(|(kind, _)| *kind == change);
        of.next().map_or(0, |(_, count)| *count)
    };
    pb::SimulationChanges {
        same_count: of(Change::Same),
        other_terms_count: of(Change::OtherTerms),
        other_offers_count: of(Change::OtherOffers),
        newly_offered_count: of(Change::NewlyOffered),
        no_longer_offered_count: of(Change::NoLongerOffered),
    }
}

const fn fortune(fortune: &Fortune) -> pb::SimulationFortune {
    pb::SimulationFortune {
        call_count: fortune.calls,
        better_count: fortune.better,
        worse_count: fortune.worse,
        newly_offered_count: fortune.newly_offered,
        no_longer_offered_count: fortune.no_longer_offered,
    }
}

fn counts(counts: &Counts<String>) -> Vec<pb::SimulationCount> {
    let one = |key: &str, count: &BeforeAfter| pb::SimulationCount {
        key: key.to_owned(),
        before_count: count.before,
        after_count: count.after,
    };
    let others = counts.others();
    let named = counts.iter().map(|(key, count)| one(key, count));
    let others = (*others != BeforeAfter::default()).then(|| one("", others));
    named.chain(others).collect()
}

/// The most frequent pairs, and how many calls the others are.
fn pairs(report: &Report) -> (Vec<pb::SimulationPair>, u64) {
    let pairs = report.matrix.iter();
    let pairs = pairs.map(|((before, after), count)| pb::SimulationPair {
        before: before.clone(),
        after: after.clone(),
        call_count: *count,
    });
    let mut pairs: Vec<_> = pairs.collect();
    // Stable, so that equals stay in the order of their keys.
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.call_count));
    let left_out = pairs.split_off(MOST_ROWS.min(pairs.len()));
    let left_out: u64 = left_out.iter().map(|pair| pair.call_count).sum();
    (pairs, left_out + report.matrix.others())
}

fn newly_failing(report: &Report) -> Vec<pb::SimulationFailing> {
    let failing = report.newly_failing.iter();
    let failing = failing.map(|((offer_key, code), failing)| pb::SimulationFailing {
        offer_key: offer_key.clone(),
        code: code.clone(),
        call_count: failing.calls,
        handed_out_count: failing.handed_out,
    });
    let mut failing: Vec<_> = failing.collect();
    failing.sort_by_key(|one| std::cmp::Reverse((one.handed_out_count, one.call_count)));
    failing.truncate(MOST_ROWS);
    failing
}

fn segments(report: &Report) -> Vec<pb::SimulationSegment> {
    let segments = report.segments.iter();
    let segments = segments.map(|(kind, name, seen)| pb::SimulationSegment {
        kind: kind.name().to_owned(),
        name: name.to_owned(),
        fortune: Some(fortune(seen)),
    });
    segments.collect()
}

fn gain((currency, gain): (&Currency, &Gain)) -> pb::SimulationGain {
    let interval = gain.interval_95();
    pb::SimulationGain {
        currency: currency.code().to_owned(),
        call_count: gain.calls,
        before_mean_minor: gain.before,
        after_mean_minor: gain.after,
        difference_mean_minor: gain.difference(),
        difference_low_minor: interval.map(|(low, _)| low),
        difference_high_minor: interval.map(|(_, high)| high),
    }
}

fn evidence(simulated: &Simulated) -> pb::SimulationEvidence {
    let (known, left_out_count) = simulated.outcome_counts;
    let stated = |state: &str| pb::SimulationEvidence {
        state: state.to_owned(),
        outcome_count: u64::try_from(known).unwrap_or(u64::MAX),
        left_out_count,
        ..pb::SimulationEvidence::default()
    };
    match simulated.judged {
        Judged::TooFewOutcomes => stated("too_few_outcomes"),
        Judged::NothingLeftToChance => stated("nothing_left_to_chance"),
        Judged::Unsound => stated("unsound"),
        Judged::TooFewEffectiveCalls(effective_calls) => pb::SimulationEvidence {
            effective_calls,
            ..stated("too_few_effective_calls")
        },
        Judged::Estimated(found) => pb::SimulationEvidence {
            effective_calls: found.effective_calls,
            mean_weight: found.mean_weight,
            logged: Some(estimate(found.logged.value, found.logged.interval_95())),
            inverse_propensity: Some(estimate(
                found.inverse_propensity.value,
                found.inverse_propensity.interval_95(),
            )),
            self_normalised: Some(estimate(
                found.self_normalised.value,
                found.self_normalised.interval_95(),
            )),
            doubly_robust: Some(estimate(
                found.doubly_robust.value,
                found.doubly_robust.interval_95(),
            )),
            ..stated("estimated")
        },
    }
}

const fn estimate(value: f64, (low, high): (f64, f64)) -> pb::SimulationEstimate {
    pb::SimulationEstimate { value, low, high }
}

const fn spent(spent: Spent) -> pb::SimulationSpent {
    pb::SimulationSpent {
        offered: spent.offered,
        expected: spent.expected,
    }
}

fn budget(budget: &BudgetSpending) -> pb::SimulationBudget {
    let [dry_before_count, dry_after_count] = budget.dry_windows;
    let currency = budget.currency.as_ref().map(Currency::code);
    pb::SimulationBudget {
        budget_key: budget.key.to_string(),
        limit_amount: budget.limit,
        currency: currency.unwrap_or_default().to_owned(),
        before: Some(spent(budget.total.before)),
        after: Some(spent(budget.total.after)),
        window_count: budget.window_count,
        dry_before_count,
        dry_after_count,
        windows: budget.windows.iter().map(window).collect(),
    }
}

fn window(window: &WindowSpending) -> pb::SimulationWindow {
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    pb::SimulationWindow {
        start_date: day(window.start),
        before: Some(spent(window.spending.before)),
        after: Some(spent(window.spending.after)),
        dry_before_date: day(window.dry_before),
        dry_after_date: day(window.dry_after),
    }
}

fn example(example: &Example) -> pb::SimulationExample {
    let keys = |keys: &[kernel::id::OfferKey]| keys.iter().map(ToString::to_string).collect();
    pb::SimulationExample {
        customer_id: example.customer_id.to_string(),
        decision_id: example.decision_id.to_string(),
        decide_time: Some(timestamp(example.decided_at)),
        change: example
            .change
            .map_or("replay_differs", Named::name)
            .to_owned(),
        before_offer_keys: keys(&example.before),
        after_offer_keys: keys(&example.after),
        because: example.because.clone(),
    }
}
