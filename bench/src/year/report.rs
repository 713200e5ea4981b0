//! The table and the document.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use contract::offers::v1::HoldoutCheck;
use serde::Serialize;
use serde_json::{Value as Json, json};
use statistics::lift::Group;

use super::desk::Counts;
use super::judge::{Finding, Stand};
use super::services::Memory;
use super::truth::Kind;

/// The report of a year.
#[derive(Debug)]
pub(crate) struct Report {
    pub(super) findings: Vec<Finding>,
    pub(super) holdout: HoldoutCheck,
    pub(super) played: Played,
    pub(super) memory: Memory,
}

/// What was played, and how long it took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Played {
    pub(super) counts: Counts,
    pub(super) days: u64,
    pub(super) prepared: Duration,
    pub(super) on_calls: Duration,
    pub(super) in_all: Duration,
}

impl Played {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people to read")]
    fn calls_per_second(&self) -> f64 {
        self.counts.calls as f64 / self.on_calls.as_secs_f64().max(1e-9)
    }
}

/// So many of so many, with the 95 % interval.
fn share(of: impl Iterator<Item = bool>) -> Share {
    let mut group = Group::default();
    for counts in of {
        group.calls += 1;
        group.saves += u32::from(counts);
    }
    let (low, high) = group.interval_95();
    Share {
        of: group.calls,
        count: group.saves,
        low,
        high,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Share {
    of: u32,
    count: u32,
    low: f64,
    high: f64,
}

impl Share {
    fn text(&self) -> String {
        let (low, high) = (100.0 * self.low, 100.0 * self.high);
        format!("{} of {} ({low:.0} to {high:.0} %)", self.count, self.of)
    }
}

impl Report {
    fn verdicts(&self, is_worth_it: bool, stand: Stand) -> Share {
        let findings = self.findings.iter();
        let those = findings.filter(|finding| finding.is_worth_it == is_worth_it);
        share(those.map(|finding| finding.stand() == stand))
    }

    /// How often the intervals of each figure hold the truth.
    fn coverage(&self) -> BTreeMap<&'static str, Share> {
        let mut held: BTreeMap<&'static str, Vec<bool>> = BTreeMap::new();
        for estimate in self.findings.iter().flat_map(|it| &it.estimates) {
            for name in [estimate.name, "all"] {
                held.entry(name).or_default().push(estimate.covers());
            }
        }
        let held = held.into_iter();
        held.map(|(name, held)| (name, share(held.into_iter())))
            .collect()
    }

    fn counts_by_kind(&self, kind: Kind) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for finding in self.findings.iter().filter(|it| it.kind == kind) {
            *counts.entry(finding.verdict.as_str_name()).or_default() += 1;
        }
        counts
    }

    fn document(&self) -> Json {
        let (played, counts) = (&self.played, &self.played.counts);
        let error_rates = |worth| {
            json!({
                "right": self.verdicts(worth, Stand::Right),
                "undecided": self.verdicts(worth, Stand::Undecided),
                "wrong": self.verdicts(worth, Stand::Wrong),
            })
        };
        let kinds = Kind::ALL.map(|kind| (kind.name(), self.counts_by_kind(kind)));
        let peaks = self.memory.peak_rss_mib.iter().copied();
        json!({"year": {
            "calls": counts.calls,
            "offered": counts.offered,
            "accepted": counts.accepted,
            "left_on_the_call": counts.left_on_the_call,
            "left_later": counts.left_later,
            "degraded": counts.degraded,
            "repeated": counts.repeated,
            "simulated_days": played.days,
            "preparing_seconds": played.prepared.as_secs_f64(),
            "runtime_seconds": played.in_all.as_secs_f64(),
            "calls_per_second": played.calls_per_second(),
            "calls_per_second_in_all":
                played.calls_per_second() * played.on_calls.as_secs_f64()
                    / played.in_all.as_secs_f64().max(1e-9),
            "peak_rss_mib": peaks.collect::<BTreeMap<_, _>>(),
            "databases_mib": self.memory.databases_mib,
            "worth_it": error_rates(true),
            "not_worth_it": error_rates(false),
            "verdicts": BTreeMap::from(kinds),
            "coverage": self.coverage(),
            "holdout": {
                "planned": self.holdout.planned_share,
                "offered": self.holdout.offered_customers,
                "held_out": self.holdout.held_out_customers,
                "chance": self.holdout.chance,
                "is_suspicious": self.holdout.is_suspicious,
            },
            "offers": self.findings.iter().map(offer).collect::<Vec<_>>(),
        }})
    }

    /// The table.
    pub(crate) fn table(&self) -> String {
        let (played, counts) = (&self.played, &self.played.counts);
        let mut lines = vec![
            format!(
                "{} calls in {} simulated days; {} were offered something, {} took it, {} left on the \
                 call and {} later",
                counts.calls,
                played.days,
                counts.offered,
                counts.accepted,
                counts.left_on_the_call,
                counts.left_later
            ),
            format!(
                "{:.0} calls/s while calls were made; {:.0} s with everything, {:.0} s to prepare; \
                 {} degraded, {} made again",
                played.calls_per_second(),
                played.in_all.as_secs_f64(),
                played.prepared.as_secs_f64(),
                counts.degraded,
                counts.repeated
            ),
            self.memory_line(),
            format!(
                "holdout   {} of {} customers, planned {:.3}, chance {:.2}",
                self.holdout.held_out_customers,
                self.holdout.held_out_customers + self.holdout.offered_customers,
                self.holdout.planned_share,
                self.holdout.chance
            ),
            String::new(),
        ];
        lines.extend(self.findings.iter().map(line));
        lines.push(String::new());
        for (worth, name) in [(true, "worth it"), (false, "not worth it")] {
            lines.push(format!(
                "{name:13} told right {}, undecided {}, wrong {}",
                self.verdicts(worth, Stand::Right).text(),
                self.verdicts(worth, Stand::Undecided).text(),
                self.verdicts(worth, Stand::Wrong).text()
            ));
        }
        for (name, share) in self.coverage() {
            lines.push(format!("95 % intervals of {name:15} held {}", share.text()));
        }
        lines.join("\n")
    }

    fn memory_line(&self) -> String {
        let mut text = "memory at most".to_owned();
        for (service, mib) in &self.memory.peak_rss_mib {
            // Writing to a text cannot fail.
            let _ = write!(text, "  {service} {mib} MiB");
        }
        format!("{text}; databases {} MiB", self.memory.databases_mib)
    }
}

