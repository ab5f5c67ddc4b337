//! Writing down what is played by hand: `record_midi("take.mid")`.

use super::super::studio::Studio;
use crate::io::file::write_whole;
use crate::midi::Take;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Time between two writings of the file, so that little is lost if the program is killed.
const SAVE: Duration = Duration::from_secs(1);

/// A take that is being written down.
pub(super) struct Taking {
    take: Take,
    path: PathBuf,
    /// The beat of the music that is its beginning: a bar line.
    from: f64,
    meter: (u8, u32),
    /// Beats on whose multiples notes begin.
    grid: Option<f64>,
    saved: Instant,
    /// Something was played since.
    changed: bool,
}

impl Taking {
    fn save(&mut self) -> Result<(), crate::io::file::FileError> {
        (self.saved, self.changed) = (Instant::now(), false);
        write_whole(&self.path, &self.take.song(self.meter, self.grid).to_bytes())
    }
}

impl Studio {
    /// Begins to write down what is played; notes begin on `parts` parts of a cycle, if that is said.
    pub(in crate::app::live) fn record_midi(&mut self, file: &str, parts: Option<u32>) {
        self.stop_taking();
        let path = self.beside(file);
        let Some(live) = &self.live else {
            return self.say("Nothing plays yet; record once it does");
        };
        let (clock, meter) = (live.clock(), live.session().meter);
        let cycle = clock.cycle();
        let from = (clock.beat(live.frame()) / cycle).floor() * cycle;
        let grid = parts.map(|parts| cycle / f64::from(parts));
        let meter = (meter.beats.min(255) as u8, meter.unit);
        let (take, saved) = (Take::default(), Instant::now());
        let text = format!("Writing down what is played into {}", path.display());
        let listens = self.hands.ports.is_some() || self.has_keys();
        self.hands.taking = Some(Taking { take, path, from, meter, grid, saved, changed: false });
        self.say(&text);
        if !listens {
            self.say("No MIDI port is open: `midi_in()` opens them all");
        }
    }

    /// Writes down what has come in.
    pub(super) fn take_down(&mut self) {
        let heard: Vec<_> = self.hands.listener.iter().flat_map(|l| l.heard()).collect();
        let (Some(taking), Some(live)) = (&mut self.hands.taking, &self.live) else { return };
        let clock = live.clock();
        let now = live.frame();
        taking.take.go_on(clock.beat(now) - taking.from, clock.bpm(now));
        for heard in heard {
            taking.take.hear(clock.beat(heard.frame) - taking.from, &heard.bytes);
            taking.changed = true;
        }
        if taking.changed
            && taking.saved.elapsed() > SAVE
            && let Err(error) = taking.save()
        {
            self.hands.taking = None;
            self.report(&[error.diagnostic(Default::default())]);
        }
    }

    /// Completes the take; whether there was one.
    pub(in crate::app::live) fn stop_taking(&mut self) -> bool {
        let Some(mut taking) = self.hands.taking.take() else { return false };
        match taking.save() {
            Ok(()) => {
                let (notes, path) = (taking.take.notes(), taking.path.display());
                self.say(&format!("Wrote {notes} notes into {path}"));
            }
            Err(error) => self.report(&[error.diagnostic(Default::default())]),
        }
        true
    }
}
