//! Messages in words, for people who watch them.

/// The keys of an octave.
const KEYS: [&str; 12] = ["c", "c#", "d", "d#", "e", "f", "f#", "g", "g#", "a", "a#", "b"];

/// What a message says: `note on   c4 (60)  velocity 100`, with its channel (from 1) before it if it has one.
#[must_use]
pub fn say(bytes: &[u8]) -> String {
    let status = bytes.first().copied().unwrap_or(0);
    let (a, b) =
        (bytes.get(1).copied().unwrap_or(0) & 127, bytes.get(2).copied().unwrap_or(0) & 127);
    let channel = (status & 15) + 1;
    let key = || format!("{}{} ({a})", KEYS[usize::from(a % 12)], i32::from(a / 12) - 1);
    match status {
        0x90..=0x9f if b > 0 => format!("{channel:>2}  note on   {}  velocity {b}", key()),
        0x80..=0x9f => format!("{channel:>2}  note off  {}  velocity {b}", key()),
        0xa0..=0xaf => format!("{channel:>2}  pressure  {}  {b}", key()),
        0xb0..=0xbf => format!("{channel:>2}  control   {a}{}  {b}", named(a)),
        0xc0..=0xcf => format!("{channel:>2}  program   {a}"),
        0xd0..=0xdf => format!("{channel:>2}  pressure  {a}"),
        0xe0..=0xef => {
            let bend = (i32::from(b) << 7 | i32::from(a)) - 8192;
            format!("{channel:>2}  bend      {bend:+}")
        }
        0xf0 => exclusive(bytes),
        0xf1 => format!("    time code quarter frame {a}"),
        0xf2 => format!("    song position {}", u32::from(b) << 7 | u32::from(a)),
        0xf3 => format!("    song {a}"),
        0xf6 => "    tune request".into(),
        0xf8 => "    clock".into(),
        0xfa => "    start".into(),
        0xfb => "    continue".into(),
        0xfc => "    stop".into(),
        0xfe => "    active sensing".into(),
        0xff => "    reset".into(),
        _ => format!("    {status:02x} is not defined"),
    }
}

/// The name of a controller that has a usual one ("MIDI 1.0 Control Change Messages", MIDI Manufacturers
/// Association).
fn named(number: u8) -> &'static str {
    match number {
        0 => " (bank)",
        1 => " (modulation)",
        2 => " (breath)",
        5 => " (portamento time)",
        6 => " (data entry)",
        7 => " (volume)",
        10 => " (pan)",
        11 => " (expression)",
        32 => " (bank, fine)",
        38 => " (data entry, fine)",
        64 => " (sustain)",
        65 => " (portamento)",
        66 => " (sostenuto)",
        67 => " (soft)",
        71 => " (resonance)",
        74 => " (brightness)",
        98 => " (NRPN, fine)",
        99 => " (NRPN)",
        100 => " (RPN, fine)",
        101 => " (RPN)",
        120 => " (all sound off)",
        121 => " (reset controllers)",
        123 => " (all notes off)",
        _ => "",
    }
}

/// Bytes of a long message that are shown.
const SHOWN: usize = 24;

fn exclusive(bytes: &[u8]) -> String {
    let shown: Vec<String> = bytes.iter().take(SHOWN).map(|b| format!("{b:02x}")).collect();
    let more = if bytes.len() > SHOWN { " ..." } else { "" };
    format!("    exclusive, {} bytes: {}{more}", bytes.len(), shown.join(" "))
}

#[cfg(test)]
mod tests {
    use super::say;

    #[test]
    fn messages_are_read_as_a_player_would_say_them() {
        for (bytes, said) in [
            (&[0x90, 60, 100][..], " 1  note on   c4 (60)  velocity 100"),
            (&[0x9f, 61, 0], "16  note off  c#4 (61)  velocity 0"),
            (&[0xb2, 64, 127], " 3  control   64 (sustain)  127"),
            (&[0xe0, 0, 64], " 1  bend      +0"),
            (&[0xe0, 127, 127], " 1  bend      +8191"),
            (&[0xc9, 5], "10  program   5"),
            (&[0xf2, 1, 1], "    song position 129"),
            (&[0xf0, 0x7e, 0xf7], "    exclusive, 3 bytes: f0 7e f7"),
            (&[], "    00 is not defined"),
        ] {
            assert_eq!(say(bytes), said);
        }
    }
}
