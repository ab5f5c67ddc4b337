//! Which file sounds for which note: keys, velocity layers, round robins, choke groups.

use super::names::{self, Parts};
use crate::nodes::table::{Assets, ProcCx, Sample};
use crate::session::Recipe;
use crate::session::recipe::numbers;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The sounds behind a path.
pub(super) struct Files {
    /// Their paths, or recipes as texts.
    pub texts: Vec<String>,
    /// Their names, unless these are those of the files.
    names: Option<Vec<String>>,
}

/// The sounds behind a path or a recipe: itself, or those of a folder or list.
pub(super) fn files(path: &str, assets: &dyn Assets) -> Result<Files, String> {
    if path.is_empty() {
        return Err(
            "the sampler has no file; write sampler(\"kick.wav\") or sampler(\"folder/\")".into()
        );
    }
    match Recipe::parse(path) {
        Recipe::File(_) => Ok(Files { texts: on_disk(path, assets)?, names: None }),
        Recipe::Made { .. } | Recipe::Rendered(_) | Recipe::Nothing => {
            Ok(Files { texts: vec![path.to_string()], names: None })
        }
        Recipe::Several(all) => {
            let (names, texts) = all.into_iter().map(|(name, one)| (name, one.text())).unzip();
            Ok(Files { texts, names: Some(names) })
        }
        Recipe::Onsets { .. } => {
            let texts = assets.folder(path)?;
            Ok(Files { names: Some(numbers(texts.len()).collect()), texts })
        }
    }
}

/// The files behind a path: itself, or those of a folder.
fn on_disk(path: &str, assets: &dyn Assets) -> Result<Vec<String>, String> {
    if path.ends_with('/') {
        return some(path, assets.folder(path)?);
    }
    match assets.sample(path) {
        Ok(_) => Ok(vec![path.to_string()]),
        Err(why) => match assets.folder(path) {
            Ok(files) => some(path, files),
            Err(_) => Err(why),
        },
    }
}

fn some(path: &str, mut files: Vec<String>) -> Result<Vec<String>, String> {
    files.sort();
    if files.is_empty() {
        return Err(format!("the folder \"{path}\" holds no audio files; check the path"));
    }
    Ok(files)
}

/// How the files are laid out, before they are loaded.
pub(super) struct Plan {
    /// Whether the keys are notes; else they are indices of sounds.
    notes: bool,
    /// Files by sound (all in one if the keys are notes).
    sounds: BTreeMap<String, Vec<(usize, Parts)>>,
}

impl Plan {
    /// Lays `files` out as `map` says: `notes`, `sounds`, or as their names suggest.
    pub fn new(files: &Files, map: &str) -> Plan {
        if let Some(names) = &files.names {
            let sounds = names.iter().enumerate().map(|(i, name)| {
                let part = Parts { sound: name.clone(), ..Parts::default() };
                (name.clone(), vec![(i, part)])
            });
            return Plan { notes: false, sounds: sounds.collect() };
        }
        let files = &files.texts;
        // Of a part of a file, the name of the file says where it belongs.
        let parse = |f: &String| names::parse(Recipe::parse(f).files().first().unwrap_or(&""));
        let parts: Vec<Parts> = files.iter().map(parse).collect();
        let alike = parts.iter().all(|p| p.sound == parts[0].sound && p.note.is_some());
        let notes = match map {
            "notes" => true,
            "sounds" => false,
            _ => files.len() == 1 || alike,
        };
        let mut sounds: BTreeMap<String, Vec<(usize, Parts)>> = BTreeMap::new();
        for (i, part) in parts.into_iter().enumerate() {
            let name = if notes { String::new() } else { names::plain(&files[i]) };
            sounds.entry(name).or_default().push((i, part));
        }
        Plan { notes, sounds }
    }

    /// Names in the order of their keys.
    pub fn sound_names(&self) -> Vec<String> {
        if self.notes { Vec::new() } else { self.sounds.keys().cloned().collect() }
    }
}

/// One velocity layer: files that take turns.
struct Layer {
    samples: Vec<usize>,
    next: usize,
}

/// Layers for a range of keys.
struct Zone {
    /// Key at which it sounds as recorded; nothing for a sound with a name.
    root: Option<f32>,
    layers: Vec<Layer>,
    choke: u16,
}

/// What a note hits.
pub(super) struct Hit {
    /// Index of the sample.
    pub sample: usize,
    /// Semitones above the recording.
    pub semitones: f32,
    /// Choke group; 0 is none.
    pub choke: u16,
    /// Whether it plays to its end, whatever the note does.
    pub one_shot: bool,
    /// First frame of the loop and the one after its last.
    pub looped: Option<(usize, usize)>,
}

