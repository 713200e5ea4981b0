//! The search for the parameters of each family of purchase models, with their standard errors.

use std::collections::BTreeMap;

use statistics::numeric::optimise::OnIteration;
use statistics::numeric::standard_errors::standard_errors;
use statistics::purchases::beta_geometric::{BetaGeometric, BetaGeometricParameters, DropOut};
use statistics::purchases::gamma_gamma::{GammaGamma, SpendBase, SpendSummary};
use statistics::purchases::pareto_nbd::{ParetoNbd, ParetoNbdParameters};
use statistics::purchases::purchase_base::PurchaseBase;
use statistics::purchases::purchase_model::{Effort, Fitted};
use statistics::purchases::purchase_summary::PurchaseSummary;
use statistics::refusal::FitFailure;

use super::model::{AnyPurchaseModel, FittedPurchases, PurchaseFamily, SpendModel};
use super::sample::Row;
use crate::domain::model::report::SearchEnd;
use crate::domain::model::standard_errors::StandardErrors;

/// Fits a family to some customers, and what they spend.
pub(super) fn fit_group(
    rows: &[&Row],
    family: PurchaseFamily,
    on_iteration: OnIteration<'_>,
) -> Result<FittedPurchases, FitFailure> {
    let summaries: Vec<PurchaseSummary> = rows.iter().map(|row| row.all).collect();
    let (fitted, errors) = fit_model(&summaries, family, on_iteration)?;
    let spend = fit_spend(rows, on_iteration);
    Ok(FittedPurchases {
        model: fitted.model,
        log_likelihood: fitted.log_likelihood,
        standard_errors: errors,
        search: SearchEnd::of(fitted.convergence),
        no_spend_because: spend.as_ref().err().map(FitFailure::to_string),
        spend: spend.ok(),
    })
}

/// A model as found, with the standard errors of its parameters where they exist.
pub(super) type FittedModel = (Fitted<AnyPurchaseModel>, Option<[f64; 4]>);

/// Fits a family to some histories of purchases.
pub(super) fn fit_model(
    summaries: &[PurchaseSummary],
    family: PurchaseFamily,
    on_iteration: OnIteration<'_>,
) -> Result<FittedModel, FitFailure> {
    let base = PurchaseBase::of(summaries)?;
    match family {
        PurchaseFamily::MbgNbd => fit_beta_geometric(&base, DropOut::AfterEvery, on_iteration),
        PurchaseFamily::BgNbd => fit_beta_geometric(&base, DropOut::AfterRepeats, on_iteration),
        PurchaseFamily::ParetoNbd => fit_pareto(&base, on_iteration),
    }
}

fn fit_beta_geometric(
    base: &PurchaseBase,
    drop_out: DropOut,
    on_iteration: OnIteration<'_>,
) -> Result<FittedModel, FitFailure> {
    let fitted = BetaGeometric::fit_watched(base, drop_out, Effort::default(), on_iteration)?;
    let any = fitted_as(&fitted, AnyPurchaseModel::BetaGeometric(fitted.model));
    let (_, parameters) = any.model.parameters();
    let errors = standard_errors(parameters, |[r, alpha, a, b]| {
        let parameters = BetaGeometricParameters {
            r,
            alpha,
            a,
            b,
            drop_out,
        };
        let model = BetaGeometric::try_from(parameters).ok()?;
        Some(model.log_likelihood(base, Effort::default()).gradient)
    });
    Ok((any, errors))
}

fn fit_pareto(
    base: &PurchaseBase,
    on_iteration: OnIteration<'_>,
) -> Result<FittedModel, FitFailure> {
    let fitted = ParetoNbd::fit_watched(base, Effort::default(), on_iteration)?;
    let any = fitted_as(&fitted, AnyPurchaseModel::ParetoNbd(fitted.model));
    let (_, parameters) = any.model.parameters();
    let errors = standard_errors(parameters, |[r, alpha, s, beta]| {
        let parameters = ParetoNbdParameters { r, alpha, s, beta };
        let model = ParetoNbd::try_from(parameters).ok()?;
        Some(model.log_likelihood(base, Effort::default()).gradient)
    });
    Ok((any, errors))
}

fn fitted_as<M>(fitted: &Fitted<M>, model: AnyPurchaseModel) -> Fitted<AnyPurchaseModel> {
    Fitted {
        model,
        log_likelihood: fitted.log_likelihood,
        rows: fitted.rows,
        convergence: fitted.convergence,
    }
}

/// Fits what customers spend, in the currency that most of them spend.
fn fit_spend(rows: &[&Row], on_iteration: OnIteration<'_>) -> Result<SpendModel, FitFailure> {
    let mut currencies: BTreeMap<&str, Vec<SpendSummary>> = BTreeMap::new();
    for spend in rows.iter().filter_map(|row| row.spend.as_ref()) {
        let code = spend.currency.code();
        currencies.entry(code).or_default().push(spend.summary);
    }
    let most = currencies
        .into_iter()
        .max_by_key(|(_, spends)| spends.len());
    let (currency, spends) = most.unwrap_or_default();
    let base = SpendBase::of(&spends)?;
    let fitted = GammaGamma::fit_watched(&base, on_iteration)?;
    Ok(SpendModel {
        model: fitted.model,
        currency: currency.to_owned(),
        standard_errors: StandardErrors::of(fitted.model.standard_errors(&base).map(Vec::from)),
        correlation: base.correlation(),
        log_likelihood: fitted.log_likelihood,
    })
}
