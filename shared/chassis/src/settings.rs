//! Settings: the defaults in the type, then one TOML file, then the environment.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("the settings file {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the settings file {} is not valid TOML: {source}", path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: toml::de::Error,
    },
    /// A variable names a section where there is a value.
    #[error("the variable {variable} names something inside a plain value")]
    Misplaced {
        /// The variable.
        variable: String,
    },
    /// A setting is unknown or has the wrong type.
    #[error("the settings are not valid: {0}")]
    Invalid(toml::de::Error),
}

/// Reads settings from the defaults, the file if there is one, and `variables`.
///
/// `REKINDLE__POSTGRES__URL` sets `postgres.url` of every service, and
/// `REKINDLE_OFFERS__POSTGRES__URL` that of the offers service only, which wins. A value is read as
/// TOML where it is TOML (`8`, `true`, `[1, 2]`), as text otherwise; quote a text that looks like a
/// number.
pub fn load<S: DeserializeOwned>(
    name: &str,
    file: Option<&Path>,
    variables: impl Iterator<Item = (String, String)>,
) -> Result<S, SettingsError> {
    let mut table = file.map(read).transpose()?.unwrap_or_default();
    let own_prefix = format!("REKINDLE_{}__", name.to_uppercase());
    let mut own = Vec::new();
    for (variable, value) in variables {
        if let Some(path) = variable.strip_prefix("REKINDLE__") {
            set(&mut table, &variable, path, &value)?;
        } else if let Some(path) = variable.strip_prefix(&own_prefix) {
            own.push((variable.clone(), path.to_owned(), value));
        }
    }
    for (variable, path, value) in own {
        set(&mut table, &variable, &path, &value)?;
    }
    S::deserialize(table).map_err(SettingsError::Invalid)
}

fn read(path: &Path) -> Result<Table, SettingsError> {
    let unreadable = |source| SettingsError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    text.parse().map_err(|source| SettingsError::NotToml {
        path: path.to_owned(),
        source,
    })
}

fn set(table: &mut Table, variable: &str, path: &str, value: &str) -> Result<(), SettingsError> {
    let path = path.to_lowercase();
    let mut sections: Vec<&str> = path.split("__").collect();
    let last = sections.pop().unwrap_or_default().to_owned();
    let mut place = table;
    for section in sections {
        let entry = place
            .entry(section)
            .or_insert_with(|| Value::Table(Table::new()));
        place = entry
            .as_table_mut()
            .ok_or_else(|| SettingsError::Misplaced {
                variable: variable.to_owned(),
            })?;
    }
    place.insert(last, parsed(value));
    Ok(())
}

fn parsed(text: &str) -> Value {
    let document: Result<Table, _> = format!("value = {text}").parse();
    let value = document.ok().and_then(|mut table| table.remove("value"));
    // A date is nothing a setting wants, and looks like text.
    let value = value.filter(|value| !value.is_datetime());
    value.unwrap_or_else(|| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Settings {
        name: String,
        postgres: Postgres,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Postgres {
        url: String,
        connections: u32,
    }

    fn from(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let owned = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        load("offers", None, owned)
    }

    #[test]
    fn the_environment_reaches_nested_settings_and_the_services_own_wins() {
        let settings = from(&[
            ("REKINDLE_OFFERS__POSTGRES__URL", "postgres://own"),
            ("REKINDLE__POSTGRES__URL", "postgres://all"),
            ("REKINDLE__POSTGRES__CONNECTIONS", "8"),
            ("REKINDLE_PROFILES__POSTGRES__URL", "postgres://other"),
            ("REKINDLE__NAME", "2026-11-30"),
            ("PATH", "/bin"),
        ])
        .unwrap();
        assert_eq!(
            settings.postgres,
            Postgres {
                url: "postgres://own".into(),
                connections: 8
            }
        );
        assert_eq!(settings.name, "2026-11-30");
    }

    #[test]
    fn a_quoted_number_is_a_text() {
        assert_eq!(from(&[("REKINDLE__NAME", "\"17\"")]).unwrap().name, "17");
        assert!(matches!(
            from(&[("REKINDLE__NAME", "17")]),
            Err(SettingsError::Invalid(_))
        ));
    }

    #[test]
    fn unknown_and_misplaced_settings_are_refused_by_name() {
        let unknown = from(&[("REKINDLE__POSTGRES__ULR", "x")]).unwrap_err();
        assert!(unknown.to_string().contains("ulr"), "{unknown}");
        let misplaced = from(&[("REKINDLE__NAME", "x"), ("REKINDLE__NAME__FIRST", "y")]);
        assert!(
            misplaced
                .unwrap_err()
                .to_string()
                .contains("REKINDLE__NAME__FIRST")
        );
    }

    #[test]
    fn the_file_comes_before_the_environment() {
        let path =
            std::env::temp_dir().join(format!("rekindle-settings-{}.toml", std::process::id()));
        std::fs::write(&path, "name = 'file'\n[postgres]\nurl = 'file'\n").unwrap();
        let variables = [("REKINDLE__NAME".to_owned(), "environment".to_owned())];
        let settings: Settings = load("offers", Some(&path), variables.into_iter()).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(
            (settings.name.as_str(), settings.postgres.url.as_str()),
            ("environment", "file")
        );
        let missing = load::<Settings>("offers", Some(&path), std::iter::empty());
        assert!(matches!(missing, Err(SettingsError::Unreadable { .. })));
    }
}
