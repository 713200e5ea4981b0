//! Checking a catalogue as a whole and compiling it; every problem is noted, not only the first.

use std::collections::{BTreeMap, BTreeSet};

use super::authority::{check_grantable, compile_authority};
use super::draft::{CatalogueDraft, OfferDraft, PriorsDraft, StageDraft};
use super::reference_price::compile_reference_prices;
use super::{Benefit, Catalogue, CoolDown, CostModel, Lever, Offer, Priors, ReasonTree};
use crate::domain::named::Named;
use crate::domain::nearest::did_you_mean;
use crate::domain::predicate::draft::Draft;
use crate::domain::predicate::{Part, Possibilities, Predicate, RuleBook};
use crate::domain::problem::{Code, Place, Placed, Problems};
use crate::domain::request::Occasion;

impl CatalogueDraft {
    /// Checks everything and compiles; absent when something is wrong, which is noted.
    pub fn compile(&self, problems: &mut Problems) -> Option<Catalogue> {
        let reasons = self.compile_reasons(problems);
        let mut book = RuleBook::check(&self.rules, &reasons, problems);
        let authority = compile_authority(&self.authority, problems);
        let mut keys = BTreeSet::new();
        let mut offers = Vec::with_capacity(self.offers.len());
        for draft in &self.offers {
            if !keys.insert(&draft.key.value) {
                let message = format!("there are two offers named {}: rename one", draft.key.value);
                problems.add(&draft.key.place, Code::DuplicateDefinition, message);
            }
            if let Some(benefit) = &draft.benefit {
                check_grantable(draft.key.value.as_str(), benefit, &authority, problems);
            }
            offers.extend(self.compile_offer(draft, &reasons, &mut book, problems));
        }
        if self.offers.is_empty() {
            problems.add(
                &self.start,
                Code::MissingKey,
                "there is no offer: add offers",
            );
        }
        let guidance = self.compile_guidance(&reasons, &mut book, problems);
        let routing = self.compile_routing(&reasons, &mut book, problems);
        drop(book);
        let reference_prices = compile_reference_prices(&self.reference_prices, problems);
        let contact_policy = self.compile_contact_policy(problems);
        self.check_occasions(problems);
        let learning = || self.learning.clone().map(|it| it.value);
        let compiled = problems.is_empty().then(|| Catalogue {
            authority,
            contact_policy,
            reference_prices,
            serial_savers: self
                .serial_savers
                .clone()
                .map(|it| it.value)
                .unwrap_or_default(),
            occasions: self
                .occasions
                .iter()
                .map(|(it, belief)| (it.value, *belief))
                .collect(),
            guidance,
            routing,
            ..Catalogue::new(reasons, offers)
        });
        compiled.map(|catalogue| catalogue.with_learning(learning()))
    }

    fn compile_reasons(&self, problems: &mut Problems) -> ReasonTree {
        let mut keys = BTreeSet::new();
        for Placed { value, place } in &self.reasons {
            if !keys.insert(&value.key) {
                let message = format!("there are two reasons named {}: rename one", value.key);
                problems.add(place, Code::DuplicateDefinition, message);
            }
            for complaint in value.complaints() {
                problems.add(
                    place,
                    Code::InconsistentTerms,
                    format!("{}: {complaint}", value.key),
                );
            }
        }
        let reasons = ReasonTree::new(self.reasons.iter().map(|reason| reason.value.clone()));
        if reasons.unstated().is_none() {
            let message = format!(
                "there is no reason {}: a reason is never required, so add it",
                ReasonTree::DECLINED_TO_SAY
            );
            problems.add(&self.start, Code::MissingKey, message);
        }
        reasons
    }

    fn compile_offer<'a>(
        &self,
        draft: &'a OfferDraft,
        reasons: &'a ReasonTree,
        book: &mut RuleBook<'a>,
        problems: &mut Problems,
    ) -> Option<Offer> {
        let mut rule = |written: &'a Option<Draft>, part: Part| match written {
            Some(written) => book.compile(written, part, problems),
            None => Some(Predicate::always()),
        };
        let eligibility = rule(&draft.eligibility, Part::Eligibility);
        let applicability = rule(&draft.applicability, Part::OfTheCall);
        let suitability = rule(&draft.suitability, Part::OfTheCall);
        let rules = [&eligibility, &applicability, &suitability];
        let possible = Possibilities::of(rules.into_iter().flatten(), reasons, problems);

        let texts = self.compile_texts(draft, problems);
        let priors = compile_priors(draft, reasons, problems);
        let (lever, benefit, cost) = (
            draft.lever.as_ref()?,
            draft.benefit.as_ref()?,
            draft.cost.as_ref()?,
        );
        if draft.occasions.contains(&Occasion::CancelCall) {
            check_lever(
                &draft.key.value.to_string(),
                lever,
                reasons,
                &possible,
                problems,
            );
        }
        check_terms(lever.value, benefit, problems);
        if draft.owed {
            check_owed(lever, benefit, problems);
        }
        check_currencies(benefit, cost, problems);
        let after_acceptance_days = match lever.value {
            Lever::PriceDiscount => CoolDown::AFTER_DISCOUNT_DAYS,
            _ => 0,
        };
        Some(Offer {
            key: draft.key.value.clone(),
            lever: lever.value,
            state: draft.state,
            occasions: draft.occasions.clone(),
            owed: draft.owed,
            texts: texts?,
            eligibility: eligibility?,
            applicability: applicability?,
            suitability: suitability?,
            benefit: benefit.value.clone(),
            cost: cost.value.clone(),
            budget: draft.budget.clone(),
            minimum_authority: draft.minimum_authority?,
            hold_minutes: draft.hold_minutes?,
            priors: priors?,
            cool_down: CoolDown {
                after_refusal_days: draft
                    .after_refusal_days
                    .unwrap_or(CoolDown::AFTER_REFUSAL_DAYS),
                after_acceptance_days: draft.after_acceptance_days.unwrap_or(after_acceptance_days),
            },
            review_due: draft.review_due?,
        })
    }
}

