//! One offer of a catalogue file.

use kernel::id::OfferKey;
use kernel::money::BasisPoints;

use super::fields::{Fields, entries};
use super::node::{Kind, Node};
use super::rule;
use super::values::{
    amounts, basis_points, boolean, check_name, day, decimal, integer, named, named_list,
    placed_text, text,
};
use crate::domain::budget::BudgetKey;
use crate::domain::catalogue::draft::{OfferDraft, PriorsDraft, StageDraft, TextDraft};
use crate::domain::catalogue::{Amounts, Benefit, Concession, CostModel, Offer, OfferState};
use crate::domain::predicate::draft::Draft;
use crate::domain::problem::{Code, Placed, Problems};
use crate::domain::request::Occasion;

/// As how many calls a belief counts where nothing is written.
const DEFAULT_WEIGHT: f64 = 10.0;
/// The longest benefit or commitment, in months.
const MAX_MONTHS: u32 = 36;

/// Reads one offer; what cannot be read is noted and absent in the draft.
pub(super) fn read(
    key: &Placed<String>,
    node: &Node,
    problems: &mut Problems,
) -> Option<OfferDraft> {
    let fits = check_name(key, "an offer", problems);
    let mut fields = Fields::of(node, "an offer", problems)?;
    let lever = fields
        .required("lever", problems)
        .and_then(|node| Some(Placed::new(named(node, problems)?, node.place.clone())));
    let benefit = fields.optional("benefit").map_or_else(
        || Some(Placed::new(no_benefit(), fields.place().clone())),
        |node| read_benefit(node, problems),
    );
    let cost = fields.optional("cost").map_or_else(
        || Some(Placed::new(CostModel::default(), fields.place().clone())),
        |node| read_cost(node, problems),
    );
    let (after_refusal_days, after_acceptance_days) = read_cool_down(&mut fields, problems);
    let draft = OfferDraft {
        key: Placed::new(
            OfferKey::parse(&key.value).ok().filter(|_| fits)?,
            key.place.clone(),
        ),
        lever,
        state: fields
            .optional("state")
            .map_or(Some(OfferState::Live), |node| named(node, problems))
            .unwrap_or(OfferState::Paused),
        occasions: fields.optional("occasions").map_or_else(
            || vec![Occasion::CancelCall],
            |node| read_occasions(node, problems),
        ),
        owed: fields
            .optional("owed")
            .is_some_and(|node| boolean(node, problems) == Some(true)),
        texts: fields
            .required("texts", problems)
            .map_or_else(Vec::new, |node| read_texts(node, problems)),
        eligibility: read_rule(&mut fields, "eligibility", problems),
        applicability: read_rule(&mut fields, "applicability", problems),
        suitability: read_rule(&mut fields, "suitability", problems),
        benefit,
        cost,
        budget: fields
            .optional("budget")
            .and_then(|node| budget(node, problems)),
        minimum_authority: fields
            .required("minimum_authority", problems)
            .and_then(|node| named(node, problems)),
        hold_minutes: fields
            .required("hold_minutes", problems)
            .and_then(|node| integer(node, 1..=Offer::MAX_HOLD_MINUTES, problems)),
        priors: fields
            .required("priors", problems)
            .and_then(|node| read_priors(node, problems)),
        after_refusal_days,
        after_acceptance_days,
        review_due: fields
            .required("review_due", problems)
            .and_then(|node| day(node, problems)),
    };
    fields.finish(problems);
    Some(draft)
}

fn read_occasions(node: &Node, problems: &mut Problems) -> Vec<Occasion> {
    let occasions = named_list(node, problems);
    if matches!(&node.kind, Kind::List(nodes) if nodes.is_empty()) {
        let message = "an empty list is never: name an occasion, or leave the key out";
        problems.add(&node.place, Code::Empty, message);
    }
    occasions
}

