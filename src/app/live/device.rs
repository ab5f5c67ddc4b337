//! What becomes of the music when something becomes of the device.

use super::stage::Stage;
use super::studio::Studio;
use crate::diag::Diagnostic;
use crate::engine::live::{Live, Quant};
use crate::io::audio::{Event, Request};
use crate::runtime::Piece;
use std::sync::Arc;
use std::time::Instant;

impl Studio {
    /// Does what an event of the device asks for, and tells it.
    pub(super) fn device(&mut self, event: Event) {
        match event {
            Event::Lost { name, reason } => self.say(&format!(
                "{name} is gone ({reason}); the music goes on in silence until it is back"
            )),
            Event::Back { name, format } => {
                self.say(&format!("{name} is back, {} Hz", format.rate));
                if let Some(live) = &mut self.live {
                    live.set_buffer(u64::from(format.max_frames));
                }
                self.tell_inputs();
            }
            Event::RateChanged { from, to } => {
                self.say(&format!("The device went from {from} to {to} Hz; building anew"));
                self.at_rate(to);
            }
            Event::Xruns { total, .. } => self.show.xruns = total,
            Event::Broken => self.say("The audio thread has failed; please report this"),
        }
    }

    /// Opens the `wanted` inputs that the first music listens to, if the user has not said how many there are to
    /// be. Once something has been heard the device is left alone: opening it anew would interrupt the sound.
    pub(super) fn open_inputs(&mut self, wanted: usize) {
        let first = self.live.is_none() && self.sounding.is_none();
        let open = usize::from(self.stream.format().in_channels);
        if self.play.inputs.is_some() || !first || wanted <= open {
            return;
        }
        let request = Request { inputs: wanted as u16, ..self.play.request() };
        match self.stream.reopen(&request) {
            Ok(()) => {
                self.rate = self.stream.rate();
                self.tell_inputs();
            }
            Err(error) => self.report(&[error.diagnostic()]),
        }
    }

    /// Tells which inputs are open, if any.
    pub(super) fn tell_inputs(&self) {
        let name = self.stream.name();
        match (self.stream.format().in_channels, self.stream.deaf()) {
            (0, _) => {}
            (_, Some(why)) => self.say(&format!("{name}: {why}")),
            (1, None) => self.say(&format!("Listening to input 1 of {name}")),
            (n, None) => self.say(&format!("Listening to inputs 1 to {n} of {name}")),
        }
    }

    /// What to know if a music listens to an input that is not open.
    pub(super) fn deaf(&self, piece: &Piece) -> Option<Diagnostic> {
        let open = self.stream.format().in_channels;
        let (node, channel) = piece.session().deaf(usize::from(open))?;
        let inputs = match open {
            0 => "no inputs are".to_string(),
            1 => "one input is".to_string(),
            n => format!("{n} inputs are"),
        };
        let message = format!("channel {channel} of `audio_in` is silent: {inputs} open");
        let most = piece.session().inputs();
        let hint = format!(
            "start again with `--inputs {most}`: opening them now would interrupt the sound"
        );
        let warning = Diagnostic::warning(message, node.place.clone()).hint(hint);
        Some(warning.located(piece.sources()))
    }

    /// Goes on where the music is, at another sample rate.
    fn at_rate(&mut self, rate: u32) {
        let now = self.live.as_ref().map(|live| live.clock().beat(live.frame()));
        self.position = now.map(|beat| (beat.max(0.0), Instant::now()));
        self.recording = self.change_tape();
        self.end_log();
        (self.rate, self.controls) = (rate, self.live.take().map(Live::into_controls));
        self.takes.at_rate(rate);
        // The newest is heard at once: there is nothing to wait for.
        let newest = self.stages.drain(..).chain(self.sent.drain(..)).find(|s| s.arrival.is_some());
        let sounding = || {
            let music = self.sounding.clone()?;
            let files = Arc::default();
            Some(Stage { music, fresh: None, quant: Quant::Now, files, arrival: None })
        };
        if let Some(mut stage) = newest.or_else(sounding) {
            let take = &mut stage.music.take;
            take.library = Arc::new(take.library.at(rate));
            stage.fresh = None;
            self.stages.push_back(stage);
        }
    }
}