/// An offer is only ever made to those whose reason its lever answers.
fn check_lever(
    offer: &str,
    lever: &Placed<Lever>,
    reasons: &ReasonTree,
    possible: &Possibilities<'_>,
    problems: &mut Problems,
) {
    let answers = |reason: &&super::Reason| reason.is_answered_by(lever.value);
    if reasons
        .iter()
        .filter(answers)
        .any(|reason| possible.allow_reason(reason))
    {
        return;
    }
    let name = lever.value.name();
    let among: Vec<&str> = reasons
        .iter()
        .filter(answers)
        .map(|reason| reason.key.as_str())
        .collect();
    let message = if among.is_empty() {
        format!("{offer} can never be made: no reason lists the lever {name}; add it to one")
    } else {
        format!(
            "{offer} can never be made: its rules allow none of the reasons that list the lever \
             {name} ({})",
            among.join(", ")
        )
    };
    problems.add(&lever.place, Code::Contradiction, message);
}

fn check_terms(lever: Lever, benefit: &Placed<Benefit>, problems: &mut Problems) {
    for complaint in benefit.value.complaints(lever) {
        problems.add(&benefit.place, Code::InconsistentTerms, complaint);
    }
}

/// What is owed is given without anything in return, and is never about price.
fn check_owed(lever: &Placed<Lever>, benefit: &Placed<Benefit>, problems: &mut Problems) {
    if lever.value.is_about_price() {
        let message = "what is owed is no offer about price: use goodwill or service_fix";
        problems.add(&lever.place, Code::InconsistentTerms, message);
    }
    if benefit.value.commitment_months > 0 {
        let message = "what is owed binds nobody: drop commitment_months";
        problems.add(&benefit.place, Code::InconsistentTerms, message);
    }
}

/// Whoever is granted an amount in a currency also costs something in it.
fn check_currencies(benefit: &Placed<Benefit>, cost: &Placed<CostModel>, problems: &mut Problems) {
    let amounts = [
        &benefit.value.one_off,
        &cost.value.once,
        &cost.value.monthly,
    ];
    let currencies: BTreeSet<_> = amounts
        .iter()
        .flat_map(|amounts| amounts.iter())
        .map(|money| money.currency)
        .collect();
    let lacking: Vec<String> = currencies
        .into_iter()
        .filter(|currency| !amounts.iter().all(|amounts| amounts.covers(*currency)))
        .map(|currency| currency.to_string())
        .collect();
    if !lacking.is_empty() {
        let message = format!(
            "some amounts of this offer are set in {} and others are not: set all of them in the \
             same currencies",
            lacking.join(", ")
        );
        problems.add(&cost.place, Code::InconsistentTerms, message);
    }
}

fn compile_priors(
    draft: &OfferDraft,
    reasons: &ReasonTree,
    problems: &mut Problems,
) -> Option<Priors> {
    let lever = draft.lever.as_ref()?.value;
    let PriorsDraft {
        default,
        by_category,
        weight,
    } = draft.priors.as_ref()?;
    let mut complete = |stage: &Placed<StageDraft>| {
        let completed = stage.value.complete(lever);
        if completed.is_none() {
            let message =
                "say how durable it is believed to be; only a price_discount has a default";
            problems.add(&stage.place, Code::MissingKey, message);
        }
        completed
    };
    let default = default.as_ref().and_then(&mut complete);
    let stages: Vec<_> = by_category
        .iter()
        .filter_map(|(category, stage)| Some((category.value.clone(), complete(stage.as_ref()?)?)))
        .collect();
    for (category, _) in by_category {
        check_category(&category.value, &category.place, reasons, problems);
    }
    Some(Priors {
        default: default?,
        by_category: BTreeMap::from_iter(stages),
        weight: *weight,
    })
}

fn check_category(category: &str, place: &Place, reasons: &ReasonTree, problems: &mut Problems) {
    if reasons.categories().all(|known| known != category) {
        let hint = did_you_mean(category, reasons.categories());
        let message = format!("there is no category of reasons named {category}{hint}");
        problems.add(place, Code::UnknownValue, message);
    }
}
