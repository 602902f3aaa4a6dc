//! Progress: a bar on a terminal, plain lines elsewhere, always on standard error.

use crate::print;
use gauntlet_arena::Verdict;
use gauntlet_arena::capsule::SweepEvent;
use gauntlet_runner::Event;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// Shows the events of a run as they come.
pub(crate) struct Progress {
    watching: JoinHandle<()>,
}

impl Progress {
    /// Starts to watch; events go into the sender.
    pub(crate) fn start() -> (UnboundedSender<Event>, Self) {
        let (sender, receiver) = unbounded_channel();
        (
            sender,
            Self {
                watching: tokio::spawn(watch(receiver)),
            },
        )
    }

    /// Waits until the last event was shown.
    pub(crate) async fn finish(self) {
        // A reporter that panicked has lost progress lines, never a verdict.
        let _ended = self.watching.await;
    }
}

async fn watch(mut events: UnboundedReceiver<Event>) {
    let bar = std::io::stderr().is_terminal().then(bar);
    let (mut done, mut attacks) = (0, 0);
    while let Some(event) = events.recv().await {
        match (event, &bar) {
            (
                Event::Started {
                    attacks: count,
                    seed,
                    target,
                },
                bar,
            ) => {
                attacks = count;
                let line = format!("{count} attacks on {target}, seed {seed}");
                match bar {
                    Some(bar) => {
                        bar.set_length(count as u64);
                        bar.println(line);
                    }
                    None => print::error(&line),
                }
            }
            (Event::AttackStarted { name }, Some(bar)) => bar.set_message(name),
            (Event::AttackStarted { .. }, None) => {}
            (Event::AttackFinished { name, report }, bar) => {
                done += 1;
                let line = format!("{:>18}  {name}", report.verdict.name());
                match bar {
                    Some(bar) => {
                        bar.inc(1);
                        if !matches!(report.verdict, Verdict::Held | Verdict::Untested) {
                            bar.println(print::verdict(report.verdict, &line));
                        }
                    }
                    None => print::error(&format!("[{done}/{attacks}] {line}")),
                }
            }
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}

/// Shows how far a sweep is.
pub(crate) struct SweepProgress {
    bar: Option<ProgressBar>,
    scripts: AtomicUsize,
    played: AtomicUsize,
}

impl SweepProgress {
    /// Starts, with nothing to show yet.
    pub(crate) fn start() -> Self {
        Self {
            bar: std::io::stderr().is_terminal().then(bar),
            scripts: AtomicUsize::new(0),
            played: AtomicUsize::new(0),
        }
    }

    /// Shows what happened.
    pub(crate) fn show(&self, event: &SweepEvent) {
        match event {
            SweepEvent::Started {
                target,
                seed,
                points,
                scripts,
            } => {
                self.scripts.store(*scripts, Ordering::Relaxed);
                let line =
                    format!("{points} crash points, {scripts} scripts on {target}, seed {seed}");
                match &self.bar {
                    Some(bar) => {
                        bar.set_length(*scripts as u64);
                        bar.println(line);
                    }
                    None => print::error(&line),
                }
            }
            SweepEvent::Played {
                kills,
                checked,
                findings,
            } => self.played(kills, *checked, *findings),
        }
    }

    fn played(&self, kills: &[String], checked: usize, findings: usize) {
        let played = self.played.fetch_add(1, Ordering::Relaxed) + 1;
        let scripts = self.scripts.load(Ordering::Relaxed);
        let kills = match kills {
            [] => "no kill was fired".to_owned(),
            some => format!("killed: {}", some.join(", ")),
        };
        let line = match findings {
            0 => format!("{kills}; {checked} looks for acknowledged writes"),
            some => format!("{kills}; {some} findings"),
        };
        match &self.bar {
            Some(bar) => {
                bar.inc(1);
                bar.set_message(line.clone());
                if findings > 0 {
                    bar.println(print::verdict(Verdict::IrreparableDamage, &line));
                }
            }
            None => print::error(&format!("[{played}/{scripts}] {line}")),
        }
    }

    /// Leaves the terminal as it was.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
