//! The commands, one file each: arguments, steps, result.
//!
//! A new command is a file here, a variant of [`Command`] and a line in [`run`].

mod budget;
mod call;
mod care;
mod catalogue;
mod child;
mod contact;
mod customer;
mod customers;
mod demo;
mod doctor;
mod evaluate;
mod evaluate_foreign;
mod explain;
mod files;
mod fulfilment;
mod generate;
mod health;
mod import;
mod import_model;
mod incident;
mod model;
mod override_offer;
mod policy;
mod portfolio;
mod record;
mod retention;
mod review;
mod review_learned;
mod review_outcomes;
mod rules;
mod showcase;
mod simulate;
mod stack;
mod status;
mod suppression;
mod up;
mod watch;
mod win_back;

use clap::Subcommand;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output::Output;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start Postgres, Redis and the three services, and stop them with Ctrl-C.
    Up(up::Up),
    /// Show the whole suite at work, ending with one cancellation call.
    Demo(demo::Demo),
    /// Run a command on a private Postgres and Redis.
    Stack(stack::Stack),
    /// Check this machine and what runs on it, and say what to do.
    Doctor(doctor::Doctor),
    /// Ask one service whether it serves.
    Health(health::Health),
    /// Load the rows of a file into profiles.
    Import(import::Import),
    /// Load generated customers.
    GenerateCustomers(generate::GenerateCustomers),
    /// Play one cancellation call.
    Call(call::Call),
    /// Show where a customer stands.
    Status(status::Status),
    /// Show a decision as it was made.
    Explain(explain::Explain),
    /// Show what happened on a call about leaving, and whether its record was changed.
    Record(record::Record),
    /// Check or publish the catalogue of offers.
    Catalogue(catalogue::Catalogue),
    /// Explain or publish the policy of the way out.
    Policy(policy::Policy),
    /// Keep offers from a customer, an account or everybody, or make them again.
    Suppression(suppression::Suppression),
    /// Make an offer against the ranking, as somebody with authority.
    Override(override_offer::Override),
    /// Record what went wrong for a customer, and its recovery.
    Incident(incident::Incident),
    /// Put, list, show or reconcile the budgets of offers.
    Budget(budget::Budget),
    /// Carry out what was accepted, and see to promises that could not be kept.
    Fulfilment(fulfilment::Fulfilment),
    /// Review what became of calls about leaving, by the facts of billing.
    Review(review::Review),
    /// Publish or show the rules of the business lines.
    Rules(rules::Rules),
    /// See and do what is due for customers, or publish the plan of it.
    Care(care::Care),
    /// List those who left and are asked back, whom to ask first, or count them.
    WinBack(win_back::WinBack),
    /// Fit or list the models.
    Model(model::Model),
    /// Show all customers by stage, or score them anew.
    Portfolio(portfolio::Portfolio),
    /// List the customers in a stage.
    Customers(customers::Customers),
    /// Say whether a customer may be contacted, or publish the rules for it.
    Contact(contact::Contact),
    /// Merge two customers that are the same person, or erase one.
    Customer(customer::Customer),
}

/// Runs the command and answers with its exit code.
pub async fn run(arguments: &Arguments, output: Output) -> Result<u8, Failure> {
    match &arguments.command {
        Command::Up(up) => up.run(output).await,
        Command::Demo(demo) => demo.run(output).await,
        Command::Stack(stack) => stack.run(output).await,
        Command::Doctor(doctor) => doctor.run(output).await,
        Command::Health(health) => health.run(output).await,
        Command::Import(import) => import.run(output).await,
        Command::GenerateCustomers(generate) => generate.run(output).await,
        Command::Call(call) => call.run(output).await,
        Command::Status(status) => status.run(output).await,
        Command::Explain(explain) => explain.run(output).await,
        Command::Record(record) => record.run(output).await,
        Command::Catalogue(catalogue) => catalogue.run(output).await,
        Command::Policy(policy) => policy.run(output).await,
        Command::Suppression(suppression) => suppression.run(output).await,
        Command::Override(offer) => offer.run(output).await,
        Command::Incident(incident) => incident.run(output).await,
        Command::Budget(budget) => budget.run(output).await,
        Command::Fulfilment(fulfilment) => fulfilment.run(output).await,
        Command::Review(review) => review.run(output).await,
        Command::Rules(rules) => rules.run(output).await,
        Command::Care(care) => care.run(output).await,
        Command::WinBack(win_back) => win_back.run(output).await,
        Command::Model(model) => model.run(output).await,
        Command::Portfolio(portfolio) => portfolio.run(output).await,
        Command::Customers(customers) => customers.run(output).await,
        Command::Contact(contact) => contact.run(output).await,
        Command::Customer(customer) => customer.run(output).await,
    }
}
