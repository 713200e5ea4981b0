//! `bench models`: the models against published figures, and their speed against Python on the same
//! machine, in the same run, on the same customers.

mod cdnow;
mod contest;
mod figure;
mod population;
mod portfolio;
mod python;
mod report;
#[cfg(test)]
mod smoke_tests;
mod telco;
mod wanted;

use std::num::NonZeroUsize;

use rekindle::failure::Failure;
use rekindle::output::Output;

use crate::arguments::Models;
use contest::Conditions;
use population::Population;
use python::Python;
pub(crate) use report::Report;
use wanted::Wanted;

/// Finds every figure that is wanted and can be found.
pub(crate) fn run(arguments: &Models, output: Output) -> Result<Report, Failure> {
    let wanted = Wanted::new(&arguments.only)?;
    let mut report = Report::default();
    if wanted.any("cdnow") {
        fit_cdnow(arguments, &wanted, &mut report, output)?;
    }
    if wanted.any("telco") {
        judge_on_telco(arguments, &wanted, &mut report, output)?;
    }
    if contest::is_wanted(&wanted) {
        hold_contests(arguments, &wanted, &mut report, output)?;
    }
    if wanted.is("speed.portfolio_vs_copy") || wanted.is("memory_mib") {
        report.add(portfolio::figures()?);
    }
    Ok(report)
}

fn fit_cdnow(
    arguments: &Models,
    wanted: &Wanted,
    report: &mut Report,
    output: Output,
) -> Result<(), Failure> {
    let file = arguments.data.join(cdnow::FILE);
    if !file.is_file() {
        report.leave_out(format!("cdnow: there is no {}", file.display()));
        return Ok(());
    }
    output.progress("fitting the CDNOW sample");
    report.add(cdnow::figures(&arguments.data, wanted)?);
    Ok(())
}

fn judge_on_telco(
    arguments: &Models,
    wanted: &Wanted,
    report: &mut Report,
    output: Output,
) -> Result<(), Failure> {
    let mut files = [telco::FILE, telco::FOLDS]
        .map(|file| arguments.data.join(file))
        .into_iter();
    if let Some(file) = files.find(|file| !file.is_file()) {
        report.leave_out(format!("telco: there is no {}", file.display()));
        return Ok(());
    }
    output.progress("judging propensity models on the Telco folds");
    let mut figures = telco::figures(&arguments.data, threads())?;
    figures.retain(|figure| wanted.is(&figure.name));
    report.add(figures);
    Ok(())
}

fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn hold_contests(
    arguments: &Models,
    wanted: &Wanted,
    report: &mut Report,
    output: Output,
) -> Result<(), Failure> {
    output.progress(format_args!("drawing {} customers", arguments.customers));
    let population = Population::draw(arguments.customers, arguments.seed)?;
    let python = arguments
        .python
        .as_ref()
        .map(|interpreter| Python::start(interpreter, &arguments.script, &population.rows()))
        .transpose()?;
    if python.is_none() {
        report.leave_out("speed: there is no Python to compare with (--python)");
    }
    let conditions = Conditions {
        rounds: arguments.rounds,
        threads: threads(),
    };
    let outcome = contest::run(&population, python, &conditions, wanted, output)?;
    report.add(outcome.figures);
    report.time(outcome.lines, outcome.setting);
    Ok(())
}
