//! `rekindle suppression add|lift|list`: from whom offers are kept.

use clap::{ArgGroup, Args, Subcommand};
use contract::offers::v1::{
    LiftSuppressionRequest, ListSuppressionsRequest, ListSuppressionsResponse, SuppressRequest,
    SuppressedOffers, Suppression as Wire, SuppressionScope,
};
use jiff::Timestamp;

use crate::arguments::instant;
use crate::client::{ONLINE, ServiceArguments, Services, Trace, new_request_id};
use crate::failure::Failure;
use crate::mapping::wire_time;
use crate::output::Output;
use crate::screen::words;
use crate::{json as documents, vocabulary};

/// Keep offers from a customer, an account or everybody, or make them again.
#[derive(Debug, Args)]
pub struct Suppression {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    services: ServiceArguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Keep offers from somebody from now on; leaving is never in the way.
    Add(Add),
    /// Make the offers again.
    Lift {
        /// The suppression.
        suppression_id: String,

        /// The customer; left out for what holds for everybody.
        #[arg(long, default_value = "", value_name = "ID")]
        customer: String,

        /// Who lifts it.
        #[arg(long, default_value = "rekindle", value_name = "ID")]
        by: String,
    },
    /// List them, newest first.
    List {
        /// Only those of this customer.
        #[arg(long, default_value = "", value_name = "ID")]
        customer: String,

        /// Those that are over, too.
        #[arg(long)]
        ended: bool,

        /// How many at most, 1 to 100.
        #[arg(long, default_value_t = 20, value_name = "COUNT")]
        page_size: i32,

        /// The page after one; the token stands at its end.
        #[arg(long, default_value = "", value_name = "TOKEN")]
        page_token: String,
    },
}

/// From whom, what, how long and why.
#[derive(Debug, Args)]
#[group(skip)]
#[command(group(ArgGroup::new("whom").args(["customer", "everybody"]).required(true)))]
#[command(group(ArgGroup::new("how_long").args(["until", "for_ever"]).required(true)))]
struct Add {
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,

    /// Only about this account of the customer.
    #[arg(long, requires = "customer", value_name = "ID")]
    account: Option<String>,

    /// From everybody.
    #[arg(long, conflicts_with = "account")]
    everybody: bool,

    /// Only price offers.
    #[arg(long, conflicts_with_all = ["lever", "offer"])]
    price_offers: bool,

    /// Only offers of this lever, as in `price_discount`.
    #[arg(long, conflicts_with = "offer", value_parser = |word: &str| vocabulary::LEVER.number(word))]
    lever: Option<i32>,

    /// Only this offer.
    #[arg(long, value_name = "KEY")]
    offer: Option<String>,

    /// Until then, as in 2027-01-01T00:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<Timestamp>,

    /// Until it is lifted.
    #[arg(long)]
    for_ever: bool,

    /// Why, as a short key without spaces; nothing that names a person.
    #[arg(long, value_name = "KEY")]
    reason: String,

    /// Who asks for it.
    #[arg(long, default_value = "rekindle", value_name = "ID")]
    by: String,
}

impl Suppression {
    /// Does one of the three.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle suppression"))?;
        match &self.verb {
            Verb::Add(add) => suppress(&services, add.request(), output).await,
            Verb::Lift {
                suppression_id,
                customer,
                by,
            } => {
                let request = LiftSuppressionRequest {
                    request_id: new_request_id(),
                    customer_id: customer.clone(),
                    suppression_id: suppression_id.clone(),
                    lifted_by: by.clone(),
                };
                lift(&services, request, output).await
            }
            Verb::List {
                customer,
                ended,
                page_size,
                page_token,
            } => {
                let request = ListSuppressionsRequest {
                    customer_id: customer.clone(),
                    include_ended: *ended,
                    page_size: *page_size,
                    page_token: page_token.clone(),
                };
                list(&services, request, output).await
            }
        }
    }
}

