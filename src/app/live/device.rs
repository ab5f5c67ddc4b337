//! What becomes of the music when something becomes of the device.

use super::stage::Stage;
use super::studio::Studio;
use crate::engine::live::Quant;
use crate::io::audio::Event;
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
            }
            Event::RateChanged { from, to } => {
                self.say(&format!("The device went from {from} to {to} Hz; building anew"));
                self.at_rate(to);
            }
            Event::Xruns { total, .. } => self.show.xruns = total,
            Event::Broken => self.say("The audio thread has failed; please report this"),
        }
    }

    /// Goes on where the music is, at another sample rate.
    fn at_rate(&mut self, rate: u32) {
        let now = self.live.as_ref().map(|live| live.clock().beat(live.frame()));
        self.position = now.map(|beat| (beat.max(0.0), Instant::now()));
        self.recording = self.change_tape();
        (self.rate, self.live) = (rate, None);
        self.takes.at_rate(rate);
        // The newest is heard at once: there is nothing to wait for.
        let newest = self.stages.drain(..).chain(self.sent.drain(..)).find(|s| s.arrival.is_some());
        let sounding = || {
            let (session, take) = self.sounding.clone()?;
            let files = Arc::default();
            Some(Stage { session, take, fresh: None, quant: Quant::Now, files, arrival: None })
        };
        if let Some(mut stage) = newest.or_else(sounding) {
            stage.take.library = Arc::new(stage.take.library.at(rate));
            stage.fresh = None;
            self.stages.push_back(stage);
        }
    }
}
