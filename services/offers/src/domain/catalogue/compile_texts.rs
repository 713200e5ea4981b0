//! Checking what the agent reads: that every placeholder can be filled and nothing the customer
//! must hear is left out.

use std::collections::BTreeMap;

use super::draft::{CatalogueDraft, OfferDraft, TextDraft};
use super::{Benefit, Concession, OfferText, Placeholder, Script, Texts};
use crate::domain::named::Named;
use crate::domain::problem::{Code, Placed, Problems};

impl CatalogueDraft {
    pub(super) fn compile_texts(
        &self,
        draft: &OfferDraft,
        problems: &mut Problems,
    ) -> Option<Texts> {
        let benefit = draft.benefit.as_ref().map(|benefit| &benefit.value);
        let mut by_language = BTreeMap::new();
        for text in &draft.texts {
            let title = text.title.clone();
            let summary = compile_script(text.summary.as_ref(), benefit, problems);
            let script = compile_script(text.script.as_ref(), benefit, problems);
            if let (Some(script), Some(benefit)) = (&script, benefit) {
                refuse_silence(text, script, benefit, problems);
            }
            if let (Some(title), Some(summary), Some(script)) = (title, summary, script) {
                let compiled = OfferText {
                    title,
                    summary,
                    script,
                };
                by_language.insert(text.language.value.clone(), compiled);
            }
        }
        let language = self.default_language.as_ref()?;
        if draft
            .texts
            .iter()
            .all(|text| text.language.value != *language)
        {
            let message = format!(
                "{} has no texts in the default language: add texts.{language}",
                draft.key.value
            );
            problems.add(&draft.key.place, Code::MissingKey, message);
        }
        let default = by_language.get(language).cloned()?;
        Some(Texts::new(default, by_language))
    }
}

fn compile_script(
    text: Option<&Placed<String>>,
    benefit: Option<&Benefit>,
    problems: &mut Problems,
) -> Option<Script> {
    let text = text?;
    let script = match Script::parse(&text.value) {
        Ok(script) => script,
        Err(complaint) => {
            problems.add(&text.place, Code::UnknownPlaceholder, complaint);
            return None;
        }
    };
    for placeholder in script.placeholders() {
        if let Some(benefit) = benefit
            && !benefit.fills(placeholder)
        {
            let message = format!(
                "{{{}}} cannot be filled: the benefit of this offer has no such thing",
                placeholder.name()
            );
            problems.add(&text.place, Code::UnknownPlaceholder, message);
        }
    }
    Some(script)
}

/// Whoever hears the price must hear what comes afterwards, until when, and for how long they bind
/// themselves.
fn refuse_silence(text: &TextDraft, script: &Script, benefit: &Benefit, problems: &mut Problems) {
    let says = |wanted: &[Placeholder]| script.placeholders().any(|used| wanted.contains(&used));
    let ends = benefit.months() > 0;
    let changes_price = !matches!(benefit.concession, Concession::None);
    let must_hear = [
        (
            changes_price,
            "the price afterwards",
            &[Placeholder::PriceAfter][..],
        ),
        (
            ends,
            "until when",
            &[Placeholder::BenefitEnd, Placeholder::BenefitMonths][..],
        ),
        (
            benefit.commitment_months > 0,
            "the commitment",
            &[Placeholder::CommitmentMonths][..],
        ),
        (
            !benefit.one_off.is_empty(),
            "the amount",
            &[Placeholder::Credit][..],
        ),
    ];
    let place = text
        .script
        .as_ref()
        .map_or(&text.language.place, |script| &script.place);
    for (applies, what, placeholders) in must_hear {
        if applies && !says(placeholders) {
            let names: Vec<String> = placeholders
                .iter()
                .map(|placeholder| format!("{{{}}}", placeholder.name()))
                .collect();
            let message = format!(
                "the script does not say {what}, which the customer must hear: use {}",
                names.join(" or ")
            );
            problems.add(place, Code::MissingPlaceholder, message);
        }
    }
}

impl Benefit {
    /// Tells whether a placeholder can be filled from the terms of this benefit.
    fn fills(&self, placeholder: Placeholder) -> bool {
        match placeholder {
            Placeholder::PriceNow | Placeholder::PriceAfter => true,
            Placeholder::PriceDuring | Placeholder::BenefitMonths | Placeholder::BenefitEnd => {
                self.months() > 0
            }
            Placeholder::Credit => !self.one_off.is_empty(),
            Placeholder::CommitmentMonths => self.commitment_months > 0,
        }
    }
}
