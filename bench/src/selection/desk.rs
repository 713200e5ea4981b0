//! The product's side: the arms of a world as offers of a catalogue, each call qualified and scored
//! by the domain of the offers service.

use std::collections::BTreeMap;

use kernel::id::{BusinessLineId, CustomerId, OfferKey, RequestId, SubscriptionId};
use kernel::money::{BasisPoints, Currency, Money};
use kernel::time::Timestamp;
use offers::domain::arbitration;
use offers::domain::catalogue::{
    Amounts, Benefit, Catalogue, Concession, Controllable, CoolDown, CostModel, EndReason,
    ExitPath, Lever, Offer, OfferState, OfferText, Priors, Reason, ReasonTree, ReturnNeeds, Script,
    StagePrior, Texts,
};
use offers::domain::customer::{Customer, Score, Subscription};
use offers::domain::decision::{GENERATION, Inputs};
use offers::domain::history::DeskHistory;
use offers::domain::learning::{Arms, contenders, ladder};
use offers::domain::policy::PolicySet;
use offers::domain::predicate::Predicate;
use offers::domain::qualification::{Call, qualify};
use offers::domain::request::{Agent, Authority, Intent, Occasion, Permission, SaveRequest};
use rekindle::failure::Failure;
use statistics::selection::{Contender, Ladder};

use super::world::{self, Arm, Caller, FOR_GOOD, REASONS, SEGMENTS};

/// The save desk as the product has it.
#[derive(Debug)]
pub(super) struct Desk {
    catalogue: Catalogue,
    policy: PolicySet,
    history: DeskHistory,
    requests: Vec<SaveRequest>,
    customer: Customer,
    now: Timestamp,
    currency: Currency,
    arms: Arms,
    /// For each arm of the product its number in the world.
    numbers: Vec<usize>,
    /// For each arm of the world the months after which it is known whether it lasted.
    check_months: Vec<f64>,
}

const REASON_KEYS: [&str; REASONS] = ["price", "moving", "competitor", "service", "not_using"];

fn wrong(what: &str) -> Failure {
    Failure::failed(format!("the simulated desk does not open: {what}"))
}

impl Desk {
    /// Opens a desk with the arms of a world.
    pub(super) fn open(arms: &[Arm]) -> Result<Self, Failure> {
        let currency = Currency::parse("USD").map_err(|_| wrong("its currency"))?;
        let offers = arms.iter().skip(1).map(|arm| offer(arm, currency));
        let offers = offers.collect::<Result<Vec<_>, _>>()?;
        let reasons = ReasonTree::new(REASON_KEYS.map(reason));
        let catalogue = Catalogue::new(reasons, offers);
        let known = Arms::new(&catalogue);
        let mut numbers = vec![0; arms.len()];
        for (number, arm) in arms.iter().enumerate().skip(1) {
            let key = OfferKey::parse(&arm.name).map_err(|_| wrong(&arm.name))?;
            let place = known.arm(&key).ok_or_else(|| wrong(&arm.name))?;
            numbers[place] = number;
        }
        let requests = REASON_KEYS.map(request).into_iter();
        Ok(Self {
            catalogue,
            policy: PolicySet::empty(),
            history: DeskHistory::default(),
            requests: requests.collect::<Result<_, _>>()?,
            customer: customer(currency)?,
            now: "2026-11-21T12:00:00Z"
                .parse()
                .map_err(|_| wrong("its time"))?,
            currency,
            arms: known,
            numbers,
            check_months: arms.iter().map(|arm| f64::from(arm.check_months)).collect(),
        })
    }

    /// What the catalogue believes, for the segments of a world in groups by reason.
    pub(super) fn ladder(&self) -> Result<Ladder, Failure> {
        let groups = (0..SEGMENTS).map(world::reason).collect();
        let nothing = StagePrior {
            stay: 0.10,
            here_30_days: 0.95,
            durable: 0.85,
        };
        ladder(&self.catalogue, nothing, groups).map_err(|refusal| wrong(&refusal.to_string()))
    }

