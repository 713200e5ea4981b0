//! What every model of non-contractual buying answers, for one customer in a call as for a million
//! in a batch, by the same code.
//!
//! In all three models the transactions to come are the chance of being alive times what a living
//! customer of that frequency and age will do; the recency only enters the chance. [`Scorer`]
//! therefore asks for the second factor, the dear one, once per frequency and age.

use std::num::NonZeroUsize;

use crate::numeric::optimise::Convergence;
use crate::purchases::purchase_summary::PurchaseSummary;
use crate::refusal::{InputRefusal, at_most, positive};

/// The longest horizon that is scored, in the unit of the times.
pub const LONGEST_HORIZON: f64 = 100_000.0;
/// The highest continuous discount rate, per unit of time.
pub const HIGHEST_DISCOUNT_RATE: f64 = 10.0;
/// Weeks in a year, as the field counts them when it turns a yearly discount into a weekly one.
pub const WEEKS_PER_YEAR: f64 = 52.0;

/// A model of customers who buy when they like and leave without a word.
///
/// Frequencies and ages are those of valid summaries, horizons and rates those of [`Horizon`] and
/// [`DiscountRate`]; every answer is then a finite number.
pub trait PurchaseModel {
    /// Returns the chance that the customer still is one at the end of the observation.
    fn probability_alive(&self, customer: &PurchaseSummary) -> f64;

    /// Returns the transactions expected within a horizon of somebody known to be alive.
    fn expected_if_alive(&self, frequency: u32, age: f64, horizon: Horizon) -> f64;

    /// Returns the discounted transactions expected, ever, of somebody known to be alive.
    fn discounted_if_alive(&self, frequency: u32, age: f64, rate: DiscountRate) -> f64;

    /// Says whether the chance of being alive takes so long that repeating customers are worth
    /// remembering.
    fn alive_is_dear(&self) -> bool {
        false
    }

    /// Returns the transactions expected of a customer within a horizon, `E[Y(t) | x, t_x, T]`.
    fn expected_transactions(&self, customer: &PurchaseSummary, horizon: Horizon) -> f64 {
        self.probability_alive(customer)
            * self.expected_if_alive(customer.frequency(), customer.age(), horizon)
    }

    /// Returns the discounted expected residual transactions (DERT) of a customer.
    fn discounted_transactions(&self, customer: &PurchaseSummary, rate: DiscountRate) -> f64 {
        self.probability_alive(customer)
            * self.discounted_if_alive(customer.frequency(), customer.age(), rate)
    }

    /// Returns the repeat transactions expected of a new customer within a horizon, `E[X(t)]`.
    fn expected_of_new_customer(&self, horizon: Horizon) -> f64 {
        self.expected_transactions(&PurchaseSummary::NEW, horizon)
    }
}

/// How far ahead transactions are counted, in the unit of the times (weeks).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Horizon(f64);

impl Horizon {
    /// Takes a positive length.
    pub fn new(length: f64) -> Result<Self, InputRefusal> {
        positive("horizon", length)?;
        at_most("horizon", length, LONGEST_HORIZON).map(Self)
    }

    /// Returns the length.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// The continuous rate at which the worth of a transaction falls, per unit of time (week).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiscountRate(f64);

impl DiscountRate {
    /// Takes a positive rate.
    pub fn new(rate: f64) -> Result<Self, InputRefusal> {
        positive("discount rate", rate)?;
        at_most("discount rate", rate, HIGHEST_DISCOUNT_RATE).map(Self)
    }

    /// Takes a yearly rate, such as 0.15, and makes a continuous weekly one, `ln(1.15)/52`.
    pub fn weekly_of_yearly(yearly: f64) -> Result<Self, InputRefusal> {
        positive("discount rate", yearly)?;
        Self::new(yearly.ln_1p() / WEEKS_PER_YEAR)
    }

    /// Returns the rate.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// A model that was fitted, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitted<M> {
    /// The model.
    pub model: M,
    /// The logarithm of its likelihood, over all rows.
    pub log_likelihood: f64,
    /// How many rows (customers) it was fitted on.
    pub rows: f64,
    /// How the search ended.
    pub convergence: Convergence,
}

/// How much of the machine a fit may take. The result does not depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// The threads that share the sums.
    pub threads: NonZeroUsize,
}

impl Default for Effort {
    fn default() -> Self {
        Self {
            threads: NonZeroUsize::MIN,
        }
    }
}

/// What a model says of a customer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PurchaseScore {
    /// The chance that the customer still is one.
    pub probability_alive: f64,
    /// The transactions expected within the horizon.
    pub expected_transactions: f64,
    /// The discounted transactions expected, ever, where they were asked for.
    pub discounted_transactions: Option<f64>,
}

/// How far ahead a score looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// The horizon of the expected transactions.
    pub horizon: Horizon,
    /// The discount rate, if the discounted transactions are asked for.
    pub rate: Option<DiscountRate>,
}

