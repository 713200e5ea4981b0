//! Checking a policy as a whole.

use std::collections::BTreeSet;

use super::{OtherLanguages, PolicySet, Row, Rules, Translations};
use crate::domain::named::Named;
use crate::domain::problem::{Code, Place, Placed, Problems};

/// A policy as written.
#[derive(Clone, Debug, Default)]
pub struct PolicyDraft {
    /// The language of texts that are written in one alone.
    pub default_language: Option<String>,
    /// The languages that the desk speaks.
    pub languages: Vec<String>,
    /// The rows.
    pub rows: Vec<Placed<Row>>,
    /// Every text in the default language, with those in others.
    pub texts: Vec<Placed<(String, OtherLanguages)>>,
}

impl PolicyDraft {
    /// Tells in which languages that the desk speaks something is missing.
    fn warn_of_missing(&self, translations: &Translations, problems: &mut Problems) {
        let spoken = self.languages.iter();
        let others: Vec<String> = spoken
            .filter(|language| Some(*language) != self.default_language.as_ref())
            .cloned()
            .collect();
        translations.warn_of_missing(&self.texts, &others, problems);
    }
}

impl PolicySet {
    /// Checks rows together; absent when something is wrong, which is noted, as are texts that are not
    /// translated. `start` is where to
    /// point when something is missing altogether.
    pub fn check(draft: PolicyDraft, start: &Place, problems: &mut Problems) -> Option<Self> {
        let mut keys = BTreeSet::new();
        for Placed { value: row, place } in &draft.rows {
            if !keys.insert(&row.key) {
                let message = format!("there are two rows named {}: rename one", row.key);
                problems.add(place, Code::DuplicateDefinition, message);
            }
            for complaint in row.complaints() {
                problems.add(
                    place,
                    Code::InconsistentTerms,
                    format!("{}: {complaint}", row.key),
                );
            }
        }
        check_default(&draft.rows, start, problems);
        if !problems.is_empty() {
            return None;
        }
        let translations = Translations::collect(&draft.texts);
        draft.warn_of_missing(&translations, problems);
        let rows = draft.rows.into_iter().map(|row| row.value);
        Some(Self::new(rows.collect()).with_translations(translations))
    }
}

/// Somewhere every field must be said for everybody: what nobody says is the strictest, and an
/// author who did not mean that would not see why.
fn check_default(rows: &[Placed<Row>], start: &Place, problems: &mut Problems) {
    let for_everybody = |row: &&Placed<Row>| {
        let Row {
            active,
            scope,
            effective_from,
            effective_until,
            ..
        } = &row.value;
        *active && scope.is_everything() && effective_from.is_none() && effective_until.is_none()
    };
    let Some(default) = rows.iter().find(for_everybody) else {
        let message = "no row holds always and for everybody: add one without where and without \
                       dates, as the most that is ever allowed";
        problems.add(start, Code::MissingDefaultRow, message);
        return;
    };
    let unsaid = default.value.rules.unsaid();
    // A field that could not be read is reported already and would be called missing here.
    if !unsaid.is_empty() && problems.is_empty() {
        let message = format!(
            "{} holds for everybody and does not say {}: add it",
            default.value.key,
            unsaid.join(", ")
        );
        problems.add(&default.place, Code::MissingDefaultRow, message);
    }
}

impl Row {
    fn complaints(&self) -> Vec<&'static str> {
        let ends_before_it_starts = matches!(
            (self.effective_from, self.effective_until),
            (Some(from), Some(until)) if until <= from
        );
        let checks = [
            (
                ends_before_it_starts,
                "effective_until must be later than effective_from",
            ),
            (
                self.rules == Rules::default(),
                "the row says nothing: add rules or drop it",
            ),
        ];
        checks
            .into_iter()
            .filter(|(wrong, _)| *wrong)
            .map(|(_, complaint)| complaint)
            .collect()
    }
}

impl Rules {
    /// Lists the fields it does not speak of; lists of texts may be empty.
    fn unsaid(&self) -> Vec<&'static str> {
        use super::Field;
        let said = [
            (Field::OffersAllowed, self.offers_allowed.is_some()),
            (Field::MaxOffers, self.max_offers.is_some()),
            (Field::RefusalEndsOffers, self.refusal_ends_offers.is_some()),
            (
                Field::MaxFeedbackScreens,
                self.max_feedback_screens.is_some(),
            ),
            (Field::CoolingOffDays, self.cooling_off_days.is_some()),
            (
                Field::CancelDeadlineHours,
                self.cancel_deadline_hours.is_some(),
            ),
            (
                Field::AcknowledgementMedium,
                self.acknowledgement_medium.is_some(),
            ),
            (
                Field::RecordRetentionMonths,
                self.record_retention_months.is_some(),
            ),
            (Field::ContactHours, self.contact_hours.is_some()),
            (
                Field::WinBackWindowDays,
                self.win_back_window_days.is_some(),
            ),
            (Field::OptOutDays, self.opt_out_days.is_some()),
        ];
        said.into_iter()
            .filter(|(_, said)| !said)
            .map(|(field, _)| field.name())
            .collect()
    }
}
