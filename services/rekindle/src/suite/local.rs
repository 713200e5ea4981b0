//! The whole suite on this machine: data stack below, services above.

use std::ffi::OsString;

use super::{Addresses, Suite};
use crate::arguments::StackArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::stack::{DataStack, StackOptions};

/// A data stack and the services on it. Opened, started, stopped; `stop` fits after any of them.
#[derive(Debug)]
pub struct LocalSuite {
    stack: DataStack,
    suite: Suite,
}

impl LocalSuite {
    /// Takes a folder, finds the programs, checks the ports. `added` variables go to the services.
    pub async fn open(
        arguments: &StackArguments,
        options: StackOptions,
        addresses: Addresses,
        added: Vec<(String, OsString)>,
        output: Output,
    ) -> Result<Self, Failure> {
        let stack = DataStack::open(arguments, options, output).await?;
        let Some(folder) = stack.directory() else {
            return Err(Failure::failed("the kept stack is already up").advice(
                "use it as it is (rekindle doctor shows where), stop it first, or leave --keep out",
            ));
        };
        match Suite::open(addresses, stack.endpoints(), folder, added) {
            Ok(suite) => Ok(Self { stack, suite }),
            Err(failure) => {
                stack.stop().await?;
                Err(failure)
            }
        }
    }

    /// Starts Postgres and Redis, migrates, starts the services and waits until they serve.
    pub async fn start(&mut self, output: Output) -> Result<(), Failure> {
        self.stack.start(output).await?;
        self.suite.migrate(output).await?;
        self.suite.start(output).await
    }

    /// The data stack below.
    pub fn stack(&self) -> &DataStack {
        &self.stack
    }

    /// Where the services listen.
    pub fn addresses(&self) -> &Addresses {
        self.suite.addresses()
    }

    /// The variables for a command that uses all of this.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut variables = self.stack.environment();
        variables.extend(self.addresses().environment());
        variables
    }

    /// Waits until a service ends by itself, which none should.
    pub async fn first_end(&mut self) -> Failure {
        self.suite.first_end().await
    }

    /// Stops the services, then Postgres and Redis.
    pub async fn stop(mut self) -> Result<(), Failure> {
        self.suite.stop().await;
        self.stack.stop().await
    }
}
