//! Under which account Postgres runs: it refuses to run as root.

use std::path::Path;
use std::process::{Command as BlockingCommand, Stdio};

use nix::unistd::{User, geteuid};
use tokio::process::Command;

/// Whom the servers run as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// As the ordinary user we are.
    Ourselves,
    /// As root, seen by Postgres as another user: a user namespace, in which files stay root's.
    Namespace {
        /// The user id that Postgres sees.
        user_id: u32,
        /// The group id that Postgres sees.
        group_id: u32,
    },
    /// As an account without rights, which then owns the folder: where no namespaces are allowed.
    Unprivileged {
        /// The account's name.
        name: String,
        /// Its user id.
        user_id: u32,
        /// Its group id.
        group_id: u32,
    },
}

/// Accounts that can stand in for root, in order of liking.
const STAND_INS: [&str; 2] = ["postgres", "nobody"];

impl Account {
    /// Chooses the way that works on this machine.
    pub fn discover() -> Self {
        if !geteuid().is_root() {
            return Self::Ourselves;
        }
        let Some(user) = STAND_INS
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
        else {
            // initdb then says itself that it cannot run as root.
            return Self::Ourselves;
        };
        let (user_id, group_id) = (user.uid.as_raw(), user.gid.as_raw());
        let namespace = Self::Namespace { user_id, group_id };
        if namespace.can_run() {
            return namespace;
        }
        Self::Unprivileged {
            name: user.name,
            user_id,
            group_id,
        }
    }

    /// A command that runs `program` under this account.
    pub fn command(&self, program: &Path) -> Command {
        Command::from(self.blocking_command(program))
    }

    fn blocking_command(&self, program: &Path) -> BlockingCommand {
        match self {
            Self::Ourselves => BlockingCommand::new(program),
            Self::Namespace { user_id, group_id } => {
                let mut command = BlockingCommand::new("unshare");
                command
                    .arg("--user")
                    .arg(format!("--map-user={user_id}"))
                    .arg(format!("--map-group={group_id}"))
                    .arg("--")
                    .arg(program);
                command
            }
            Self::Unprivileged {
                user_id, group_id, ..
            } => {
                use std::os::unix::process::CommandExt as _;
                let mut command = BlockingCommand::new(program);
                command.uid(*user_id).gid(*group_id);
                command
            }
        }
    }

    /// Whether a program of this account can enter `directory`; root's home, for one, it cannot.
    pub fn reaches(&self, directory: &Path) -> bool {
        let mut command = self.blocking_command(Path::new("sh"));
        command.args(["-c", "cd -- \"$1\" && test -x .", "sh"]);
        succeeds(command.arg(directory).current_dir("/"))
    }

    fn can_run(&self) -> bool {
        let mut command = self.blocking_command(Path::new("true"));
        succeeds(&mut command)
    }

    /// The account that must own the folder of the servers, when that is not us.
    pub fn owner(&self) -> Option<(u32, u32)> {
        match self {
            Self::Ourselves | Self::Namespace { .. } => None,
            Self::Unprivileged {
                user_id, group_id, ..
            } => Some((*user_id, *group_id)),
        }
    }

    /// One line for a person.
    pub fn describe(&self) -> String {
        match self {
            Self::Ourselves => "as yourself".to_owned(),
            Self::Namespace { user_id, .. } => {
                format!("as root, in a user namespace that shows user {user_id}")
            }
            Self::Unprivileged { name, .. } => {
                format!("as {name} (no user namespaces here for root)")
            }
        }
    }
}

fn succeeds(command: &mut BlockingCommand) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
