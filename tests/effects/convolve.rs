//! Partitioned convolution against the sum that it stands for.

use crate::listen::*;
use crate::rig::{Rig, Shelf};
use rhapsode::nodes::table::Sample;
use rhapsode::rt::Status;

/// A noise that decays, of a length that no partition divides.
fn response(seed: u32, frames: usize) -> Vec<f32> {
    let decay = |i: usize| libm::expf(-(i as f32) / 400.0);
    noise(seed, frames).iter().enumerate().map(|(i, x)| x * decay(i)).collect()
}

fn direct(x: &[f32], h: &[f32]) -> Vec<f32> {
    let at = |i: usize| -> f64 {
        let terms = h.iter().take(i + 1).enumerate();
        terms.map(|(k, h)| f64::from(*h) * f64::from(x[i - k])).sum()
    };
    (0..x.len()).map(|i| at(i) as f32).collect()
}

fn rig(shelf: &Shelf, channels: usize, partition: f64) -> Rig {
    let numbers = [("mix", 1.0), ("normalize", 0.0), ("partition", partition)];
    Rig::with("convolve", channels, &numbers, &[("path", "ir.wav")], false, shelf).expect("builds")
}

fn assert_alike(got: &[f32], want: &[f32], late: usize, what: &str) {
    let loud = peak(want);
    for i in late..want.len() {
        let (got, want) = (got[i], want[i - late]);
        assert!((got - want).abs() < loud * 1e-5, "{what}, frame {i}: {got}, not {want}");
    }
}

#[test]
fn it_is_the_same_as_direct_convolution() {
    let (h, x) = (response(1, 1777), noise(2, 4096));
    let mut shelf = Shelf::default();
    shelf.put("ir.wav", Sample { channels: vec![h.clone()], ..Sample::default() });
    let want = direct(&x, &h);
    for (partition, late) in [(64.0, 0), (128.0, 64), (256.0, 192), (1000.0, 960), (4096.0, 4032)] {
        let mut rig = rig(&shelf, 1, partition);
        assert_eq!(rig.latency(), late, "with partitions of {partition}");
        let mut input = x.clone();
        input.resize(8192, 0.0);
        let out = rig.run(&[input]);
        assert_alike(&out[0], &want, late, &format!("partitions of {partition}"));
        assert_eq!(out[0], out[1]);
    }
}

#[test]
fn channels_go_where_the_response_sends_them() {
    let hs: Vec<_> = (1..=4).map(|seed| response(seed, 300)).collect();
    let xs = [noise(7, 2048), noise(8, 2048)];
    let mut shelf = Shelf::default();
    shelf.put("ir.wav", Sample { channels: hs[..2].to_vec(), ..Sample::default() });
    let out = rig(&shelf, 2, 64.0).run(&xs);
    assert_alike(&out[0], &direct(&xs[0], &hs[0]), 0, "left");
    assert_alike(&out[1], &direct(&xs[1], &hs[1]), 0, "right");
    shelf.put("ir.wav", Sample { channels: hs.clone(), ..Sample::default() });
    let out = rig(&shelf, 2, 64.0).run(&xs);
    for side in 0..2 {
        let (a, b) = (direct(&xs[0], &hs[side]), direct(&xs[1], &hs[2 + side]));
        let both: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        assert_alike(&out[side], &both, 0, "true stereo");
    }
}

#[test]
fn a_normalized_response_keeps_the_level_and_dry_is_in_time() {
    let mut shelf = Shelf::default();
    let h: Vec<f32> = response(1, 4000).iter().map(|x| x * 30.0).collect();
    shelf.put("ir.wav", Sample { channels: vec![h], ..Sample::default() });
    let texts = [("path", "ir.wav")];
    let build = |numbers: &[(&'static str, f64)]| {
        Rig::with("convolve", 1, numbers, &texts, false, &shelf).expect("builds")
    };
    let x = noise(4, 96_000);
    let out = build(&[("mix", 1.0)]).run(std::slice::from_ref(&x));
    let change = db(rms(&out[0][9600..]) / rms(&x));
    assert!(change.abs() < 1.0, "{change}");
    let mut dry = build(&[("mix", 0.0)]);
    let late = dry.latency();
    let out = dry.run(std::slice::from_ref(&x));
    assert_eq!(out[0][late..96_000], x[..96_000 - late]);
}

#[test]
fn it_falls_silent_after_its_response_and_refuses_what_is_none() {
    let mut shelf = Shelf::default();
    shelf.put("ir.wav", Sample { channels: vec![response(1, 3000)], ..Sample::default() });
    let mut rig = rig(&shelf, 1, 256.0);
    rig.run(&[noise(1, 640)]);
    assert_eq!(rig.status, Status::Playing);
    rig.run(&[silence(rig.tail() + 640)]);
    assert_eq!(rig.status, Status::Silent);
    let refuse = |shelf: &Shelf, path: &'static str| {
        Rig::with("convolve", 1, &[], &[("path", path)], false, shelf).err().expect("an error")
    };
    assert!(refuse(&shelf, "").contains("hall.wav"));
    shelf.put("ir.wav", Sample { channels: vec![vec![0.5; 10]; 3], ..Sample::default() });
    assert!(refuse(&shelf, "ir.wav").contains("3 channels"));
}
