//! Text that names or reaches a person.

use std::fmt;

/// Personal text. It can be read on purpose and never shows itself by accident: it has no
/// `Display` and no serialisation, and `Debug` hides it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Personal(String);

impl Personal {
    /// Takes personal text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Reads the text on purpose.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Personal(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_the_text() {
        let name = Personal::new("Ada Canary");
        assert_eq!(format!("{name:?}"), "Personal(…)");
        assert_eq!(name.expose(), "Ada Canary");
    }
}
