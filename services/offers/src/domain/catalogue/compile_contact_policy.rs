//! Checking the contact policy of a catalogue.

use std::collections::BTreeSet;

use super::draft::CatalogueDraft;
use crate::domain::contact_policy::ContactPolicy;
use crate::domain::nearest::did_you_mean;
use crate::domain::problem::{Code, Place, Problems};
use crate::domain::selection::Selection;

impl CatalogueDraft {
    /// Checks that keys are told apart and that what is named exists.
    pub(super) fn compile_contact_policy(&self, problems: &mut Problems) -> ContactPolicy {
        let caps = self.caps.iter().map(|cap| (&cap.value.key, &cap.place));
        let rests = self.cool_downs.iter();
        let rests = rests.map(|rest| (&rest.value.key, &rest.place));
        check_keys("caps", caps, problems);
        check_keys("cool-downs", rests, problems);
        for cap in &self.caps {
            self.check_selection(&cap.value.of, &cap.place, problems);
        }
        for rest in &self.cool_downs {
            self.check_selection(&rest.value.of, &rest.place, problems);
        }
        ContactPolicy {
            caps: self.caps.iter().map(|cap| cap.value.clone()).collect(),
            cool_downs: self
                .cool_downs
                .iter()
                .map(|rest| rest.value.clone())
                .collect(),
        }
    }

    fn check_selection(&self, of: &Selection, place: &Place, problems: &mut Problems) {
        let Selection::Offer(key) = of else { return };
        let mut known = self.offers.iter().map(|offer| offer.key.value.as_str());
        if known.clone().any(|offer| offer == key.as_str()) {
            return;
        }
        let hint = did_you_mean(key.as_str(), known.by_ref());
        let message = format!("there is no offer named {key}{hint}");
        problems.add(place, Code::UnknownValue, message);
    }
}

fn check_keys<'a>(
    what: &str,
    keys: impl Iterator<Item = (&'a String, &'a Place)>,
    problems: &mut Problems,
) {
    let mut seen = BTreeSet::new();
    for (key, place) in keys {
        if !seen.insert(key) {
            let message = format!("there are two {what} named {key}: rename one");
            problems.add(place, Code::DuplicateDefinition, message);
        }
    }
}
