//! Processor time of processes, as /proc has it.

use std::fs;
use std::time::Duration;

/// What `getconf CLK_TCK` says on every Linux that is in use.
const TICKS_PER_SECOND: u64 = 100;

/// Processes that count together.
#[derive(Clone, Debug)]
pub(crate) enum Consumer {
    /// One process.
    Process(u32),
    /// A process and those it has started.
    Family(u32),
}

impl Consumer {
    /// The processor time used so far; zero where it cannot be read. Processes that have ended
    /// count as far as their parent has taken note of them.
    pub(crate) fn time(&self) -> Duration {
        let ticks = match self {
            Self::Process(id) => Stat::of(*id).map_or(0, |stat| stat.own_ticks),
            Self::Family(id) => family_ticks(*id),
        };
        Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND)
    }
}

fn family_ticks(parent: u32) -> u64 {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    let ids = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let of_children = ids
        .filter_map(Stat::of)
        .filter(|stat| stat.parent == parent)
        .map(|stat| stat.own_ticks)
        .sum::<u64>();
    Stat::of(parent).map_or(0, |stat| stat.own_ticks + stat.ended_children_ticks) + of_children
}

#[derive(Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    own_ticks: u64,
    ended_children_ticks: u64,
}

impl Stat {
    fn of(id: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        // The name of the program is in brackets and may hold anything.
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own_ticks: number(11)? + number(12)?,
            ended_children_ticks: number(13)? + number(14)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_behind_any_name() {
        let text = "7 (a) (b c) S 42 7 7 0 -1 4194560 1 2 0 0 100 20 3 4 20 0 1 0 5 6 7";
        let expected = Stat {
            parent: 42,
            own_ticks: 120,
            ended_children_ticks: 7,
        };
        assert_eq!(Stat::parse(text), Some(expected));
        assert_eq!(Stat::parse("no process"), None);
    }

    #[test]
    fn a_process_that_is_gone_has_used_nothing() {
        assert_eq!(Consumer::Process(u32::MAX).time(), Duration::ZERO);
    }
}
