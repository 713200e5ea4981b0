//! The closed words of the contract as people write them: `month_to_month`, not
//! `CONTRACT_KIND_MONTH_TO_MONTH`. One table per enum, for arguments, mapping files and screens.

use contract::lifecycle::v1 as lifecycle;
use contract::offers::v1 as offers;
use contract::profiles::v1 as profiles;
use contract::types::v1 as types;

/// More than any enum of the contract has; the words are found by asking number by number.
const MAX_NUMBER: i32 = 64;

/// The words of one enum of the contract.
#[derive(Clone, Copy, Debug)]
pub struct Vocabulary {
    prefix: &'static str,
    name_of: fn(i32) -> Option<&'static str>,
}

impl Vocabulary {
    /// The word for a number of the contract; `unknown` for the unspecified and for newer ones.
    pub fn word(&self, number: i32) -> String {
        self.known_word(number)
            .unwrap_or_else(|| "unknown".to_owned())
    }

    fn known_word(&self, number: i32) -> Option<String> {
        let name = (self.name_of)(number).filter(|_| number != 0)?;
        let short = name.strip_prefix(self.prefix).unwrap_or(name);
        Some(short.to_ascii_lowercase())
    }

    /// Every word but the unspecified one, in the order of the contract.
    pub fn words(&self) -> Vec<String> {
        (1..MAX_NUMBER)
            .filter_map(|number| self.known_word(number))
            .collect()
    }

    /// The number for a word; the error lists the words and the likely one.
    pub fn number(&self, word: &str) -> Result<i32, String> {
        let wanted = word.trim().to_ascii_lowercase().replace('-', "_");
        (1..MAX_NUMBER)
            .find(|number| self.known_word(*number).as_deref() == Some(&wanted))
            .ok_or_else(|| {
                let words = self.words();
                let hint = nearest(&wanted, words.iter().map(String::as_str));
                format!("\"{word}\" is none of {}{hint}", words.join(", "))
            })
    }
}

/// A hint at the likely word, ready to be appended to a message; empty when nothing is near.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    known
        .into_iter()
        .map(|word| {
            (
                strsim::damerau_levenshtein(&wanted.to_lowercase(), &word.to_lowercase()),
                word,
            )
        })
        .filter(|(distance, word)| *distance <= word.chars().count().max(3) / 3)
        .min()
        .map_or_else(String::new, |(_, word)| {
            format!("; did you mean \"{word}\"?")
        })
}

