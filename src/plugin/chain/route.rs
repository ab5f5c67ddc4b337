//! How the channels of a sound come to a plugin that has another number of them.

use crate::plugin::{Bus, Plugin, PluginError};

/// Which channels of the sound each input channel of each instance is the mean of; silence if there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// For each instance, for each channel of its main input.
    pub sources: Vec<Vec<Vec<usize>>>,
}

impl Route {
    /// The route of a sound of `sound` channels into a plugin with `ins` channels in and `outs` out, if there is one.
    ///
    /// As many: one to one. A mono sound goes to both channels of a stereo plugin, and comes out in stereo. Of a sound with
    /// more channels, each (or each pair, ...) has an instance of its own, if the plugin gives out as many as it takes; a mono
    /// plugin that widens hears the mean.
    #[must_use]
    pub fn new(sound: usize, ins: usize, outs: usize) -> Option<Route> {
        let one = |sources: Vec<Vec<usize>>| Some(Route { sources: vec![sources] });
        if sound == ins {
            return one((0..ins).map(|c| vec![c]).collect());
        }
        if sound < ins {
            let channel = |c: usize| match c {
                1 if sound == 1 => vec![0],
                c if c < sound => vec![c],
                _ => Vec::new(),
            };
            return one((0..ins).map(channel).collect());
        }
        if ins == 0 {
            return None;
        }
        if ins == outs && sound.is_multiple_of(ins) {
            let group = |first: usize| (first..first + ins).map(|c| vec![c]).collect();
            return Some(Route { sources: (0..sound).step_by(ins).map(group).collect() });
        }
        (ins == 1).then(|| Route { sources: vec![vec![(0..sound).collect()]] })
    }

    /// Asks a plugin that does not play for `sound` channels, and finds the route to what it agrees to.
    ///
    /// # Errors
    /// If the sound cannot come to it.
    pub fn find(plugin: &mut dyn Plugin, sound: usize) -> Result<Route, PluginError> {
        let d = plugin.description();
        let (input, output) = (main(&d.inputs), main(&d.outputs));
        let channels = |buses: &[Bus], at: Option<usize>| buses.get(at?).map(|bus| bus.channels);
        if channels(&d.inputs, input).is_some_and(|n| n != sound) && sound > 0 {
            let wish = |buses: &[Bus], at: Option<usize>| -> Vec<usize> {
                let all = buses.iter().enumerate();
                all.map(|(i, bus)| if Some(i) == at { sound } else { bus.channels }).collect()
            };
            let (inputs, outputs) = (wish(&d.inputs, input), wish(&d.outputs, output));
            // Its answer is read off the buses, which may be others whatever it says.
            plugin.arrange(&inputs, &outputs);
        }
        let d = plugin.description();
        let ins = channels(&d.inputs, main(&d.inputs)).unwrap_or(0);
        let outs = channels(&d.outputs, main(&d.outputs)).unwrap_or(0);
        if sound > 0 && ins == 0 && d.midi_out && outs == 0 {
            // What works on notes alone lets the sound pass.
            return Ok(Route { sources: vec![Vec::new()] });
        }
        Route::new(sound, ins, outs).ok_or_else(|| {
            let takes = if ins == 0 { "no sound".to_string() } else { format!("{ins} channels") };
            let reason = format!("takes {takes}, and it is given {sound} channels");
            PluginError::Value { name: d.name.clone(), reason }
        })
    }

    /// The sample of an input channel, from the channels of a sound at a frame.
    pub(super) fn gather(sources: &[usize], sound: &[Vec<f32>], start: usize, to: &mut [f32]) {
        match sources {
            [] => to.fill(0.0),
            &[one] => to.copy_from_slice(&sound[one][start..start + to.len()]),
            many => {
                for (frame, to) in to.iter_mut().enumerate() {
                    let sum: f64 = many.iter().map(|&c| f64::from(sound[c][start + frame])).sum();
                    *to = (sum / many.len() as f64) as f32;
                }
            }
        }
    }
}

/// The main bus: the first that says so, else the first.
pub(super) fn main(buses: &[Bus]) -> Option<usize> {
    buses.iter().position(|bus| bus.main).or(if buses.is_empty() { None } else { Some(0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_find_their_way() {
        let sources = |sound, ins, outs| Route::new(sound, ins, outs).map(|r| r.sources);
        assert_eq!(sources(2, 2, 2), Some(vec![vec![vec![0], vec![1]]]));
        assert_eq!(sources(1, 2, 2), Some(vec![vec![vec![0], vec![0]]]));
        assert_eq!(sources(2, 1, 1), Some(vec![vec![vec![0]], vec![vec![1]]]));
        assert_eq!(sources(2, 1, 2), Some(vec![vec![vec![0, 1]]]));
        let pairs = vec![vec![vec![0], vec![1]], vec![vec![2], vec![3]]];
        assert_eq!(sources(4, 2, 2), Some(pairs));
        assert_eq!(sources(2, 4, 4), Some(vec![vec![vec![0], vec![1], vec![], vec![]]]));
        assert_eq!(sources(0, 0, 2), Some(vec![vec![]]));
        assert_eq!(sources(3, 2, 2), None);
        assert_eq!(sources(2, 0, 2), None);
    }
}
