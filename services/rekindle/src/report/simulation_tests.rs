//! The page of a simulation.

use contract::offers::v1::{
    Simulation, SimulationBudget, SimulationExample, SimulationPair, SimulationSpent,
    SimulationWindow,
};

use super::simulation;

fn window(day: &str, expected: f64) -> SimulationWindow {
    SimulationWindow {
        start_date: day.to_owned(),
        before: Some(SimulationSpent {
            offered: 10,
            expected,
        }),
        ..SimulationWindow::default()
    }
}

#[test]
fn the_page_draws_what_budgets_spend_and_escapes_what_it_says() {
    let it = Simulation {
        read_count: 2,
        pairs: vec![SimulationPair {
            before: "<ten>".to_owned(),
            after: "no_offer".to_owned(),
            call_count: 1,
        }],
        budgets: vec![SimulationBudget {
            budget_key: "a&b".to_owned(),
            windows: vec![window("2026-10-01", 4.0), window("2026-11-01", 6.0)],
            ..SimulationBudget::default()
        }],
        ..Simulation::default()
    };
    let example = SimulationExample {
        decision_id: "019a".to_owned(),
        customer_id: "c-1".to_owned(),
        ..SimulationExample::default()
    };
    let page = simulation(&it, &[example]).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    for missing in ["<script", "src=", "href=", "<ten>", "Budget a&b"] {
        assert!(!page.contains(missing), "{missing}");
    }
    for said in ["&lt;ten&gt;", "Budget a&amp;b", "019a", "no evidence"] {
        assert!(page.contains(said), "{said}");
    }
    assert_eq!(page.matches("<svg role=\"img\"").count(), 1);

    let one = Simulation {
        budgets: vec![SimulationBudget {
            windows: vec![window("", 4.0)],
            ..SimulationBudget::default()
        }],
        ..Simulation::default()
    };
    assert!(!simulation(&one, &[]).unwrap().contains("<svg"));
}
