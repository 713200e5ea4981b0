//! Closed vocabularies: enums whose values have one written name each.

/// A closed vocabulary, written in lower snake case everywhere outside the process.
pub trait Named: Copy + PartialEq + Sized + 'static {
    /// Every value with its name, in a stable order.
    const NAMES: &'static [(Self, &'static str)];

    /// Returns the written name.
    fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(value, _)| *value == self)
            .map_or("", |(_, name)| name)
    }

    /// Finds the value with a written name.
    fn from_name(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(value, _)| *value)
    }

    /// Returns every written name.
    fn names() -> Vec<&'static str> {
        Self::NAMES.iter().map(|(_, name)| *name).collect()
    }
}
