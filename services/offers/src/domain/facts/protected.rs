//! Attributes that no rule may use, whatever they are called.

/// Words that mark a protected attribute, as whole words of a name.
const PROTECTED_WORDS: &[&str] = &[
    "age",
    "ancestry",
    "belief",
    "biometric",
    "birth",
    "birthdate",
    "birthday",
    "caste",
    "citizenship",
    "colour",
    "dependents",
    "descent",
    "disabilities",
    "disability",
    "disabled",
    "dob",
    "ethnic",
    "ethnicity",
    "faith",
    "family",
    "gender",
    "genetic",
    "genetics",
    "handicap",
    "health",
    "heritage",
    "illness",
    "immigration",
    "marital",
    "married",
    "maternity",
    "medical",
    "military",
    "nationality",
    "orientation",
    "parental",
    "partner",
    "political",
    "politics",
    "pregnancy",
    "pregnant",
    "race",
    "racial",
    "religion",
    "religious",
    "senior",
    "sex",
    "sexual",
    "sexuality",
    "skin",
    "spouse",
    "transgender",
    "union",
    "veteran",
];

/// Tells whether a name speaks of a protected attribute: `customer.gender`,
/// `attribute.SeniorCitizen`, `subscription.birth_date`.
pub fn is_protected(name: &str) -> bool {
    words(name)
        .iter()
        .any(|word| PROTECTED_WORDS.binary_search(&word.as_str()).is_ok())
}

/// Splits a name into lower-case words at punctuation and at capital letters.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for character in name.chars() {
        if !character.is_alphanumeric() || (character.is_uppercase() && after_lower) {
            words.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase());
        }
        after_lower = character.is_lowercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::Fact;

    #[test]
    fn the_words_are_sorted_for_the_search() {
        assert!(PROTECTED_WORDS.is_sorted());
    }

    #[test]
    fn protected_attributes_are_known_however_they_are_written() {
        for name in [
            "gender",
            "customer.gender",
            "attribute.Gender",
            "attribute.SeniorCitizen",
            "customer.age",
            "customer.birth_date",
            "customer.DateOfBirth",
            "attribute.marital-status",
            "customer.sexual_orientation",
            "attribute.Partner",
            "customer.HEALTH",
        ] {
            assert!(is_protected(name), "{name}");
        }
    }

    #[test]
    fn no_fact_is_protected() {
        for name in Fact::all()
            .map(Fact::name)
            .chain(["page.count", "usage", "stage"])
        {
            assert!(!is_protected(name), "{name}");
        }
    }
}