impl Serialize for Report {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document().serialize(serializer)
    }
}

fn verdict(finding: &Finding) -> String {
    let name = finding.verdict.as_str_name();
    name.trim_start_matches("REVIEW_VERDICT_").to_lowercase()
}

fn stand(finding: &Finding) -> &'static str {
    match finding.stand() {
        Stand::Right => "right",
        Stand::Undecided => "undecided",
        Stand::Wrong => "WRONG",
    }
}

fn offer(finding: &Finding) -> Json {
    let estimates = finding.estimates.iter().map(|it| {
        let estimate = json!({
            "truth": it.truth, "found": it.found, "low": it.low, "high": it.high,
            "covers": it.covers(),
        });
        (it.name, estimate)
    });
    json!({
        "offer": finding.key,
        "kind": finding.kind.name(),
        "is_worth_it": finding.is_worth_it,
        "verdict": verdict(finding),
        "reason": finding.reason,
        "stand": stand(finding).to_lowercase(),
        "offered_calls": finding.offered_calls,
        "held_out_calls": finding.held_out_calls,
        "estimates": estimates.collect::<BTreeMap<_, _>>(),
    })
}

fn line(finding: &Finding) -> String {
    let worth = if finding.is_worth_it {
        "worth it"
    } else {
        "not"
    };
    let mut text = format!(
        "{:12} {worth:9} {:9} {:10} {:>6} / {:<5}",
        finding.key,
        verdict(finding),
        stand(finding),
        finding.offered_calls,
        finding.held_out_calls
    );
    for estimate in &finding.estimates {
        let Some(name) = ["lift_180", "value_per_call"]
            .into_iter()
            .find(|name| *name == estimate.name)
        else {
            continue;
        };
        let per = if name == "lift_180" { 1.0 } else { 100.0 };
        let [truth, found, low, high] =
            [estimate.truth, estimate.found, estimate.low, estimate.high].map(|it| it / per);
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "  {name} {found:.3} ({low:.3} to {high:.3}), truth {truth:.3}"
        );
    }
    text
}
