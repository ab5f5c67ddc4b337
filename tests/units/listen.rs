//! Ears: spectra and levels of what was rendered.

/// Magnitude spectrum of a Blackman-Harris window of `x` (a power of two long), in amplitude: a sine of
/// amplitude 1 on a bin gives 1.
pub fn spectrum(x: &[f32]) -> Vec<f64> {
    let n = x.len();
    let tau = core::f64::consts::TAU;
    let window = |i: usize| {
        let t = tau * i as f64 / n as f64;
        0.35875 - 0.48829 * t.cos() + 0.14128 * (2.0 * t).cos() - 0.01168 * (3.0 * t).cos()
    };
    let mut planner = realfft::RealFftPlanner::<f64>::new();
    let fft = planner.plan_fft_forward(n);
    let mut input: Vec<f64> = (0..n).map(|i| f64::from(x[i]) * window(i)).collect();
    let mut out = fft.make_output_vec();
    fft.process(&mut input, &mut out).expect("sizes fit");
    out.iter().map(|c| c.norm() * 2.0 / (n as f64 * 0.35875)).collect()
}

/// Root mean square.
pub fn rms(x: &[f32]) -> f64 {
    (x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / x.len() as f64).sqrt()
}

/// Decibels of an amplitude.
pub fn db(x: f64) -> f64 {
    20.0 * x.max(1e-30).log10()
}

/// A sine of amplitude 1.
pub fn tone(freq: f64, rate: f64) -> impl Fn(u64) -> f32 + 'static {
    move |n| (core::f64::consts::TAU * freq * n as f64 / rate).sin() as f32
}