fn read_rule(fields: &mut Fields<'_>, key: &'static str, problems: &mut Problems) -> Option<Draft> {
    fields
        .optional(key)
        .and_then(|node| rule::read(node, problems))
}

/// Which budgets there are is not known here: one that is not there bars the offer when it is made.
fn budget(node: &Node, problems: &mut Problems) -> Option<BudgetKey> {
    let key = Placed::new(text(node, 64, problems)?, node.place.clone());
    let fits = check_name(&key, "a budget", problems);
    BudgetKey::parse(&key.value).ok().filter(|_| fits)
}

fn read_texts(node: &Node, problems: &mut Problems) -> Vec<TextDraft> {
    let mut texts = Vec::new();
    for (language, node) in entries(node, "texts, by language,", problems) {
        if !is_language(&language.value) {
            let message = format!(
                "{:?} is no language of BCP 47, such as en or pt-BR",
                language.value
            );
            problems.add(&language.place, Code::BadValue, message);
        }
        let Some(mut fields) = Fields::of(node, "the texts of a language", problems) else {
            continue;
        };
        texts.push(TextDraft {
            language: language.clone(),
            title: fields
                .required("title", problems)
                .and_then(|node| text(node, 80, problems)),
            summary: fields
                .required("summary", problems)
                .and_then(|node| placed_text(node, 300, problems)),
            script: fields
                .required("script", problems)
                .and_then(|node| placed_text(node, 1_200, problems)),
        });
        fields.finish(problems);
    }
    texts
}

/// Tells whether a text is the tag of a language.
pub(super) fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase());
    (2..=3).contains(&primary.len())
        && letters(primary)
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

fn no_benefit() -> Benefit {
    Benefit {
        concession: Concession::None,
        one_off: Amounts::default(),
        commitment_months: 0,
    }
}

fn read_benefit(node: &Node, problems: &mut Problems) -> Option<Placed<Benefit>> {
    let mut fields = Fields::of(node, "a benefit", problems)?;
    let concessions = [
        fields
            .optional("discount")
            .map(|node| read_discount(node, problems)),
        fields
            .optional("pause")
            .map(|node| read_pause(node, problems)),
        fields
            .optional("change")
            .map(|node| read_change(node, problems)),
    ];
    let written: Vec<Option<Concession>> = concessions.into_iter().flatten().collect();
    if written.len() > 1 {
        let message =
            "a benefit is one of discount, pause and change: keep one, or write two offers";
        problems.add(&node.place, Code::InconsistentTerms, message);
    }
    let one_off = fields
        .optional("one_off")
        .map(|node| amounts(node, problems))
        .unwrap_or_default();
    let commitment = fields
        .optional("commitment_months")
        .map_or(Some(0), |node| integer(node, 1..=MAX_MONTHS, problems));
    fields.finish(problems);
    let benefit = Benefit {
        concession: written
            .into_iter()
            .next()
            .unwrap_or(Some(Concession::None))?,
        one_off,
        commitment_months: commitment?,
    };
    Some(Placed::new(benefit, node.place.clone()))
}

fn read_discount(node: &Node, problems: &mut Problems) -> Option<Concession> {
    let mut fields = Fields::of(node, "a discount", problems)?;
    let share = fields
        .required("basis_points", problems)
        .and_then(|node| basis_points(node, 1..=10_000, problems));
    let months = fields
        .required("months", problems)
        .and_then(|node| integer(node, 1..=MAX_MONTHS, problems));
    fields.finish(problems);
    Some(Concession::Discount {
        share: share?,
        months: months?,
    })
}

fn read_pause(node: &Node, problems: &mut Problems) -> Option<Concession> {
    let mut fields = Fields::of(node, "a pause", problems)?;
    let months = fields
        .required("months", problems)
        .and_then(|node| integer(node, 1..=12, problems));
    let fee = fields
        .optional("fee_basis_points")
        .map_or(Some(BasisPoints::ZERO), |node| {
            basis_points(node, 0..=10_000, problems)
        });
    fields.finish(problems);
    Some(Concession::Pause {
        months: months?,
        fee: fee?,
    })
}

