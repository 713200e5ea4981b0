//! Comparing the sums that a budget goes by with what its rows come to.

/// One part of a budget in one window: the sums it goes by, and the same added up anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// The part.
    pub bucket: i16,
    /// Its share of the limit.
    pub limit_part: i64,
    /// Held and committed, as the budget goes by it.
    pub bucket_sums: (i64, i64),
    /// Held and committed, by the holds.
    pub holds: (i64, i64),
    /// Held and committed, by the ledger.
    pub ledger: (i64, i64),
    /// Held and committed, by the presented offers and acceptances that the holds are for.
    pub promises: (i64, i64),
}

/// Something that does not add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The part.
    pub bucket: i16,
    /// What differs.
    pub what: &'static str,
    /// Where it was added up anew.
    pub against: &'static str,
    /// As the budget goes by it.
    pub found: i64,
    /// As it was added up.
    pub expected: i64,
}

/// Lists everything that does not add up. `limit` is that of the definition, for a window that it
/// still holds for.
pub fn differences(parts: &[Sums], limit: Option<i64>) -> Vec<Difference> {
    let mut found: Vec<Difference> = parts.iter().flat_map(of_part).collect();
    let total: i64 = parts.iter().map(|part| part.limit_part).sum();
    if let Some(limit) = limit.filter(|limit| !parts.is_empty() && *limit != total) {
        found.push(Difference {
            bucket: 0,
            what: "limit",
            against: "definition",
            found: total,
            expected: limit,
        });
    }
    found
}

fn of_part(part: &Sums) -> Vec<Difference> {
    let against = [
        ("holds", part.holds),
        ("ledger", part.ledger),
        ("promises", part.promises),
    ];
    let (held, committed) = part.bucket_sums;
    against
        .into_iter()
        .flat_map(|(against, sums)| {
            [("held", held, sums.0), ("committed", committed, sums.1)].map(
                |(what, found, expected)| Difference {
                    bucket: part.bucket,
                    what,
                    against,
                    found,
                    expected,
                },
            )
        })
        .filter(|difference| difference.found != difference.expected)
        .collect()
}
