//! How deep the audits could look: a claim never exceeds it.

use super::lab::Lab;
use crate::binding::Hook;

/// One look at the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Looked {
    /// When it was taken, or where.
    moment: String,
    /// With how many eyes; none looks into a storage.
    eyes: Option<Eyes>,
}

/// How many eyes took part in an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Eyes {
    /// Those that read the feed.
    pub(super) feed: usize,
    /// Those of them that downloaded every blob.
    pub(super) bytes: usize,
}

impl Lab {
    /// Notes an audit, with how far the target's clock had been moved by then.
    pub(super) fn audited(&mut self, moment: &str, eyes: Eyes) {
        let days = self.now.duration_since(self.began).as_hours() / 24;
        let moment = match days {
            0 => moment.to_owned(),
            days => format!("{moment} (day {days})"),
        };
        let eyes = Some(eyes);
        self.depth.push(Looked { moment, eyes });
    }

    /// Notes once that something else than an audit looked, too.
    pub(super) fn looked(&mut self, moment: &str) {
        let looked = Looked {
            moment: moment.to_owned(),
            eyes: None,
        };
        if !self.depth.contains(&looked) {
            self.depth.push(looked);
        }
    }

    /// What the report says of it.
    pub(super) fn audit_depth(&self) -> String {
        let offered: Vec<&str> = Hook::ALL
            .into_iter()
            .filter(|hook| self.world.offers(*hook))
            .map(Hook::name)
            .collect();
        let hooks = match offered.as_slice() {
            [] => "none".to_owned(),
            some => some.join(", "),
        };
        format!(
            "{}; the author's eyes with {} credentials; hooks: {hooks}; the target's clock known to {:.1} s",
            told(&self.depth),
            self.cast.author_credentials,
            self.uncertainty.as_secs_f64()
        )
    }
}

/// Looks in words; those that were taken with as many eyes are told together.
fn told(looks: &[Looked]) -> String {
    if looks.is_empty() {
        return "not audited".to_owned();
    }
    let group = |looks: &[Looked]| {
        let moments: Vec<&str> = looks.iter().map(|look| look.moment.as_str()).collect();
        let moments = moments.join(", ");
        match looks.first().and_then(|look| look.eyes) {
            None => moments,
            Some(Eyes { feed, bytes }) => {
                format!("{moments}: {feed} eyes read the feed, {bytes} of them bytes")
            }
        }
    };
    let groups = looks.chunk_by(|look, next| look.eyes == next.eyes);
    groups.map(group).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(moment: &str, eyes: Option<[usize; 2]>) -> Looked {
        Looked {
            moment: moment.to_owned(),
            eyes: eyes.map(|[feed, bytes]| Eyes { feed, bytes }),
        }
    }

    #[test]
    fn the_depth_says_of_every_look_how_many_eyes_took_part() {
        assert_eq!(told(&[]), "not audited");
        let looks = [
            look("storage searched", None),
            look("now", Some([6, 4])),
            look("later", Some([6, 4])),
            look("at last", Some([6, 6])),
        ];
        assert_eq!(
            told(&looks),
            "storage searched; now, later: 6 eyes read the feed, 4 of them bytes; \
             at last: 6 eyes read the feed, 6 of them bytes"
        );
    }
}
