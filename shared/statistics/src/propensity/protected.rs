//! Attributes that a person may not be judged by, as feeds usually spell them.
//!
//! The rules of offers have a wider list of their own: there a false alarm costs the author of a rule
//! another name, here it costs every model an input, so that most names count only as a whole.

/// Names that are protected as a whole, in lower case without separators.
const NAMES: [&str; 58] = [
    "sex",
    "gender",
    "genderidentity",
    "sexualorientation",
    "age",
    "ageyears",
    "ageinyears",
    "agegroup",
    "ageband",
    "agerange",
    "agebracket",
    "customerage",
    "birthdate",
    "birthyear",
    "birthday",
    "dateofbirth",
    "yearofbirth",
    "dob",
    "senior",
    "seniorcitizen",
    "issenior",
    "under30",
    "race",
    "ethnicity",
    "ethnicgroup",
    "ethnicorigin",
    "skincolor",
    "skincolour",
    "religion",
    "religiousaffiliation",
    "creed",
    "caste",
    "marital",
    "maritalstatus",
    "married",
    "ismarried",
    "partner",
    "haspartner",
    "spouse",
    "hasspouse",
    "dependent",
    "dependents",
    "hasdependents",
    "numberofdependents",
    "children",
    "haschildren",
    "family",
    "familysize",
    "civilstatus",
    "disability",
    "disabled",
    "isdisabled",
    "pregnant",
    "pregnancy",
    "nationality",
    "nationalorigin",
    "citizenship",
    "countryofbirth",
];

/// Words that protect a name they are part of, whatever else is in it.
const WORDS: [&str; 17] = [
    "gender",
    "sex",
    "race",
    "ethnicity",
    "ethnic",
    "religion",
    "religious",
    "marital",
    "disability",
    "disabled",
    "nationality",
    "pregnancy",
    "pregnant",
    "birthdate",
    "birthday",
    "dob",
    "age",
];

/// Words that make an "age" one of things: of an account, of a device, of a debt.
const OF_THINGS: [&str; 15] = [
    "account",
    "contract",
    "device",
    "equipment",
    "handset",
    "phone",
    "subscription",
    "membership",
    "network",
    "debt",
    "invoice",
    "bill",
    "relationship",
    "service",
    "card",
];

/// Tells whether an input of this name says something that a person may not be judged by: their sex,
/// age, race, origin, religion, family or disability. Spelling does not matter:
/// `SeniorCitizen`, `senior_citizen` and `SENIOR CITIZEN` are one name.
pub fn is_protected(name: &str) -> bool {
    let words = words(name);
    let whole = words.concat();
    if NAMES.contains(&whole.as_str()) {
        return true;
    }
    if words.iter().any(|word| OF_THINGS.contains(&word.as_str())) {
        return false;
    }
    words.iter().any(|word| WORDS.contains(&word.as_str()))
}

/// The words of a name, in lower case: parted by anything that is no letter or digit, and where a
/// small letter is followed by a capital one.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_is_small = false;
    for letter in name.chars() {
        let begins = !letter.is_alphanumeric() || (before_is_small && letter.is_uppercase());
        if begins {
            words.push(String::new());
        }
        before_is_small = letter.is_lowercase();
        if let Some(word) = words.last_mut()
            && letter.is_alphanumeric()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protected_attributes_are_known_in_every_spelling() {
        for name in [
            "Partner",
            "has_dependents",
            "gender",
            "Gender",
            "SEX",
            "customer_gender",
            "SeniorCitizen",
            "senior_citizen",
            "Senior Citizen",
            "age",
            "Age",
            "age_group",
            "customerAge",
            "AgeInYears",
            "DOB",
            "date_of_birth",
            "race",
            "Ethnicity",
            "religion",
            "MaritalStatus",
            "marital-status",
            "is_married",
            "Disability",
            "nationality",
        ] {
            assert!(is_protected(name), "{name}");
        }
    }

    #[test]
    fn what_only_sounds_like_one_is_left_alone() {
        for name in [
            "tenure",
            "usage",
            "average_bill",
            "account_age",
            "AgeOfDevice",
            "percentage",
            "message_count",
            "Contract",
            "essex_region",
            "racecourse",
            "",
        ] {
            assert!(!is_protected(name), "{name}");
        }
    }
}
