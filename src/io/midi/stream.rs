//! Bytes of a MIDI connection as messages: running status, system exclusive data in pieces, realtime bytes anywhere.
//!
//! "MIDI 1.0 Detailed Specification" (MIDI Manufacturers Association, 1996), sections "Data format" and "System
//! exclusive messages"; its appendix has the rules for what is broken off.

/// Most bytes of a system exclusive message; a longer one is dropped whole.
pub const LONGEST: usize = 65_536;

/// A message, as long as it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// Status and up to two data bytes (0 where there are none).
    Short([u8; 3]),
    /// A whole system exclusive message, with F0 and F7.
    Exclusive(&'a [u8]),
}

/// Reads one connection. Allocates only when it is made: it is fed on realtime threads.
pub struct Stream {
    /// What data bytes belong to; 0 is nothing.
    status: u8,
    data: [u8; 2],
    /// Data bytes that are there.
    filled: usize,
    exclusive: Vec<u8>,
    /// In the middle of a system exclusive message.
    inside: bool,
    /// The one inside is too long.
    over: bool,
}

impl Default for Stream {
    fn default() -> Self {
        let exclusive = Vec::with_capacity(LONGEST);
        Stream { status: 0, data: [0; 2], filled: 0, exclusive, inside: false, over: false }
    }
}

impl Stream {
    /// Takes bytes in and gives every message that is complete to `f`. What is broken off is dropped, and the next
    /// status byte begins anew.
    pub fn feed(&mut self, bytes: &[u8], mut f: impl FnMut(Message)) {
        for &byte in bytes {
            match byte {
                // Realtime messages stand anywhere and disturb nothing.
                0xf8..=0xff => f(Message::Short([byte, 0, 0])),
                0xf7 => self.end(&mut f),
                0xf0 => {
                    self.begin(0);
                    (self.inside, self.over) = (true, false);
                    self.exclusive.clear();
                    self.exclusive.push(byte);
                }
                0x80.. => {
                    self.begin(byte);
                    if length(byte) == 0 {
                        self.status = 0;
                        f(Message::Short([byte, 0, 0]));
                    }
                }
                _ if self.inside => {
                    // One place is left for the end.
                    let room = self.exclusive.len() + 1 < self.exclusive.capacity();
                    self.over |= !room;
                    if room {
                        self.exclusive.push(byte);
                    }
                }
                _ => self.data(byte, &mut f),
            }
        }
    }

    /// A status byte: what was open is broken off.
    fn begin(&mut self, status: u8) {
        (self.status, self.filled, self.inside) = (status, 0, false);
    }

    fn end(&mut self, f: &mut impl FnMut(Message)) {
        if self.inside && !self.over {
            self.exclusive.push(0xf7);
            f(Message::Exclusive(&self.exclusive));
        }
        self.begin(0);
    }

    fn data(&mut self, byte: u8, f: &mut impl FnMut(Message)) {
        if self.status == 0 {
            return;
        }
        self.data[self.filled] = byte;
        self.filled += 1;
        if self.filled == length(self.status) {
            let [a, b] = self.data;
            let b = if self.filled == 2 { b } else { 0 };
            self.filled = 0;
            f(Message::Short([self.status, a, b]));
            if self.status >= 0xf0 {
                // Only the messages of channels have a running status.
                self.status = 0;
            }
        }
    }
}

/// Data bytes behind a status.
#[must_use]
pub fn length(status: u8) -> usize {
    match status {
        0xc0..=0xdf | 0xf1 | 0xf3 => 1,
        0x80..=0xef | 0xf2 => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        let (mut stream, mut all) = (Stream::default(), Vec::new());
        for piece in pieces {
            stream.feed(piece, |message| {
                all.push(match message {
                    Message::Short(bytes) => bytes[..=length(bytes[0])].to_vec(),
                    Message::Exclusive(bytes) => bytes.to_vec(),
                });
            });
        }
        all
    }

    #[test]
    fn row_27_whatever_is_broken_off_the_next_note_plays() {
        let note = [0x90, 60, 100];
        // Running status, with a clock between the bytes of a note.
        let got = read(&[&[0x90, 60, 100, 62, 0xf8, 100, 0xfe, 64, 0]]);
        assert_eq!(got, [&[0x90, 60, 100][..], &[0xf8], &[0x90, 62, 100], &[0xfe], &[0x90, 64, 0]]);
        // System exclusive data in pieces, with a clock inside.
        let got = read(&[&[0xf0, 1, 2], &[3, 0xf8, 4], &[0xf7], &note]);
        assert_eq!(got, [&[0xf8][..], &[0xf0, 1, 2, 3, 4, 0xf7], &note]);
        // Cut off by a note; and by another that is whole; data without a status; an end without a beginning.
        assert_eq!(read(&[&[0xf0, 1, 2], &note]), [note]);
        assert_eq!(read(&[&[0xf0, 1, 0xf0, 2, 0xf7]]), [[0xf0, 2, 0xf7]]);
        assert_eq!(read(&[&[1, 2, 3], &note]), [note]);
        assert_eq!(read(&[&[0xf7, 0xf7], &note]), [note]);
        // A note cut off by another, by a system message, by an undefined status.
        assert_eq!(read(&[&[0x90, 60], &note]), [note]);
        assert_eq!(read(&[&[0x90, 60, 0xf6], &note]), [&[0xf6][..], &note]);
        assert_eq!(read(&[&[0xf4, 1, 0xf5, 2], &note])[2..], [note.to_vec()]);
        // No running status after a system message.
        assert_eq!(read(&[&[0xf2, 1, 2, 3, 4], &note]), [[0xf2, 1, 2], note]);
        assert_eq!(read(&[&[0xc3, 5, 6]]), [[0xc3, 5], [0xc3, 6]]);
    }

    #[test]
    fn an_endless_exclusive_message_is_dropped_and_takes_no_memory() {
        let mut stream = Stream::default();
        let mut heard = 0;
        stream.feed(&[0xf0], |_| heard += 1);
        for _ in 0..100 {
            stream.feed(&[1; 10_000], |_| heard += 1);
        }
        stream.feed(&[0xf7], |_| heard += 1);
        assert_eq!((heard, stream.exclusive.capacity()), (0, LONGEST));
        stream.feed(&[0x90, 60, 100], |_| heard += 1);
        assert_eq!(heard, 1);
    }

    proptest! {
        #[test]
        fn after_any_bytes_a_whole_note_plays(junk in prop::collection::vec(any::<u8>(), 0..200)) {
            let got = read(&[&junk, &[0x93, 61, 99]]);
            prop_assert_eq!(got.last().map(Vec::as_slice), Some(&[0x93, 61, 99][..]));
        }

        #[test]
        fn pieces_do_not_matter(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..200usize) {
            let cut = cut.min(bytes.len());
            prop_assert_eq!(read(&[&bytes]), read(&[&bytes[..cut], &bytes[cut..]]));
        }
    }
}
