//! The command line: every option with the text that teaches it.

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use gauntlet_arena::Role;
use gauntlet_runner::{RowRange, Selector};
use gauntlet_server::CrashPoint;
use gauntlet_simulator::ClientClass;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What can a bad client do to us?
///
/// Gauntlet turns a written threat model into tests: it plays honest, faulty, malicious, old and new
/// clients against a server and says, row by row of the damage table, whether the promised defence
/// held.
#[derive(Debug, Parser)]
#[command(name = "gauntlet", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Seconds that one attack may take.
pub(crate) const DEADLINE: u64 = 120;

const REPLAY_CODES: &str = "\
Exit codes, by what the attack comes to now:
  0 it held · 1 a finding, or void · 2 usage, evidence that was altered, a target file that does not fit
  3 untested: a hook is missing · 4 the harness or the environment failed
Whether that is the recorded verdict, and the same evidence to the byte, is printed.";

const EXAMPLES: &str = "\
Examples:
  gauntlet run                                  every row against the built-in reference server
  gauntlet run --target target.toml             every row against your own server
  gauntlet run --rows 3,10-12 --role server     some rows, one role
  gauntlet explain 3                            what row 3 attempts and what is expected
  gauntlet replay report/evidence/FILE.json     one attack again, from its evidence
  gauntlet mutants                              proof that the tests can fail
  gauntlet coverage                             which rejection is produced by which attack
  gauntlet sweep                                kill −9 wherever it hurts: is every write still there?

Exit codes:
  0 every selected row held · 1 findings · 2 usage or configuration
  3 something selected was untested · 4 the harness or the environment failed";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run rows against a target and report what held.
    Run(RunArgs),
    /// List the rows of the suite, the deviations that clients can make, or the rules that servers refuse
    /// by.
    List(ListArgs),
    /// Explain a row: the damage, the defence, every attack and what is expected of it.
    Explain(ExplainArgs),
    /// Play one attack again from its evidence file, with the seed recorded there.
    #[command(after_help = REPLAY_CODES)]
    Replay(ReplayArgs),
    /// Start the reference server alone, for trying clients or this harness against it.
    Serve(ServeArgs),
    /// Show that the attacks close the contract: every rejection in scope is produced by one of them, and
    /// every invariant is approached from both sides of its bounds.
    ///
    /// What counts is what the reference is seen to answer, rule by rule, not what a row expects.
    /// Something in scope that is missing ends it with exit code 1.
    Coverage(CoverageArgs),
    /// Plant defects in the reference, one at a time, and show that every one is caught.
    ///
    /// Every attack of the rows is played on the reference, which none may catch. On a mutant are
    /// played the attacks that are declared to catch it, and one more for every control of its rows
    /// that these do not share; it is killed if each declared attack catches it, in the declared beat
    /// and for the declared damage, and no control breaks.
    Mutants(MutantsArgs),
    /// Kill a server without a goodbye, again and again, and look for every write that it acknowledged.
    ///
    /// An honest client uploads, updates, deletes, restores and purges photos on a server in another
    /// process, which is killed (kill −9) at every named crash point and at random moments, and started
    /// again over the same disk. After each kill a witness looks for everything that was acknowledged, and
    /// the client goes on where it was interrupted. A kill spares what the operating system holds; a loss
    /// of power is played by `gauntlet run`, on the built-in reference.
    Sweep(SweepArgs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A matrix and findings, for people.
    Human,
    /// The report as JSON on standard output.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// The server under test, described in a target file; the built-in reference where absent.
    #[arg(long, value_name = "FILE")]
    pub(crate) target: Option<PathBuf>,
    /// Attack the reference with this defect planted (see `gauntlet mutants --list`), to see what a
    /// failing row looks like.
    #[arg(long, value_name = "ID", conflicts_with = "target")]
    pub(crate) mutant: Option<String>,
    #[command(flatten)]
    pub(crate) play: PlayArgs,
    /// Write report.json and the evidence of every attack into this folder. It has to be empty, or to hold
    /// an earlier report and nothing else, which is then replaced.
    #[arg(long, value_name = "DIR", value_parser = PathBufValueParser::new().try_map(folder))]
    pub(crate) report: Option<PathBuf>,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct SelectArgs {
    /// Rows: numbers, names and ranges in any case, such as 3,10-12,X1,I1-I3.
    #[arg(long, value_name = "ROWS", value_delimiter = ',')]
    pub(crate) rows: Vec<RowRange>,
    /// Client classes: honest, faulty, malicious, old, new.
    #[arg(long, value_name = "CLASS", value_delimiter = ',', value_parser = parse_class)]
    pub(crate) class: Vec<ClientClass>,
    /// Roles: server, receiver, library, peer, index.
    #[arg(long, value_name = "ROLE", value_delimiter = ',')]
    pub(crate) role: Vec<Role>,
    /// Server invariants that a row leans on, by number.
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub(crate) invariant: Vec<u8>,
    /// Deviations by name (see `gauntlet list --deviations`).
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) deviation: Vec<String>,
}