    /// The number in the world of an arm of the product.
    pub(super) fn number(&self, arm: usize) -> usize {
        self.numbers[arm]
    }

    /// What qualifies for a call, as the product scores it. A world counts the months that are left
    /// from the day on which it is known whether an offer lasted, which is another one for each.
    pub(super) fn contenders(&self, caller: &Caller) -> Vec<Contender> {
        let mut customer = self.customer.clone();
        let score = self.score(caller, 0);
        for subscription in &mut customer.subscriptions {
            subscription.monthly_price = Some(score.monthly_margin);
            subscription.score = Some(score);
        }
        let inputs = Inputs {
            request: &self.requests[world::reason(caller.segment)],
            customer: Some(&customer),
            history: &self.history,
            catalogue: &self.catalogue,
            policy: &self.policy,
            now: self.now,
            degraded: &[],
            generation: GENERATION,
            barred: &[],
            learned: None,
        };
        let Some(subscription) = inputs.subscription() else {
            return Vec::new();
        };
        let call = Call::new(&inputs, &customer, subscription, inputs.stated());
        let no_offer = arbitration::no_offer(&call);
        let scored = self.catalogue.offers().filter_map(|offer| {
            let mut benefit = qualify(&call, offer).ok()?;
            benefit.score = self.score(caller, self.number(self.arms.arm(&offer.key)?));
            Some(arbitration::score(&call, offer, benefit, &no_offer))
        });
        let scored: Vec<_> = scored.collect();
        contenders(arbitration::nothing(&score), &scored, &self.arms)
    }

    fn score(&self, caller: &Caller, number: usize) -> Score {
        let margin = Money::new(minor(caller.margin), self.currency);
        Score {
            churn_risk: 0.5,
            residual_months: world::residual_months(caller.segment) + self.check_months[number],
            monthly_margin: margin,
            value_remaining: margin,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "margins are some hundreds of units"
)]
fn minor(amount: f64) -> i64 {
    (amount * 100.0).round() as i64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares are between zero and one"
)]
fn share(of_one: f64) -> BasisPoints {
    BasisPoints((of_one * 10_000.0).round() as u32)
}

fn offer(arm: &Arm, currency: Currency) -> Result<Offer, Failure> {
    let script = || Script::parse(&arm.name).map_err(|_| wrong(&arm.name));
    let once = Money::new(minor(arm.fixed_cost), currency);
    let (lever, [stay, here_30_days, durable]) = believed(&arm.class);
    Ok(Offer {
        key: OfferKey::parse(&arm.name).map_err(|_| wrong(&arm.name))?,
        lever,
        state: OfferState::Live,
        occasions: vec![Occasion::CancelCall],
        owed: false,
        texts: Texts::new(
            OfferText {
                title: arm.name.clone(),
                summary: script()?,
                script: script()?,
            },
            BTreeMap::new(),
        ),
        eligibility: Predicate::always(),
        applicability: Predicate::always(),
        suitability: Predicate::always(),
        benefit: Benefit {
            concession: concession(arm),
            one_off: Amounts::default(),
            commitment_months: 0,
        },
        cost: CostModel {
            once: Amounts::default().with(once),
            ..CostModel::default()
        },
        budget: None,
        minimum_authority: Authority::Agent,
        hold_minutes: 60,
        priors: Priors {
            default: StagePrior {
                stay,
                here_30_days,
                durable,
            },
            by_category: BTreeMap::new(),
            weight: 10.0,
        },
        cool_down: CoolDown {
            after_refusal_days: 90,
            after_acceptance_days: 365,
        },
        review_due: "2027-01-01".parse().map_err(|_| wrong("its review"))?,
    })
}

fn concession(arm: &Arm) -> Concession {
    match arm.class.as_str() {
        "pause" => Concession::Pause {
            months: arm.months,
            fee: share(1.0 - arm.discount),
        },
        _ if arm.months == FOR_GOOD => Concession::Change {
            product: None,
            price: share(1.0 - arm.discount),
        },
        _ if arm.months > 0 => Concession::Discount {
            share: share(arm.discount),
            months: arm.months,
        },
        _ => Concession::None,
    }
}

