//! What generated customers buy: business lines, plans, prices, commitments, and how likely a
//! month is to be the last.

use contract::types::v1::{ContractKind, RelationshipType};

use super::dice::Dice;

/// A business line with its plans.
#[derive(Debug)]
pub(super) struct Line {
    /// The name that rules go by.
    pub(super) name: &'static str,
    /// How leaving shows itself.
    pub(super) relationship: RelationshipType,
    /// Plans by weight, with the price of a month in minor units.
    pub(super) plans: &'static [(u32, (&'static str, i64))],
    /// Commitments by weight.
    pub(super) contracts: &'static [(u32, ContractKind)],
}

/// Every business line, by weight.
pub(super) static LINES: [(u32, Line); 4] = [
    (
        52,
        Line {
            name: "telecom",
            relationship: RelationshipType::Contractual,
            plans: &[
                (24, ("fibre-1000", 7_495)),
                (34, ("fibre-300", 5_495)),
                (20, ("dsl-50", 3_995)),
                (22, ("mobile-20", 2_495)),
            ],
            contracts: &[
                (55, ContractKind::MonthToMonth),
                (21, ContractKind::OneYear),
                (24, ContractKind::TwoYear),
            ],
        },
    ),
    (
        24,
        Line {
            name: "streaming",
            relationship: RelationshipType::Contractual,
            plans: &[
                (30, ("basic", 899)),
                (45, ("standard", 1_399)),
                (25, ("family", 1_899)),
            ],
            contracts: &[
                (88, ContractKind::MonthToMonth),
                (12, ContractKind::OneYear),
            ],
        },
    ),
    (
        10,
        Line {
            name: "insurance",
            relationship: RelationshipType::Contractual,
            plans: &[(55, ("motor", 4_850)), (45, ("home", 2_900))],
            contracts: &[(100, ContractKind::OneYear)],
        },
    ),
    (
        14,
        Line {
            name: "retail",
            relationship: RelationshipType::NonContractual,
            plans: &[(100, ("shop", 0))],
            contracts: &[(100, ContractKind::PayAsYouGo)],
        },
    ),
];

/// What one customer bought.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// The business line.
    pub(super) line: &'static Line,
    /// The product.
    pub(super) product: &'static str,
    /// The price of a month in minor units; zero when there is none.
    pub(super) monthly_minor: i64,
    /// The commitment.
    pub(super) contract: ContractKind,
}

/// Draws a plan of any line.
pub(super) fn draw(dice: &mut Dice) -> Plan {
    let line = dice.weighted(&LINES);
    let (product, monthly_minor) = *dice.weighted(line.plans);
    let contract = *dice.weighted(line.contracts);
    Plan {
        line,
        product,
        monthly_minor,
        contract,
    }
}

impl Plan {
    /// Whether leaving is an event.
    pub(super) fn is_contractual(&self) -> bool {
        self.line.relationship == RelationshipType::Contractual
    }

    /// How many months each commitment lasts; none when there is no commitment.
    pub(super) fn term_months(&self) -> Option<u32> {
        match self.contract {
            ContractKind::OneYear => Some(12),
            ContractKind::TwoYear => Some(24),
            _ => None,
        }
    }

    /// In how many of ten thousand cases the given month, from one, is the last. New customers
    /// leave more often than settled ones; commitments are left at their end.
    pub(super) fn hazard(&self, month: u32) -> u32 {
        match self.term_months() {
            Some(term) if month.is_multiple_of(term) => 1_300,
            Some(_) => 45,
            None if self.line.name == "streaming" => 320 + 900 / (month + 1),
            None => 140 + 900 / (month + 2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn telecom(contract: ContractKind) -> Plan {
        let line = &LINES[0].1;
        Plan {
            line,
            product: "dsl-50",
            monthly_minor: 3_995,
            contract,
        }
    }

    #[test]
    fn commitments_hold_until_their_end_and_settled_customers_stay_longer() {
        let yearly = telecom(ContractKind::OneYear);
        assert!(yearly.hazard(12) > 10 * yearly.hazard(11));
        let monthly = telecom(ContractKind::MonthToMonth);
        assert!(monthly.hazard(1) > monthly.hazard(24));
        assert!(monthly.hazard(24) > yearly.hazard(11));
    }
}
