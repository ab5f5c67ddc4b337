//! The resampler: exact length, no delay, flat pass band, clean stop band.

use super::*;
use proptest::prelude::*;
use rhapsode::io::file::{LoopKind, LoopPoint, Resampler, resample};

const RATES: [(u32, u32); 7] = [
    (192_000, 44_101),
    (44_100, 48_000),
    (48_000, 44_100),
    (48_000, 96_000),
    (96_000, 44_100),
    (22_050, 48_000),
    (44_100, 44_101),
];

#[test]
fn a_sine_stays_where_it_is_without_delay() {
    for (from, to) in RATES {
        for frequency in [1_000.0, 9_000.0] {
            let made =
                resample(&audio(from, vec![sine(frequency, 0.5, from, from as usize / 2)]), to);
            assert_eq!(made.frames(), (from as usize / 2 * to as usize).div_ceil(from as usize));
            let wanted = sine(frequency, 0.5, to, made.frames());
            let edge = to as usize / 50; // the signal is cut at both ends, which rings
            let middle = edge..made.frames() - edge;
            let error = made.channels[0][middle.clone()]
                .iter()
                .zip(&wanted[middle])
                .fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
            // -100 dB of the sine itself: frequency, level and phase are all right.
            assert!(error < 0.5e-5, "{from} to {to}, {frequency} Hz: error {error}");
        }
    }
}

#[test]
fn images_and_aliases_are_below_minus_90_db() {
    // Going up: the image of a tone at f lies at from - f.
    for frequency in [1_000.0, 15_000.0, 19_500.0] {
        let made = resample(&audio(44_100, vec![sine(frequency, 1.0, 44_100, 44_100)]), 96_000);
        let tone = &made.channels[0][4_000..84_000];
        assert!(level_at(tone, 96_000, frequency).abs() < 0.01, "{frequency} Hz passes");
        let image = level_at(tone, 96_000, 44_100.0 - frequency);
        assert!(image < -110.0, "{frequency} Hz: image at {image} dBFS");
    }
    // Going down: a tone above the new Nyquist frequency must vanish, wherever it would fold to.
    for frequency in [22_100.0, 25_000.0, 40_000.0] {
        let made = resample(&audio(96_000, vec![sine(frequency, 1.0, 96_000, 96_000)]), 44_100);
        let rest = &made.channels[0][2_000..40_000];
        let loudest = rest.iter().fold(0.0_f32, |worst, x| worst.max(x.abs()));
        assert!(loudest < 3.2e-5 /* -90 dB */, "{frequency} Hz leaves {loudest}");
    }
}

#[test]
fn an_impulse_stays_at_its_time_and_a_constant_keeps_its_level() {
    let mut impulse = vec![0.0; 4_410];
    impulse[2_205] = 1.0; // 50 ms
    let made = resample(&audio(44_100, vec![impulse]), 48_000);
    let (at, _) = made.channels[0].iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    assert_eq!(at, 2_400);

    let made = resample(&audio(48_000, vec![vec![0.25; 9_600]]), 44_100);
    assert!(made.channels[0][1_000..7_000].iter().all(|x| (x - 0.25).abs() < 1e-7));
}

#[test]
fn loops_move_with_the_audio() {
    let mut file = audio(44_100, vec![noise(1, 44_100)]);
    file.loops =
        vec![LoopPoint { start: 4_410, end: 44_100, kind: LoopKind::Forward, count: None }];
    let made = resample(&file, 48_000);
    assert_eq!((made.loops[0].start, made.loops[0].end, made.frames()), (4_800, 48_000, 48_000));
    assert_eq!(resample(&file, 44_100), file);
}

/// An independent implementation, `rubato`, passes the same spectrum (its delay is no whole frame, so
/// the samples themselves cannot be compared).
#[test]
fn agrees_with_rubato() {
    use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
    use rubato::{Async, FixedAsync, Resampler as _, SincInterpolationParameters, WindowFunction};
    let tones = [55.0, 440.0, 1_234.5, 5_000.0, 12_000.0, 18_000.0];
    let mut signal = vec![0.0_f32; 44_100];
    for (i, frequency) in tones.into_iter().enumerate() {
        let part = sine(frequency, 0.1 + 0.01 * i as f64, 44_100, signal.len());
        signal.iter_mut().zip(part).for_each(|(sum, x)| *sum += x);
    }
    let made = resample(&audio(44_100, vec![signal.clone()]), 48_000);

    let parameters = SincInterpolationParameters::new(256, WindowFunction::BlackmanHarris2);
    let ratio = 48_000.0 / 44_100.0;
    let mut theirs =
        Async::<f32>::new_sinc(ratio, 1.1, &parameters, 1_024, 1, FixedAsync::Input).unwrap();
    let input = vec![signal];
    let adapter = SequentialSliceOfVecs::new(&input, 1, 44_100).unwrap();
    let reference = theirs.process_all(&adapter, 44_100, None).unwrap().take_data();
    for frequency in tones.into_iter().chain([48_000.0 - 18_000.0 - 6_000.0]) {
        let level = |samples: &[f32]| level_at(&samples[1_000..47_000], 48_000, frequency);
        let (ours, rubatos) = (level(&made.channels[0]), level(&reference));
        let both_silent = ours < -110.0 && rubatos < -110.0;
        assert!(
            (ours - rubatos).abs() < 0.001 || both_silent,
            "{frequency} Hz: {ours} and {rubatos} dBFS"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// However the stream is cut into blocks, the output is the same, bit for bit.
    #[test]
    fn blocks_do_not_matter(
        sizes in prop::collection::vec(0_usize..700, 1..12),
        rates in prop::sample::select(RATES.to_vec()),
    ) {
        let whole = noise(3, sizes.iter().sum());
        let expected = resample(&audio(rates.0, vec![whole.clone()]), rates.1);
        let mut resampler = Resampler::new(rates.0, rates.1, 1);
        let (mut made, mut at) = (Vec::new(), 0);
        for size in sizes {
            made.extend_from_slice(&resampler.process(&[&whole[at..at + size]])[0]);
            at += size;
        }
        made.extend_from_slice(&resampler.finish()[0]);
        prop_assert_eq!(&made, &expected.channels[0]);
    }
}
