//! `rekindle customer merge|erase`: one customer of two that are the same person, and none of one.

use clap::{Args, Subcommand};
use contract::profiles::v1::{
    EraseCustomerRequest, EraseCustomerResponse, MergeCustomersRequest, MergeCustomersResponse,
};

use crate::client::{ONLINE, ServiceArguments, Services, Trace, new_request_id};
use crate::failure::{Exit, Failure};
use crate::json as documents;
use crate::output::Output;

/// Merge or erase customers.
#[derive(Debug, Args)]
pub struct Customer {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    services: ServiceArguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make one customer of two that are the same person. There is no way back.
    Merge {
        /// The customer that becomes another name of the one that stays.
        merged: String,

        /// The customer that stays.
        #[arg(long, value_name = "ID")]
        into: String,
    },
    /// Erase a person under all their ids, in every service. There is no way back.
    Erase {
        /// The person, by any of their ids.
        customer: String,

        /// Yes, erase them: it cannot be undone.
        #[arg(long)]
        yes: bool,
    },
}

impl Customer {
    /// Does it.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle customer"))?;
        match &self.verb {
            Verb::Merge { merged, into } => {
                let request = MergeCustomersRequest {
                    request_id: new_request_id(),
                    customer_id: into.clone(),
                    merged_customer_id: merged.clone(),
                };
                merge(&services, request, output).await
            }
            Verb::Erase { customer, yes } => {
                confirmed(*yes)?;
                let request = EraseCustomerRequest {
                    request_id: new_request_id(),
                    customer_id: customer.clone(),
                };
                erase(&services, request, output).await
            }
        }
    }
}

/// Refuses to erase by accident.
fn confirmed(yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let message = "erasing a person cannot be undone: everything about them goes, under all their ids, in every service";
    let failure = Failure::new(Exit::Usage, message).reason("NOT_CONFIRMED");
    Err(failure.advice("check the id, then say it again with --yes"))
}

async fn merge(
    services: &Services,
    request: MergeCustomersRequest,
    output: Output,
) -> Result<u8, Failure> {
    let mut customers = services.customers();
    let method = "rekindle.profiles.v1.CustomerService/MergeCustomers";
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            customers.merge_customers(request).await
        })
        .await?;
    output.result(&documents::merged_customer(&answer), |_| line(&answer))?;
    Ok(0)
}

async fn erase(
    services: &Services,
    request: EraseCustomerRequest,
    output: Output,
) -> Result<u8, Failure> {
    let mut customers = services.customers();
    let method = "rekindle.profiles.v1.CustomerService/EraseCustomer";
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            customers.erase_customer(request).await
        })
        .await?;
    output.result(&documents::erased_customer(answer), |_| erased(answer))?;
    Ok(0)
}

fn erased(answer: EraseCustomerResponse) -> String {
    if !answer.changed {
        return "erased already".to_owned();
    }
    format!(
        "erased under {} ids; the other services follow within seconds",
        answer.id_count
    )
}

fn line(answer: &MergeCustomersResponse) -> String {
    let did = if answer.changed {
        "merged"
    } else {
        "merged already"
    };
    format!(
        "{did}: {} is also {} (revision {})",
        answer.customer_id,
        answer.merged_customer_ids.join(", "),
        answer.revision
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_erased_who_was_not_named_with_a_yes() {
        assert_eq!(confirmed(true), Ok(()));
        let failure = confirmed(false).expect_err("a failure");
        assert_eq!(failure.exit(), Exit::Usage);
        assert_eq!(failure.reason_name(), Some("NOT_CONFIRMED"));
    }
}
