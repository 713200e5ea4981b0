//! Our side: the statistics crate, called as the services call it.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::Instant;

use rekindle::failure::Failure;
use statistics::purchases::beta_geometric::{BetaGeometric, DropOut};
use statistics::purchases::pareto_nbd::ParetoNbd;
use statistics::purchases::purchase_base::PurchaseBase;
use statistics::purchases::purchase_model::{
    Effort, Fitted, Horizon, Outlook, PurchaseModel as _, PurchaseScore, Scorer, score_in_parallel,
};
use statistics::purchases::purchase_summary::PurchaseSummary;

use super::{HORIZON_WEEKS, Work};
use crate::models::population::Population;

/// Customers, every one and every distinct one, and the models that fit them.
#[derive(Debug)]
pub(super) struct Ours<'a> {
    customers: &'a [PurchaseSummary],
    distinct: Vec<PurchaseSummary>,
    base: PurchaseBase,
    pub(super) bgnbd: Fitted<BetaGeometric>,
    pub(super) pnbd: Fitted<ParetoNbd>,
    outlook: Outlook,
    threads: NonZeroUsize,
}

impl Work {
    /// Whether it is ours to do.
    pub(super) fn is_ours(self) -> bool {
        self <= Self::OursFitPnbd
    }
}

impl<'a> Ours<'a> {
    /// Fits the models, once.
    pub(super) fn prepare(
        population: &'a Population,
        threads: NonZeroUsize,
    ) -> Result<Self, Failure> {
        let customers = &population.customers;
        let base = PurchaseBase::of(customers).map_err(|refusal| failed(&refusal))?;
        let bgnbd = fit_bgnbd(&base, Effort::default())?;
        let pnbd = fit_pnbd(&base)?;
        let horizon = Horizon::new(HORIZON_WEEKS).map_err(|refusal| failed(&refusal))?;
        Ok(Self {
            customers,
            distinct: population.distinct(),
            base,
            bgnbd,
            pnbd,
            outlook: Outlook {
                horizon,
                rate: None,
            },
            threads,
        })
    }

    /// The number of distinct customers.
    pub(super) fn distinct(&self) -> usize {
        self.distinct.len()
    }

    /// The scores of everybody.
    pub(super) fn scores(&self) -> Vec<PurchaseScore> {
        self.scored(self.customers)
    }

    /// The scores of every distinct customer.
    pub(super) fn distinct_scores(&self) -> Vec<PurchaseScore> {
        self.scored(&self.distinct)
    }

    fn scored(&self, customers: &[PurchaseSummary]) -> Vec<PurchaseScore> {
        let mut scores = vec![PurchaseScore::default(); customers.len()];
        Scorer::new(&self.bgnbd.model, self.outlook).score_all(customers, &mut scores);
        scores
    }

    /// Works, and returns the seconds it took.
    pub(super) fn work(&self, work: Work) -> Result<f64, Failure> {
        let all = Effort {
            threads: self.threads,
        };
        match work {
            Work::OursAlive => Ok(self.alive()),
            Work::OursScore => Ok(self.score(self.customers)),
            Work::OursScoreDistinct => Ok(self.score(&self.distinct)),
            Work::OursScoreParallel => Ok(self.score_in_parallel(all)),
            Work::OursFitBgnbd => self.compress_and_fit(Effort::default()),
            Work::OursFitBgnbdParallel => self.compress_and_fit(all),
            Work::OursFitPnbd => {
                let began = Instant::now();
                black_box(fit_pnbd(black_box(&self.base))?);
                Ok(began.elapsed().as_secs_f64())
            }
            _ => Err(Failure::failed(format!("{work:?} is not ours"))),
        }
    }

    fn alive(&self) -> f64 {
        let mut alive = vec![0.0; self.customers.len()];
        let model = &self.bgnbd.model;
        let began = Instant::now();
        for (customer, alive) in black_box(self.customers).iter().zip(&mut alive) {
            *alive = model.probability_alive(customer);
        }
        black_box(&alive);
        began.elapsed().as_secs_f64()
    }

    fn score(&self, customers: &[PurchaseSummary]) -> f64 {
        let mut scores = vec![PurchaseScore::default(); customers.len()];
        let began = Instant::now();
        Scorer::new(&self.bgnbd.model, self.outlook).score_all(black_box(customers), &mut scores);
        black_box(&scores);
        began.elapsed().as_secs_f64()
    }

    fn score_in_parallel(&self, effort: Effort) -> f64 {
        let mut scores = vec![PurchaseScore::default(); self.customers.len()];
        let (model, customers) = (&self.bgnbd.model, black_box(self.customers));
        let began = Instant::now();
        score_in_parallel(model, self.outlook, customers, &mut scores, effort);
        black_box(&scores);
        began.elapsed().as_secs_f64()
    }

    fn compress_and_fit(&self, effort: Effort) -> Result<f64, Failure> {
        let began = Instant::now();
        let base =
            PurchaseBase::of(black_box(self.customers)).map_err(|refusal| failed(&refusal))?;
        black_box(fit_bgnbd(&base, effort)?);
        Ok(began.elapsed().as_secs_f64())
    }
}

fn fit_bgnbd(base: &PurchaseBase, effort: Effort) -> Result<Fitted<BetaGeometric>, Failure> {
    BetaGeometric::fit(base, DropOut::AfterRepeats, effort).map_err(|failure| failed(&failure))
}

fn fit_pnbd(base: &PurchaseBase) -> Result<Fitted<ParetoNbd>, Failure> {
    ParetoNbd::fit(base, Effort::default()).map_err(|failure| failed(&failure))
}

fn failed(why: &dyn std::fmt::Display) -> Failure {
    Failure::failed(format!("our own side fails: {why}"))
}
