//! Those who left, whom to ask back first, and who is not asked.

use contract::offers::v1::{ListWinBackCandidatesResponse, WinBackCandidate, WinBackCount};
use contract::profiles::v1::ContactPermission;

use super::paper::{Page, Paper, Style};
use super::words;
use crate::vocabulary;

/// How wide an id is in the table; a longer one moves its line.
const ID_WIDTH: usize = 16;
/// How wide an amount is.
const AMOUNT_WIDTH: usize = 16;

/// A page of candidates as a table; `permissions` are theirs in their order, or none at all.
pub fn win_back_candidates(
    answer: &ListWinBackCandidatesResponse,
    permissions: &[ContactPermission],
    paper: Paper,
) -> String {
    let mut page = Page::on(paper);
    if answer.candidates.is_empty() {
        let nobody = "nobody is asked back of those asked for; --all lists who is not, and why";
        page.paragraph(0, Style::Plain, nobody);
        return page.finish();
    }
    page.title("Whom to ask back, by the value expected of it");
    let head = row("customer", "expected", "was worth", "return", "when");
    page.line(Style::Faint, &head);
    for (place, candidate) in answer.candidates.iter().enumerate() {
        page.line(style(candidate), &line(candidate));
        page.paragraph(2, Style::Faint, &detail(candidate));
        if let Some(permission) = permissions.get(place) {
            let (style, text) = said(permission);
            page.paragraph(2, style, &text);
        }
    }
    page.gap();
    let honest = "expected is the share of the reason that comes back, as the catalogue has it, times \
                  the worth on the call: to sort by, and no forecast";
    page.paragraph(0, Style::Faint, honest);
    if !answer.next_page_token.is_empty() {
        page.line(
            Style::Plain,
            &format!("more with --page-token {}", answer.next_page_token),
        );
    }
    page.finish()
}

fn style(candidate: &WinBackCandidate) -> Style {
    if candidate.not_asked_back.is_empty() {
        Style::Strong
    } else {
        Style::Plain
    }
}

fn row(customer: &str, expected: &str, worth: &str, share: &str, when: &str) -> String {
    let row = format!(
        "{customer:ID_WIDTH$} {expected:>AMOUNT_WIDTH$} {worth:>AMOUNT_WIDTH$} {share:>6}  {when}"
    );
    row.trim_end().to_owned()
}

fn line(candidate: &WinBackCandidate) -> String {
    let amount = |amount: Option<_>| amount.map_or_else(|| "unknown".to_owned(), words::money);
    let share = candidate.expected_return.map(words::percent);
    row(
        &candidate.customer_id,
        &amount(candidate.expected_value.as_ref()),
        &amount(candidate.value.as_ref()),
        &share.unwrap_or_default(),
        &when(candidate),
    )
}

fn when(candidate: &WinBackCandidate) -> String {
    if !candidate.not_asked_back.is_empty() {
        let why = words::spoken(&candidate.not_asked_back);
        return format!("not asked: {why}");
    }
    let day = |time| words::instant(time).map(words::day);
    let from = day(candidate.ask_from_time.as_ref()).unwrap_or_default();
    match day(candidate.ask_until_time.as_ref()) {
        Some(until) => format!("{from} to {until}"),
        None => format!("from {from}"),
    }
}

fn detail(candidate: &WinBackCandidate) -> String {
    let reason = match (
        candidate.stated_reason.as_str(),
        candidate.reason_category.as_str(),
    ) {
        ("", "") => "no reason stated".to_owned(),
        ("", category) => category.to_owned(),
        (stated, category) => format!("{stated} ({category})"),
    };
    let ended = words::instant(candidate.service_end_time.as_ref()).map(words::day);
    let mut parts = vec![
        words::spoken(&reason),
        candidate.business_line.clone(),
        ended.map_or_else(String::new, |day| format!("ends {day}")),
        candidate.subscription_id.clone(),
    ];
    if candidate.way != 0 {
        let way = vocabulary::WIN_BACK_WAY.word(candidate.way);
        parts.push(words::spoken(&format!("{way}: {}", candidate.theme)));
    }
    parts.push(format!("cancellation {}", candidate.cancellation_id));
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}

fn said(permission: &ContactPermission) -> (Style, String) {
    let channel = vocabulary::CONSENT_CHANNEL.word(permission.channel);
    let minute = |time| words::optional_minute(time);
    if permission.allowed {
        let until = minute(permission.until_time.as_ref());
        return (Style::Good, format!("{channel}: yes, until {until}"));
    }
    let why = permission.findings.iter().find(|finding| finding.forbids);
    let why = why.map_or_else(String::new, |finding| format!(" ({})", finding.code));
    let text = match &permission.next_allowed_time {
        Some(next) => format!("{channel}: not now, from {} on{why}", minute(Some(next))),
        None => format!("{channel}: no{why}"),
    };
    (Style::Alert, text)
}

