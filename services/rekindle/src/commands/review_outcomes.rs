//! `rekindle review outcomes`: what became of calls about leaving.

use clap::Args;
use contract::offers::v1::{CallOutcome, ListCallOutcomesRequest, ListCallOutcomesResponse};

use crate::client::{ONLINE, Services};
use crate::failure::Failure;
use crate::json as documents;
use crate::output::Output;
use crate::screen::words;
use crate::vocabulary::{self, Vocabulary};

/// Which calls.
#[derive(Debug, Args)]
pub(super) struct Outcomes {
    /// Only those of this customer.
    #[arg(long, default_value = "", value_name = "ID")]
    customer: String,

    /// Only those in this status, as in `lost_deflect`.
    #[arg(long, value_parser = |word: &str| vocabulary::SAVE_STATUS.number(word))]
    status: Option<i32>,

    /// How many at most, 1 to 100.
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    page_size: i32,

    /// The page after one; the token stands at its end.
    #[arg(long, default_value = "", value_name = "TOKEN")]
    page_token: String,
}

impl Outcomes {
    /// Lists.
    pub(super) async fn run(&self, services: &Services, output: Output) -> Result<u8, Failure> {
        let request = ListCallOutcomesRequest {
            customer_id: self.customer.clone(),
            status: self.status.unwrap_or_default(),
            page_size: self.page_size,
            page_token: self.page_token.clone(),
        };
        let mut review = services.review();
        let method = "rekindle.offers.v1.ReviewService/ListCallOutcomes";
        let answer = services
            .call(method, ONLINE, request, |request| async move {
                review.list_call_outcomes(request).await
            })
            .await?;
        output.result(&documents::call_outcomes(&answer), |_| lines(&answer))?;
        Ok(0)
    }
}

fn lines(answer: &ListCallOutcomesResponse) -> String {
    let mut lines: Vec<String> = answer.outcomes.iter().map(line).collect();
    if lines.is_empty() {
        lines.push("no call that ended is like that".to_owned());
    }
    if !answer.next_page_token.is_empty() {
        lines.push(format!("more with --page-token {}", answer.next_page_token));
    }
    lines.join("\n")
}

/// One call in one line.
fn line(outcome: &CallOutcome) -> String {
    let decided = words::instant(outcome.decide_time.as_ref()).map(words::day);
    let what = match (outcome.offer_key.as_str(), outcome.arm.as_str()) {
        ("", "") => "nothing was decided".to_owned(),
        ("", _) => "no offer".to_owned(),
        (offer, _) => {
            let heard = spoken(&vocabulary::PRESENTED_OUTCOME, outcome.offer_outcome);
            format!("{offer} {heard}")
        }
    };
    let windows = [
        ("30", outcome.here_30_days),
        ("90", outcome.here_90_days),
        ("180", outcome.here_180_days),
        ("lasts", outcome.durable),
    ];
    let windows = windows.map(|(name, answer)| {
        let answer = match answer {
            0 => "?".to_owned(),
            answer => spoken(&vocabulary::WINDOW_ANSWER, answer),
        };
        format!("{name} {answer}")
    });
    let status = match outcome.status {
        0 => "not judged yet".to_owned(),
        status => spoken(&vocabulary::SAVE_STATUS, status),
    };
    let because = [&outcome.status_reason, &outcome.neutral_reason];
    let because = because.into_iter().filter(|key| !key.is_empty());
    let because: Vec<String> = because.map(|key| words::spoken(key)).collect();
    let because = if because.is_empty() {
        String::new()
    } else {
        format!(" ({})", because.join(", "))
    };
    let customer = &outcome.customer_id;
    let (day, windows) = (decided.unwrap_or_default(), windows.join(", "));
    format!("{day}  customer {customer}: {what}; {status}{because}; {windows}")
}

fn spoken(of: &Vocabulary, number: i32) -> String {
    words::spoken(&of.word(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::offers::v1::{PresentedOutcome, SaveStatus, WindowAnswer};

    #[test]
    fn a_line_says_what_was_offered_and_whether_it_lasted() {
        let nothing = CallOutcome {
            customer_id: "c-1".to_owned(),
            ..CallOutcome::default()
        };
        assert_eq!(
            line(&nothing),
            "  customer c-1: nothing was decided; not judged yet; 30 ?, 90 ?, 180 ?, lasts ?"
        );
        let lost = CallOutcome {
            customer_id: "c-1".to_owned(),
            arm: "fee_back".to_owned(),
            offer_key: "fee_back".to_owned(),
            offer_outcome: PresentedOutcome::Accepted.into(),
            status: SaveStatus::InvalidSave.into(),
            status_reason: "benefit_not_delivered".to_owned(),
            here_30_days: WindowAnswer::Here.into(),
            here_90_days: WindowAnswer::Gone.into(),
            ..CallOutcome::default()
        };
        assert_eq!(
            line(&lost),
            "  customer c-1: fee_back accepted; invalid save (benefit not delivered); \
             30 here, 90 gone, 180 ?, lasts ?"
        );
    }
}
