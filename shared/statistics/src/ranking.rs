//! How well a score tells those who do something from those who do not.

/// Somebody's score, and whether they did it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The higher, the likelier.
    pub score: f64,
    /// Whether it happened.
    pub happened: bool,
}

/// Returns the area under the receiver operating characteristic: the chance that one to whom it
/// happened scores higher than one to whom it did not, ties counting half (Mann & Whitney 1947).
/// `None` where it happened to all or nobody, or a score is no number.
pub fn area_under_curve(outcomes: &[Outcome]) -> Option<f64> {
    if outcomes.iter().any(|outcome| outcome.score.is_nan()) {
        return None;
    }
    let mut sorted = outcomes.to_vec();
    sorted.sort_by(|one, other| one.score.total_cmp(&other.score));
    let (mut below, mut pairs, mut happened) = (0.0, 0.0, 0.0);
    for tied in sorted.chunk_by(|one, other| one.score >= other.score) {
        let (mut yes, mut no) = (0.0, 0.0);
        for outcome in tied {
            if outcome.happened {
                yes += 1.0;
            } else {
                no += 1.0;
            }
        }
        pairs += yes * (below + 0.5 * no);
        below += no;
        happened += yes;
    }
    (below > 0.0 && happened > 0.0).then(|| pairs / (below * happened))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(outcomes: &[(f64, bool)]) -> Option<f64> {
        let outcomes: Vec<Outcome> = outcomes
            .iter()
            .map(|&(score, happened)| Outcome { score, happened })
            .collect();
        area_under_curve(&outcomes)
    }

    #[test]
    fn pairs_in_order_are_counted_and_ties_by_half() {
        assert_eq!(area(&[(0.1, false), (0.9, true)]), Some(1.0));
        assert_eq!(area(&[(0.1, true), (0.9, false)]), Some(0.0));
        assert_eq!(area(&[(0.5, true), (0.5, false), (0.5, false)]), Some(0.5));
        assert_eq!(area(&[(-0.0, true), (0.0, false)]), Some(0.5));
        let mixed = [(1.0, false), (2.0, true), (2.0, false), (3.0, true)];
        assert_eq!(area(&mixed), Some(3.5 / 4.0));
    }

    #[test]
    fn nothing_to_tell_apart_has_no_area() {
        assert_eq!(area(&[]), None);
        assert_eq!(area(&[(0.3, true), (0.2, true)]), None);
        assert_eq!(area(&[(f64::NAN, true), (0.2, false)]), None);
    }
}
