//! Merging the rows that apply: the strictest value of each field.

use kernel::time::{Date, Timestamp};

use super::row::Absence;
use super::{ContactHours, Field, OffersAllowed, PolicyOutcome, PolicySet, Row, Rules, Situation};
use crate::domain::named::Named;

/// What one row did in a situation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowEffect<'a> {
    /// The row.
    pub row: &'a Row,
    /// It applied.
    pub applied: bool,
    /// Why it did not apply, or which fields it decided.
    pub why: String,
}

pub(super) fn resolve(set: &PolicySet, situation: &Situation, at: Timestamp) -> PolicyOutcome {
    let today = today(at);
    let places = Places::known(set, situation, today);
    let mut merged = Rules::default();
    let mut applied_rows = Vec::new();
    for row in set.rows() {
        if places.absence(row, situation, today).is_none() {
            merged.tighten(&row.rules);
            applied_rows.push(row.key.clone());
        }
    }
    PolicyOutcome {
        applied_rows,
        policy_version: set.version,
        ..merged.into_outcome()
    }
}

pub(super) fn explain<'a>(
    set: &'a PolicySet,
    situation: &Situation,
    at: Timestamp,
) -> Vec<RowEffect<'a>> {
    let outcome = resolve(set, situation, at);
    let today = today(at);
    let places = Places::known(set, situation, today);
    set.rows()
        .iter()
        .map(|row| match places.absence(row, situation, today) {
            Some(absence) => RowEffect {
                row,
                applied: false,
                why: absence.describe(row),
            },
            None => RowEffect {
                row,
                applied: true,
                why: describe_decided(&row.rules.decided(&outcome)),
            },
        })
        .collect()
}

/// The places of a situation, as far as rows that hold today name them.
struct Places<'a> {
    here: Option<&'a str>,
    home: Option<&'a str>,
    is_elsewhere: bool,
}

impl<'a> Places<'a> {
    fn known(set: &PolicySet, situation: &'a Situation, today: Date) -> Self {
        let is_named = |place: &&str| {
            let mut rows = set.rows().iter();
            rows.any(|row| row.is_in_force(today) && row.scope.names(place))
        };
        Self {
            here: situation.jurisdiction.as_deref().filter(is_named),
            home: situation.home.as_deref().filter(is_named),
            is_elsewhere: situation.home.is_some(),
        }
    }

    /// Says why a row does not apply here; nothing when it does, here or at home.
    fn absence(&self, row: &Row, situation: &Situation, today: Date) -> Option<Absence> {
        let absence = row.absence(situation, self.here, today)?;
        let applies_at_home =
            self.is_elsewhere && row.absence(situation, self.home, today).is_none();
        (!applies_at_home).then_some(absence)
    }
}

/// The day in UTC; the first day of all where there is none, on which no dated row holds yet.
fn today(at: Timestamp) -> Date {
    at.in_tz("UTC").map_or(Date::MIN, |now| now.date())
}

fn describe_decided(fields: &[Field]) -> String {
    if fields.is_empty() {
        return "applies; other rows are stricter in every field".to_owned();
    }
    let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
    format!("decides {}", names.join(", "))
}

impl Absence {
    fn describe(self, row: &Row) -> String {
        let scope = &row.scope;
        match self {
            Self::Inactive => "not active: kept ready".to_owned(),
            Self::NotYet => describe_day("holds only from", row.effective_from),
            Self::NoLonger => describe_day("held only until", row.effective_until),
            Self::OtherPlace => {
                let places: Vec<String> = scope.places.iter().map(ToString::to_string).collect();
                format!("holds only in {}", places.join(", "))
            }
            Self::OtherChannel => format!("holds only by {}", join(&scope.channels)),
            Self::OtherCustomerKind => format!("holds only for {}", join(&scope.customer_kinds)),
            Self::OtherContractKind => format!("holds only for {}", join(&scope.contract_kinds)),
            Self::OtherOccasion => format!("holds only on {}", join(&scope.occasions)),
        }
    }
}

fn describe_day(what: &str, day: Option<Date>) -> String {
    day.map_or_else(|| what.to_owned(), |day| format!("{what} {day}"))
}

fn join<T: Named>(list: &[T]) -> String {
    let names: Vec<&str> = list.iter().map(|value| value.name()).collect();
    names.join(", ")
}

impl Rules {
    /// Takes the stricter of two values in every field.
    fn tighten(&mut self, other: &Self) {
        tighten(&mut self.offers_allowed, other.offers_allowed, Ord::max);
        tighten(&mut self.max_offers, other.max_offers, Ord::min);
        add_missing(&mut self.disclosures, &other.disclosures);
        add_missing(&mut self.notices, &other.notices);
        tighten(
            &mut self.refusal_ends_offers,
            other.refusal_ends_offers,
            Ord::max,
        );
        tighten(
            &mut self.max_feedback_screens,
            other.max_feedback_screens,
            Ord::min,
        );
        tighten(&mut self.cooling_off_days, other.cooling_off_days, Ord::max);
        tighten(
            &mut self.cancel_deadline_hours,
            other.cancel_deadline_hours,
            Ord::min,
        );
        tighten(
            &mut self.acknowledgement_medium,
            other.acknowledgement_medium,
            Ord::max,
        );
        tighten(
            &mut self.record_retention_months,
            other.record_retention_months,
            Ord::max,
        );
        tighten(
            &mut self.contact_hours,
            other.contact_hours,
            ContactHours::intersect,
        );
        tighten(
            &mut self.win_back_window_days,
            other.win_back_window_days,
            Ord::min,
        );
        tighten(&mut self.opt_out_days, other.opt_out_days, Ord::min);
        tighten(&mut self.parity, other.parity, Ord::max);
        add_missing(&mut self.price_notices, &other.price_notices);
        tighten(
            &mut self.alternatives_on_request,
            other.alternatives_on_request,
            Ord::min,
        );
    }