/// How many pairs of frequency and age are remembered.
const PAIRS: usize = 8_192;
/// How many customers are remembered where the chance of being alive is dear.
const CUSTOMERS: usize = 32_768;

/// Scores customers one after the other. One scorer serves one thread; it is made once and allocates
/// nothing after that.
#[derive(Clone, Debug)]
pub struct Scorer<'model, M> {
    model: &'model M,
    outlook: Outlook,
    pairs: Vec<Remembered<IfAlive>>,
    customers: Vec<Remembered<f64>>,
}

/// What somebody alive will do.
#[derive(Clone, Copy, Debug, Default)]
struct IfAlive {
    expected: f64,
    discounted: Option<f64>,
}

/// An answer and the question. The last asker of a place keeps it.
#[derive(Clone, Copy, Debug)]
struct Remembered<T> {
    question: Question,
    answer: T,
}

/// Frequency, and the bits of recency and age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Question {
    frequency: u32,
    recency: u64,
    age: u64,
}

impl<'model, M: PurchaseModel> Scorer<'model, M> {
    /// Prepares scoring.
    pub fn new(model: &'model M, outlook: Outlook) -> Self {
        let customers = if model.alive_is_dear() { CUSTOMERS } else { 0 };
        Self {
            model,
            outlook,
            pairs: vec![Remembered::nothing(IfAlive::default()); PAIRS],
            customers: vec![Remembered::nothing(0.0); customers],
        }
    }

    /// Scores one customer.
    pub fn score(&mut self, customer: &PurchaseSummary) -> PurchaseScore {
        let probability_alive = self.probability_alive(customer);
        let if_alive = self.if_alive(customer.frequency(), customer.age());
        PurchaseScore {
            probability_alive,
            expected_transactions: probability_alive * if_alive.expected,
            discounted_transactions: if_alive
                .discounted
                .map(|discounted| probability_alive * discounted),
        }
    }

    /// Scores a slice of customers into a slice of scores, as far as the shorter one goes.
    pub fn score_all(&mut self, customers: &[PurchaseSummary], scores: &mut [PurchaseScore]) {
        for (customer, score) in customers.iter().zip(scores) {
            *score = self.score(customer);
        }
    }

    fn probability_alive(&mut self, customer: &PurchaseSummary) -> f64 {
        let model = self.model;
        if self.customers.is_empty() {
            return model.probability_alive(customer);
        }
        let question = Question {
            frequency: customer.frequency(),
            recency: customer.recency().to_bits(),
            age: customer.age().to_bits(),
        };
        remember(&mut self.customers, question, || {
            model.probability_alive(customer)
        })
    }

    fn if_alive(&mut self, frequency: u32, age: f64) -> IfAlive {
        let (model, outlook) = (self.model, self.outlook);
        let question = Question {
            frequency,
            recency: 0,
            age: age.to_bits(),
        };
        remember(&mut self.pairs, question, || IfAlive {
            expected: model.expected_if_alive(frequency, age, outlook.horizon),
            discounted: outlook
                .rate
                .map(|rate| model.discounted_if_alive(frequency, age, rate)),
        })
    }
}

/// Scores slices on several threads; what comes out is the same.
pub fn score_in_parallel<M: PurchaseModel + Sync>(
    model: &M,
    outlook: Outlook,
    customers: &[PurchaseSummary],
    scores: &mut [PurchaseScore],
    effort: Effort,
) {
    let share = customers.len().div_ceil(effort.threads.get()).max(1);
    std::thread::scope(|scope| {
        for (customers, scores) in customers.chunks(share).zip(scores.chunks_mut(share)) {
            scope.spawn(move || Scorer::new(model, outlook).score_all(customers, scores));
        }
    });
}

impl<T> Remembered<T> {
    /// No customer has such an age.
    fn nothing(answer: T) -> Self {
        let question = Question {
            frequency: 0,
            recency: 0,
            age: f64::NAN.to_bits(),
        };
        Self { question, answer }
    }
}

/// Returns the answer to a question, asking only where it was forgotten.
fn remember<T: Copy>(
    memory: &mut [Remembered<T>],
    question: Question,
    ask: impl FnOnce() -> T,
) -> T {
    let place = question.spread() % memory.len().max(1);
    let Some(place) = memory.get_mut(place) else {
        return ask();
    };
    if place.question != question {
        let answer = ask();
        *place = Remembered { question, answer };
    }
    place.answer
}

impl Question {
    /// Spreads questions over places.
    fn spread(self) -> usize {
        let mixed = (self.recency.rotate_left(23) ^ self.age)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29)
            ^ u64::from(self.frequency);
        let mixed = mixed.wrapping_mul(0xd1b5_4a32_d192_ed03).rotate_left(24);
        usize::try_from(mixed & 0xffff_ffff).unwrap_or(0)
    }
}
