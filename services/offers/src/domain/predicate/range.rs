//! Sets of whole numbers as sorted, disjoint, closed intervals.

/// A set of whole numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges(Box<[(i64, i64)]>);

impl Ranges {
    /// Every number.
    pub fn everything() -> Self {
        Self::between(i64::MIN, i64::MAX)
    }

    /// No number.
    pub fn nothing() -> Self {
        Self(Box::new([]))
    }

    /// The numbers from one to another, both included.
    pub fn between(least: i64, greatest: i64) -> Self {
        if least > greatest {
            return Self::nothing();
        }
        Self(Box::new([(least, greatest)]))
    }

    /// The numbers up to and including one.
    pub fn at_most(greatest: i64) -> Self {
        Self::between(i64::MIN, greatest)
    }

    /// The numbers below one.
    pub fn less_than(bound: i64) -> Self {
        bound
            .checked_sub(1)
            .map_or_else(Self::nothing, Self::at_most)
    }

    /// The numbers from and including one.
    pub fn at_least(least: i64) -> Self {
        Self::between(least, i64::MAX)
    }

    /// The numbers above one.
    pub fn greater_than(bound: i64) -> Self {
        bound
            .checked_add(1)
            .map_or_else(Self::nothing, Self::at_least)
    }

    /// Exactly these numbers.
    pub fn of(numbers: &[i64]) -> Self {
        let mut numbers = numbers.to_vec();
        numbers.sort_unstable();
        let mut ranges: Vec<(i64, i64)> = Vec::with_capacity(numbers.len());
        for number in numbers {
            match ranges.last_mut() {
                Some((_, greatest))
                    if number
                        .checked_sub(1)
                        .is_some_and(|before| before <= *greatest) =>
                {
                    *greatest = number;
                }
                _ => ranges.push((number, number)),
            }
        }
        Self(ranges.into())
    }

    /// Tells whether a number is in the set.
    pub fn contains(&self, number: i64) -> bool {
        self.0
            .iter()
            .any(|(least, greatest)| *least <= number && number <= *greatest)
    }

    /// Returns the intervals in their order, each with its first and its last number.
    pub fn iter(&self) -> impl Iterator<Item = (i64, i64)> {
        self.0.iter().copied()
    }

    /// Tells whether nothing is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns every number that is not in the set.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut gaps = Vec::with_capacity(self.0.len() + 1);
        let mut next = Some(i64::MIN);
        for (least, greatest) in &self.0 {
            if let Some(start) = next
                && start < *least
            {
                gaps.push((start, *least - 1));
            }
            next = greatest.checked_add(1);
        }
        if let Some(start) = next {
            gaps.push((start, i64::MAX));
        }
        Self(gaps.into())
    }

    /// Returns the numbers that are in both sets.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let mut both = Vec::new();
        for (left_least, left_greatest) in &self.0 {
            for (right_least, right_greatest) in &other.0 {
                let least = *left_least.max(right_least);
                let greatest = *left_greatest.min(right_greatest);
                if least <= greatest {
                    both.push((least, greatest));
                }
            }
        }
        both.sort_unstable();
        Self(both.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EDGES: [i64; 5] = [i64::MIN, i64::MIN + 1, 0, i64::MAX - 1, i64::MAX];

    #[test]
    fn the_edges_of_the_numbers_are_numbers_too() {
        assert!(Ranges::less_than(i64::MIN).is_empty());
        assert!(Ranges::greater_than(i64::MAX).is_empty());
        assert!(Ranges::everything().complement().is_empty());
        assert_eq!(Ranges::nothing().complement(), Ranges::everything());
        assert_eq!(
            Ranges::of(&EDGES).complement().complement(),
            Ranges::of(&EDGES)
        );
        assert!(Ranges::between(1, 0).is_empty());
    }

    fn ranges() -> impl Strategy<Value = Ranges> {
        let near = -6..6_i64;
        let edge = proptest::sample::select(EDGES.to_vec());
        let number = prop_oneof![4 => near, 1 => edge];
        prop_oneof![
            proptest::collection::vec(number.clone(), 0..5)
                .prop_map(|numbers| Ranges::of(&numbers)),
            (number.clone(), number.clone()).prop_map(|(a, b)| Ranges::between(a.min(b), a.max(b))),
            number.clone().prop_map(Ranges::less_than),
            number.prop_map(Ranges::greater_than),
        ]
    }

    proptest! {
        #[test]
        fn sets_behave_as_sets(left in ranges(), right in ranges(), number in -8..8_i64) {
            for number in EDGES.into_iter().chain([number]) {
                prop_assert_eq!(left.complement().contains(number), !left.contains(number));
                prop_assert_eq!(
                    left.intersect(&right).contains(number),
                    left.contains(number) && right.contains(number)
                );
            }
            prop_assert!(left.intersect(&left.complement()).is_empty());
        }
    }
}
