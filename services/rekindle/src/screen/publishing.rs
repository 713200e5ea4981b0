//! Catalogues, policies and rules: what is wrong with the files, what was published, what applies.

use contract::lifecycle::v1::RuleSet;
use contract::offers::v1::{CatalogueVersion, ExplainPolicyResponse, OfferSummary, Problem};

use super::agent::policy_lines;
use super::paper::{Page, Paper, Style, printable};
use super::words;
use crate::vocabulary;

/// Every problem as `file:line:column CODE message`, as editors and CI logs know it.
pub fn problems(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|it| {
            let place = format!("{}:{}:{}", printable(&it.file), it.line, it.column);
            format!("{place} {} {}", it.code, printable(&it.message))
        })
        .collect();
    lines.join("\n")
}

/// A catalogue: its version, if it has one, and its offers.
pub fn catalogue(
    version: Option<&CatalogueVersion>,
    offers: &[OfferSummary],
    is_new: bool,
    paper: Paper,
) -> String {
    let mut page = Page::on(paper);
    match version {
        None => page.paragraph(0, Style::Good, "no problems: the files can be published"),
        Some(version) => {
            let what = if is_new {
                "published"
            } else {
                "in force already"
            };
            let when = words::optional_minute(version.publish_time.as_ref());
            let title = format!("catalogue {} {what}, {when}", version.version);
            page.paragraph(0, Style::Good, &title);
            page.labelled("sha-256", &version.digest);
        }
    }
    for offer in offers {
        let lever = words::spoken(&vocabulary::LEVER.word(offer.lever));
        let due = match offer.review_due.as_str() {
            "" => String::new(),
            day => format!(", review due {day}"),
        };
        page.labelled(
            &format!("{:28}", offer.offer_key),
            &format!("{} ({lever}{due})", offer.title),
        );
    }
    page.finish()
}

/// What may be said in a situation, and which rows say so.
pub fn policy(explained: &ExplainPolicyResponse, paper: Paper) -> String {
    let mut page = Page::on(paper);
    page.title("What may be said");
    match &explained.policy {
        Some(policy) => policy_lines(&mut page, policy),
        None => page.paragraph(2, Style::Alert, "nothing is published: make no offer"),
    }
    page.heading("ROWS");
    for row in &explained.rows {
        let (style, mark) = if row.applied {
            (Style::Good, "applies")
        } else {
            (Style::Faint, "no")
        };
        page.paragraph(2, style, &format!("{}: {mark}. {}", row.key, row.why));
        let verify = if row.verify {
            ", still to be verified"
        } else {
            ""
        };
        if !row.source.is_empty() {
            page.paragraph(6, Style::Faint, &format!("source: {}{verify}", row.source));
        }
    }
    page.finish()
}

/// The rules of the business lines.
pub fn rules(rules: &RuleSet, paper: Paper) -> String {
    let mut page = Page::on(paper);
    let version = match rules.version {
        0 => "rules as built in: nothing is published".to_owned(),
        version => format!("rules {version}"),
    };
    page.paragraph(0, Style::Strong, &version);
    for line in &rules.business_lines {
        let text = format!(
            "early {} d · long-standing from {} d · lapsed after {} d, lost after {} d · back for \
             {} d · calm after {} d · notice {} d · margin {} bp · discount {} bp · risk within {} \
             d, at risk from {} % of the base rate and until below {} % · a stage lasts {} d at \
             least · value within {} months{}",
            line.early_days,
            line.long_term_days,
            line.lapsed_after_days,
            line.lost_after_days,
            line.phoenix_days,
            line.calm_days,
            line.notice_days,
            line.gross_margin_basis_points,
            line.discount_rate_basis_points,
            line.risk_horizon_days,
            line.at_risk_times_base_rate_percent,
            line.at_risk_exit_times_base_rate_percent(),
            line.stage_dwell_days(),
            line.value_horizon_months,
            line.opportunity_days
                .map_or_else(String::new, |days| format!(
                    " · an opportunity to buy every {days} d"
                )),
        );
        page.labelled(&line.business_line, &text);
    }
    page.finish()
}
