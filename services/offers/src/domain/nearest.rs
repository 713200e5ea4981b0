//! "Did you mean": the known name nearest to one that is not known.

/// Finds the candidate that takes the fewest changes of a character, if it is near enough to be
/// what somebody meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Names have at most 64 characters; a longer one is nothing that was meant.
    if name.len() > 64 {
        return None;
    }
    let near_enough = 2.max(name.chars().count() / 3);
    candidates
        .into_iter()
        .map(|candidate| (changes(name, candidate), candidate))
        .filter(|(changes, _)| *changes <= near_enough)
        .min_by_key(|(changes, _)| *changes)
        .map(|(_, candidate)| candidate)
}

/// Ends a message with what was probably meant, or with nothing.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, candidates).map_or_else(String::new, |near| format!("; did you mean {near}?"))
}

/// Counts the characters to insert, remove or replace (Levenshtein).
fn changes(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, from_character) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, to_character) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(from_character != *to_character);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_what_was_meant_and_a_stranger_finds_nothing() {
        let names = ["customer.tenure_days", "customer.stage", "call.reason"];
        assert_eq!(
            nearest("customer.tenure_day", names),
            Some("customer.tenure_days")
        );
        assert_eq!(nearest("custmer.stage", names), Some("customer.stage"));
        assert_eq!(nearest("call.raeson", names), Some("call.reason"));
        assert_eq!(nearest("weather", names), None);
        assert_eq!(did_you_mean("weather", names), "");
    }
}
