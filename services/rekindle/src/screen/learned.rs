//! What was learnt of offers, as a table for each category of reasons.

use contract::offers::v1::{
    DrawnArm, GetLearnedResponse, HoldoutSide, LearnedArm, LearnedCount, LearnedDrift, LearnedStage,
};

use super::paper::{Page, Paper, Style};
use super::words;

/// As wide as the longest key of an arm that is shown whole.
const ARM_WIDTH: usize = 28;

/// Shows a version: when it was made, what budgets ask for, then arm by arm.
pub fn learned(answer: &GetLearnedResponse, paper: Paper) -> String {
    let mut page = Page::on(paper);
    page.title("What was learnt of offers");
    if answer.version == 0 {
        page.paragraph(
            2,
            Style::Plain,
            "Nothing yet. A version is made once a day, as soon as fifty calls have come to something \
             and the catalogue has a section on learning; until then it is believed.",
        );
        return page.finish();
    }
    let made = words::optional_minute(answer.make_time.as_ref());
    let catalogue = answer.catalogue_version;
    let version = format!("{}, made {made} with catalogue {catalogue}", answer.version);
    page.labelled("version", &version);
    page.labelled("budgets", &budgets(answer));
    page.labelled("lately", &lately(answer));
    for drift in &answer.drifts {
        page.paragraph(4, Style::Plain, &of_drift(drift));
    }
    for of_category in answer
        .arms
        .chunk_by(|left, right| left.reason_category == right.reason_category)
    {
        page.heading(&words::spoken(&of_category[0].reason_category).to_uppercase());
        page.line(
            Style::Faint,
            &row("", "calls", "stayed", "here at 30", "lasting"),
        );
        for arm in of_category {
            page.line(Style::Plain, &of_arm(arm));
        }
    }
    page.finish()
}

/// The side of the holdout that a call was on.
pub(super) fn side(side: &HoldoutSide) -> String {
    let whom = if side.held_out {
        "the customer is held out"
    } else {
        "the customer is not held out"
    };
    let counts = if side.exposed {
        "the call counts for the comparison"
    } else {
        "the call does not count, nothing would have been offered"
    };
    let share = words::percent(side.share);
    format!("{whom} by {} ({share} are); {counts}", side.holdout_key)
}

/// An arm of a draw.
pub(super) fn drawn_arm(arm: &DrawnArm) -> String {
    let chance = words::percent(arm.propensity);
    let believed = arm.believed.unwrap_or_default();
    let [stay, here, durable] =
        [believed.stay, believed.here_30_days, believed.durable].map(words::percent);
    let mut text = format!(
        "{} with {chance}: {stay} stay, of these {here} are here at 30 days, of these {durable} last",
        words::spoken(&arm.arm)
    );
    if arm.price > 0.0 {
        let returns = format!(
            "; one unit of its budget had to return {:.2}",
            1.0 + arm.price
        );
        text.push_str(&returns);
    }
    if arm.drawn {
        text.push_str("; drawn");
    }
    text
}

/// What a unit of each budget must return.
fn budgets(answer: &GetLearnedResponse) -> String {
    if answer.prices.is_empty() {
        return "there is enough of each".to_owned();
    }
    let each = answer.prices.iter().map(|it| {
        let returns = 1.0 + it.price;
        format!("one unit of {} must return {returns:.2}", it.budget_key)
    });
    each.collect::<Vec<_>>().join("; ")
}

/// Whether offers lately did as was believed.
fn lately(answer: &GetLearnedResponse) -> String {
    let Some(since) = words::instant(answer.drift_since_time.as_ref()).map(words::day) else {
        return "not known: it takes a version of 28 days before that counts alike".to_owned();
    };
    match answer.drifts.len() {
        0 => format!("everything as was believed on {since}"),
        _ => format!("otherwise than was believed on {since}, or one in a hundred by chance:"),
    }
}

fn of_drift(drift: &LearnedDrift) -> String {
    let passed = match drift.stage() {
        LearnedStage::Stay => "stayed",
        LearnedStage::Here30Days => "were here at 30 days",
        LearnedStage::Durable => "stayed for good",
        LearnedStage::Unspecified => "passed",
    };
    let [low, high] = [drift.expected_low, drift.expected_high].map(words::percent);
    let calls = drift.seen.map_or(0.0, |seen| seen.calls);
    let (arm, seen) = (words::spoken(&drift.arm), share(drift.seen));
    format!("{arm}: {seen} of {calls:.0} {passed}; {low} to {high} were expected to")
}

