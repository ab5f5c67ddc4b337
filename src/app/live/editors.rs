//! Editors that have joined: their code is played, and they are told what plays.

use super::builder::Asker;
use super::perform::place;
use super::score::Music;
use super::studio::Studio;
use crate::app::serve::wire::{Answer, Importance, Kind, Level, Outcome, Played, Span, Status};
use crate::app::serve::{Request, Server, Ticket};
use crate::diag::{Diagnostic, place_at};
use crate::engine::live::{Live, Onset};
use crate::script::notebook::Origin;
use crate::units::{Place, gain_to_db};
use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

/// Time between two notices of levels, and of the status.
const METERS: Duration = Duration::from_millis(50);
const STATUS: Duration = Duration::from_millis(250);

/// The server, and who waits for what.
pub struct Editors {
    server: Server,
    tickets: BTreeMap<u64, Ticket>,
    count: u64,
    metered: Instant,
    told: Instant,
}

impl Editors {
    /// Those who reach `server`.
    #[must_use]
    pub fn new(server: Server) -> Editors {
        let now = Instant::now();
        Editors { server, tickets: BTreeMap::new(), count: 0, metered: now, told: now }
    }
}

impl Studio {
    /// Hears what editors want, and tells them what they want to know.
    pub(super) fn serve(&mut self) {
        while let Some((ticket, request)) = self.editors.server.next() {
            self.request(ticket, request);
        }
        for note in self.editors.server.take_notes() {
            self.say(&note);
        }
        let wants = |kind| self.editors.server.wants(kind);
        let (meters, status) = (wants(Kind::Meter), wants(Kind::Status));
        if wants(Kind::Event) {
            let onsets = self.live.as_mut().map(Live::take_onsets).unwrap_or_default();
            let played = onsets.iter().flat_map(|o| self.played(o));
            let played: Vec<Answer> = played.map(Answer::Event).collect();
            played.iter().for_each(|p| self.editors.server.publish(p));
        }
        if self.editors.metered.elapsed() >= METERS {
            self.editors.metered = Instant::now();
            self.show.levels = self.levels();
            if meters {
                let slots = self.show.levels.clone();
                self.editors.server.publish(&Answer::Meter { slots });
            }
        }
        if status && self.editors.told.elapsed() >= STATUS {
            self.editors.told = Instant::now();
            let status = self.wire_status();
            self.editors.server.publish(&Answer::Status(status));
        }
        for text in self.said.take() {
            let level = Importance::Info;
            self.editors.server.publish(&Answer::Log { level, text });
        }
    }

    fn request(&mut self, ticket: Ticket, request: Request) {
        match request {
            Request::Status => {
                let status = self.wire_status();
                self.editors.server.reply(ticket, &Answer::Status(status));
            }
            Request::Eval(eval) => {
                let editors = &mut self.editors;
                editors.count += 1;
                editors.tickets.insert(editors.count, ticket);
                let asker = Asker::Editor(editors.count);
                let name = eval.file.as_deref().unwrap_or("editor");
                let origin = Origin { name: name.into(), line: eval.line };
                self.enter((eval.code, origin, eval.slot), eval.quant, asker);
            }
        }
    }

    /// Answers an editor whose code has been taken, or refused.
    pub(super) fn reply(&mut self, editor: u64, answer: Result<Outcome, Vec<Diagnostic>>) {
        let Some(ticket) = self.editors.tickets.remove(&editor) else { return };
        let answer = match answer {
            Ok(outcome) => Answer::Result(outcome),
            Err(diags) => Answer::errors(&diags),
        };
        self.editors.server.reply(ticket, &answer);
    }

    /// Tells editors what is wrong with something that none of them sent.
    pub(super) fn publish_errors(&mut self, diags: &[Diagnostic]) {
        self.editors.server.publish(&Answer::errors(diags));
    }

    fn levels(&mut self) -> Vec<Level> {
        let meters = self.live.as_mut().map(Live::take_meters).unwrap_or_default();
        let db = |peak: f32| gain_to_db(f64::from(peak));
        meters.into_iter().map(|m| Level { name: m.name, peak_db: m.peak.map(db) }).collect()
    }

    fn wire_status(&self) -> Status {
        let stats = self.stream.stats();
        let status = Status {
            load: f64::from(stats.load()),
            xruns: self.show.xruns,
            device: self.stream.name(),
            rate: self.stream.rate(),
            lost: stats.lost(),
            ..Status::default()
        };
        let Some(live) = &self.live else { return status };
        let frame = live.frame();
        let (bar, beat) = place(live, frame);
        let slots = live.strips().map(String::from).collect();
        Status { bar, beat, bpm: live.clock().bpm(frame), slots, ..status }
    }

    /// What a note is for editors: one notice for each place that it was written in.
    fn played(&self, onset: &Onset) -> Vec<Played> {
        let (Some(live), Some(Music { take, .. })) = (&self.live, &self.sounding) else {
            return Vec::new();
        };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.map_or(0.0, |t| t.as_secs_f64() * 1e3);
        let heard = live.frame() as f64;
        let time = |frame: u64| now + (frame as f64 - heard) / live.clock().rate() * 1e3;
        let spans = onset.source.iter().filter_map(|span| {
            let (from, to) =
                (place_at(&take.sources, span.begin)?, place_at(&take.sources, span.end)?);
            let file = |place: &Place| take.sources.get(usize::from(place.file));
            let origin = (from.file == 0).then(|| take.notebook.origin(from.line)).flatten();
            let shift = origin.as_ref().map_or(0, |o| i64::from(o.line) - i64::from(from.line));
            let line = |line: u32| u32::try_from(i64::from(line) + shift).unwrap_or(line);
            let name =
                origin.map(|o| o.name.to_string()).or_else(|| Some(file(&from)?.name.clone()));
            let span = Span {
                line: line(from.line),
                column: from.column,
                end_line: line(to.line),
                end_column: to.column,
            };
            Some((name, span))
        });
        let slot = Some(onset.slot.clone());
        let (begin, end) = (time(onset.begin), time(onset.end));
        spans.map(|(file, span)| Played { file, span, begin, end, slot: slot.clone() }).collect()
    }
}
