//! Checking the occasions of a catalogue.

use super::draft::CatalogueDraft;
use crate::domain::named::Named;
use crate::domain::problem::{Code, Problems};
use crate::domain::request::Occasion;

impl CatalogueDraft {
    /// Checks that an occasion is believed of once, and that every offer is made on one that is.
    pub(super) fn check_occasions(&self, problems: &mut Problems) {
        for (index, (occasion, _)) in self.occasions.iter().enumerate() {
            let mut before = self.occasions[..index].iter();
            if before.any(|(earlier, _)| earlier.value == occasion.value) {
                let name = occasion.value.name();
                let message = format!("the occasion {name} is believed of twice: drop one");
                problems.add(&occasion.place, Code::DuplicateDefinition, message);
            }
        }
        let believed = |occasion: Occasion| {
            occasion == Occasion::CancelCall
                || self.occasions.iter().any(|(it, _)| it.value == occasion)
        };
        for offer in &self.offers {
            let mut occasions = offer.occasions.iter();
            if let Some(missing) = occasions.find(|occasion| !believed(**occasion)) {
                let message = format!(
                    "{} is made on {}, and what happens there without an offer is not said: add it \
                     under occasions",
                    offer.key.value,
                    missing.name()
                );
                problems.add(&offer.key.place, Code::MissingKey, message);
            }
        }
    }
}