impl Add {
    fn request(&self) -> SuppressRequest {
        let scope = match (self.everybody, &self.account) {
            (true, _) => SuppressionScope::Everybody,
            (false, Some(_)) => SuppressionScope::Account,
            (false, None) => SuppressionScope::Customer,
        };
        let offers = match (self.price_offers, self.lever, &self.offer) {
            (true, ..) => SuppressedOffers::Price,
            (false, Some(_), _) => SuppressedOffers::Lever,
            (false, None, Some(_)) => SuppressedOffers::One,
            (false, None, None) => SuppressedOffers::All,
        };
        SuppressRequest {
            request_id: new_request_id(),
            scope: scope.into(),
            customer_id: self.customer.clone().unwrap_or_default(),
            account_id: self.account.clone().unwrap_or_default(),
            suppressed_offers: offers.into(),
            lever: self.lever.unwrap_or_default(),
            offer_key: self.offer.clone().unwrap_or_default(),
            until_time: self.until.map(wire_time),
            for_ever: self.for_ever,
            reason_key: self.reason.clone(),
            suppressed_by: self.by.clone(),
        }
    }
}

async fn suppress(
    services: &Services,
    request: SuppressRequest,
    output: Output,
) -> Result<u8, Failure> {
    let mut suppressions = services.suppressions();
    let method = "rekindle.offers.v1.SuppressionService/Suppress";
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            suppressions.suppress(request).await
        })
        .await?;
    print_one(&answer.suppression.unwrap_or_default(), output)
}

async fn lift(
    services: &Services,
    request: LiftSuppressionRequest,
    output: Output,
) -> Result<u8, Failure> {
    let mut suppressions = services.suppressions();
    let method = "rekindle.offers.v1.SuppressionService/LiftSuppression";
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            suppressions.lift_suppression(request).await
        })
        .await?;
    print_one(&answer.suppression.unwrap_or_default(), output)
}

async fn list(
    services: &Services,
    request: ListSuppressionsRequest,
    output: Output,
) -> Result<u8, Failure> {
    let mut suppressions = services.suppressions();
    let method = "rekindle.offers.v1.SuppressionService/ListSuppressions";
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            suppressions.list_suppressions(request).await
        })
        .await?;
    output.result(&documents::suppressions(&answer), |_| lines(&answer))?;
    Ok(0)
}

fn print_one(suppression: &Wire, output: Output) -> Result<u8, Failure> {
    output.result(&documents::suppression(suppression), |_| line(suppression))?;
    Ok(0)
}

fn lines(answer: &ListSuppressionsResponse) -> String {
    let mut lines: Vec<String> = answer.suppressions.iter().map(line).collect();
    if lines.is_empty() {
        lines.push("no offers are kept from anybody".to_owned());
    }
    if !answer.next_page_token.is_empty() {
        lines.push(format!("more with --page-token {}", answer.next_page_token));
    }
    lines.join("\n")
}

/// One suppression in one line.
fn line(suppression: &Wire) -> String {
    let from = match suppression.scope() {
        SuppressionScope::Account => format!(
            "customer {}, account {}",
            suppression.customer_id, suppression.account_id
        ),
        SuppressionScope::Everybody => "everybody".to_owned(),
        _ => format!("customer {}", suppression.customer_id),
    };
    let what = match suppression.suppressed_offers() {
        SuppressedOffers::Price => "price offers".to_owned(),
        SuppressedOffers::Lever => format!("{} offers", vocabulary::LEVER.word(suppression.lever)),
        SuppressedOffers::One => suppression.offer_key.clone(),
        _ => "all offers".to_owned(),
    };
    let end = words::instant(suppression.until_time.as_ref())
        .map_or_else(|| "for ever".to_owned(), |until| format!("until {until}"));
    let lifted = if suppression.lifted_by.is_empty() {
        String::new()
    } else {
        format!(", lifted by {}", suppression.lifted_by)
    };
    let (id, why) = (&suppression.suppression_id, &suppression.reason_key);
    format!("{id}  {what} kept from {from} {end}: {why}{lifted}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_kept_from_whom_and_how_long() {
        let mut suppression = Wire {
            suppression_id: "x".to_owned(),
            scope: SuppressionScope::Customer.into(),
            customer_id: "c-1".to_owned(),
            suppressed_offers: SuppressedOffers::All.into(),
            for_ever: true,
            reason_key: "complaint".to_owned(),
            ..Wire::default()
        };
        assert_eq!(
            line(&suppression),
            "x  all offers kept from customer c-1 for ever: complaint"
        );
        suppression.scope = SuppressionScope::Everybody.into();
        suppression.suppressed_offers = SuppressedOffers::One.into();
        suppression.offer_key = "fee_back".to_owned();
        suppression.lifted_by = "ada".to_owned();
        assert_eq!(
            line(&suppression),
            "x  fee_back kept from everybody for ever: complaint, lifted by ada"
        );
    }
}
