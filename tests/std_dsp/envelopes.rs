//! Envelopes against those of the nodes, and against their times.

use crate::rig::*;

/// Open from 0 to 0.3 s, and from 0.4 s to 0.405 s.
const GATE: &str =
    "signal(|t| if t < 0.3 || (t > 0.4 && t < 0.405) { 1.0 } else { 0.0 }, #{audio: true})";

fn envelope(part: &str) -> Vec<f32> {
    hear(&format!("dsp(|gate| {part}, #{{gate: {GATE}}})"), &[], 48_000)
}

#[test]
fn segments_last_their_times() {
    let y = envelope("d::adsr(gate, 0.02, 0.1, 0.4, 0.08)");
    let top = y.iter().position(|y| *y >= 1.0).expect("it gets to the top");
    below("frames beside the attack", (top as f64 - 960.0).abs(), 1.0);
    let held = y.iter().skip(top).position(|y| *y <= 0.4).expect("it gets down") + top;
    below("frames beside the decay", (held as f64 - 5_760.0).abs(), 2.0);
    assert!(y[held..14_399].iter().all(|y| (*y - 0.4).abs() < 1e-6));
    let end = y.iter().skip(14_400).position(|y| *y <= 0.0).expect("it ends") + 14_400;
    below("frames beside the release", (end as f64 - 18_240.0).abs(), 2.0);
}

#[test]
fn a_short_note_is_let_go_from_where_it_is() {
    let y = envelope("d::adsr(gate, 0.02, 0.1, 0.4, 0.08)");
    let peak = y[19_200..].iter().fold(0.0f32, |p, y| p.max(*y));
    // 1.431 (1 - e^(-1.2 / 4)) after a quarter of the attack.
    below("peak", (f64::from(peak) - 0.3709).abs(), 0.0015);
    let end = y.iter().skip(20_000).position(|y| *y <= 0.0).expect("it ends") + 20_000;
    below("frames beside the release", (end as f64 - 23_280.0).abs(), 3.0);
}

#[test]
fn envelopes_are_those_of_the_nodes() {
    for (part, node, bound) in [
        ("d::adsr(gate, 0.02, 0.1, 0.4, 0.08)", "adsr(G, 0.02, 0.1, 0.4, 0.08)", -64.0),
        ("d::ar(gate, 0.05, 0.2)", "ar(G, 0.05, 0.2)", -72.0),
        ("d::adsr(gate, 0.0, 0.05, 0.0, 0.01)", "adsr(G, 0.0, 0.05, 0.0, 0.01)", -115.0),
    ] {
        let y = hear(&node.replace('G', GATE), &[], 48_000);
        // The second note is shorter than a block of the node's.
        below(part, residue(&envelope(part)[..19_000], &y[..19_000]), bound);
    }
}
