//! Where learning begins: a version that has seen nothing believes what the catalogue says.

use statistics::selection::Count;

use super::holdout::learning_call;
use super::*;
use crate::domain::posterior::{Given, LearnedVersion, Posterior, Seen, Segment};

/// Four reasons of two categories, and one that no offer answers.
const REASONS: [(&str, &str, bool); 5] = [
    ("declined_to_say", "other", true),
    ("moved_out_of_area", "price", false),
    ("not_using", "other", true),
    ("price_rise", "price", true),
    ("too_expensive", "price", true),
];

fn beliefs() -> impl Strategy<Value = StagePrior> {
    prop::array::uniform3(0.01..0.99_f64).prop_map(|[stay, here_30_days, durable]| StagePrior {
        stay,
        here_30_days,
        durable,
    })
}

/// Beliefs of two offers: one for every category, one for price.
fn of_offers() -> impl Strategy<Value = [(StagePrior, StagePrior); 2]> {
    prop::array::uniform2((beliefs(), beliefs()))
}

fn call(
    offers: &[(StagePrior, StagePrior); 2],
    reasons: &[StagePrior; 5],
    stated: &str,
) -> Situated {
    let mut call = learning_call(false);
    call.policy = policy(lenient(2));
    call.request.reason = Some(stated.to_owned());
    let both = [Lever::PriceDiscount, Lever::ValueAdd];
    let reasons = REASONS.iter().zip(reasons);
    let reasons = reasons.map(|((key, category, answered), no_offer)| StatedReason {
        category: (*category).to_owned(),
        no_offer: *no_offer,
        ..reason(key, &both, !answered)
    });
    let offers = call.catalogue.offers().zip(offers);
    let offers = offers.map(|(offer, (default, of_price))| Offer {
        priors: Priors {
            default: *default,
            by_category: BTreeMap::from([("price".to_owned(), *of_price)]),
            weight: 10.0,
        },
        ..offer.clone()
    });
    let catalogue = Catalogue::new(ReasonTree::new(reasons), offers.collect());
    call.catalogue = catalogue.with_learning(call.catalogue.learning.clone());
    call
}

fn version(evidence: Vec<Seen>) -> LearnedVersion {
    LearnedVersion {
        version: 1,
        made_at: now(),
        catalogue_version: 1,
        evidence,
        prices: BTreeMap::new(),
        seed: 5,
    }
}

fn decided(call: &Situated, evidence: Vec<Seen>) -> Decision {
    let posterior = Posterior::new(&call.catalogue, &version(evidence)).unwrap();
    posterior.draw_all(&call.catalogue);
    let posterior = &posterior;
    decide(&Inputs {
        learned: Some(Given { posterior, seed: 3 }),
        ..call.inputs()
    })
}

/// What each offer gains over none, by key.
fn gains(decision: &Decision) -> BTreeMap<OfferKey, i64> {
    let scored = decision.verdicts.iter();
    let gains = scored.map(|verdict| (verdict.offer_key.clone(), verdict.score.unwrap().gain));
    gains.collect()
}

proptest! {
    #[test]
    fn an_empty_version_ranks_as_the_catalogue_does(
        offers in of_offers(),
        reasons in prop::array::uniform5(beliefs()),
        stated in prop::sample::select(vec!["declined_to_say", "not_using", "price_rise", "too_expensive"]),
    ) {
        let call = call(&offers, &reasons, stated);
        let (without, with) = (call.decide(), decided(&call, Vec::new()));
        prop_assert!(without.drawn.is_none() && with.drawn.is_some());
        let (without, with) = (gains(&without), gains(&with));
        prop_assert_eq!(without.len(), 2);
        for (key, gain) in &without {
            // Both are rounded to a minor unit.
            prop_assert!((gain - with[key]).abs() <= 1, "{} {:?} {:?}", key, without, with);
        }
    }

    #[test]
    fn with_much_evidence_the_catalogue_does_not_count(
        (one, other) in (of_offers(), of_offers()),
        (reasons, others) in (prop::array::uniform5(beliefs()), prop::array::uniform5(beliefs())),
        shares in prop::array::uniform3(0.1..0.9_f64),
    ) {
        let all = |share: f64| Count { calls: 1e12, successes: 1e12 * share };
        let evidence = |call: &Situated| {
            let customer = call.customer.as_ref().unwrap();
            let margin = customer.subscriptions[0].score.unwrap().monthly_margin;
            let learning = call.catalogue.learning.as_ref().unwrap();
            let segment = Segment::of(learning, "price", Some(margin), customer.tenure_days(now()));
            let arms = ["discount", "extra"].into_iter().zip(shares);
            arms.map(|(arm, share)| Seen {
                segment: segment.clone(),
                arm: arm.to_owned(),
                stay: all(share),
                here_30_days: all(share),
                durable: all(share),
            }).collect::<Vec<_>>()
        };
        let believed = |offers, reasons| {
            let call = call(offers, reasons, "too_expensive");
            let decision = decided(&call, evidence(&call));
            let scored = decision.verdicts.iter().map(|verdict| {
                let score = verdict.score.unwrap();
                (verdict.offer_key.to_string(), [score.stay, score.here_30_days, score.durable])
            });
            scored.collect::<BTreeMap<_, _>>()
        };
        for believed in [believed(&one, &reasons), believed(&other, &others)] {
            for (key, share) in ["discount", "extra"].into_iter().zip(shares) {
                for chance in believed[key] {
                    prop_assert!((chance - share).abs() < 1e-3, "{} {:?}", key, believed);
                }
            }
        }
    }

    #[test]
    fn what_is_seen_of_offering_nothing_moves_every_reason_of_the_category(
        offers in of_offers(),
        reasons in prop::array::uniform5(beliefs()),
    ) {
        let nothing = |stated: &str, successes: Option<f64>| {
            let call = call(&offers, &reasons, stated);
            let learning = call.catalogue.learning.as_ref().unwrap();
            let customer = call.customer.as_ref().unwrap();
            let margin = customer.subscriptions[0].score.unwrap().monthly_margin;
            let tenure_days = customer.tenure_days(now());
            let seen = successes.map(|successes| Seen {
                segment: Segment::of(learning, "price", Some(margin), tenure_days),
                arm: NO_OFFER.to_owned(),
                stay: Count { calls: 200.0, successes },
                here_30_days: Count::default(),
                durable: Count::default(),
            });
            let decision = decided(&call, seen.into_iter().collect());
            decision.verdicts[0].score.unwrap().expected_no_offer
        };
        for stated in ["price_rise", "too_expensive"] {
            let before = nothing(stated, None);
            prop_assert!(nothing(stated, Some(200.0)) >= before);
            prop_assert!(nothing(stated, Some(0.0)) <= before);
            prop_assert!(nothing(stated, Some(200.0)) > nothing(stated, Some(0.0)));
        }
    }
}
