//! What policy wants said, in the languages it is written in.
//!
//! Rows are merged by their texts in the default language, so that two rows that want the same said
//! want it once. What was merged is turned into the language of the call afterwards.

use std::collections::BTreeMap;

use super::PolicyOutcome;
use crate::domain::catalogue::primary_language;
use crate::domain::problem::{Code, Placed, Problems};

/// A text in other languages than the default one.
pub type OtherLanguages = BTreeMap<String, String>;

/// The texts of a policy in other languages, by their text in the default one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Translations(BTreeMap<String, OtherLanguages>);

impl Translations {
    /// Collects translations; of two of the same text into the same language the first one stays.
    pub fn collect(written: &[Placed<(String, OtherLanguages)>]) -> Self {
        let mut collected: BTreeMap<String, OtherLanguages> = BTreeMap::new();
        for Placed { value, .. } in written {
            let (text, others) = value;
            let known = collected.entry(text.clone()).or_default();
            for (language, other) in others {
                known
                    .entry(language.clone())
                    .or_insert_with(|| other.clone());
            }
        }
        collected.retain(|_, others| !others.is_empty());
        Self(collected)
    }

    /// Warns of each text that lacks one of the languages that the desk speaks.
    pub fn warn_of_missing(
        &self,
        written: &[Placed<(String, OtherLanguages)>],
        spoken: &[String],
        problems: &mut Problems,
    ) {
        for Placed { value, place } in written {
            let has = |language: &String| {
                let others = self.0.get(&value.0);
                others.is_some_and(|others| others.contains_key(language))
            };
            let missing: Vec<&str> = spoken
                .iter()
                .filter(|language| !has(language))
                .map(String::as_str)
                .collect();
            if !missing.is_empty() {
                let message = format!("the text is not translated to {}", missing.join(", "));
                problems.warn(place, Code::MissingTranslation, message);
            }
        }
    }

    /// Says it all in a language (BCP 47) or its first part; what has no words in it stays as it is.
    pub(super) fn speak(&self, outcome: &mut PolicyOutcome, language: &str) {
        if self.0.is_empty() || language.is_empty() {
            return;
        }
        let texts = outcome.disclosures.iter_mut();
        let texts = texts.chain(&mut outcome.notices);
        for text in texts.chain(&mut outcome.price_notices) {
            if let Some(translated) = self.translated(text, language) {
                *text = translated.clone();
            }
        }
    }

    fn translated(&self, text: &str, language: &str) -> Option<&String> {
        let others = self.0.get(text)?;
        others
            .get(language)
            .or_else(|| others.get(primary_language(language)))
    }
}