    /// Fills what no row said with the strictest value.
    fn into_outcome(self) -> PolicyOutcome {
        let otherwise = PolicyOutcome::strictest();
        let offers_allowed = self.offers_allowed.unwrap_or(otherwise.offers_allowed);
        let max_offers = match offers_allowed {
            OffersAllowed::None => 0,
            _ => self
                .max_offers
                .unwrap_or(otherwise.max_offers)
                .min(PolicyOutcome::MAX_OFFERS),
        };
        PolicyOutcome {
            offers_allowed,
            max_offers,
            disclosures: self.disclosures,
            notices: self.notices,
            refusal_ends_offers: self
                .refusal_ends_offers
                .unwrap_or(otherwise.refusal_ends_offers),
            max_feedback_screens: self
                .max_feedback_screens
                .unwrap_or(otherwise.max_feedback_screens),
            cooling_off_days: self.cooling_off_days.unwrap_or(otherwise.cooling_off_days),
            cancel_deadline_hours: self
                .cancel_deadline_hours
                .unwrap_or(otherwise.cancel_deadline_hours),
            acknowledgement_medium: self
                .acknowledgement_medium
                .unwrap_or(otherwise.acknowledgement_medium),
            record_retention_months: self
                .record_retention_months
                .unwrap_or(otherwise.record_retention_months),
            contact_hours: self.contact_hours.unwrap_or(otherwise.contact_hours),
            win_back_window_days: self
                .win_back_window_days
                .unwrap_or(otherwise.win_back_window_days),
            opt_out_days: self.opt_out_days.unwrap_or(otherwise.opt_out_days),
            parity: self.parity.unwrap_or_default(),
            price_notices: self.price_notices,
            alternatives_on_request: self
                .alternatives_on_request
                .unwrap_or(otherwise.alternatives_on_request)
                .min(PolicyOutcome::MAX_ALTERNATIVES),
            ..otherwise
        }
    }

    /// Lists the fields in which the row says what the outcome is; several rows may say the same.
    fn decided(&self, outcome: &PolicyOutcome) -> Vec<Field> {
        let contact_hours = self.contact_hours.is_some_and(|hours| {
            hours.from_hour == outcome.contact_hours.from_hour
                || hours.until_hour == outcome.contact_hours.until_hour
        });
        let says = [
            (
                Field::OffersAllowed,
                self.offers_allowed == Some(outcome.offers_allowed),
            ),
            (
                Field::MaxOffers,
                self.max_offers == Some(outcome.max_offers),
            ),
            (Field::Disclosures, !self.disclosures.is_empty()),
            (Field::Notices, !self.notices.is_empty()),
            (
                Field::RefusalEndsOffers,
                self.refusal_ends_offers == Some(outcome.refusal_ends_offers),
            ),
            (
                Field::MaxFeedbackScreens,
                self.max_feedback_screens == Some(outcome.max_feedback_screens),
            ),
            (
                Field::CoolingOffDays,
                self.cooling_off_days == Some(outcome.cooling_off_days),
            ),
            (
                Field::CancelDeadlineHours,
                self.cancel_deadline_hours == Some(outcome.cancel_deadline_hours),
            ),
            (
                Field::AcknowledgementMedium,
                self.acknowledgement_medium == Some(outcome.acknowledgement_medium),
            ),
            (
                Field::RecordRetentionMonths,
                self.record_retention_months == Some(outcome.record_retention_months),
            ),
            (Field::ContactHours, contact_hours),
            (
                Field::WinBackWindowDays,
                self.win_back_window_days == Some(outcome.win_back_window_days),
            ),
            (
                Field::OptOutDays,
                self.opt_out_days == Some(outcome.opt_out_days),
            ),
            (Field::Parity, self.parity == Some(outcome.parity)),
            (Field::PriceNotices, !self.price_notices.is_empty()),
            (
                Field::AlternativesOnRequest,
                self.alternatives_on_request == Some(outcome.alternatives_on_request),
            ),
        ];
        says.into_iter()
            .filter(|(_, says)| *says)
            .map(|(field, _)| field)
            .collect()
    }
}

fn tighten<T: Copy>(so_far: &mut Option<T>, other: Option<T>, stricter: fn(T, T) -> T) {
    *so_far = match (*so_far, other) {
        (Some(left), Some(right)) => Some(stricter(left, right)),
        (left, right) => left.or(right),
    };
}

fn add_missing(so_far: &mut Vec<String>, other: &[String]) {
    for text in other {
        if !so_far.contains(text) {
            so_far.push(text.clone());
        }
    }
}
