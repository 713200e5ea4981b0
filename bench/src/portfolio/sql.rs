//! The portfolio in lifecycle's database: multiplied, and copied.

use std::path::Path;

use rekindle::failure::Failure;
use rekindle::stack::run_sql;

/// Whoever may write files of the server and checkpoints is not the service's own role.
const CONNECT: &str = "\\connect rekindle_lifecycle\n";

/// How many customers one statement makes: psql is given up when a script takes too long.
const AT_ONCE: u64 = 100_000;

const KEEP_TEMPLATES: &str = "\
drop table if exists bench_template;
create table bench_template as
    select row_number() over (order by customer_id) - 1 as number, *
    from customer_facts;
alter table bench_template add primary key (number);
";

/// The facts begin with the customer's id, as its length and its bytes; the rest stays.
const MULTIPLY: &str = "\
insert into customer_facts (customer_id, revision, format, facts)
select made.customer_id, template.revision, template.format,
       set_byte('\\x00', 0, length(made.customer_id)) || convert_to(made.customer_id, 'UTF8')
           || substring(template.facts from 2 + length(template.customer_id))
from generate_series(FROM, TO) as wanted (place)
cross join lateral (select 'c-' || lpad(wanted.place::text, 9, '0') as customer_id) as made
join bench_template as template
    on template.number = wanted.place % (select count(*) from bench_template);
";

/// Keeps the snapshots to multiply.
pub(super) async fn keep_templates(psql: &Path, url: &str) -> Result<(), Failure> {
    let script = [CONNECT, KEEP_TEMPLATES].concat();
    run_sql(psql, url, &script).await.map(drop)
}

/// Makes a portfolio of so many customers, none of them scored.
pub(super) async fn multiply(psql: &Path, url: &str, customers: u64) -> Result<(), Failure> {
    let empty = "truncate customer_facts, scored_customer, stage_transition;";
    let script = [CONNECT, empty].concat();
    run_sql(psql, url, &script).await?;
    let mut from = 0;
    while from < customers {
        let to = (from + AT_ONCE).min(customers);
        let script = [CONNECT, MULTIPLY].concat();
        let script = script
            .replace("FROM", &from.to_string())
            .replace("TO", &(to - 1).to_string());
        run_sql(psql, url, &script).await?;
        from = to;
    }
    let settle = "vacuum analyze customer_facts;\ncheckpoint;";
    let script = [CONNECT, settle].concat();
    run_sql(psql, url, &script).await.map(drop)
}

/// Writes the portfolio's rows into a file and makes an empty table for them.
pub(super) async fn prepare_copy(
    psql: &Path,
    url: &str,
    with_indexes: bool,
    file: &Path,
) -> Result<(), Failure> {
    let like = if with_indexes {
        "including all"
    } else {
        "including constraints"
    };
    let script = format!(
        "{CONNECT}copy scored_customer to '{}';\n\
         drop table if exists bench_scored_customer;\n\
         create table bench_scored_customer (like scored_customer {like});\n\
         checkpoint;",
        file.display()
    );
    run_sql(psql, url, &script).await.map(drop)
}

/// Copies the rows of the file into the table.
pub(super) async fn copy(psql: &Path, url: &str, file: &Path) -> Result<(), Failure> {
    let script = format!(
        "{CONNECT}copy bench_scored_customer from '{}';",
        file.display()
    );
    run_sql(psql, url, &script).await.map(drop)
}
