//! The CDNOW sample: parameters and likelihoods that others have published.

use std::collections::BTreeMap;
use std::path::Path;

use rekindle::failure::{Exit, Failure};
use serde::Deserialize;
use statistics::purchases::beta_geometric::{BetaGeometric, BetaGeometricParameters, DropOut};
use statistics::purchases::gamma_gamma::{
    GammaGamma, GammaGammaParameters, SpendBase, SpendSummary,
};
use statistics::purchases::pareto_nbd::{ParetoNbd, ParetoNbdParameters};
use statistics::purchases::purchase_base::{PurchaseBase, believe};
use statistics::purchases::purchase_model::Effort;
use statistics::purchases::purchase_summary::PurchaseFigures;

use super::figure::{Figure, Goal, Value};
use super::wanted::Wanted;

/// Where the sample is, below the folder of data sets.
pub(super) const FILE: &str = "cdnow/cdnow_sample_summary.csv";

/// Log-likelihoods are published with three decimals.
const WITHIN: f64 = 1e-3;

#[derive(Debug, Deserialize)]
struct Row {
    #[serde(rename = "x")]
    frequency: u32,
    #[serde(rename = "t_x")]
    recency_weeks: f64,
    #[serde(rename = "T")]
    age_weeks: f64,
    #[serde(rename = "m_x")]
    mean_spend: f64,
}

/// Fits the models that are wanted.
pub(super) fn figures(data: &Path, wanted: &Wanted) -> Result<Vec<Figure>, Failure> {
    let rows = read(&data.join(FILE))?;
    let customers: Vec<PurchaseFigures> = rows
        .iter()
        .map(|row| PurchaseFigures {
            frequency: row.frequency,
            recency: row.recency_weeks,
            age: row.age_weeks,
        })
        .collect();
    let customers = believe(&customers).map_err(|refusal| refused(&refusal))?;
    let base = PurchaseBase::of(&customers).map_err(|refusal| refused(&refusal))?;
    let mut figures = Vec::new();
    for (model, drop_out, published) in [
        ("bgnbd", DropOut::AfterRepeats, BGNBD),
        ("mbgnbd", DropOut::AfterEvery, MBGNBD),
    ] {
        let fitted = BetaGeometric::fit(&base, drop_out, Effort::default());
        let fitted = fitted.map_err(|failure| refused(&failure))?;
        let BetaGeometricParameters { r, alpha, a, b, .. } = *fitted.model.parameters();
        figures.extend(published.compare(model, &[r, alpha, a, b], fitted.log_likelihood));
    }
    let fitted = ParetoNbd::fit(&base, Effort::default()).map_err(|failure| refused(&failure))?;
    let ParetoNbdParameters { r, alpha, s, beta } = *fitted.model.parameters();
    figures.extend(PARETO_NBD.compare("pnbd", &[r, alpha, s, beta], fitted.log_likelihood));
    // Whoever never bought again has no repeat spend.
    let spent = rows
        .iter()
        .filter_map(|row| SpendSummary::new(row.frequency, row.mean_spend).ok());
    let base = SpendBase::of(&spent.collect::<Vec<_>>()).map_err(|refusal| refused(&refusal))?;
    let fitted = GammaGamma::fit(&base).map_err(|failure| refused(&failure))?;
    let GammaGammaParameters { p, q, gamma } = *fitted.model.parameters();
    figures.extend(GAMMA_GAMMA.compare("gg", &[p, q, gamma], fitted.log_likelihood));
    figures.retain(|figure| wanted.is(&figure.name));
    Ok(figures)
}

fn read(path: &Path) -> Result<Vec<Row>, Failure> {
    let unusable = |error: csv::Error| {
        Failure::new(
            Exit::BadInput,
            format!("{} cannot be used: {error}", path.display()),
        )
    };
    let mut reader = csv::Reader::from_path(path).map_err(unusable)?;
    reader
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(unusable)
}

fn refused(why: &dyn std::fmt::Display) -> Failure {
    Failure::failed(format!("the CDNOW sample is not fitted: {why}"))
}

/// What others found.
#[derive(Clone, Copy, Debug)]
struct Published {
    parameters: &'static [(&'static str, f64)],
    log_likelihood: f64,
}

/// Fader, Hardie & Lee (2005), to more digits by re-computation.
const BGNBD: Published = Published {
    parameters: &[
        ("r", 0.242_59),
        ("alpha", 4.413_60),
        ("a", 0.792_92),
        ("b", 2.425_91),
    ],
    log_likelihood: -9_582.429,
};

/// Batislam, Denizel & Filiztekin (2007), likewise.
const MBGNBD: Published = Published {
    parameters: &[
        ("r", 0.524_84),
        ("alpha", 6.183_08),
        ("a", 0.891_36),
        ("b", 1.614_00),
    ],
    log_likelihood: -9_582.135_7,
};

/// Fader & Hardie (2005), "A note on deriving the Pareto/NBD model", likewise.
const PARETO_NBD: Published = Published {
    parameters: &[
        ("r", 0.553_28),
        ("alpha", 10.577_68),
        ("s", 0.606_24),
        ("beta", 11.668_73),
    ],
    log_likelihood: -9_594.976_2,
};

/// Fader & Hardie (2013), "The Gamma-Gamma model of monetary value", likewise.
const GAMMA_GAMMA: Published = Published {
    parameters: &[("p", 6.249_57), ("q", 3.744_23), ("gamma", 15.443_53)],
    log_likelihood: -4_055.918,
};

impl Published {
    fn compare(self, model: &str, ours: &[f64], log_likelihood: f64) -> [Figure; 2] {
        let names = self.parameters.iter().map(|(name, _)| *name);
        let parameters: BTreeMap<&'static str, f64> = names.zip(ours.iter().copied()).collect();
        [
            Figure::new(
                format!("cdnow.{model}.params"),
                Value::Parameters(parameters),
                Some(Goal::Parameters(self.parameters.iter().copied().collect())),
            ),
            Figure::new(
                format!("cdnow.{model}.ll"),
                Value::Number(log_likelihood),
                Some(Goal::Near {
                    value: self.log_likelihood,
                    within: WITHIN,
                }),
            ),
        ]
    }
}
