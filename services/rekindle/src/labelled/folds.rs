//! Folds that were dealt out elsewhere, so that figures can be compared.

use std::collections::HashMap;

use statistics::propensity::folds::Folds;

use super::table::Table;
use crate::failure::Failure;

/// The column that holds the folds.
const FOLD: &str = "fold";

/// Reads the folds of a table's rows from another table with a column "fold" of whole numbers. With
/// a column that the first table has too, rows are matched by its values; without one, by order.
pub fn given_folds(table: &Table, folds: &Table) -> Result<Folds, Failure> {
    let numbers = fold_numbers(folds)?;
    let shared = folds
        .columns()
        .iter()
        .find(|column| column.name != FOLD && table.find(&column.name).is_some());
    let of_row = match shared {
        Some(key) => by_key(table, folds, &key.name, &numbers)?,
        None if numbers.len() == table.rows() => numbers,
        None => {
            let problem = format!(
                "it has {} rows, {} has {}",
                numbers.len(),
                table.name(),
                table.rows()
            );
            return Err(folds.unusable(problem).advice(
                "give a line for each row, in the same order, or a column of ids in both",
            ));
        }
    };
    Folds::given(without_gaps(of_row)).map_err(|refusal| folds.unusable(refusal))
}

fn fold_numbers(folds: &Table) -> Result<Vec<usize>, Failure> {
    let column = folds.column(FOLD)?;
    (0..folds.rows())
        .map(|row| {
            let value = column.value(row).unwrap_or_default();
            value.parse().map_err(|_| {
                let line = folds.line(row);
                let problem = format!("line {line}, column fold: \"{value}\" is no whole number");
                folds.unusable(problem).advice("number the folds from zero")
            })
        })
        .collect()
}

fn by_key(
    table: &Table,
    folds: &Table,
    key: &str,
    numbers: &[usize],
) -> Result<Vec<usize>, Failure> {
    let keys = folds.column(key)?;
    let mut of_key: HashMap<&str, usize> = HashMap::new();
    for (row, number) in numbers.iter().enumerate() {
        let value = keys.value(row).unwrap_or_default();
        if of_key.insert(value, *number).is_some() {
            let line = folds.line(row);
            let problem = format!("line {line}, column {key}: \"{value}\" is there twice");
            return Err(folds.unusable(problem).advice("give each id one fold"));
        }
    }
    let own = table.column(key)?;
    (0..table.rows())
        .map(|row| {
            let value = own.value(row).unwrap_or_default();
            of_key.get(value).copied().ok_or_else(|| {
                let line = table.line(row);
                let problem = format!("no fold for {key} \"{value}\" ({}:{line})", table.name());
                folds.unusable(problem).advice("give each id one fold")
            })
        })
        .collect()
}

/// Numbers from zero, in the same order.
fn without_gaps(of_row: Vec<usize>) -> Vec<usize> {
    let mut numbers = of_row.clone();
    numbers.sort_unstable();
    numbers.dedup();
    let place = |number: usize| numbers.partition_point(|it| *it < number);
    of_row.into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::table;
    use super::*;

    fn folds(text: &str) -> Result<Vec<usize>, Failure> {
        let data = table("id,x\na,1\nb,2\nc,3\nd,4\n")?;
        given_folds(&data, &table(text)?).map(|folds| folds.of_rows().to_vec())
    }

    #[test]
    fn rows_are_matched_by_id_or_by_order() {
        assert_eq!(
            folds("id,fold\nd,7\nc,3\na,3\nb,7\n").unwrap(),
            [0, 1, 0, 1]
        );
        assert_eq!(folds("fold\n0\n1\n1\n0\n").unwrap(), [0, 1, 1, 0]);
    }

    #[test]
    fn what_does_not_match_is_named() {
        let message = |text: &str| folds(text).unwrap_err().to_string();
        assert!(message("id,fold\na,0\nb,1\nc,0\n").contains("no fold for id \"d\""));
        assert!(message("id,fold\na,0\na,1\n").contains("line 3, column id: \"a\""));
        assert!(message("fold\n0\n1\n").contains("2 rows"));
        assert!(message("fold\n0\nx\n1\n0\n").contains("line 3, column fold"));
        assert!(message("part\n0\n").contains("no column \"fold\""));
        assert!(message("fold\n0\n0\n0\n0\n").contains("1 folds"));
    }
}
