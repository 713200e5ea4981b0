//! Files damaged at random: whatever is written, there is an answer.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn damaged_files_are_read_or_refused_with_places(
        at in 0.0..1.0_f64,
        length in 0..40_usize,
        instead in "[a-z0-9_:{}\\[\\], \\-\\n\"'&*!|>#%@`.~]{0,12}",
        which in 0..3_usize,
    ) {
        let mut files: Vec<SourceFile> = seed::catalogue().into_iter().chain(seed::policy()).collect();
        let text: Vec<char> = files[which].text.chars().collect();
        let start = text.iter().enumerate().position(|(index, _)| ratio(index, text.len()) >= at);
        let start = start.unwrap_or(0);
        let end = (start + length).min(text.len());
        let damaged = text[..start].iter().copied().chain(instead.chars()).chain(text[end..].iter().copied());
        files[which].text = damaged.collect();
        let policy = files.split_off(2);
        for problems in [read_catalogue(&files).err(), read_policy(&policy).err()].into_iter().flatten() {
            prop_assert!(!problems.is_empty() && problems.len() <= Problems::MAX);
            for problem in problems {
                prop_assert!(problem.place.line > 0 && problem.place.column > 0, "{problem}");
                prop_assert!(!problem.message.is_empty());
            }
        }
    }

    #[test]
    fn words_of_yaml_in_any_order_never_break_the_reader(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "offers:", "rules:", "reasons:", "rows:", "all:", "any:", "not:", "rule: a", "a:",
                "- ", "  ", "\n", "\n  ", "\n    ", "{", "}", "[", "]", ", ", ": ", "? ", "| ", "> ",
                "'", "\"", "#", "---\n", "...\n", "<<: ", "1e9", "-0", ".inf", "customer.stage",
            ]),
            0..60,
        ),
    ) {
        let text = words.concat();
        let _ = read_catalogue(&[file("f.yaml", &text)]);
        let _ = read_policy(&[file("f.yaml", &text)]);
    }
}

/// How far into a text a place is, from zero to one.
fn ratio(index: usize, length: usize) -> f64 {
    let whole = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    whole(index) / whole(length.max(1))
}
