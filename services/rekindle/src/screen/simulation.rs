//! What past calls would have got under a draft.

use contract::offers::v1::{
    Simulation, SimulationBudget, SimulationCount, SimulationEvidence, SimulationExample,
    SimulationFortune, SimulationGain, SimulationSpent,
};
use contract::types::v1::Money;

use super::paper::{Page, Paper, Style};
use super::words;

/// The most pairs, reasons and examples that are shown; the others are in the JSON.
const SHOWN: usize = 15;

/// What the figures of worth are, in one sentence.
pub(crate) const BELIEF: &str = "This is what the catalogue believes and no evidence: both answers \
     are valued by the beliefs of the draft, on the same calls.";

/// What was simulated: breaches first, then answers, worth, evidence, offers, budgets and segments.
pub fn simulation(it: &Simulation, examples: &[SimulationExample], paper: Paper) -> String {
    let mut page = Page::on(paper);
    page.title("Simulation: nothing was written");
    page.paragraph(0, Style::Plain, &what_was_read(it));
    breaches(&mut page, it);
    answers(&mut page, it);
    worth(&mut page, it);
    offers(&mut page, it);
    counts(&mut page, "WHY NO OFFER IS MADE", &it.let_go_reasons);
    counts(&mut page, "WHAT KEEPS OFFERS FROM CALLS", &it.obstacles);
    newly_failing(&mut page, it);
    budgets(&mut page, it);
    segments(&mut page, it);
    look_at(&mut page, examples);
    page.finish()
}

/// How many decisions were read, of which calls, and which of them were not compared.
pub(crate) fn what_was_read(it: &Simulation) -> String {
    let from = words::optional_minute(it.from_time.as_ref());
    let until = words::optional_minute(it.until_time.as_ref());
    let mut text = format!(
        "{} of calls from {from} until {until}; {} compared",
        words::count(it.read_count, "decision"),
        words::grouped(it.compared_count)
    );
    let left_out = [
        (it.replay_differs_count, "come out otherwise by now"),
        (it.overridden_count, "were overridden by a person"),
        (it.unreadable_count, "cannot be read"),
    ];
    for (count, why) in left_out.into_iter().filter(|(count, _)| *count > 0) {
        text.extend([", ", &words::grouped(count), " ", why]);
    }
    if it.more_exist {
        text.push_str("; there are earlier ones");
    }
    text
}

fn breaches(page: &mut Page, it: &Simulation) {
    page.heading("WHAT NO ANSWER SHOULD BE");
    let mut none = true;
    for check in &it.checks {
        if check.before_count + check.after_count == 0 {
            continue;
        }
        let (before, after) = (check.before_count, check.after_count);
        let style = match (check.breach, after) {
            (true, 1..) => Style::Alert,
            _ => Style::Plain,
        };
        none = none && !(check.breach && after > 0);
        let text = format!(
            "{} of the draft, {} before",
            words::count(after, "answer"),
            words::grouped(before)
        );
        page.labelled_in(2, style, &format!("{:30}", check.code), &text);
    }
    if none {
        page.paragraph(2, Style::Good, "no breach in the answers of the draft");
    }
    let fortunes = [
        ("here for long", it.long_standing.as_ref()),
        ("all others", it.others.as_ref()),
    ];
    for (who, fortune) in fortunes {
        let Some(fortune) = fortune.filter(|it| it.call_count > 0) else {
            continue;
        };
        page.labelled(&format!("{who:30}"), &said_of(fortune));
    }
}

/// How the customers of some calls fare.
pub(crate) fn said_of(it: &SimulationFortune) -> String {
    format!(
        "{}: {} better off, {} worse off; {} newly offered something, {} nothing any more",
        words::count(it.call_count, "call"),
        words::grouped(it.better_count),
        words::grouped(it.worse_count),
        words::grouped(it.newly_offered_count),
        words::grouped(it.no_longer_offered_count),
    )
}

fn answers(page: &mut Page, it: &Simulation) {
    page.heading("ANSWERS");
    for (what, count) in changes(it) {
        page.labelled(&format!("{what:30}"), &words::grouped(count));
    }
    let moved = it.pairs.iter().filter(|pair| pair.before != pair.after);
    for pair in moved.take(SHOWN) {
        let text = format!("{} → {}", pair.before, pair.after);
        let count = words::grouped(pair.call_count);
        page.paragraph(4, Style::Faint, &format!("{count:>9}  {text}"));
    }
}

