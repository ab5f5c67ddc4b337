//! A plugin with its two halves, and sound through it.

use super::built::library;
use rhapsode::plugin::{
    AudioHalf, Event, EventKind, Format, Outcome, Plugin, Setup, Transport, open, sandbox,
};
use std::path::{Path, PathBuf};

pub const FORMATS: [Format; 2] = [Format::Vst3, Format::Clap];
pub const RATE: f64 = 48_000.0;

/// A plugin of the fixtures by its name.
pub fn fixture(name: &str, format: Format) -> Box<dyn Plugin> {
    named(&library("good", format), format, name)
}

/// A plugin of a library by its name.
pub fn named(path: &Path, format: Format, name: &str) -> Box<dyn Plugin> {
    let ids = rhapsode::plugin::ids(format, path).expect("the library has plugins");
    let all = ids.iter().map(|id| open(format, path, id).expect("it opens"));
    all.into_iter().find(|p| p.description().name == name).expect("a plugin of that name")
}

/// A plugin of a library by its id in a process of its own, which gets all the time it wants; the first if the id
/// is empty.
pub fn sandboxed(path: &Path, format: Format, id: &str) -> Box<dyn Plugin> {
    sandbox::open(&patient(), format, path, id).expect("it opens")
}

/// Blocks may take seconds, since whoever runs the tests may be busy.
pub fn patient() -> sandbox::Options {
    let mut options = sandbox::Options::new();
    options.program = env!("CARGO_BIN_EXE_rhapsode").into();
    options.share = 4000.0;
    options
}

/// A plugin of Debian's `zam-plugins`.
pub fn zam(name: &str, format: Format) -> Box<dyn Plugin> {
    let path = PathBuf::from(format!("/usr/lib/{format}/{name}.{format}"));
    assert!(path.exists(), "{} is missing: apt-get install zam-plugins", path.display());
    open(format, &path, "").expect("it opens")
}

/// Index of a parameter by name.
pub fn index(plugin: &dyn Plugin, name: &str) -> u32 {
    plugin.description().parameter(name).unwrap_or_else(|| panic!("a parameter `{name}`"))
}

/// Noise that is the same everywhere, in -0.5..0.5.
pub fn noise(frames: usize, seed: u32) -> Vec<f32> {
    let mut x = seed;
    let mut next = || {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (x >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..frames).map(|_| next()).collect()
}

/// Sound through an audio half in blocks of 64: `inputs` are the channels of all buses, `events` are at frames of
/// the whole sound. What comes out are the channels of the main output.
pub fn render(
    half: &mut dyn AudioHalf,
    buses: &[usize],
    inputs: &[Vec<f32>],
    frames: usize,
    events: &[(usize, EventKind)],
) -> Vec<Vec<f32>> {
    let mut out = vec![Vec::new(); 2];
    for start in (0..frames).step_by(64) {
        let n = (frames - start).min(64);
        let mut input = inputs.iter();
        for (bus, &channels) in buses.iter().enumerate() {
            for channel in 0..channels {
                let from = input.next().expect("an input for each channel");
                half.input(bus, channel)[..n].copy_from_slice(&from[start..start + n]);
            }
        }
        let here: Vec<Event> = events
            .iter()
            .filter(|(at, _)| (start..start + n).contains(at))
            .map(|&(at, kind)| Event { offset: (at - start) as u32, kind })
            .collect();
        let time = Transport { playing: true, frame: start as i64, ..Transport::default() };
        assert_ne!(half.process(n, &here, &time), Outcome::Failed);
        for (channel, out) in out.iter_mut().enumerate() {
            out.extend(half.output(0, channel).iter().take(n));
        }
    }
    out
}

/// A stereo sound through a plugin that has not been activated.
pub fn through(
    plugin: &mut dyn Plugin,
    setup: &Setup,
    left: &[f32],
    right: &[f32],
) -> [Vec<f32>; 2] {
    let buses: Vec<usize> = plugin.description().inputs.iter().map(|b| b.channels).collect();
    let silent = vec![0.0; left.len()];
    let mut inputs = vec![left.to_vec(), right.to_vec()];
    inputs.resize(buses.iter().sum(), silent);
    let mut half = plugin.activate(setup).expect("it starts");
    let out = render(half.as_mut(), &buses, &inputs, left.len(), &[]);
    drop(half);
    plugin.deactivate().expect("it stops");
    out.try_into().expect("two channels")
}