/// Those who left, counted.
pub fn win_back_counts(counts: &[WinBackCount], paper: Paper) -> String {
    let mut page = Page::on(paper);
    if counts.is_empty() {
        page.paragraph(0, Style::Plain, "nobody has left, or none who is like that");
    }
    for it in counts {
        let what = match it.not_asked_back.as_str() {
            "" => words::spoken(&vocabulary::WIN_BACK_WAY.word(it.way)),
            why => format!("not asked: {}", words::spoken(why)),
        };
        let count = words::grouped(it.cancellation_count);
        page.labelled(&format!("{what:34}"), &count);
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use contract::offers::v1::WinBackWay;
    use contract::profiles::v1::ContactFinding;
    use contract::types::v1::{ConsentChannel, Money};
    use prost_types::Timestamp;

    use super::*;

    fn euro(minor: i64) -> Money {
        Money {
            minor,
            currency: "EUR".to_owned(),
        }
    }

    fn on(text: &str) -> Timestamp {
        let time: jiff::Timestamp = text.parse().unwrap();
        crate::mapping::wire_time(time)
    }

    fn asked() -> WinBackCandidate {
        WinBackCandidate {
            customer_id: "c-000183".to_owned(),
            cancellation_id: "x-1".to_owned(),
            subscription_id: "s-1".to_owned(),
            service_end_time: Some(on("2026-12-01T00:00:00Z")),
            stated_reason: "too_expensive".to_owned(),
            reason_category: "price".to_owned(),
            business_line: "telecom".to_owned(),
            way: WinBackWay::WinBack.into(),
            theme: "better_value".to_owned(),
            ask_from_time: Some(on("2027-01-30T00:00:00Z")),
            ask_until_time: Some(on("2028-05-31T00:00:00Z")),
            value: Some(euro(120_000)),
            expected_return: Some(0.2),
            expected_value: Some(euro(24_000)),
            ..WinBackCandidate::default()
        }
    }

    fn held_out() -> WinBackCandidate {
        WinBackCandidate {
            customer_id: "c-2".to_owned(),
            cancellation_id: "x-2".to_owned(),
            subscription_id: "s-2".to_owned(),
            not_asked_back: "held_out".to_owned(),
            held_out: true,
            ..WinBackCandidate::default()
        }
    }

    #[test]
    fn a_page_is_a_table_of_whom_when_and_why_not() {
        let answer = ListWinBackCandidatesResponse {
            candidates: vec![asked(), held_out()],
            next_page_token: "next".to_owned(),
        };
        let no = ContactPermission {
            channel: ConsentChannel::Phone.into(),
            findings: vec![ContactFinding {
                code: "OBJECTED".to_owned(),
                forbids: true,
                ..ContactFinding::default()
            }],
            ..ContactPermission::default()
        };
        let text = win_back_candidates(&answer, &[no], Paper::plain(110));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[1..6],
            [
                "customer                 expected        was worth return  when",
                "c-000183               240.00 EUR      1200.00 EUR   20 %  2027-01-30 to 2028-05-31",
                "  too expensive (price) · telecom · ends 2026-12-01 · s-1 · win back: better value · \
                 cancellation x-1",
                "  phone: no (OBJECTED)",
                "c-2                       unknown          unknown         not asked: held out",
            ]
        );
        assert_eq!(lines[6], "  no reason stated · s-2 · cancellation x-2");
        assert!(text.ends_with("more with --page-token next"), "{text}");
    }

    #[test]
    fn where_nobody_is_like_that_it_is_said_how_to_see_the_others() {
        let nobody = ListWinBackCandidatesResponse::default();
        let text = win_back_candidates(&nobody, &[], Paper::plain(110));
        assert!(text.contains("--all"), "{text}");
    }

    #[test]
    fn counts_say_who_is_asked_and_why_others_are_not() {
        let count = |way: WinBackWay, why_not: &str, cancellation_count| WinBackCount {
            way: way.into(),
            not_asked_back: why_not.to_owned(),
            cancellation_count,
        };
        let counts = [
            count(WinBackWay::WinBack, "", 1_200),
            count(WinBackWay::Unspecified, "held_out", 61),
        ];
        let text = win_back_counts(&counts, Paper::plain(110));
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let lines: Vec<String> = text.lines().map(words).collect();
        assert_eq!(lines, ["win back 1,200", "not asked: held out 61"]);
    }
}
