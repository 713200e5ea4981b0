//! Spreading a limit, and taking an amount, over the parts of a budget.

/// What is left of one part of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// The part.
    pub bucket: i16,
    /// What is left of it.
    pub free: i64,
}

/// What was taken of one part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The part.
    pub bucket: i16,
    /// How much; never zero.
    pub amount: i64,
}

/// Spreads a limit over parts that have used some of it already: what is left is shared out evenly.
/// `None` when more is used than the limit, or there is no part.
pub fn spread(limit: i64, used: &[i64]) -> Option<Vec<i64>> {
    let total: i64 = used.iter().sum();
    let parts = i64::try_from(used.len()).ok().filter(|parts| *parts > 0)?;
    let left = limit.checked_sub(total).filter(|left| *left >= 0)?;
    let (each, odd) = (left / parts, left % parts);
    let shares = (0..)
        .zip(used)
        .map(|(place, used)| used + each + i64::from(place < odd));
    Some(shares.collect())
}

/// Takes an amount, from the preferred part first and from the others for what is missing, so that
/// nothing is stranded. Takes nothing, and returns `None`, when all of them together lack it.
pub fn take(rooms: &mut [Room], preferred: i16, amount: i64) -> Option<Vec<Taken>> {
    let free: i64 = rooms.iter().map(|room| room.free.max(0)).sum();
    if free < amount {
        return None;
    }
    let first = rooms
        .iter()
        .position(|room| room.bucket == preferred)
        .unwrap_or(0);
    let mut missing = amount;
    let mut taken = Vec::with_capacity(1);
    for place in 0..rooms.len() {
        let room = &mut rooms[(first + place) % rooms.len()];
        let part = room.free.max(0).min(missing);
        if part > 0 {
            room.free -= part;
            missing -= part;
            taken.push(Taken {
                bucket: room.bucket,
                amount: part,
            });
        }
        if missing == 0 {
            break;
        }
    }
    Some(taken)
}
