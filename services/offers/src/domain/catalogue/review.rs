//! What a catalogue is refused for, or warned of, when it is published. What was published before
//! stays readable: these checks are no part of compiling.

use super::compile_guidance::warn_of_missing;
use super::draft::{CatalogueDraft, LinesDraft, OfferDraft};
use super::{Catalogue, Concession, Placeholder, Script, loyalty};
use crate::domain::problem::{Code, Placed, Problems};

impl CatalogueDraft {
    /// Reviews a catalogue that this draft was compiled to.
    pub fn review(&self, catalogue: &Catalogue, problems: &mut Problems) {
        loyalty::check(catalogue, problems);
        for offer in &self.offers {
            refuse_half_terms(offer, problems);
        }
        self.warn_of_translations(problems);
        if self.learning.is_none() {
            let message = "nobody is held out, so that nothing tells what offers keep from who stays \
                           anyway, and nothing is learnt: add learning with a holdout";
            problems.warn(&self.start, Code::NoHoldout, message);
        }
    }

    fn warn_of_translations(&self, problems: &mut Problems) {
        let mut warn = |what: String, key: &Placed<String>, written: &[&str]| {
            warn_of_missing(&what, &key.place, written, &self.languages, problems);
        };
        for offer in &self.offers {
            let key = Placed::new(offer.key.value.to_string(), offer.key.place.clone());
            let texts = offer.texts.iter().map(|text| text.language.value.as_str());
            warn(key.value.clone(), &key, &texts.collect::<Vec<_>>());
        }
        let mut lines = |key: &Placed<String>, part: &str, lines: &LinesDraft| {
            let written: Vec<&str> = lines
                .iter()
                .map(|(language, _)| language.value.as_str())
                .collect();
            if !written.is_empty() {
                warn(format!("{part} of {}", key.value), key, &written);
            }
        };
        for guidance in &self.guidance {
            lines(&guidance.key, "say", &guidance.say);
            lines(&guidance.key, "do_not_say", &guidance.do_not_say);
        }
        for row in &self.routing {
            lines(&row.key, "why", &row.why);
        }
    }
}

/// The script of an offer is checked when it is compiled. Its summary is what the customer keeps in
/// mind: of a price it says until when and what comes afterwards, too.
fn refuse_half_terms(offer: &OfferDraft, problems: &mut Problems) {
    let Some(benefit) = offer.benefit.as_ref().map(|benefit| &benefit.value) else {
        return;
    };
    if benefit.concession == Concession::None {
        return;
    }
    let must_hear: [(bool, &str, &[Placeholder]); 2] = [
        (true, "{price_after}", &[Placeholder::PriceAfter]),
        (
            benefit.months() > 0,
            "{benefit_end} or {benefit_months}",
            &[Placeholder::BenefitEnd, Placeholder::BenefitMonths],
        ),
    ];
    for summary in offer.texts.iter().filter_map(|text| text.summary.as_ref()) {
        let Ok(script) = Script::parse(&summary.value) else {
            continue;
        };
        for (applies, names, placeholders) in must_hear {
            let says = script
                .placeholders()
                .any(|used| placeholders.contains(&used));
            if applies && !says {
                let message = format!("the summary keeps half of the terms back: use {names}");
                problems.add(&summary.place, Code::MissingPlaceholder, message);
            }
        }
    }
}