/// What became of the answers, in words.
pub(crate) fn changes(it: &Simulation) -> [(&'static str, u64); 5] {
    let it = it.changes.unwrap_or_default();
    [
        ("the same", it.same_count),
        ("the same at other terms", it.other_terms_count),
        ("other offers", it.other_offers_count),
        ("an offer where there was none", it.newly_offered_count),
        ("nothing where there was one", it.no_longer_offered_count),
    ]
}

fn worth(page: &mut Page, it: &Simulation) {
    page.heading("WORTH OF A CALL BEYOND OFFERING NOTHING");
    for it in &it.gains {
        page.labelled(&it.currency, &gain(it));
    }
    page.paragraph(2, Style::Faint, BELIEF);
    if let Some(it) = &it.evidence {
        page.labelled("evidence", &evidence(it));
    }
}

/// The difference with its interval, and both means.
pub(crate) fn gain(it: &SimulationGain) -> String {
    let amount = |minor: f64| {
        words::signed_money(&Money {
            minor: rounded(minor),
            currency: it.currency.clone(),
        })
    };
    let interval = match (it.difference_low_minor, it.difference_high_minor) {
        (Some(low), Some(high)) => format!(" (95 %: {} to {})", amount(low), amount(high)),
        _ => " (too few calls for an interval)".to_owned(),
    };
    format!(
        "{} a call{interval}: from {} to {}, {}",
        amount(it.difference_mean_minor),
        amount(it.before_mean_minor),
        amount(it.after_mean_minor),
        words::count(it.call_count, "call"),
    )
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float cast saturates, and means of amounts are far smaller"
)]
const fn rounded(minor: f64) -> i64 {
    minor.round() as i64
}

/// What the log says of the draft, or why it says nothing.
pub(crate) fn evidence(it: &SimulationEvidence) -> String {
    let known = words::count(it.outcome_count, "known outcome");
    match it.state.as_str() {
        "estimated" => {
            let said = |name: &str, it: Option<&contract::offers::v1::SimulationEstimate>| {
                it.map_or_else(String::new, |it| {
                    format!(
                        " · {name} {:.2} ({:.2} to {:.2})",
                        it.value, it.low, it.high
                    )
                })
            };
            format!(
                "{known}, worth {:.0} calls of the draft{}{}{}{}; a screen for what to try, no proof",
                it.effective_calls,
                said("logged", it.logged.as_ref()),
                said("IPS", it.inverse_propensity.as_ref()),
                said("SNIPS", it.self_normalised.as_ref()),
                said("DR", it.doubly_robust.as_ref()),
            )
        }
        "nothing_left_to_chance" => format!(
            "{known}, but every offer was certain: nothing is known of what was not offered"
        ),
        "too_few_effective_calls" => format!(
            "{known}, worth {:.0} calls of the draft: below 100 they tell nothing",
            it.effective_calls
        ),
        "unsound" => format!("{known}, which are no sound log"),
        _ => format!("{known}: too few to judge the draft by"),
    }
}

fn offers(page: &mut Page, it: &Simulation) {
    counts(page, "OFFERS HANDED OUT", &it.offers);
}

fn counts(page: &mut Page, heading: &str, all: &[SimulationCount]) {
    if all.is_empty() {
        return;
    }
    page.heading(heading);
    let head = format!("  {:32}{:>10}{:>10}", "", "before", "after");
    page.line(Style::Faint, &head);
    for it in all {
        let key = if it.key.is_empty() { "others" } else { &it.key };
        let (before, after) = (
            words::grouped(it.before_count),
            words::grouped(it.after_count),
        );
        let style = if it.before_count == it.after_count {
            Style::Plain
        } else {
            Style::Strong
        };
        page.line(style, &format!("  {key:32}{before:>10}{after:>10}"));
    }
}

