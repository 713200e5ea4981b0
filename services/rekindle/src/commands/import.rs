//! `rekindle import FILE --mapping M.toml`: the rows of a file become customers.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;

use crate::client::{ServiceArguments, Services, Trace};
use crate::failure::{Exit, Failure};
use crate::import::{FileRows, Summary, send};
use crate::json;
use crate::output::Output;
use crate::progress::Progress;
use crate::screen::{self, Paper};

/// Load the rows of a file into profiles, as a mapping file says.
///
/// Rows that cannot be loaded are reported with their line and the rest lands. The same file again
/// changes nothing, so a broken import is resumed by running it again. Exit code 0: every row is
/// loaded; 1: some rows were refused and nothing else went wrong; 65: the file or the mapping
/// cannot be used; 69: profiles does not answer.
#[derive(Debug, Args)]
pub struct Import {
    /// The file: comma-separated, or cells between blanks, as the mapping says.
    file: PathBuf,

    /// How its rows become records (TOML; deploy/seed/telco.toml is an example).
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,

    /// The day the file speaks of, instead of the one in the mapping.
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<Date>,

    /// Read and check every row, and send nothing.
    #[arg(long)]
    check: bool,

    /// How many refused rows to print; --json has them all.
    #[arg(long, default_value_t = 20, value_name = "N")]
    show: usize,

    #[command(flatten)]
    services: ServiceArguments,
}

impl Import {
    /// Opens, checks, streams, sums up.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let rows = FileRows::open(&self.file, &self.mapping, self.as_of)?;
        let summary = if self.check {
            Summary::of_check(rows)?
        } else {
            let services = Services::at(&self.services, Trace::begin("rekindle import"))?;
            let progress = Progress::begin(output, "import", rows.size_bytes());
            // Only refused rows end with 1.
            send(&services, rows, progress)
                .await
                .map_err(|failure| match failure.exit() {
                    Exit::Failed => failure.exiting(Exit::BadInput),
                    _ => failure,
                })?
        };
        let source = self.file.display().to_string();
        output.result(&json::import(&source, &summary), |_| {
            screen::import(&source, &summary, self.show, Paper::of_stdout())
        })?;
        Ok(if summary.refused == 0 {
            0
        } else {
            Exit::Failed.code()
        })
    }
}
