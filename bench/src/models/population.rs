//! Customers drawn from the BG/NBD model, for both sides of a contest to read.
//!
//! The parameters are those of the CDNOW sample (Fader, Hardie & Lee 2005). As in that sample,
//! customers are observed for 189 to 272 days, purchases are known by the day, and all of one day are
//! one transaction. A million of them come down to some 106,000 distinct ones.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use rand_distr::{Beta, Distribution as _, Exp1, Gamma};
use rekindle::failure::Failure;
use statistics::purchases::purchase_summary::{DAYS_PER_WEEK, PurchaseSummary};

const SHAPE: f64 = 0.242_59;
const SCALE: f64 = 4.413_60;
const LEAVING: f64 = 0.792_92;
const STAYING: f64 = 2.425_91;
const OBSERVED_DAYS: std::ops::RangeInclusive<i32> = 189..=272;
/// Three numbers of four bytes.
const BYTES_EACH: usize = 12;

/// A folder of its own, with the customers in it; gone when this is dropped.
#[derive(Debug)]
pub(super) struct Population {
    folder: PathBuf,
    /// The customers, as they were read back.
    pub(super) customers: Vec<PurchaseSummary>,
}

impl Population {
    /// Draws customers, writes them and reads them back.
    pub(super) fn draw(customers: u32, seed: u64) -> Result<Self, Failure> {
        static DRAWN: AtomicU32 = AtomicU32::new(0);
        let number = DRAWN.fetch_add(1, Ordering::Relaxed);
        let name = format!("rekindle-bench-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).map_err(|error| unusable(&folder, &error))?;
        let mut population = Self {
            folder,
            customers: Vec::new(),
        };
        let rows = population.rows();
        write(&rows, customers, seed)?;
        population.customers = read(&rows)?;
        Ok(population)
    }

    /// The file of customers: repeat transactions, days to the last one, days observed, each as a
    /// little-endian integer of 32 bits.
    pub(super) fn rows(&self) -> PathBuf {
        self.file("customers.i32")
    }

    /// A file for answers.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Every distinct customer once, by recency, then age, then frequency.
    pub(super) fn distinct(&self) -> Vec<PurchaseSummary> {
        let mut distinct = self.customers.clone();
        distinct.sort_by(|one, other| {
            let times = one.recency().total_cmp(&other.recency());
            let times = times.then(one.age().total_cmp(&other.age()));
            times.then(one.frequency().cmp(&other.frequency()))
        });
        distinct.dedup();
        distinct
    }
}

impl Drop for Population {
    fn drop(&mut self) {
        // A folder that stays behind is no reason to fail.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!("{} cannot be used: {error}", path.display()))
}

fn write(path: &Path, customers: u32, seed: u64) -> Result<(), Failure> {
    let failed = |error: std::io::Error| unusable(path, &error);
    let drawn = Drawn::new(seed)?;
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    for figures in drawn.take(usize::try_from(customers).unwrap_or(usize::MAX)) {
        for number in figures {
            file.write_all(&number.to_le_bytes()).map_err(failed)?;
        }
    }
    file.flush().map_err(failed)
}

fn read(path: &Path) -> Result<Vec<PurchaseSummary>, Failure> {
    let bytes = std::fs::read(path).map_err(|error| unusable(path, &error))?;
    let (rows, _) = bytes.as_chunks::<BYTES_EACH>();
    rows.iter().map(summary).collect()
}

fn summary(row: &[u8; BYTES_EACH]) -> Result<PurchaseSummary, Failure> {
    let (numbers, _) = row.as_chunks::<4>();
    let [frequency, recency, age] = numbers else {
        return Err(Failure::failed("a row of customers is cut"));
    };
    let weeks = |days: &[u8; 4]| f64::from(i32::from_le_bytes(*days)) / DAYS_PER_WEEK;
    PurchaseSummary::new(u32::from_le_bytes(*frequency), weeks(recency), weeks(age))
        .map_err(|refusal| Failure::failed(format!("a drawn customer is refused: {refusal}")))
}

/// Customers without end.
struct Drawn {
    random: ChaCha12Rng,
    rates: Gamma<f64>,
    chances: Beta<f64>,
}

impl Drawn {
    fn new(seed: u64) -> Result<Self, Failure> {
        let wrong = |error: &dyn std::fmt::Display| Failure::failed(error.to_string());
        Ok(Self {
            random: ChaCha12Rng::seed_from_u64(seed),
            rates: Gamma::new(SHAPE, SCALE.recip()).map_err(|error| wrong(&error))?,
            chances: Beta::new(LEAVING, STAYING).map_err(|error| wrong(&error))?,
        })
    }
}

impl Iterator for Drawn {
    /// Repeat transactions, days to the last one, days observed.
    type Item = [i32; 3];

    fn next(&mut self) -> Option<[i32; 3]> {
        let random = &mut self.random;
        let observed = random.random_range(OBSERVED_DAYS);
        let weekly_rate = self.rates.sample(random);
        let chance_to_leave = self.chances.sample(random);
        let (mut repeats, mut last_day, mut weeks) = (0, 0, 0.0);
        loop {
            let pause: f64 = Exp1.sample(random);
            weeks += pause / weekly_rate;
            let days = (weeks * DAYS_PER_WEEK).floor();
            // Also where the rate is so low that this is infinite.
            if days > f64::from(observed) {
                break;
            }
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it is at most the days observed"
            )]
            let day = days as i32;
            if day > last_day {
                repeats += 1;
                last_day = day;
            }
            if random.random::<f64>() < chance_to_leave {
                break;
            }
        }
        Some([repeats, last_day, observed])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_customers() {
        let first = |seed| Drawn::new(seed).unwrap().take(500).collect::<Vec<_>>();
        assert_eq!(first(7), first(7));
        assert_ne!(first(7), first(8));
    }

    #[test]
    fn customers_buy_about_as_often_as_the_model_says() {
        let drawn: Vec<[i32; 3]> = Drawn::new(1).unwrap().take(20_000).collect();
        let mean = drawn.iter().map(|row| f64::from(row[0])).sum::<f64>() / 20_000.0;
        // A million of them have 1.04; the standard error of so many is 0.015.
        assert!((mean - 1.04).abs() < 0.06, "{mean}");
        assert!(drawn.iter().all(|row| row[1] <= row[2]));
    }

    #[test]
    fn what_is_read_is_what_was_drawn() {
        let population = Population::draw(3_000, 5).unwrap();
        let drawn: Vec<[i32; 3]> = Drawn::new(5).unwrap().take(3_000).collect();
        assert_eq!(population.customers.len(), drawn.len());
        for (customer, [repeats, _, observed]) in population.customers.iter().zip(&drawn) {
            assert_eq!(i64::from(customer.frequency()), i64::from(*repeats));
            assert!((customer.age() * 7.0 - f64::from(*observed)).abs() < 1e-9);
        }
        let distinct = population.distinct();
        assert!(distinct.len() < population.customers.len());
        assert!(distinct.windows(2).all(|pair| pair[0] != pair[1]));
        let folder = population.folder.clone();
        drop(population);
        assert!(!folder.exists());
    }
}