fn of_arm(arm: &LearnedArm) -> String {
    let believed = arm.believed.as_ref();
    let lasting = believed.map(|it| {
        let [low, high] = [it.lasting_low, it.lasting_high].map(words::percent);
        format!("{} ({low} to {high})", words::percent(it.lasting))
    });
    let calls = arm.stay.map_or(0.0, |stay| stay.calls);
    row(
        &words::spoken(&arm.arm),
        &format!("{calls:.0}"),
        &share(arm.stay),
        &share(arm.here_30_days),
        &lasting.unwrap_or_else(|| "not in the catalogue".to_owned()),
    )
}

fn row(arm: &str, calls: &str, stayed: &str, here: &str, lasting: &str) -> String {
    format!("  {arm:<ARM_WIDTH$} {calls:>7}  {stayed:>7}  {here:>10}  {lasting}")
}

fn share(count: Option<LearnedCount>) -> String {
    match count {
        Some(count) if count.calls > 0.0 => words::percent(count.successes / count.calls),
        _ => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use contract::offers::v1::{BudgetPrice, LearnedBelief};

    use super::*;

    #[test]
    fn a_draw_says_what_was_believed_and_what_the_budget_asked_for() {
        let mut arm = DrawnArm {
            arm: "ten_percent".to_owned(),
            propensity: 0.005,
            drawn: true,
            believed: None,
            price: 0.25,
        };
        let told = drawn_arm(&arm);
        assert!(
            told.starts_with("ten percent with 0.5 %: 0 % stay"),
            "{told}"
        );
        assert!(told.ends_with("had to return 1.25; drawn"), "{told}");
        (arm.drawn, arm.price) = (false, 0.0);
        assert!(drawn_arm(&arm).ends_with("last"));
        let mut of_holdout = HoldoutSide {
            holdout_key: "calls".to_owned(),
            share: 0.05,
            held_out: true,
            exposed: true,
        };
        let told = side(&of_holdout);
        assert!(
            told.starts_with("the customer is held out by calls"),
            "{told}"
        );
        of_holdout.exposed = false;
        assert!(side(&of_holdout).contains("does not count"));
    }

    #[test]
    fn a_version_is_a_table_by_reason_and_arm() {
        let count = |calls, successes| Some(LearnedCount { calls, successes });
        let known = LearnedArm {
            reason_category: "price".to_owned(),
            arm: "ten_percent".to_owned(),
            stay: count(200.0, 80.0),
            here_30_days: count(80.0, 76.0),
            durable: None,
            believed: Some(LearnedBelief {
                lasting: 0.25,
                lasting_low: 0.2,
                lasting_high: 0.3,
                ..LearnedBelief::default()
            }),
        };
        let gone = LearnedArm {
            arm: "no_offer".to_owned(),
            here_30_days: None,
            believed: None,
            ..known.clone()
        };
        let answer = GetLearnedResponse {
            version: 3,
            prices: vec![BudgetPrice {
                budget_key: "discounts".to_owned(),
                price: 0.5,
            }],
            arms: vec![known, gone],
            ..GetLearnedResponse::default()
        };
        let text = learned(&answer, Paper::plain(100));
        for wanted in [
            "one unit of discounts must return 1.50",
            "PRICE",
            "25 % (20 % to 30 %)",
            "not in the catalogue",
        ] {
            assert!(text.contains(wanted), "{wanted} is missing in {text}");
        }
        assert!(text.contains("not known: it takes a version"), "{text}");
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("200")).collect();
        assert!(
            lines[0].contains("40 %") && lines[0].contains("95 %"),
            "{text}"
        );
        assert!(
            lines[1].contains("no offer") && lines[1].contains('?'),
            "{text}"
        );
        let nothing = learned(&GetLearnedResponse::default(), Paper::plain(100));
        assert!(nothing.contains("Nothing yet"));
    }

    #[test]
    fn what_lately_did_otherwise_is_named() {
        let drift = LearnedDrift {
            arm: "ten_percent".to_owned(),
            stage: LearnedStage::Durable.into(),
            seen: Some(LearnedCount {
                calls: 140.4,
                successes: 35.1,
            }),
            expected_low: 0.5,
            expected_high: 0.75,
        };
        let mut answer = GetLearnedResponse {
            version: 3,
            drifts: vec![drift],
            drift_since_time: Some(prost_types::Timestamp {
                seconds: 1_790_000_000,
                nanos: 0,
            }),
            ..GetLearnedResponse::default()
        };
        let text = learned(&answer, Paper::plain(100));
        let wanted = "ten percent: 25 % of 140 stayed for good; 50 % to 75 % were expected to";
        assert!(text.contains(wanted), "{text}");
        assert!(
            text.contains("otherwise than was believed on 2026-09-21"),
            "{text}"
        );
        answer.drifts.clear();
        let text = learned(&answer, Paper::plain(100));
        assert!(
            text.contains("everything as was believed on 2026-09-21"),
            "{text}"
        );
    }
}