fn newly_failing(page: &mut Page, it: &Simulation) {
    if it.newly_failing.is_empty() {
        return;
    }
    page.heading("WHAT NEWLY KEEPS OFFERS FROM CALLS");
    for it in it.newly_failing.iter().take(SHOWN) {
        let text = format!(
            "{} in {}, {} of them had it",
            it.code,
            words::count(it.call_count, "call"),
            words::grouped(it.handed_out_count)
        );
        page.labelled(&format!("{:30}", it.offer_key), &text);
    }
}

fn budgets(page: &mut Page, it: &Simulation) {
    if it.budgets.is_empty() {
        return;
    }
    page.heading("BUDGETS, AS OFTEN AS OFFERS ARE BELIEVED TO BE TAKEN");
    for it in &it.budgets {
        page.labelled(&format!("{:30}", it.budget_key), &budget(it));
    }
    if it.budgets_cut {
        let text = "too many budgets and days: something is left out of these sums";
        page.paragraph(2, Style::Alert, text);
    }
}

/// What a budget spends, of what, and when it runs dry.
pub(crate) fn budget(it: &SimulationBudget) -> String {
    let limit = it.limit_amount.map_or_else(
        || "there is no such budget".to_owned(),
        |limit| format!("limit {} a window", amount(limit, &it.currency)),
    );
    let dry = |count: u64, date: Option<&str>| match (count, date) {
        (0, _) => "never dry".to_owned(),
        (count, Some(date)) => format!("dry in {}, last on {date}", words::count(count, "window")),
        (count, None) => format!("dry in {}", words::count(count, "window")),
    };
    let last = |date: fn(&contract::offers::v1::SimulationWindow) -> &str| {
        let mut dates = it.windows.iter().rev().map(date);
        dates.find(|date| !date.is_empty())
    };
    format!(
        "{} ({}) → {} ({}); {limit}, {}",
        spent(it.before.as_ref(), &it.currency),
        dry(it.dry_before_count, last(|window| &window.dry_before_date)),
        spent(it.after.as_ref(), &it.currency),
        dry(it.dry_after_count, last(|window| &window.dry_after_date)),
        words::count(it.window_count, "window"),
    )
}

/// What is expected to be spent.
pub(crate) fn spent(it: Option<&SimulationSpent>, currency: &str) -> String {
    amount(rounded(it.map_or(0.0, |it| it.expected)), currency)
}

fn amount(number: i64, currency: &str) -> String {
    match currency {
        "" => format!("{number} offers"),
        currency => words::money(&Money {
            minor: number,
            currency: currency.to_owned(),
        }),
    }
}

fn segments(page: &mut Page, it: &Simulation) {
    page.heading("WHO WINS, WHO LOSES");
    let head = ["calls", "better", "worse", "newly", "no more"].map(|it| format!("{it:>9}"));
    page.line(Style::Faint, &format!("  {:32}{}", "", head.concat()));
    for it in &it.segments {
        let fortune = it.fortune.unwrap_or_default();
        let cells = numbers(&fortune).map(|it| format!("{:>9}", words::grouped(it)));
        let style = if fortune.worse_count > 0 {
            Style::Strong
        } else {
            Style::Plain
        };
        let name = segment_name(&it.kind, &it.name);
        page.line(style, &format!("  {name:32}{}", cells.concat()));
    }
}

/// A segment in words.
pub(crate) fn segment_name(kind: &str, name: &str) -> String {
    let name = if name.is_empty() { "others" } else { name };
    format!("{kind}: {}", words::spoken(name))
}

/// The figures of a segment: calls, better, worse, newly offered, nothing any more.
pub(crate) fn numbers(it: &SimulationFortune) -> [u64; 5] {
    [
        it.call_count,
        it.better_count,
        it.worse_count,
        it.newly_offered_count,
        it.no_longer_offered_count,
    ]
}

fn look_at(page: &mut Page, examples: &[SimulationExample]) {
    if examples.is_empty() {
        return;
    }
    page.heading("CALLS TO LOOK AT");
    for it in examples.iter().take(SHOWN) {
        page.paragraph(2, Style::Plain, &example(it));
        let command = format!(
            "    rekindle explain {} --customer {}",
            it.decision_id, it.customer_id
        );
        page.line(Style::Faint, &command);
    }
}