fn read_change(node: &Node, problems: &mut Problems) -> Option<Concession> {
    let mut fields = Fields::of(node, "a change", problems)?;
    let product = fields
        .optional("product")
        .map(|node| text(node, 64, problems));
    let price = fields
        .required("price_basis_points", problems)
        .and_then(|node| basis_points(node, 1..=30_000, problems));
    fields.finish(problems);
    Some(Concession::Change {
        product: product.flatten(),
        price: price?,
    })
}

fn read_cost(node: &Node, problems: &mut Problems) -> Option<Placed<CostModel>> {
    let mut fields = Fields::of(node, "a cost", problems)?;
    let once = fields.optional("once").map(|node| amounts(node, problems));
    let once_share = fields
        .optional("once_basis_points")
        .map_or(Some(BasisPoints::ZERO), |node| {
            basis_points(node, 0..=100_000, problems)
        });
    let monthly = fields
        .optional("monthly")
        .map(|node| amounts(node, problems));
    let monthly_share = fields
        .optional("monthly_basis_points")
        .map_or(Some(BasisPoints::ZERO), |node| {
            basis_points(node, 0..=10_000, problems)
        });
    fields.finish(problems);
    let cost = CostModel {
        once: once.unwrap_or_default(),
        once_share: once_share?,
        monthly: monthly.unwrap_or_default(),
        monthly_share: monthly_share?,
    };
    Some(Placed::new(cost, node.place.clone()))
}

fn read_priors(node: &Node, problems: &mut Problems) -> Option<PriorsDraft> {
    let mut fields = Fields::of(node, "the beliefs about an offer", problems)?;
    let default = fields
        .required("default", problems)
        .and_then(|node| read_stage(node, problems));
    let by_category = fields
        .optional("by_reason_category")
        .map_or(&[][..], |node| {
            entries(node, "beliefs, by category of reasons,", problems)
        });
    let by_category = by_category
        .iter()
        .map(|(category, node)| (category.clone(), read_stage(node, problems)))
        .collect();
    let weight = fields
        .optional("weight")
        .map_or(Some(DEFAULT_WEIGHT), |node| {
            decimal(node, 1.0..=1_000.0, problems)
        });
    fields.finish(problems);
    Some(PriorsDraft {
        default,
        by_category,
        weight: weight?,
    })
}

pub(super) fn read_stage(node: &Node, problems: &mut Problems) -> Option<Placed<StageDraft>> {
    let mut fields = Fields::of(node, "the chances of three stages", problems)?;
    let stay = fields.required("stay", problems);
    let here = fields.required("here_30_days", problems);
    let durable = fields.optional("durable");
    fields.finish(problems);
    let mut chance = |node: &Node| decimal(node, 0.0..=1.0, problems);
    let (stay, here, durable) = (
        stay.map(&mut chance),
        here.map(&mut chance),
        durable.map(&mut chance),
    );
    let stage = StageDraft {
        stay: stay??,
        here_30_days: here??,
        durable: match durable {
            Some(durable) => Some(durable?),
            None => None,
        },
    };
    Some(Placed::new(stage, node.place.clone()))
}

fn read_cool_down(fields: &mut Fields<'_>, problems: &mut Problems) -> (Option<u32>, Option<u32>) {
    let Some(mut fields) = fields
        .optional("cool_down")
        .and_then(|node| Fields::of(node, "a cool-down", problems))
    else {
        return (None, None);
    };
    let mut days = |key: &'static str| {
        fields
            .optional(key)
            .and_then(|node| integer(node, 0..=3_650, problems))
    };
    let found = (days("after_refusal_days"), days("after_acceptance_days"));
    fields.finish(problems);
    found
}
