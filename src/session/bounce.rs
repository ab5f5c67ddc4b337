//! A rendered sound as data: a line of the piece, without the piece, and the notes that play it.

use super::{Arg, Meter, Node, Rig, Session, TempoMap};
use crate::pattern::{Frac, Pattern, Value};
use crate::units::Place;
use serde::{Deserialize, Serialize};

/// Seconds of sound at most.
pub const LONGEST: f64 = 600.0;

/// A note, or what else a pattern says at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note(pub Moment, pub Moment, pub Value);

/// A time in cycles, exactly: numerator and denominator.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moment(i64, i64);

impl From<Frac> for Moment {
    fn from(time: Frac) -> Moment {
        Moment(time.num(), time.den())
    }
}

impl From<Moment> for Frac {
    fn from(time: Moment) -> Frac {
        Frac::new(time.0, time.1)
    }
}

/// A piece of one track that is rendered to be a recorded sound. Nothing else of the piece is in it, nor where in the
/// script it is written: an edit of anything else leaves it as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounce {
    rig: Rig,
    tempo: TempoMap,
    meter: Meter,
    swing: f64,
    swing_unit: f64,
    seed: u64,
    notes: Vec<Note>,
    /// Seconds in which it is played, and how long it then sounds on.
    pub seconds: f64,
    /// Seconds after the music.
    pub tail: f64,
}

impl Bounce {
    /// The only track of `session`, played by `notes` instead of its patterns, for `seconds` and a `tail`.
    #[must_use]
    pub fn new(session: &Session, notes: Vec<Note>, (seconds, tail): (f64, f64)) -> Bounce {
        let mut rig = Rig::of(session);
        rig.nodes.iter_mut().for_each(|node| node.place = Place::default());
        let Session { meter, swing, swing_unit, seed, .. } = *session;
        let tempo = session.tempo.clone();
        Bounce { rig, tempo, meter, swing, swing_unit, seed, notes, seconds, tail }
    }

    /// The piece that is rendered.
    #[must_use]
    pub fn session(&self) -> Session {
        let mut session = Session {
            tempo: TempoMap::new(self.tempo.points().to_vec()),
            meter: self.meter,
            swing: self.swing,
            swing_unit: self.swing_unit,
            seed: self.seed,
            ..Session::default()
        };
        self.rig.clone().join(&mut session, &Place::default());
        let notes = self.notes.iter().map(|n| (n.0.into(), n.1.into(), n.2.clone()));
        let notes: Vec<(Frac, Frac, Value)> = notes.collect();
        let end = notes.iter().map(|note| note.1).max();
        for (track, end) in session.tracks.iter_mut().zip(end) {
            track.plays.push(Pattern::placed(notes.clone(), end.ceil() + Frac::ONE));
        }
        session
    }

    /// The nodes that make its sound.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.rig.nodes
    }

    /// Whether it can be rendered without harm: it may come from a file.
    pub(super) fn is_sound(&self) -> bool {
        let seconds = [self.seconds, self.tail].iter().all(|s| (0.0..=LONGEST).contains(s));
        let meter = (1..=64).contains(&self.meter.beats) && (1..=64).contains(&self.meter.unit);
        let programs =
            self.nodes().iter().flat_map(|node| node.args.values()).all(|arg| match arg {
                Arg::Program(program) => program.is_sound(),
                _ => true,
            });
        seconds && meter && programs && self.rig.check().is_ok()
    }
}
