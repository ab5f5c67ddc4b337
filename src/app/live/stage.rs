//! Music on its way to be heard: one stage, or one for each moment that its slots wait for.

use super::score::Music;
use crate::engine::live::{Fresh, Live, Quant};
use crate::session::{Command, Mixer};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// A music that is to be heard at a moment.
pub struct Stage {
    pub music: Music,
    /// Compiled already.
    pub fresh: Option<Fresh>,
    pub quant: Quant,
    /// Files that were written anew for it.
    pub files: Arc<BTreeSet<PathBuf>>,
    /// What follows when it is heard; only the last stage of an edit has it.
    pub arrival: Option<Arrival>,
}

/// What follows when the last stage of an edit is heard.
pub struct Arrival {
    /// When it was asked for.
    pub asked: Instant,
    /// What the script asks of the performance.
    pub commands: Vec<Command>,
}

/// The stages of an edit from what `live` plays to `last`: tracks that have a quantisation of their own wait
/// for their own moments. `mixer` is what is heard of `sounding`.
pub fn stages(live: &Live, sounding: &Music, last: Stage) -> Vec<Stage> {
    let new = &last.music;
    let rest = live.next(last.quant);
    let tracks = sounding.session.tracks.iter().chain(&new.session.tracks);
    let own: BTreeMap<&str, u64> =
        tracks.filter_map(|t| Some((t.name.as_str(), live.next(Quant::Beats(t.quant?))))).collect();
    let at = |name: &str| own.get(name).copied().unwrap_or(rest);
    let moments: BTreeSet<u64> = own.values().copied().chain([rest]).collect();
    let end = moments.last().copied().unwrap_or(rest);
    let mut stages = Vec::new();
    for &moment in moments.iter().filter(|&&m| m < end) {
        // What is not a track's waits with the tracks that say nothing.
        let music = if moment < rest {
            new.mixed(new, sounding, &|name| at(name) <= moment)
        } else {
            new.mixed(sounding, new, &|name| at(name) > moment)
        };
        stages.push(Stage {
            music,
            fresh: None,
            quant: Quant::At(moment),
            files: last.files.clone(),
            arrival: None,
        });
    }
    let quant = if moments.len() > 1 { Quant::At(end) } else { last.quant };
    stages.push(Stage { quant, ..last });
    stages
}

impl Stage {
    /// The compiled music, as it is heard through `mixer`.
    ///
    /// # Errors
    /// Whatever keeps the graph from being built.
    pub fn fresh(
        &mut self,
        mixer: &Mixer,
        rate: f64,
    ) -> Result<Fresh, Vec<crate::diag::Diagnostic>> {
        if let Some(fresh) = self.fresh.take() {
            return Ok(fresh);
        }
        let Music { session, take, .. } = &self.music;
        Fresh::new(Arc::new(mixer.apply(session)), rate, take.library.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::score::Take;
    use super::*;
    use crate::runtime::Runtime;
    use crate::script::notebook::Notebook;
    use crate::session::Session;

    fn stage(script: &str) -> Stage {
        let piece = Runtime::new().eval(script).expect("right");
        let take = Take {
            number: 1,
            session: piece.shared_session(),
            notebook: Notebook::default(),
            library: piece.shared_library(),
            sources: piece.sources().into(),
            read: Arc::default(),
        };
        let (quant, files) = (Quant::Now, Arc::default());
        Stage { music: Music::of(take), fresh: None, quant, files, arrival: None }
    }

    /// Names of tracks, and where the sine of each stands.
    fn tracks(session: &Session) -> String {
        let hertz = |t: &crate::session::Track| {
            let node = session.node(t.source);
            format!("{} {:?}", t.name, node.args.get("freq"))
        };
        let all: Vec<String> = session.tracks.iter().map(hertz).collect();
        all.join(", ").replace("Some(Number(", "").replace("))", "").replace(".0", "")
    }

    #[test]
    fn each_track_changes_at_its_own_moment() {
        let old = stage(
            "track(\"a\", sine(1)); track(\"b\", sine(2)).quant(8); track(\"gone\", sine(9)).quant(16);",
        );
        let new = stage(
            "bus(\"hall\", reverb()); track(\"a\", sine(10)).send(\"hall\"); track(\"b\", sine(20)).quant(8);
             track(\"new\", sine(30)).quant(1);",
        );
        let Music { session, take, .. } = old.music.clone();
        let fresh = Fresh::new(session, 48_000.0, take.library.clone());
        let (live, _performer) = Live::new(fresh.unwrap_or_else(|e| panic!("{e:?}")), None);
        let stages = stages(&live, &old.music, new);
        let heard: Vec<String> = stages.iter().map(|s| tracks(&s.music.session)).collect();
        assert_eq!(
            heard,
            [
                "a 10, b 2, gone 9",
                "a 10, b 2, new 30, gone 9",
                "a 10, b 20, new 30, gone 9",
                "a 10, b 20, new 30",
            ]
        );
        let moments: Vec<Quant> = stages.iter().map(|s| s.quant).collect();
        let beats = |n: u64| Quant::At(n * 24_000);
        assert_eq!(moments[1..], [beats(1), beats(8), beats(16)]);
        for mut stage in stages {
            assert!(stage.fresh(&Mixer::default(), 48_000.0).is_ok(), "it can be compiled");
        }
    }
}