/// All files of a sampler, laid out.
pub(super) struct Zones {
    /// The sounds.
    pub samples: Vec<Arc<Sample>>,
    zones: Vec<Zone>,
    notes: bool,
    one_shot: bool,
    loops: Vec<Option<(usize, usize)>>,
}

impl Zones {
    /// Loads what the settings of `cx` ask for. Control thread.
    ///
    /// # Errors
    /// Which file is missing or broken, in the words of the assets.
    pub fn load(cx: &ProcCx) -> Result<Zones, String> {
        let files = files(cx.settings.text("path"), cx.assets)?;
        let plan = Plan::new(&files, cx.settings.text("map"));
        let load = |f: &String| cx.assets.sample(f);
        let samples = files.texts.iter().map(load).collect::<Result<Vec<_>, String>>()?;
        if let Some(i) = samples.iter().position(|s| s.frames() == 0) {
            let which = Recipe::parse(&files.texts[i]);
            return Err(format!("{which} holds no sound; remove it or record it again"));
        }
        let root = cx.settings.number("root");
        let loops = samples.iter().map(|s| loop_of(s, cx.settings.text("loop"))).collect();
        let one_shot = match cx.settings.text("play") {
            "gate" => false,
            "one_shot" => true,
            _ => !plan.notes,
        };
        let mut zones = Vec::new();
        for (name, files) in &plan.sounds {
            let choke = choke_group(name, cx.settings.text("choke"));
            if !plan.notes {
                zones.push(Zone { root: None, layers: layers(files), choke });
                continue;
            }
            let mut keys: BTreeMap<u8, Vec<(usize, Parts)>> = BTreeMap::new();
            for (i, part) in files {
                let own = part.note.or(samples[*i].root).unwrap_or(60);
                let key = if root >= 0.0 && files.len() == 1 { root as u8 } else { own };
                keys.entry(key).or_default().push((*i, part.clone()));
            }
            for (key, files) in keys {
                zones.push(Zone { root: Some(f32::from(key)), layers: layers(&files), choke });
            }
        }
        Ok(Zones { samples, zones, notes: plan.notes, one_shot, loops })
    }

    /// What `key` at `velocity` (0..1) sounds, and moves its round robin on. Audio thread.
    pub fn hit(&mut self, key: f32, velocity: f32) -> Option<Hit> {
        let at = if self.notes { self.nearest(key) } else { index(key, self.zones.len())? };
        let zone = self.zones.get_mut(at)?;
        let count = zone.layers.len();
        let layer = ((velocity * count as f32) as usize).min(count.saturating_sub(1));
        let layer = zone.layers.get_mut(layer)?;
        let sample = *layer.samples.get(layer.next)?;
        layer.next = if layer.next + 1 == layer.samples.len() { 0 } else { layer.next + 1 };
        Some(Hit {
            sample,
            semitones: zone.root.map_or(0.0, |root| key - root),
            choke: zone.choke,
            one_shot: self.one_shot,
            looped: self.loops[sample],
        })
    }

    /// The zone whose root is nearest to `key`; the lower one if two are.
    fn nearest(&self, key: f32) -> usize {
        let above = self.zones.partition_point(|z| z.root.is_some_and(|root| root < key));
        if above == 0 {
            return 0;
        }
        if above == self.zones.len() {
            return above - 1;
        }
        let distance = |i: usize| self.zones[i].root.map_or(0.0, |root| (root - key).abs());
        if distance(above) < distance(above - 1) { above } else { above - 1 }
    }
}

fn index(key: f32, count: usize) -> Option<usize> {
    (key >= 0.0 && (key as usize) < count).then_some(key as usize)
}

/// Files by layer, soft to loud, then by turn.
fn layers(files: &[(usize, Parts)]) -> Vec<Layer> {
    let mut ranks: BTreeMap<u32, Vec<(u32, usize)>> = BTreeMap::new();
    for (i, part) in files {
        ranks.entry(part.layer).or_default().push((part.turn, *i));
    }
    ranks
        .into_values()
        .map(|mut turns| {
            turns.sort();
            Layer { samples: turns.into_iter().map(|(_, i)| i).collect(), next: 0 }
        })
        .collect()
}

fn loop_of(sample: &Sample, how: &str) -> Option<(usize, usize)> {
    let all = (0, sample.frames());
    let (start, end) = match how {
        "off" => return None,
        "all" => all,
        _ => sample.sustain_loop?,
    };
    let end = end.min(all.1);
    // A loop of a few frames is a damaged file, not a sound.
    (start + 4 <= end).then_some((start, end))
}

/// Number of the choke group that lists `name`, from 1; 0 if none does.
fn choke_group(name: &str, groups: &str) -> u16 {
    let lists = |group: &&str| group.split_whitespace().any(|n| n.eq_ignore_ascii_case(name));
    let found = groups.split(',').collect::<Vec<_>>().iter().position(lists);
    found.map_or(0, |i| i as u16 + 1)
}
