//! What rules may look at: a closed list of typed facts, and one customer's values for them.

mod fact;
mod list;
mod protected;
mod value;
pub mod vocabulary;

use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use fact::{Description, Fact, FactSet, Level};
pub use protected::is_protected;
pub use value::{Value, ValueType};

/// The facts of one customer, one subscription and one call. A fact that is not known is not set.
#[derive(Clone, PartialEq, Eq)]
pub struct Facts {
    values: Box<[Option<Value>; Fact::COUNT]>,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            values: Box::new([const { None }; Fact::COUNT]),
        }
    }
}

impl Facts {
    /// Starts with nothing known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the value of a fact, if it is known.
    pub fn get(&self, fact: Fact) -> Option<&Value> {
        self.values[fact as usize].as_ref()
    }

    /// Sets a fact. A value of another type than the fact's is a defect of the caller and leaves
    /// the fact unknown, which never makes anybody eligible.
    pub fn set(&mut self, fact: Fact, value: impl Into<Value>) -> &mut Self {
        let value = value.into();
        let fits = value.value_type() == fact.description().value_type;
        debug_assert!(fits, "{fact} cannot be {value}");
        self.values[fact as usize] = fits.then_some(value);
        self
    }

    /// Sets a fact where there is a value; leaves it unknown otherwise.
    pub fn set_known(&mut self, fact: Fact, value: Option<impl Into<Value>>) -> &mut Self {
        match value {
            Some(value) => self.set(fact, value),
            None => self.clear(fact),
        }
    }

    /// Makes a fact unknown.
    pub fn clear(&mut self, fact: Fact) -> &mut Self {
        self.values[fact as usize] = None;
        self
    }

    /// Takes over every fact that `other` knows.
    pub fn merge(&mut self, other: &Self) -> &mut Self {
        for (fact, value) in other.iter() {
            self.values[fact as usize] = Some(value.clone());
        }
        self
    }

    /// Returns the known facts in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = (Fact, &Value)> {
        Fact::all()
            .zip(self.values.iter())
            .filter_map(|(fact, value)| value.as_ref().map(|value| (fact, value)))
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_map()
            .entries(self.iter().map(|(fact, value)| (fact.name(), value)))
            .finish()
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.iter().count()))?;
        for (fact, value) in self.iter() {
            map.serialize_entry(fact.name(), value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Facts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FactsVisitor)
    }
}

struct FactsVisitor;

impl<'de> Visitor<'de> for FactsVisitor {
    type Value = Facts;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map of facts by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Facts, A::Error> {
        let mut facts = Facts::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            let fact = Fact::from_name(&name)
                .ok_or_else(|| A::Error::custom(format_args!("no fact is named {name}")))?;
            if value.value_type() != fact.description().value_type {
                return Err(A::Error::custom(format_args!("{fact} cannot be {value}")));
            }
            facts.set(fact, value);
        }
        Ok(facts)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn every_fact_stands_at_its_own_place_under_its_own_name() {
        for (index, fact) in Fact::all().enumerate() {
            assert_eq!(fact as usize, index, "{fact}");
            assert_eq!(Fact::from_name(fact.name()), Some(fact));
            assert!(!fact.description().doc.is_empty());
        }
        assert_eq!(Fact::all().count(), Fact::COUNT);
        assert_eq!(Fact::from_name("customer.name"), None);
    }

    #[test]
    fn facts_read_back_from_storage_as_they_were() {
        let mut facts = Facts::new();
        facts
            .set(Fact::CustomerTenureDays, 400_u32)
            .set(Fact::CustomerVulnerable, false)
            .set(Fact::CallReason, "too_expensive")
            .set(
                Fact::CallSecondaryReasons,
                vec![Arc::from("quality"), Arc::from("not_using")],
            );
        let stored = serde_json::to_string(&facts).unwrap();
        assert_eq!(
            stored,
            r#"{"customer.tenure_days":400,"customer.vulnerable":false,"call.reason":"too_expensive","call.secondary_reasons":["quality","not_using"]}"#
        );
        assert_eq!(serde_json::from_str::<Facts>(&stored).unwrap(), facts);
    }

    #[test]
    fn stored_facts_of_another_shape_are_refused() {
        for stored in [
            r#"{"customer.name":"x"}"#,
            r#"{"customer.tenure_days":"long"}"#,
            r#"{"customer.tenure_days":null}"#,
            "[]",
        ] {
            assert!(serde_json::from_str::<Facts>(stored).is_err(), "{stored}");
        }
    }

    #[test]
    fn merging_takes_over_what_is_known_and_keeps_the_rest() {
        let mut of_customer = Facts::new();
        of_customer.set(Fact::CustomerTenureDays, 1_u32);
        let mut of_call = Facts::new();
        of_call.set(Fact::CallReason, "quality");
        let both = of_customer.clone().merge(&of_call).clone();
        assert_eq!(both.iter().count(), 2);
        assert_eq!(
            both.get(Fact::CustomerTenureDays),
            of_customer.get(Fact::CustomerTenureDays)
        );
    }
}
