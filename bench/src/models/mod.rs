//! `bench models`: the models against published figures, and their speed against Python on the same
//! machine, in the same run, on the same customers.

mod cdnow;
mod contest;
mod figure;
mod population;
mod python;
mod report;
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
    if wanted.any("speed") {
        hold_contests(arguments, &wanted, &mut report, output)?;
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
        threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    let outcome = contest::run(&population, python, &conditions, wanted, output)?;
    report.add(outcome.figures);
    report.time(outcome.lines, outcome.setting);
    Ok(())
}
