//! Every rule has a sentence of its own, with its evidence in it.

use super::*;
use crate::domain::stage::Evidence;

fn said(stage: Stage, rule: &'static str, evidence: Vec<Evidence>) -> String {
    explain(&Classification {
        stage,
        finding: Finding { rule, evidence },
        further: vec![],
    })
}

fn days(count: u32) -> Vec<Evidence> {
    vec![Evidence::count("days", count, 1)]
}

#[test]
fn tenure_and_what_has_happened_are_said_in_one_sentence() {
    let end: Timestamp = "2026-05-03T10:00:00Z".parse().unwrap();
    let end = vec![Evidence::plain("service_end_time", Measure::Time(end))];
    let cases = [
        ("established.otherwise", days(100), "With us for 3 months."),
        ("established.otherwise", days(0), "Is with us since today."),
        (
            "leaving.end_set",
            end.clone(),
            "The service is set to end on 3 May 2026.",
        ),
        ("lost.ended", end, "The service ended on 3 May 2026."),
        (
            "lost.ended",
            vec![],
            "The service ended; the day is not known.",
        ),
        (
            "phoenix.return",
            days(21),
            "Came back to us 21 days ago after having been away.",
        ),
    ];
    for (rule, evidence, sentence) in cases {
        assert_eq!(said(Stage::Established, rule, evidence), sentence);
    }
    let long = said(Stage::LongTerm, "long_term.tenure", days(1_155));
    assert_eq!(long, "Has been with us for 3 years and 1 month.");
}

#[test]
fn trouble_is_said_in_one_sentence() {
    let share = |fact, share| Evidence::plain(fact, Measure::Share(share));
    let risk = vec![
        share("churn_risk.probability", 0.244),
        share("churn_risk.base_rate", 0.004),
    ];
    let cases = [
        (
            "at_risk.churn_risk",
            risk,
            "Is more likely to leave than most: 24 % against less than 1 %.",
        ),
        (
            "first_disagreement.open",
            days(1),
            "Has 1 incident with us that we have not put right yet.",
        ),
        (
            "at_risk.failed_payments",
            days(2),
            "2 payments failed, and none has come since.",
        ),
    ];
    for (rule, evidence, sentence) in cases {
        assert_eq!(said(Stage::AtRisk, rule, evidence), sentence);
    }
}

#[test]
fn spans_are_told_in_their_largest_units() {
    let cases = [
        (1, "1 day"),
        (60, "60 days"),
        (61, "2 months"),
        (364, "11 months"),
        (365, "1 year"),
        (396, "1 year and 1 month"),
        (730, "2 years"),
    ];
    for (days, text) in cases {
        assert_eq!(span(days), text);
    }
}
