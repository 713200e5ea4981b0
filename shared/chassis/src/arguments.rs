//! The command line of a service: `NAME [serve|migrate] [--config FILE] [--check-config] …`.

use std::path::PathBuf;

/// What the process is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Command {
    #[default]
    Serve,
    Migrate,
    CheckConfig,
    PrintConfig,
    Help,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) command: Command,
    pub(crate) config: Option<PathBuf>,
}

pub(crate) const USAGE: &str = "\
usage: NAME [COMMAND] [--config FILE]

commands:
  serve           serve calls until told to stop (the default)
  migrate         bring the database to this version's schema, then exit
  --check-config  read the settings, say what is wrong with them, exit with 64 if anything is
  --print-config  print every setting with its default, as a file for --config
  --help          print this

settings come from the defaults, then the file, then the environment:
REKINDLE__SECTION__NAME for every service, REKINDLE_NAME__SECTION__NAME for this one";

pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments::default();
    let mut words = words;
    while let Some(word) = words.next() {
        match word.as_str() {
            "serve" => arguments.command = Command::Serve,
            "migrate" => arguments.command = Command::Migrate,
            "--check-config" => arguments.command = Command::CheckConfig,
            "--print-config" => arguments.command = Command::PrintConfig,
            "--help" | "-h" => arguments.command = Command::Help,
            "--config" => {
                let path = words.next().ok_or("--config needs a file")?;
                arguments.config = Some(PathBuf::from(path));
            }
            other => return Err(format!("{other:?} is not known here; try --help")),
        }
    }
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Arguments, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn commands_and_options_are_understood() {
        assert_eq!(parsed("").unwrap(), Arguments::default());
        let arguments = parsed("migrate --config a.toml").unwrap();
        assert_eq!(arguments.command, Command::Migrate);
        assert_eq!(arguments.config, Some(PathBuf::from("a.toml")));
        assert_eq!(
            parsed("--check-config").unwrap().command,
            Command::CheckConfig
        );
    }

    #[test]
    fn what_is_not_known_is_said() {
        assert!(parsed("--confg a.toml").unwrap_err().contains("--confg"));
        assert!(parsed("--config").unwrap_err().contains("needs a file"));
    }
}
