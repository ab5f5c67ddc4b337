//! The percussion keys of General MIDI and the drums that play them, ours and those of a sampler.

/// The drum that General MIDI (1991, percussion key map) has on a note, by our name for it.
fn general_midi(note: usize) -> Option<&'static str> {
    Some(match note {
        35 | 36 => "bd",
        37 => "rim",
        38 | 40 => "sn",
        39 => "cp",
        41 | 43 => "lt",
        42 | 44 => "hh",
        45 | 47 => "mt",
        46 => "oh",
        48 | 50 => "ht",
        49 | 52 | 55 | 57 => "cr",
        51 | 53 | 59 => "rd",
        54 => "tb",
        56 => "cb",
        62 => "hc",
        63 => "mc",
        64 => "lc",
        70 | 82 => "sh",
        75 => "cl",
        _ => return None,
    })
}

/// The drum of ours that is nearest to one that we have not: bongos are congas, a wood block is a clave. The keys
/// below 35 and above 81 are those of General MIDI 2 (1999).
fn nearest(note: usize) -> Option<&'static str> {
    Some(match note {
        28 => "cp",
        29 | 30 | 58 | 69 | 73 | 74 => "sh",
        32 => "rim",
        27 | 31 | 33 | 76 | 77 | 85 => "cl",
        34 | 67 | 68 => "cb",
        60 => "hc",
        61 | 78 => "mc",
        65 => "ht",
        66 => "mt",
        79 => "lc",
        80 | 81 | 84 => "rd",
        83 => "tb",
        86 | 87 => "lt",
        _ => return None,
    })
}

/// Other words for our drums, as the names of sample files have them.
const WORDS: &[(&str, &[&str])] = &[
    ("bd", &["kick", "bassdrum", "kik", "bdrum"]),
    ("sn", &["snare", "sd", "snaredrum"]),
    ("hh", &["hat", "hihat", "closedhat", "closedhihat", "hatclosed", "hihatclosed", "ch", "chh"]),
    ("oh", &["openhat", "openhihat", "hatopen", "hihatopen", "ohh"]),
    ("cp", &["clap", "handclap", "claps"]),
    ("rim", &["rimshot", "sidestick", "rs"]),
    ("lt", &["lowtom", "tomlow", "floortom", "tomlo", "lotom"]),
    ("mt", &["midtom", "tommid", "tom"]),
    ("ht", &["hightom", "tomhigh", "hitom", "tomhi"]),
    ("cr", &["crash", "crashcymbal", "cymbal"]),
    ("rd", &["ride", "ridecymbal"]),
    ("tb", &["tambourine", "tamb"]),
    ("cb", &["cowbell"]),
    ("hc", &["highconga", "hiconga", "conga"]),
    ("mc", &["midconga"]),
    ("lc", &["lowconga"]),
    ("sh", &["shaker", "maracas", "cabasa", "ma"]),
    ("cl", &["clave", "claves", "woodblock"]),
];

/// The drum that a sound called `name` is: that of the longest word that some words of the name make together, so that
/// `Open Hat 2` is no closed one.
fn drum(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let parts: Vec<&str> =
        lower.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).collect();
    let runs = (0..parts.len())
        .flat_map(|i| (i + 1..=parts.len()).map(move |j| (i, j)))
        .map(|(i, j)| parts[i..j].concat());
    let found = runs.filter_map(|run| {
        let is = |(ours, words): &&(&'static str, &[&str])| *ours == run || words.contains(&&*run);
        WORDS.iter().find(is).map(|(ours, _)| (run.len(), *ours))
    });
    found.max_by_key(|(length, _)| *length).map(|(_, ours)| ours)
}

/// Which of the sounds `names` plays the percussion key `note`.
pub(in crate::engine) fn sound(note: usize, names: &[&str]) -> Option<usize> {
    let wanted = [general_midi(note), nearest(note)];
    wanted.into_iter().flatten().find_map(|wanted| {
        let exact = names.iter().position(|name| *name == wanted);
        exact.or_else(|| names.iter().position(|name| drum(name) == Some(wanted)))
    })
}

/// The key that General MIDI has for a drum of ours.
pub(in crate::engine) fn general_midi_key(name: &str) -> Option<u8> {
    (36..=82).find(|&key| general_midi(key) == Some(name)).map(|key| key as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_find_their_drums_under_our_names_and_those_of_files() {
        let ours = ["bd", "cl", "hc", "hh", "sn"];
        assert_eq!([36, 42, 60, 76, 38].map(|n| sound(n, &ours)), [0, 3, 2, 1, 4].map(Some));
        let files = ["Hat_Closed", "Kick-01", "Open Hat 2", "808 SNARE A"];
        assert_eq!([36, 42, 46, 40].map(|n| sound(n, &files)), [1, 0, 2, 3].map(Some));
        assert_eq!(sound(71, &files), None);
        // Every key of the map has a drum, but the whistles.
        let all: Vec<usize> =
            (35..=81).filter(|n| general_midi(*n).or(nearest(*n)).is_none()).collect();
        assert_eq!(all, [71, 72]);
        assert_eq!((general_midi_key("bd"), general_midi_key("mc")), (Some(36), Some(63)));
    }
}
