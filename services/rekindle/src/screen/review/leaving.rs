//! How content people were with how they could leave, as text.

use contract::offers::v1::ExitSatisfactionReview;

use super::Line;
use crate::screen::words;

/// The scores of who is not content, of who is, and of who is very much.
const BANDS: [(&str, std::ops::RangeInclusive<usize>); 3] =
    [("0 to 4", 0..=4), ("5 to 7", 5..=7), ("8 to 10", 8..=10)];

/// Everybody in a sentence.
fn left(of: &ExitSatisfactionReview) -> String {
    let cancellations = words::grouped(u64::from(of.cancellations));
    let Some(mean) = of.mean_score else {
        return format!("{cancellations} left, and nobody said how content they were with it");
    };
    let rated = words::grouped(u64::from(of.rated));
    let bands = BANDS.map(|(name, scores)| {
        let counts = of.rated_by_score.iter().enumerate();
        let counts = counts.filter(|(score, _)| scores.contains(score));
        let count: u64 = counts.map(|(_, count)| u64::from(*count)).sum();
        format!("{} gave {name}", words::grouped(count))
    });
    format!(
        "{cancellations} left, {rated} said how content they were with it: {mean:.1} of 10 in the mean, {}",
        bands.join(", ")
    )
}

/// The same, and what it was mostly about.
pub(crate) fn left_lines(of: &ExitSatisfactionReview) -> Vec<Line> {
    let all = ("all".to_owned(), left(of));
    let reasons = of.by_reason.iter().map(|reason| {
        let name = if reason.reason_key.is_empty() {
            "no reason said".to_owned()
        } else {
            words::spoken(&reason.reason_key)
        };
        let rated = words::grouped(u64::from(reason.rated));
        (name, format!("{:.1} of 10, by {rated}", reason.mean_score))
    });
    std::iter::once(all).chain(reasons).collect()
}