impl SelectArgs {
    pub(crate) fn selector(&self) -> Selector {
        Selector {
            rows: self.rows.clone(),
            classes: self.class.clone(),
            roles: self.role.clone(),
            invariants: self.invariant.clone(),
            deviations: self.deviation.clone(),
        }
    }
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct PlayArgs {
    /// The seed that keys, ids and bytes are drawn from; drawn and printed where absent.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Worlds at once; twice the number of cores where absent.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// Seconds that one attack may take, all its beats and audits included.
    #[arg(long, value_name = "SECONDS", default_value_t = DEADLINE,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) deadline: u64,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// List deviations in place of rows.
    #[arg(long)]
    pub(crate) deviations: bool,
    /// List the contract's rules in place of rows: what each asks for, its invariant, and the status and
    /// the error code of a refusal by it.
    #[arg(long, conflicts_with = "deviations")]
    pub(crate) rules: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The row: a number, or a name like X1, in any case.
    #[arg(value_name = "ROW")]
    pub(crate) row: String,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// An evidence file that `run --report` or `mutants --report` wrote.
    #[arg(value_name = "EVIDENCE")]
    pub(crate) evidence: PathBuf,
    /// The server under test; without it the attack is played on the reference, with the mutant that
    /// the evidence names.
    #[arg(long, value_name = "FILE")]
    pub(crate) target: Option<PathBuf>,
    /// Seconds that the attack may take.
    #[arg(long, value_name = "SECONDS", default_value_t = DEADLINE,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) deadline: u64,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen. Port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8480")]
    pub(crate) listen: SocketAddr,
    /// Where the database and the blobs lie; a temporary folder, removed at the end, where absent.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Accounts to create; their access tokens (15 minutes) are printed.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) account: Vec<String>,
    /// Offer the control surface here: accounts, a clock that moves only by request, garbage
    /// collection, crash (kill −9) and restart. For tests only, on a loopback address.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) control: Option<SocketAddr>,
    /// Write a target file for `gauntlet run --target` that fits this server. Only a file that was written
    /// so is replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) write_target: Option<PathBuf>,
    /// Serve the reference with this defect planted (see `gauntlet mutants --list`).
    #[arg(long, value_name = "ID")]
    pub(crate) mutant: Option<String>,
    /// The instant at which the clock stands; it then moves only by request.
    #[arg(long, hide = true, value_name = "INSTANT")]
    pub(crate) clock: Option<jiff::Timestamp>,
    /// Largest upload, in bytes.
    #[arg(long, hide = true, value_name = "BYTES", requires = "supervised")]
    pub(crate) max_file_size: Option<u64>,
    /// Hard quota of every account, in bytes.
    #[arg(long, hide = true, value_name = "BYTES", requires = "supervised")]
    pub(crate) hard_quota: Option<u64>,
    /// Run as the child of a control surface: announce addresses as JSON, stop when stdin closes.
    #[arg(long, hide = true, requires = "clock")]
    pub(crate) supervised: bool,
    /// Kill this process when it gets to a crash point for the nth time.
    #[arg(long, hide = true, requires = "supervised", value_name = "POINT:NTH",
          value_parser = parse_crash_at)]
    pub(crate) crash_at: Option<(CrashPoint, u64)>,
}

#[derive(Debug, Args)]
pub(crate) struct SweepArgs {
    /// The server under test, described in a target file with a control surface; the built-in reference in
    /// a process of its own where absent.
    #[arg(long, value_name = "FILE")]
    pub(crate) target: Option<PathBuf>,
    /// Sweep the reference with this defect planted (see `gauntlet mutants --list`), to see what a lost
    /// write looks like.
    #[arg(long, value_name = "ID", conflicts_with = "target")]
    pub(crate) mutant: Option<String>,
    /// Scripts that are played with a kill: the crash points in turn, as many random moments, the points
    /// again, and so on. Three for every point where absent.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) kills: Option<u32>,
    /// Crash points to visit, by name; all that the target lists where absent.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) points: Vec<String>,
    /// The seed that scripts and kills are drawn from; drawn and printed where absent.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Seconds that one script may take, its kills and searches included.
    #[arg(long, value_name = "SECONDS", default_value_t = 120,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) deadline: u64,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

fn parse_crash_at(text: &str) -> Result<(CrashPoint, u64), String> {
    let parsed = text
        .split_once(':')
        .and_then(|(point, nth)| Some((CrashPoint::named(point)?, nth.parse().ok()?)));
    parsed.ok_or_else(|| format!("{text:?}; expected a crash point and a number"))
}

#[derive(Debug, Args)]
pub(crate) struct CoverageArgs {
    /// The report.json of an earlier `gauntlet run` against the built-in reference; without it every
    /// attack on the server is played.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) play: PlayArgs,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct MutantsArgs {
    /// Rows whose mutants are planted; all where absent.
    #[arg(long, value_name = "ROWS", value_delimiter = ',')]
    pub(crate) rows: Vec<RowRange>,
    /// Only list the mutants.
    #[arg(long)]
    pub(crate) list: bool,
    /// Play every attack of its rows on every mutant, to see all that catches it. Takes longer, and
    /// judges the same.
    #[arg(long)]
    pub(crate) all_attacks: bool,
    #[command(flatten)]
    pub(crate) play: PlayArgs,
    /// Write the report and the evidence of every kill into this folder, which has to be empty, or to hold
    /// an earlier report and nothing else.
    #[arg(long, value_name = "DIR", value_parser = PathBufValueParser::new().try_map(folder))]
    pub(crate) report: Option<PathBuf>,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

fn folder(path: PathBuf) -> Result<PathBuf, String> {
    if path.is_file() {
        return Err("it is a file; expected a folder, or a name for a new one".to_owned());
    }
    Ok(path)
}

fn parse_class(text: &str) -> Result<ClientClass, String> {
    let names = ClientClass::ALL.map(ClientClass::name);
    ClientClass::ALL
        .into_iter()
        .find(|class| class.name() == text)
        .ok_or_else(|| {
            format!(
                "unknown class {text:?}; expected one of {}",
                names.join(", ")
            )
        })
}