/// `types.v1.CustomerKind`.
pub const CUSTOMER_KIND: Vocabulary = Vocabulary {
    prefix: "CUSTOMER_KIND_",
    name_of: |number| {
        types::CustomerKind::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `types.v1.RelationshipType`.
pub const RELATIONSHIP: Vocabulary = Vocabulary {
    prefix: "RELATIONSHIP_TYPE_",
    name_of: |number| {
        types::RelationshipType::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `types.v1.ContractKind`.
pub const CONTRACT_KIND: Vocabulary = Vocabulary {
    prefix: "CONTRACT_KIND_",
    name_of: |number| {
        types::ContractKind::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `types.v1.SubscriptionState`.
pub const SUBSCRIPTION_STATE: Vocabulary = Vocabulary {
    prefix: "SUBSCRIPTION_STATE_",
    name_of: |number| {
        types::SubscriptionState::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `types.v1.EndReason`.
pub const END_REASON: Vocabulary = Vocabulary {
    prefix: "END_REASON_",
    name_of: |number| {
        types::EndReason::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `types.v1.EventKind`.
pub const EVENT_KIND: Vocabulary = Vocabulary {
    prefix: "EVENT_KIND_",
    name_of: |number| {
        types::EventKind::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `types.v1.IncidentSeverity`.
pub const SEVERITY: Vocabulary = Vocabulary {
    prefix: "INCIDENT_SEVERITY_",
    name_of: |number| {
        types::IncidentSeverity::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `types.v1.ConsentChannel`.
pub const CONSENT_CHANNEL: Vocabulary = Vocabulary {
    prefix: "CONSENT_CHANNEL_",
    name_of: |number| {
        types::ConsentChannel::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `types.v1.ConsentState`.
pub const CONSENT_STATE: Vocabulary = Vocabulary {
    prefix: "CONSENT_STATE_",
    name_of: |number| {
        types::ConsentState::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `profiles.v1.ContactPurpose`.
pub const CONTACT_PURPOSE: Vocabulary = Vocabulary {
    prefix: "CONTACT_PURPOSE_",
    name_of: |number| {
        profiles::ContactPurpose::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `profiles.v1.ContactBasis`.
pub const CONTACT_BASIS: Vocabulary = Vocabulary {
    prefix: "CONTACT_BASIS_",
    name_of: |number| {
        profiles::ContactBasis::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `type.v1.RecoveryStep`.
pub const RECOVERY_STEP: Vocabulary = Vocabulary {
    prefix: "RECOVERY_STEP_",
    name_of: |number| {
        types::RecoveryStep::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `profiles.v1.ResponsibleParty`.
pub const RESPONSIBLE_PARTY: Vocabulary = Vocabulary {
    prefix: "RESPONSIBLE_PARTY_",
    name_of: |number| {
        profiles::ResponsibleParty::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `lifecycle.v1.Stage`.
pub const STAGE: Vocabulary = Vocabulary {
    prefix: "STAGE_",
    name_of: |number| {
        lifecycle::Stage::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `lifecycle.v1.ModelKind`.
pub const MODEL_KIND: Vocabulary = Vocabulary {
    prefix: "MODEL_KIND_",
    name_of: |number| {
        lifecycle::ModelKind::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `lifecycle.v1.ContributionMethod`.
pub const CONTRIBUTION_METHOD: Vocabulary = Vocabulary {
    prefix: "CONTRIBUTION_METHOD_",
    name_of: |number| {
        lifecycle::ContributionMethod::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `lifecycle.v1.PurchaseFamily`.
pub const PURCHASE_FAMILY: Vocabulary = Vocabulary {
    prefix: "PURCHASE_FAMILY_",
    name_of: |number| {
        lifecycle::PurchaseFamily::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `lifecycle.v1.Score`.
pub const SCORE: Vocabulary = Vocabulary {
    prefix: "SCORE_",
    name_of: |number| {
        lifecycle::Score::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.Channel`.
pub const CHANNEL: Vocabulary = Vocabulary {
    prefix: "CHANNEL_",
    name_of: |number| {
        offers::Channel::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.InitialIntent`.
pub const INTENT: Vocabulary = Vocabulary {
    prefix: "INITIAL_INTENT_",
    name_of: |number| {
        offers::InitialIntent::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.Occasion`.
pub const OCCASION: Vocabulary = Vocabulary {
    prefix: "OCCASION_",
    name_of: |number| {
        offers::Occasion::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.AuthorityLevel`.
pub const AUTHORITY: Vocabulary = Vocabulary {
    prefix: "AUTHORITY_LEVEL_",
    name_of: |number| {
        offers::AuthorityLevel::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.Permission`.
pub const PERMISSION: Vocabulary = Vocabulary {
    prefix: "PERMISSION_",
    name_of: |number| {
        offers::Permission::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.SessionState`.
pub const SESSION_STATE: Vocabulary = Vocabulary {
    prefix: "SESSION_STATE_",
    name_of: |number| {
        offers::SessionState::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.DecisionOutcome`.
pub const DECISION_OUTCOME: Vocabulary = Vocabulary {
    prefix: "DECISION_OUTCOME_",
    name_of: |number| {
        offers::DecisionOutcome::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.OffersAllowed`.
pub const OFFERS_ALLOWED: Vocabulary = Vocabulary {
    prefix: "OFFERS_ALLOWED_",
    name_of: |number| {
        offers::OffersAllowed::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.Lever`.
pub const LEVER: Vocabulary = Vocabulary {
    prefix: "LEVER_",
    name_of: |number| {
        offers::Lever::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `lifecycle.v1.CareKind`.
pub const CARE_KIND: Vocabulary = Vocabulary {
    prefix: "CARE_KIND_",
    name_of: |number| {
        lifecycle::CareKind::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `lifecycle.v1.CareState`.
pub const CARE_STATE: Vocabulary = Vocabulary {
    prefix: "CARE_STATE_",
    name_of: |number| {
        lifecycle::CareState::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.SuppressionScope`.
pub const SUPPRESSION_SCOPE: Vocabulary = Vocabulary {
    prefix: "SUPPRESSION_SCOPE_",
    name_of: |number| {
        offers::SuppressionScope::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.SuppressedOffers`.
pub const SUPPRESSED_OFFERS: Vocabulary = Vocabulary {
    prefix: "SUPPRESSED_OFFERS_",
    name_of: |number| {
        offers::SuppressedOffers::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.CallEnd`.
pub const CALL_END: Vocabulary = Vocabulary {
    prefix: "CALL_END_",
    name_of: |number| {
        offers::CallEnd::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.SaveStatus`.
pub const SAVE_STATUS: Vocabulary = Vocabulary {
    prefix: "SAVE_STATUS_",
    name_of: |number| {
        offers::SaveStatus::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.WindowAnswer`.
pub const WINDOW_ANSWER: Vocabulary = Vocabulary {
    prefix: "WINDOW_ANSWER_",
    name_of: |number| {
        offers::WindowAnswer::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.PresentedOutcome`.
pub const PRESENTED_OUTCOME: Vocabulary = Vocabulary {
    prefix: "PRESENTED_OUTCOME_",
    name_of: |number| {
        offers::PresentedOutcome::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.PromiseResolution`.
pub const PROMISE_RESOLUTION: Vocabulary = Vocabulary {
    prefix: "PROMISE_RESOLUTION_",
    name_of: |number| {
        offers::PromiseResolution::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// The time that the limit of a budget is for.
pub const BUDGET_WINDOW: Vocabulary = Vocabulary {
    prefix: "BUDGET_WINDOW_",
    name_of: |number| {
        offers::BudgetWindow::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// What became of an offer of the catalogue.
pub const VERDICT: Vocabulary = Vocabulary {
    prefix: "VERDICT_KIND_",
    name_of: |number| {
        offers::VerdictKind::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.ReviewVerdict`.
pub const REVIEW_VERDICT: Vocabulary = Vocabulary {
    prefix: "REVIEW_VERDICT_",
    name_of: |number| {
        offers::ReviewVerdict::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.LearnedStage`.
pub const LEARNED_STAGE: Vocabulary = Vocabulary {
    prefix: "LEARNED_STAGE_",
    name_of: |number| {
        offers::LearnedStage::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.WinBackWay`.
pub const WIN_BACK_WAY: Vocabulary = Vocabulary {
    prefix: "WIN_BACK_WAY_",
    name_of: |number| {
        offers::WinBackWay::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.ExitType`.
pub const EXIT_TYPE: Vocabulary = Vocabulary {
    prefix: "EXIT_TYPE_",
    name_of: |number| {
        offers::ExitType::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

/// `offers.v1.DatesSource`.
pub const DATES_SOURCE: Vocabulary = Vocabulary {
    prefix: "DATES_SOURCE_",
    name_of: |number| {
        offers::DatesSource::try_from(number)
            .ok()
            .map(|value| value.as_str_name())
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_are_two_sides_of_one_thing() {
        for vocabulary in [
            CUSTOMER_KIND,
            CONTRACT_KIND,
            EVENT_KIND,
            LEVER,
            STAGE,
            CHANNEL,
        ] {
            assert!(!vocabulary.words().is_empty());
            for word in vocabulary.words() {
                let number = vocabulary.number(&word).expect("a word of its own list");
                assert_eq!(vocabulary.word(number), word);
            }
        }
    }

    #[test]
    fn the_prefix_of_the_contract_is_never_shown() {
        assert_eq!(CONTRACT_KIND.word(1), "month_to_month");
        assert_eq!(CONTRACT_KIND.word(0), "unknown");
        assert_eq!(CONTRACT_KIND.word(99), "unknown");
    }

    #[test]
    fn a_wrong_word_is_answered_with_the_right_ones() {
        let error = CONTRACT_KIND
            .number("month-to-mnth")
            .expect_err("no such word");
        assert!(error.contains("one_year"), "{error}");
        assert!(
            error.ends_with("did you mean \"month_to_month\"?"),
            "{error}"
        );
        assert_eq!(CONTRACT_KIND.number("Month-to-Month"), Ok(1));
    }
}
