//! Which figures are asked for.

use rekindle::failure::{Exit, Failure};

/// Every figure that can be asked for by name.
pub(super) const NAMES: [&str; 28] = [
    "cdnow.bgnbd.params",
    "cdnow.bgnbd.ll",
    "cdnow.mbgnbd.params",
    "cdnow.mbgnbd.ll",
    "cdnow.pnbd.params",
    "cdnow.pnbd.ll",
    "cdnow.gg.params",
    "cdnow.gg.ll",
    "telco.auc",
    "telco.log_loss",
    "telco.brier",
    "telco.ece",
    "speed.score_vs_numpy",
    "speed.score_vs_lifetimes",
    "speed.alive_vs_numpy",
    "speed.alive_vs_lifetimes",
    "speed.expected_vs_numpy",
    "speed.expected_vs_lifetimes",
    "speed.score_distinct_vs_numpy",
    "speed.score_vs_numpy_table",
    "speed.score_parallel_vs_numpy",
    "speed.fit_bgnbd_vs_lifetimes",
    "speed.fit_bgnbd_vs_lifetimes_distinct",
    "speed.fit_bgnbd_vs_numpy",
    "speed.fit_bgnbd_parallel_vs_lifetimes",
    "speed.fit_pnbd_vs_numpy",
    "speed.portfolio_vs_copy",
    "memory_mib",
];

/// The figures that are asked for, by name or by the beginning of names; all when none is named.
#[derive(Clone, Debug)]
pub(super) struct Wanted(Vec<String>);

impl Wanted {
    /// Takes names, and refuses one that no figure has.
    pub(super) fn new(names: &[String]) -> Result<Self, Failure> {
        let wanted = Self(names.to_vec());
        for name in names {
            if !NAMES.iter().any(|known| begins(known, name)) {
                let message = format!("\"{name}\" is no figure");
                let advice = format!("there are: {}", NAMES.join(", "));
                return Err(Failure::new(Exit::Usage, message).advice(advice));
            }
        }
        Ok(wanted)
    }

    /// Whether a figure is asked for.
    pub(super) fn is(&self, figure: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|name| begins(figure, name))
    }

    /// Whether a figure is asked for whose name begins so.
    pub(super) fn any(&self, beginning: &str) -> bool {
        NAMES
            .iter()
            .any(|name| begins(name, beginning) && self.is(name))
    }
}

/// Whether a dotted name is another one or begins with it.
fn begins(name: &str, beginning: &str) -> bool {
    name.strip_prefix(beginning)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(names: &[&str]) -> Wanted {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Wanted::new(&names).unwrap()
    }

    #[test]
    fn a_beginning_names_all_below_it() {
        let cdnow = wanted(&["cdnow"]);
        assert!(cdnow.is("cdnow.gg.ll") && cdnow.any("cdnow"));
        assert!(!cdnow.is("telco.auc") && !cdnow.any("speed"));
        let one = wanted(&["speed.score_vs_numpy"]);
        assert!(one.any("speed") && !one.is("speed.score_vs_numpy_table"));
        assert!(wanted(&[]).is("telco.auc"));
        assert!(Wanted::new(&["speed.scor".to_owned()]).is_err());
    }
}