/// What a catalogue believes of a kind of offer: of discounts that most do not last.
fn believed(class: &str) -> (Lever, [f64; 3]) {
    match class {
        "disc" => (
            Lever::PriceDiscount,
            [0.35, 0.95, StagePrior::DISCOUNT_LASTS],
        ),
        "pause" => (Lever::Pause, [0.25, 0.95, 0.80]),
        "plan" => (Lever::RightSize, [0.30, 0.95, 0.85]),
        "fix" => (Lever::ServiceFix, [0.30, 0.95, 0.85]),
        _ => (Lever::ValueAdd, [0.25, 0.95, 0.85]),
    }
}

fn reason(key: &str) -> Reason {
    Reason {
        key: key.to_owned(),
        category: key.to_owned(),
        controllable: Controllable::Yes,
        levers: vec![
            Lever::PriceDiscount,
            Lever::Pause,
            Lever::RightSize,
            Lever::ServiceFix,
            Lever::ValueAdd,
        ],
        price_offer_allowed: true,
        offers_allowed: true,
        structural: false,
        serviceability_check: false,
        exit_path: ExitPath::Standard,
        win_back_after_days: None,
        win_back_though_sensitive: false,
        return_needs: ReturnNeeds::None,
        win_back_theme: String::new(),
        expected_return: 0.1,
        sensitive: false,
        system_code: EndReason::CustomerTermination,
        no_offer: StagePrior {
            stay: 0.10,
            here_30_days: 0.95,
            durable: 0.85,
        },
    }
}

fn request(reason: &str) -> Result<SaveRequest, Failure> {
    Ok(SaveRequest {
        request_id: RequestId::parse("r-1").map_err(|_| wrong("its request"))?,
        contact_id: "k-1".parse().map_err(|_| wrong("its contact"))?,
        step: 1,
        customer_id: CustomerId::parse("c-1").map_err(|_| wrong("its customer"))?,
        subscription_id: SubscriptionId::parse("s-1").map_err(|_| wrong("its subscription"))?,
        occasion: Occasion::CancelCall,
        channel: None,
        jurisdiction: String::new(),
        intent: Intent::Disconnect,
        reason: Some(reason.to_owned()),
        secondary_reasons: Vec::new(),
        agent: Agent {
            agent_id: None,
            authority: Authority::Agent,
            team: String::new(),
        },
        language: String::new(),
        permission: Permission::Granted,
        min_revision: 0,
        alternative: false,
        destination_serviceable: None,
    })
}

fn customer(currency: Currency) -> Result<Customer, Failure> {
    Ok(Customer {
        merged_customer_ids: Vec::new(),
        customer_id: CustomerId::parse("c-1").map_err(|_| wrong("its customer"))?,
        revision: 1,
        kind: None,
        jurisdiction: String::new(),
        language: String::new(),
        deceased: false,
        vulnerable: false,
        do_not_offer: false,
        stage: String::new(),
        stage_rule: String::new(),
        lifetime_started_at: None,
        lifetime_count: 1,
        past_lifetimes: Vec::new(),
        subscriptions: vec![Subscription {
            subscription_id: SubscriptionId::parse("s-1").map_err(|_| wrong("it"))?,
            account_id: None,
            business_line: BusinessLineId::parse("line").map_err(|_| wrong("its line"))?,
            product: String::new(),
            contractual: true,
            contract_kind: None,
            state: "active".to_owned(),
            live: true,
            started_at: None,
            commitment_ends_at: None,
            service_ends_at: None,
            monthly_price: Some(Money::zero(currency)),
            score: None,
        }],
        open_incidents: Vec::new(),
        last_incident_resolved_at: None,
        contact_count: 0,
        last_contact_at: None,
        referral_count: 0,
        payment_failed_count: 0,
        valid_until: None,
    })
}
