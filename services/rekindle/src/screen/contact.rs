//! Whether somebody may be contacted, and the rules for it.

use contract::profiles::v1::{ContactPermission, ContactRule, ContactRuleSet};

use super::paper::{Page, Paper, Style};
use super::words;
use crate::vocabulary;

/// Answers, each with what was looked at.
pub fn contact_permissions(permissions: &[ContactPermission], paper: Paper) -> String {
    let mut page = Page::on(paper);
    if let Some(first) = permissions.first() {
        let version = match first.rules_version {
            0 => "contact rules as built in".to_owned(),
            version => format!("contact rules {version}"),
        };
        let at = words::optional_minute(first.send_time.as_ref());
        page.title(&format!("May {} be contacted, {at}", first.customer_id));
        page.paragraph(0, Style::Faint, &format!("{version}; not legal advice"));
    }
    for permission in permissions {
        verdict(&mut page, permission);
    }
    page.finish()
}

fn verdict(page: &mut Page, permission: &ContactPermission) {
    let way = format!(
        "{} for {}",
        vocabulary::CONSENT_CHANNEL.word(permission.channel),
        vocabulary::CONTACT_PURPOSE.word(permission.purpose)
    );
    let minute = |time| words::optional_minute(time);
    let (style, verdict) = if permission.allowed {
        let until = minute(permission.until_time.as_ref());
        (Style::Good, format!("{way}: yes, until {until}"))
    } else if permission.next_allowed_time.is_some() {
        let next = minute(permission.next_allowed_time.as_ref());
        (Style::Alert, format!("{way}: not now, from {next} on"))
    } else {
        (Style::Alert, format!("{way}: no"))
    };
    page.paragraph(0, style, &verdict);
    for finding in &permission.findings {
        let mark = if finding.forbids { "against" } else { "for" };
        let rule = match finding.rule.as_str() {
            "" => String::new(),
            rule => format!(" ({rule})"),
        };
        let text = format!("{mark}: {} {}{rule}", finding.code, finding.detail);
        page.paragraph(2, Style::Faint, &text);
    }
}

/// A version of the rules.
pub fn contact_rules(rules: &ContactRuleSet, paper: Paper) -> String {
    let mut page = Page::on(paper);
    let version = match (rules.version, rules.publish_time.is_some()) {
        (0, _) => "contact rules, not published".to_owned(),
        (version, _) => format!("contact rules {version}"),
    };
    let title = format!(
        "{version}: {} rules, {} places; not legal advice",
        rules.rules.len(),
        rules.places.len()
    );
    page.paragraph(0, Style::Strong, &title);
    for rule in &rules.rules {
        page.labelled(&rule.rule_key, &said(rule));
        let verify = if rule.verify {
            ", still to be verified"
        } else {
            ""
        };
        page.paragraph(6, Style::Faint, &format!("source: {}{verify}", rule.source));
    }
    page.finish()
}

fn said(rule: &ContactRule) -> String {
    let list = |of: &vocabulary::Vocabulary, numbers: &[i32], all: &str| match numbers {
        [] => all.to_owned(),
        numbers => {
            let words: Vec<String> = numbers.iter().map(|number| of.word(*number)).collect();
            words.join(", ")
        }
    };
    let mut parts = vec![
        rule.place.clone(),
        list(
            &vocabulary::CONSENT_CHANNEL,
            &rule.channels,
            "every channel",
        ),
        list(
            &vocabulary::CONTACT_PURPOSE,
            &rule.purposes,
            "every purpose",
        ),
    ];
    if rule.basis != 0 {
        let basis = words::spoken(&vocabulary::CONTACT_BASIS.word(rule.basis));
        parts.push(match rule.relationship_days {
            0 => format!("basis {basis}"),
            days => format!("basis {basis}, {days} d after its end"),
        });
    }
    if let Some(hours) = &rule.hours {
        let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
        let days: Vec<String> = hours.iso_weekdays.iter().map(ToString::to_string).collect();
        let on = if days.is_empty() {
            "every day".to_owned()
        } else {
            format!("on days {}", days.join(" "))
        };
        parts.push(format!(
            "{} to {} {on}",
            clock(hours.start_minute),
            clock(hours.end_minute)
        ));
    }
    if rule.closed {
        parts.push("closed".to_owned());
    }
    parts.join(" · ")
}
