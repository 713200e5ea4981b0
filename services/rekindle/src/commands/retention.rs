//! `rekindle portfolio retention`: how long contractual customers stay, as a table, as JSON, or as
//! a page for a browser.

use std::path::PathBuf;

use clap::Args;
use contract::lifecycle::v1::{GetRetentionCurvesRequest, GetRetentionCurvesResponse};
use contract::types::v1::Money;
use kernel::money::Currency;

use super::files::write_page;
use crate::client::{IN_BULK, Services};
use crate::failure::Failure;
use crate::output::Output;
use crate::screen::{self, Paper};
use crate::{json, report};

/// How many curves are shown at most; more are left out, and it is said.
const MOST_CURVES: usize = 200;

/// Show how long contractual customers stay, by the retention model in use.
#[derive(Debug, Args)]
pub(super) struct Retention {
    /// Only this business line.
    #[arg(
        long = "business-line",
        alias = "line",
        default_value = "",
        value_name = "LINE"
    )]
    line: String,

    /// How many months the curves have.
    #[arg(long, default_value_t = 36, value_name = "N")]
    months: u32,

    /// The tenure of the customer whose months ahead are shown, in months.
    #[arg(long, default_value_t = 0, value_name = "N")]
    tenure: u32,

    /// The margin of one month of that customer, such as 12.50EUR, to have value at risk in money.
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    margin: Option<Money>,

    /// Write a page with plots into this file, complete in itself.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Retention {
    /// Asks for the curves, page by page, and shows them.
    pub(super) async fn run(&self, services: &Services, output: Output) -> Result<(), Failure> {
        let answer = self.ask(services).await?;
        if !answer.next_page_token.is_empty() {
            output.progress(format_args!(
                "these are the first {MOST_CURVES} curves: ask for one --line to see others"
            ));
        }
        if let Some(file) = &self.html {
            write_page(file, &report::retention(&answer)?, output)?;
        }
        output.result(&json::retention(&answer), |_| {
            screen::retention(&answer, Paper::of_stdout())
        })
    }

    async fn ask(&self, services: &Services) -> Result<GetRetentionCurvesResponse, Failure> {
        let mut found = GetRetentionCurvesResponse::default();
        loop {
            let request = GetRetentionCurvesRequest {
                business_line: self.line.clone(),
                month_count: self.months,
                tenure_months: self.tenure,
                monthly_margin: self.margin.clone(),
                page_size: 0,
                page_token: found.next_page_token,
            };
            let mut client = services.portfolio();
            let method = "rekindle.lifecycle.v1.PortfolioService/GetRetentionCurves";
            let page = services
                .call(method, IN_BULK, request, |request| async move {
                    client.get_retention_curves(request).await
                })
                .await?;
            if !found.curves.is_empty() && page.model_version != found.model_version {
                let message = "another model was put in use while its curves were read";
                return Err(Failure::failed(message).advice("run the command again"));
            }
            found.model_version = page.model_version;
            found.curves.extend(page.curves);
            found.next_page_token = page.next_page_token;
            if found.next_page_token.is_empty() || found.curves.len() >= MOST_CURVES {
                return Ok(found);
            }
        }
    }
}

/// Reads an amount such as `12.50EUR`.
pub(super) fn amount(text: &str) -> Result<Money, String> {
    let wrong = || format!("{text:?} is no amount: write it like 12.50EUR");
    let digits = text.trim_end_matches(|sign: char| sign.is_ascii_alphabetic());
    let currency = Currency::parse(&text[digits.len()..]).map_err(|error| error.to_string())?;
    let (whole, part) = digits.trim().split_once('.').unwrap_or((digits.trim(), ""));
    let decimals = usize::try_from(currency.decimals()).unwrap_or(0);
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > decimals || !is_number(whole) || !is_number(part) {
        return Err(wrong());
    }
    let minor = format!("{whole}{part:0<decimals$}")
        .parse()
        .map_err(|_| wrong())?;
    Ok(Money {
        minor,
        currency: currency.code().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_their_currency() {
        for (text, minor, currency) in [
            ("12.50EUR", 1_250, "EUR"),
            ("12.5EUR", 1_250, "EUR"),
            ("7 USD", 700, "USD"),
            ("900JPY", 900, "JPY"),
        ] {
            let read = amount(text).unwrap();
            assert_eq!((read.minor, read.currency.as_str()), (minor, currency));
        }
        for text in [
            "",
            "EUR",
            "12.505EUR",
            "9.5JPY",
            "-3EUR",
            "12",
            "1.2.3EUR",
            "1e3EUR",
            "ä",
        ] {
            assert!(amount(text).is_err(), "{text}");
        }
    }
}
