//! Rows of frames to lanes and back: channels, delay lines and buffers keep the frames of one lane side by
//! side, units those of one moment.
//!
//! Moves samples only. On x86 four by four at a time with shuffles, which every processor of that family
//! has; elsewhere one by one.

use super::lanes::{F8, LANES};
use super::unit::BLOCK;

/// One lane of a block.
pub type Row = [f32; BLOCK];

/// `out[i]` gets frame `i` of each row in its lane.
///
/// # Panics
/// If a row is shorter than `out`.
#[inline(always)]
pub fn to_lanes(rows: &[&[f32]; LANES], out: &mut [F8]) {
    let n = out.len();
    let rows = rows.map(|row| &row[..n]);
    let whole = n - n % 4;
    for at in (0..whole).step_by(4) {
        for half in [0, 4] {
            let part = |k: usize| {
                let row = &rows[half + k][at..at + 4];
                [row[0], row[1], row[2], row[3]]
            };
            let turned = turn([part(0), part(1), part(2), part(3)]);
            for (i, four) in turned.into_iter().enumerate() {
                out[at + i].0[half..half + 4].copy_from_slice(&four);
            }
        }
    }
    for i in whole..n {
        out[i] = F8(core::array::from_fn(|lane| rows[lane][i]));
    }
}

/// Frame `i` of the row of each lane gets its lane of `x[i]`.
///
/// # Panics
/// If `x` is longer than a row.
#[inline(always)]
pub fn to_rows(x: &[F8], rows: &mut [Row; LANES]) {
    let n = x.len();
    let whole = n - n % 4;
    for at in (0..whole).step_by(4) {
        for half in [0, 4] {
            let part = |k: usize| {
                let x = &x[at + k].0[half..half + 4];
                [x[0], x[1], x[2], x[3]]
            };
            let turned = turn([part(0), part(1), part(2), part(3)]);
            for (k, four) in turned.into_iter().enumerate() {
                rows[half + k][at..at + 4].copy_from_slice(&four);
            }
        }
    }
    for i in whole..n {
        for lane in 0..LANES {
            rows[lane][i] = x[i].0[lane];
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn turn(x: [[f32; 4]; 4]) -> [[f32; 4]; 4] {
    use core::arch::x86_64::{
        __m128, _mm_movehl_ps, _mm_movelh_ps, _mm_unpackhi_ps, _mm_unpacklo_ps,
    };
    // SAFETY: four floats are four floats, and SSE is part of the base instruction set.
    unsafe {
        let [a, b, c, d] = core::mem::transmute::<[[f32; 4]; 4], [__m128; 4]>(x);
        let (ab, cd) = (_mm_unpacklo_ps(a, b), _mm_unpacklo_ps(c, d));
        let (ab2, cd2) = (_mm_unpackhi_ps(a, b), _mm_unpackhi_ps(c, d));
        core::mem::transmute::<[__m128; 4], [[f32; 4]; 4]>([
            _mm_movelh_ps(ab, cd),
            _mm_movehl_ps(cd, ab),
            _mm_movelh_ps(ab2, cd2),
            _mm_movehl_ps(cd2, ab2),
        ])
    }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn turn(x: [[f32; 4]; 4]) -> [[f32; 4]; 4] {
    core::array::from_fn(|i| core::array::from_fn(|k| x[k][i]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_lanes_and_rows_again() {
        for n in [0, 1, 7, 8, 63, BLOCK] {
            let rows: [Row; LANES] =
                core::array::from_fn(|lane| core::array::from_fn(|i| (lane * 100 + i) as f32));
            let mut lanes = vec![F8::ZERO; n];
            to_lanes(&rows.each_ref().map(|row| &row[..]), &mut lanes);
            for (i, x) in lanes.iter().enumerate() {
                for lane in 0..LANES {
                    assert_eq!(x.0[lane], (lane * 100 + i) as f32, "frame {i} of {n}");
                }
            }
            let mut again = [[-1.0; BLOCK]; LANES];
            to_rows(&lanes, &mut again);
            for lane in 0..LANES {
                assert_eq!(again[lane][..n], rows[lane][..n]);
                assert!(again[lane][n..].iter().all(|&x| x == -1.0));
            }
        }
    }
}