/// What became of one call.
pub(crate) fn example(it: &SimulationExample) -> String {
    let keys = |keys: &[String]| {
        if keys.is_empty() {
            "nothing".to_owned()
        } else {
            keys.join(" and ")
        }
    };
    let because = match it.because.as_str() {
        "" => String::new(),
        code => format!(" ({code})"),
    };
    format!(
        "{}: {} → {}{because}",
        words::spoken(&it.change),
        keys(&it.before_offer_keys),
        keys(&it.after_offer_keys),
    )
}

#[cfg(test)]
mod tests {
    use contract::offers::v1 as pb;

    use super::*;

    fn simulated() -> Simulation {
        let spent = |expected| {
            Some(SimulationSpent {
                offered: 90_000,
                expected,
            })
        };
        Simulation {
            read_count: 1_200,
            compared_count: 1_190,
            replay_differs_count: 10,
            checks: vec![pb::SimulationCheck {
                code: "LONG_STANDING_WORSE_THAN_NEW".to_owned(),
                breach: true,
                before_count: 0,
                after_count: 3,
            }],
            long_standing: Some(SimulationFortune {
                call_count: 40,
                worse_count: 3,
                ..SimulationFortune::default()
            }),
            changes: Some(pb::SimulationChanges {
                same_count: 1_187,
                no_longer_offered_count: 3,
                ..pb::SimulationChanges::default()
            }),
            gains: vec![SimulationGain {
                currency: "USD".to_owned(),
                call_count: 1_190,
                before_mean_minor: 310.0,
                after_mean_minor: 298.0,
                difference_mean_minor: -12.0,
                difference_low_minor: Some(-20.0),
                difference_high_minor: Some(-4.0),
            }],
            evidence: Some(SimulationEvidence {
                state: "too_few_outcomes".to_owned(),
                ..SimulationEvidence::default()
            }),
            budgets: vec![SimulationBudget {
                budget_key: "discounts".to_owned(),
                limit_amount: Some(50_000),
                currency: "USD".to_owned(),
                before: spent(60_000.0),
                after: spent(30_000.0),
                window_count: 1,
                dry_before_count: 1,
                windows: vec![pb::SimulationWindow {
                    start_date: "2026-11-01".to_owned(),
                    dry_before_date: "2026-11-19".to_owned(),
                    ..pb::SimulationWindow::default()
                }],
                ..SimulationBudget::default()
            }],
            ..Simulation::default()
        }
    }

    #[test]
    fn breaches_are_said_first_and_belief_is_called_so() {
        let text = simulation(&simulated(), &[], Paper::plain(110));
        let place = |words: &str| {
            text.find(words)
                .unwrap_or_else(|| panic!("{words}: {text}"))
        };
        assert!(place("LONG_STANDING_WORSE_THAN_NEW") < place("ANSWERS"));
        assert!(!text.contains("no breach"));
        place("1,200 decisions of calls");
        place("10 come out otherwise by now");
        place("40 calls: 0 better off, 3 worse off");
        place("-0.12 USD a call (95 %: -0.20 USD to -0.04 USD): from +3.10 USD to +2.98 USD");
        place("no evidence");
        place("0 known outcomes: too few");
        place("600.00 USD (dry in 1 window, last on 2026-11-19) → 300.00 USD (never dry)");
        place("limit 500.00 USD a window");

        let sound = Simulation {
            checks: Vec::new(),
            ..simulated()
        };
        assert!(simulation(&sound, &[], Paper::plain(110)).contains("no breach"));
    }

    #[test]
    fn an_example_can_be_explained_and_moves_no_cursor() {
        let example = SimulationExample {
            customer_id: "c-1".to_owned(),
            decision_id: "019a".to_owned(),
            change: "no_longer_offered".to_owned(),
            before_offer_keys: vec!["ten\u{1b}[2J".to_owned()],
            because: "PERMISSION_NEEDED".to_owned(),
            ..SimulationExample::default()
        };
        let text = simulation(&simulated(), &[example], Paper::plain(110));
        assert!(text.contains("rekindle explain 019a --customer c-1"));
        assert!(text.contains("no longer offered: ten [2J → nothing (PERMISSION_NEEDED)"));
        assert!(!text.contains('\u{1b}'));
    }
}
