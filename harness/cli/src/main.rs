//! The `gauntlet` command.

mod args;
mod child;
mod coverage;
mod explain;
mod failure;
mod files;
mod finding;
mod interrupt;
mod invocation;
mod list;
mod matrix;
mod messages;
mod mutants;
mod page;
mod print;
mod progress;
mod replay;
mod run;
mod screen;
mod serve;
mod supervise;
mod sweep;
mod target;
mod witness;

use args::{Cli, Command};
use clap::Parser;
use failure::Failure;
use gauntlet_runner::ExitCode;

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    let code = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime.block_on(interruptible(cli)),
        Err(error) => Failure::environment(format!("no runtime: {error}")).report(),
    };
    std::process::ExitCode::from(code.number())
}

/// Ctrl-C, SIGTERM and SIGHUP end a command cleanly: worlds are dropped with their folders, nothing is half written.
async fn interruptible(cli: Cli) -> ExitCode {
    // A server and a run have ways of their own to stop: gracefully, and with what was seen so far.
    let own = matches!(cli.command, Command::Serve(_) | Command::Run(_));
    tokio::select! {
        ended = dispatch(cli) => ended.unwrap_or_else(Failure::report),
        () = interrupt::interrupted(), if !own => {
            Failure::environment("interrupted: no report was written").report()
        }
    }
}

async fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Run(args) => run::run(args).await,
        Command::List(args) => list::list(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Replay(args) => replay::replay(args).await,
        Command::Serve(args) => serve::serve(args).await,
        Command::Coverage(args) => coverage::coverage(args).await,
        Command::Mutants(args) => mutants::mutants(args).await,
        Command::Sweep(args) => sweep::sweep(args).await,
    }
}
