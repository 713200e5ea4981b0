//! Checking one clause: that its fact exists, and that operator and value fit the fact.

use std::sync::Arc;

use kernel::money::Currency;

use super::draft::{DraftClause, Operand, Operator, Scalar};
use super::{Ranges, Test};
use crate::domain::catalogue::ReasonTree;
use crate::domain::facts::vocabulary::Vocabulary;
use crate::domain::facts::{Description, Fact, ValueType, is_protected};
use crate::domain::named::Named;
use crate::domain::nearest::did_you_mean;
use crate::domain::policy::Jurisdiction;
use crate::domain::problem::{Code, Place, Placed, Problems};

/// The longest text a fact is compared with.
const MAX_TEXT_LENGTH: usize = 64;

/// Checks clauses against the facts and the reason tree.
pub(super) struct Typing<'a> {
    pub(super) reasons: &'a ReasonTree,
    pub(super) problems: &'a mut Problems,
}

impl Typing<'_> {
    /// Returns the fact and the test of a clause, or notes everything that is wrong with it.
    pub(super) fn check(&mut self, clause: &DraftClause, place: &Place) -> Option<(Fact, Test)> {
        let fact = self.fact(&clause.fact, place)?;
        let before = self.problems.len();
        let test = match clause.operator {
            Operator::Present => self.presence(clause, Test::Present),
            Operator::Absent => self.presence(clause, Test::Absent),
            _ => match fact.description().value_type {
                ValueType::Boolean => self.boolean(fact, clause),
                ValueType::Integer => self.integer(fact, clause),
                ValueType::Text => self.text(fact, clause),
                ValueType::TextSet => self.text_set(fact, clause),
            },
        };
        (self.problems.len() == before).then_some((fact, test?))
    }

    fn fact(&mut self, name: &str, place: &Place) -> Option<Fact> {
        if let Some(fact) = Fact::from_name(name) {
            return Some(fact);
        }
        if is_protected(name) {
            let message = format!(
                "{name} is a protected attribute and may decide nothing here: remove the clause"
            );
            self.problems.add(place, Code::ProtectedAttribute, message);
        } else {
            let hint = did_you_mean(name, Fact::all().map(Fact::name));
            let message = format!("there is no fact {name}{hint}");
            self.problems.add(place, Code::UnknownFact, message);
        }
        None
    }

    fn presence(&mut self, clause: &DraftClause, test: Test) -> Option<Test> {
        if clause.operand.value == Operand::One(Scalar::Boolean(true)) {
            return Some(test);
        }
        let operator = clause.operator.name();
        self.mismatch(&clause.operand.place, format!("write {operator}: true"))
    }

    fn boolean(&mut self, fact: Fact, clause: &DraftClause) -> Option<Test> {
        let place = &clause.operand.place;
        match (clause.operator, &clause.operand.value) {
            (Operator::Equals, Operand::One(Scalar::Boolean(value))) => Some(Test::Boolean(*value)),
            (Operator::NotEquals, Operand::One(Scalar::Boolean(value))) => {
                Some(Test::Boolean(!value))
            }
            (Operator::Equals | Operator::NotEquals, _) => {
                self.mismatch(place, format!("{fact} is true or false"))
            }
            _ => self.misfit(fact, clause, "equals, not_equals, present, absent"),
        }
    }

    fn integer(&mut self, fact: Fact, clause: &DraftClause) -> Option<Test> {
        let numbers = match clause.operator {
            Operator::Contains | Operator::Overlaps => {
                let fitting = "equals, not_equals, in, not_in, less_than, at_most, at_least, \
                               greater_than, between, present, absent";
                return self.misfit(fact, clause, fitting);
            }
            Operator::In | Operator::NotIn | Operator::Between => self.many(clause)?,
            _ => vec![self.one(clause)?],
        };
        let numbers: Vec<i64> = numbers
            .iter()
            .map(|number| self.number(fact, number))
            .collect::<Vec<_>>()
            .into_iter()
            .collect::<Option<_>>()?;
        let ranges = match (clause.operator, numbers.as_slice()) {
            (Operator::Between, [least, greatest]) if least <= greatest => {
                Ranges::between(*least, *greatest)
            }
            (Operator::Between, _) => {
                let hint = "between needs two numbers, the least first: [10, 20]";
                return self.mismatch(&clause.operand.place, hint.to_owned());
            }
            (Operator::LessThan, [bound]) => Ranges::less_than(*bound),
            (Operator::AtMost, [bound]) => Ranges::at_most(*bound),
            (Operator::AtLeast, [bound]) => Ranges::at_least(*bound),
            (Operator::GreaterThan, [bound]) => Ranges::greater_than(*bound),
            (Operator::NotEquals | Operator::NotIn, numbers) => Ranges::of(numbers).complement(),
            (_, numbers) => Ranges::of(numbers),
        };
        Some(Test::Integer(ranges))
    }

    fn number(&mut self, fact: Fact, scalar: &Placed<Scalar>) -> Option<i64> {
        match &scalar.value {
            Scalar::Integer(number) => Some(*number),
            other => {
                let message = format!("{fact} is a whole number, {other} is none");
                self.mismatch(&scalar.place, message)
            }
        }
    }

    fn text(&mut self, fact: Fact, clause: &DraftClause) -> Option<Test> {
        let values = match clause.operator {
            Operator::Equals | Operator::NotEquals => vec![self.one(clause)?],
            Operator::In | Operator::NotIn => self.many(clause)?,
            _ => {
                let fitting = "equals, not_equals, in, not_in, present, absent";
                return self.misfit(fact, clause, fitting);
            }
        };
        let among = self.texts(fact, &values)?;
        let negated = matches!(clause.operator, Operator::NotEquals | Operator::NotIn);
        Some(match fact.description().vocabulary {
            Vocabulary::Jurisdictions => Test::Place { among, negated },
            _ => Test::Text { among, negated },
        })
    }

    fn text_set(&mut self, fact: Fact, clause: &DraftClause) -> Option<Test> {
        let values = match clause.operator {
            Operator::Contains => vec![self.one(clause)?],
            Operator::Overlaps => self.many(clause)?,
            _ => return self.misfit(fact, clause, "contains, overlaps, present, absent"),
        };
        let among = self.texts(fact, &values)?;
        Some(Test::Overlap {
            among,
            negated: false,
        })
    }

    fn texts(&mut self, fact: Fact, values: &[Placed<Scalar>]) -> Option<Box<[Arc<str>]>> {
        let mut texts = Vec::with_capacity(values.len());
        let mut all_fit = true;
        for value in values {
            match &value.value {
                Scalar::Text(text) => {
                    all_fit &= self.word(fact.description(), text, &value.place);
                    texts.push(Arc::from(text.as_str()));
                }
                other => {
                    let message = format!("{fact} is a text; put quotes around {other}");
                    self.problems.add(&value.place, Code::TypeMismatch, message);
                    all_fit = false;
                }
            }
        }
        all_fit.then(|| texts.into())
    }

    /// Tells whether a text is in the vocabulary of a fact.
    fn word(&mut self, description: &Description, text: &str, place: &Place) -> bool {
        let complaint = match description.vocabulary {
            Vocabulary::Any if text.is_empty() || text.len() > MAX_TEXT_LENGTH => {
                Some(format!("a text has 1 to {MAX_TEXT_LENGTH} characters"))
            }
            Vocabulary::Any => None,
            Vocabulary::Closed(words) => unknown_word(text, words.iter().copied()),
            Vocabulary::Reasons => {
                unknown_word(text, self.reasons.iter().map(|reason| reason.key.as_str()))
            }
            Vocabulary::ReasonCategories => unknown_word(text, self.reasons.categories()),
            Vocabulary::Jurisdictions => Jurisdiction::parse(text).err().map(|e| e.to_string()),
            Vocabulary::Currencies => Currency::parse(text).err().map(|e| e.to_string()),
        };
        if let Some(complaint) = &complaint {
            let message = format!("{} cannot be {text:?}: {complaint}", description.name);
            self.problems.add(place, Code::UnknownValue, message);
        }
        complaint.is_none()
    }

    fn one(&mut self, clause: &DraftClause) -> Option<Placed<Scalar>> {
        let place = &clause.operand.place;
        match &clause.operand.value {
            Operand::One(scalar) => Some(Placed::new(scalar.clone(), place.clone())),
            Operand::Many(_) => {
                let operator = clause.operator.name();
                let message = format!("{operator} takes one value; for a list write in or not_in");
                self.mismatch(place, message)
            }
        }
    }

    fn many(&mut self, clause: &DraftClause) -> Option<Vec<Placed<Scalar>>> {
        let place = &clause.operand.place;
        let operator = clause.operator.name();
        match &clause.operand.value {
            Operand::Many(values) if values.is_empty() => {
                let message = format!("{operator} of an empty list: name at least one value");
                self.problems.add(place, Code::Empty, message);
                None
            }
            Operand::Many(values) => Some(values.clone()),
            Operand::One(_) => self.mismatch(place, format!("{operator} takes a list: [a, b]")),
        }
    }

    fn misfit(&mut self, fact: Fact, clause: &DraftClause, fitting: &str) -> Option<Test> {
        let kind = fact.description().value_type.describe();
        let operator = clause.operator.name();
        let message = format!("{fact} is {kind}; {operator} does not fit it, these do: {fitting}");
        self.mismatch(&clause.operand.place, message)
    }

    fn mismatch<T>(&mut self, place: &Place, message: String) -> Option<T> {
        self.problems.add(place, Code::TypeMismatch, message);
        None
    }
}

fn unknown_word<'a>(
    text: &str,
    words: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
) -> Option<String> {
    let words = words.into_iter();
    if words.clone().any(|word| word == text) {
        return None;
    }
    let hint = did_you_mean(text, words.clone());
    if !hint.is_empty() {
        return Some(format!("it is not in the vocabulary{hint}"));
    }
    let known: Vec<&str> = words.take(12).collect();
    Some(format!("known are {}", known.join(", ")))
}
