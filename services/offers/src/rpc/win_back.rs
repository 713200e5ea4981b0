//! The RPCs of asking back those who left.

use contract::offers::v1 as pb;
use contract::offers::v1::win_back_service_server::WinBackService;
use edge::page::PageTokens;
use edge::violations::Violations;
use edge::wire::timestamp;
use kernel::id::CancellationId;
use kernel::refusal::Refusal;
use tonic::{Request, Response, Status};

use super::{BOUNDARY, deadline, parse, render};
use crate::domain::named::Named;
use crate::domain::win_back::{Place, Way};
use crate::usecase::win_back::{Candidate, LeaverCount, WhichDepartures, WhichLeavers, WinBack};

const DEFAULT_PAGE: u32 = 20;
const MAX_PAGE: u32 = 100;
const MAX_CATEGORIES: usize = 20;

/// Answers those who ask people back.
pub struct WinBackRpc {
    /// Listing and counting.
    pub win_back: WinBack,
    /// Seals page tokens.
    pub page_tokens: PageTokens,
}

#[tonic::async_trait]
impl WinBackService for WinBackRpc {
    async fn list_win_back_candidates(
        &self,
        request: Request<pb::ListWinBackCandidatesRequest>,
    ) -> Result<Response<pb::ListWinBackCandidatesResponse>, Status> {
        let request = request.get_ref();
        let which = list(request, &self.page_tokens).map_err(|refusal| BOUNDARY.status(refusal))?;
        let page = self
            .win_back
            .list(which, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let next = page
            .next_after
            .map(|place| self.page_tokens.seal(&question(request), &cursor(&place)));
        Ok(Response::new(pb::ListWinBackCandidatesResponse {
            candidates: page.candidates.into_iter().map(candidate).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }

    async fn get_win_back_summary(
        &self,
        request: Request<pb::GetWinBackSummaryRequest>,
    ) -> Result<Response<pb::GetWinBackSummaryResponse>, Status> {
        let which = summary(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let counts = self
            .win_back
            .count(which, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(pb::GetWinBackSummaryResponse {
            counts: counts.into_iter().map(count).collect(),
        }))
    }
}

fn list(
    wire: &pb::ListWinBackCandidatesRequest,
    tokens: &PageTokens,
) -> Result<WhichLeavers, Refusal> {
    let mut checks = Violations::default();
    let reason_categories = categories(&mut checks, &wire.reason_categories);
    let business_line = checks.optional_id("business_line", &wire.business_line);
    let way = checks.optional_known("way", wire.way);
    let between = checks.between_times(wire.from_time.as_ref(), wire.until_time.as_ref());
    let min_value = match &wire.min_value {
        Some(value) => checks
            .money("min_value", value.minor, &value.currency)
            .map(Some),
        None => Some(None),
    };
    let limit = checks.page_size("page_size", wire.page_size, DEFAULT_PAGE, MAX_PAGE);
    let cursor = checks.page_token("page_token", tokens, &question(wire), &wire.page_token);
    checks.finish(|| {
        let (from, until) = between?;
        Some(WhichLeavers {
            reason_categories: reason_categories?,
            business_line: business_line?,
            way: way_asked(way?),
            from,
            until,
            min_value: min_value?,
            held_out: wire.include_held_out,
            not_asked_back: wire.include_not_asked_back,
            // Only cursors that were sealed here get this far, and those are places.
            after: cursor?.and_then(|cursor| place(&cursor)),
            limit: limit?,
        })
    })
}

fn categories(checks: &mut Violations, wire: &[String]) -> Option<Vec<String>> {
    let wire = checks.at_most("reason_categories", wire, MAX_CATEGORIES)?;
    let keys: Vec<Option<String>> = wire
        .iter()
        .enumerate()
        .map(|(index, key)| checks.key(&format!("reason_categories[{index}]"), key))
        .collect();
    keys.into_iter().collect()
}

const fn way_asked(wire: pb::WinBackWay) -> Option<Way> {
    match wire {
        pb::WinBackWay::Unspecified => None,
        pb::WinBackWay::WinBack => Some(Way::WinBack),
        pb::WinBackWay::Follow => Some(Way::Follow),
    }
}

/// The question a page token belongs to, with every filter there is.
fn question(wire: &pb::ListWinBackCandidatesRequest) -> String {
    let filters = pb::ListWinBackCandidatesRequest {
        page_size: 0,
        page_token: String::new(),
        ..wire.clone()
    };
    format!("ListWinBackCandidates {:?}", parse::hash(&filters))
}

fn cursor(place: &Place) -> String {
    let (currency, rank, id) = (&place.currency, place.rank, place.cancellation_id);
    format!("{currency} {rank} {id}")
}

fn place(cursor: &str) -> Option<Place> {
    let mut parts = cursor.split(' ');
    Some(Place {
        currency: parts.next()?.to_owned(),
        rank: parts.next()?.parse().ok()?,
        cancellation_id: CancellationId::parse(parts.next()?).ok()?,
    })
}

fn summary(wire: &pb::GetWinBackSummaryRequest) -> Result<WhichDepartures, Refusal> {
    let mut checks = Violations::default();
    let business_line = checks.optional_id("business_line", &wire.business_line);
    let between = checks.between_times(wire.from_time.as_ref(), wire.until_time.as_ref());
    checks.finish(|| {
        let (from, until) = between?;
        Some(WhichDepartures {
            business_line: business_line?,
            from,
            until,
        })
    })
}

fn candidate(candidate: Candidate) -> pb::WinBackCandidate {
    let text = |text: Option<String>| text.unwrap_or_default();
    pb::WinBackCandidate {
        customer_id: candidate.customer_id.to_string(),
        cancellation_id: candidate.place.cancellation_id.to_string(),
        subscription_id: candidate.subscription_id.to_string(),
        acknowledge_time: Some(timestamp(candidate.acknowledged_at)),
        service_end_time: Some(timestamp(candidate.service_end_at)),
        billing_end_time: Some(timestamp(candidate.billing_end_at)),
        stated_reason: text(candidate.stated_reason),
        reason_category: text(candidate.reason_category),
        business_line: text(candidate.business_line),
        way: way(candidate.way).into(),
        theme: text(candidate.theme),
        ask_from_time: candidate.ask_from.map(timestamp),
        ask_until_time: candidate.ask_until.map(timestamp),
        value: candidate.value.map(render::money),
        expected_return: candidate.expected_return,
        expected_value: candidate.expected_value.map(render::money),
        not_asked_back: text(candidate.not_asked_back.map(|it| it.name().to_owned())),
        held_out: candidate.held_out,
    }
}

const fn way(way: Option<Way>) -> pb::WinBackWay {
    match way {
        None => pb::WinBackWay::Unspecified,
        Some(Way::WinBack) => pb::WinBackWay::WinBack,
        Some(Way::Follow) => pb::WinBackWay::Follow,
    }
}

fn count(count: LeaverCount) -> pb::WinBackCount {
    pb::WinBackCount {
        way: way(count.way).into(),
        not_asked_back: count.not_asked_back.map_or("", Named::name).to_owned(),
        cancellation_count: count.cancellations,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_names_its_place_exactly() {
        let id = "01a200c0-c86d-7089-a8cc-cc48691555f4";
        for rank in [-8_000.000_000_000_001, 0.0, f64::INFINITY, -9.3e18] {
            let there = Place {
                currency: "EUR".to_owned(),
                rank,
                cancellation_id: CancellationId::parse(id).unwrap(),
            };
            assert_eq!(place(&cursor(&there)), Some(there));
        }
        assert_eq!(place("EUR much"), None);
    }

    #[test]
    fn a_page_token_belongs_to_every_filter_and_to_no_page() {
        let all = pb::ListWinBackCandidatesRequest::default();
        let later = pb::ListWinBackCandidatesRequest {
            page_size: 7,
            page_token: "x".to_owned(),
            ..all.clone()
        };
        assert_eq!(question(&all), question(&later));
        let others = pb::ListWinBackCandidatesRequest {
            include_held_out: true,
            ..all.clone()
        };
        assert_ne!(question(&all), question(&others));
    }
}
