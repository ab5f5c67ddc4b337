//! Loop points and root notes: the sampler chunks of WAV and AIFF files.
//!
//! Sources: "New Multimedia Data Types and Data Techniques", Microsoft and IBM 1994 (`smpl`,
//! `inst`); "Audio Interchange File Format: AIFF", Apple 1989 (`MARK`, `INST`).

use super::{FileError, LoopKind, LoopPoint};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Chunks looked at before the rest of a file is ignored; real files have under twenty.
const MAX_CHUNKS: usize = 1024;
/// Bytes read of any one sampler chunk: room for 64 loops or some 500 markers.
const MAX_CHUNK_BYTES: u64 = 16 * 1024;

/// What a file says about playing it as an instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SamplerChunks {
    /// Loops in file order, unchecked against the file's length.
    pub(super) loops: Vec<LoopPoint>,
    /// MIDI note at which the recording sounds unshifted.
    pub(super) root_key: Option<u8>,
}

/// What the chunks of a WAV or AIFF file say besides format and audio; nothing in other files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FileChunks {
    /// How to play it as an instrument.
    pub(super) sampler: SamplerChunks,
    /// Byte offset of the `data` chunk's length, if the program that wrote the WAV file did not
    /// come to fill it in: it wrote to a pipe (both lengths are the largest) or was killed (both are 0).
    pub(super) unfinished_at: Option<u64>,
}

/// Reads the chunks of a WAV or AIFF file.
///
/// Damaged or oversized chunks are passed over: they never stop a file from being decoded.
pub(super) fn read_chunks(path: &Path) -> Result<FileChunks, FileError> {
    let file = File::open(path).map_err(|e| FileError::read(path, e))?;
    let mut input = BufReader::new(file);
    let mut found = Found::default();
    match walk(&mut input, &mut found) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {}
        Err(e) => return Err(FileError::read(path, e)),
    }
    Ok(FileChunks { unfinished_at: found.unfinished_at, sampler: found.resolve() })
}

/// Raw chunk bodies, kept until all are seen because AIFF loops name markers of another chunk.
#[derive(Default)]
struct Found {
    unfinished_at: Option<u64>,
    smpl: Vec<u8>,
    wav_inst: Vec<u8>,
    marks: Vec<u8>,
    aiff_inst: Vec<u8>,
}

fn walk(input: &mut (impl Read + Seek), found: &mut Found) -> io::Result<()> {
    let mut header = [0_u8; 12];
    input.read_exact(&mut header)?;
    let big_endian = match (&header[..4], &header[8..]) {
        (b"RIFF" | b"RF64" | b"BW64", b"WAVE") => false,
        (b"FORM", b"AIFF" | b"AIFC") => true,
        _ => return Ok(()),
    };
    for _ in 0..MAX_CHUNKS {
        let mut head = [0_u8; 8];
        input.read_exact(&mut head)?;
        let size = [head[4], head[5], head[6], head[7]];
        let size = if big_endian { u32::from_be_bytes(size) } else { u32::from_le_bytes(size) };
        if &head[..4] == b"data" && !big_endian {
            let same_as_riff = header[4..8] == head[4..8];
            if same_as_riff && (size == 0 || size == u32::MAX) {
                found.unfinished_at = Some(input.stream_position()? - 4);
                return Ok(()); // nothing can follow
            }
        }
        let size = u64::from(size);
        let slot = match (&head[..4], big_endian) {
            (b"smpl", false) => Some(&mut found.smpl),
            (b"inst", false) => Some(&mut found.wav_inst),
            (b"MARK", true) => Some(&mut found.marks),
            (b"INST", true) => Some(&mut found.aiff_inst),
            _ => None,
        };
        let mut rest = size + (size & 1); // chunks are padded to an even length
        if let Some(body) = slot {
            body.clear();
            let wanted = size.min(MAX_CHUNK_BYTES);
            rest -= input.by_ref().take(wanted).read_to_end(body)? as u64;
        }
        input.seek(SeekFrom::Current(rest as i64))?;
    }
    Ok(())
}

impl Found {
    fn resolve(self) -> SamplerChunks {
        let mut result = SamplerChunks::default();
        if let Some(key) = u32_le(&self.smpl, 12) {
            result.root_key = u8::try_from(key).ok().filter(|&k| k < 128);
            result.loops = wav_loops(&self.smpl);
        }
        if result.root_key.is_none() {
            let inst = if self.wav_inst.is_empty() { &self.aiff_inst } else { &self.wav_inst };
            result.root_key = inst.first().copied().filter(|&k| k < 128);
        }
        if self.aiff_inst.len() >= 20 {
            result.loops.extend(aiff_sustain_loop(&self.aiff_inst, &aiff_markers(&self.marks)));
        }
        result
    }
}

fn wav_loops(smpl: &[u8]) -> Vec<LoopPoint> {
    let count = u32_le(smpl, 28).unwrap_or(0) as usize;
    smpl.get(36..)
        .unwrap_or_default()
        .chunks_exact(24)
        .take(count)
        .filter_map(|raw| {
            Some(LoopPoint {
                kind: match u32_le(raw, 4)? {
                    1 => LoopKind::PingPong,
                    2 => LoopKind::Backward,
                    _ => LoopKind::Forward,
                },
                start: u64::from(u32_le(raw, 8)?),
                end: u64::from(u32_le(raw, 12)?) + 1, // the chunk names the last frame
                count: Some(u32_le(raw, 20)?).filter(|&n| n > 0),
            })
        })
        .collect()
}

/// (id, frame) of each marker.
fn aiff_markers(marks: &[u8]) -> Vec<(u16, u64)> {
    let mut markers = Vec::new();
    let mut at = 2;
    while let (Some(id), Some(frame), Some(&name)) =
        (u16_be(marks, at), u32_be(marks, at + 2), marks.get(at + 6))
    {
        markers.push((id, u64::from(frame)));
        at += 6 + ((usize::from(name) + 2) & !1); // a counted string, padded to an even length
    }
    markers
}

fn aiff_sustain_loop(inst: &[u8], markers: &[(u16, u64)]) -> Option<LoopPoint> {
    let frame = |id: u16| markers.iter().find(|m| m.0 == id).map(|m| m.1);
    let kind = match u16_be(inst, 8)? {
        1 => LoopKind::Forward,
        2 => LoopKind::PingPong,
        _ => return None,
    };
    // Markers lie between frames, so the end is exclusive already.
    Some(LoopPoint {
        start: frame(u16_be(inst, 10)?)?,
        end: frame(u16_be(inst, 12)?)?,
        kind,
        count: None,
    })
}

/// Appends a `smpl` chunk to a complete WAV file and corrects the RIFF length.
pub(super) fn append_sampler_chunk(
    file: &mut File,
    rate: u32,
    chunks: &SamplerChunks,
) -> io::Result<()> {
    if chunks.loops.is_empty() && chunks.root_key.is_none() {
        return Ok(());
    }
    let end = file.seek(SeekFrom::End(0))?;
    let mut bytes = vec![0_u8; (end & 1) as usize];
    bytes.extend_from_slice(b"smpl");
    let loops = chunks.loops.len() as u32;
    let nanoseconds_per_frame = 1_000_000_000 / rate.max(1);
    let root_key = u32::from(chunks.root_key.unwrap_or(60));
    for field in [36 + 24 * loops, 0, 0, nanoseconds_per_frame, root_key, 0, 0, 0, loops, 0] {
        bytes.extend_from_slice(&field.to_le_bytes());
    }
    for (id, point) in chunks.loops.iter().enumerate() {
        let kind = match point.kind {
            LoopKind::Forward => 0,
            LoopKind::PingPong => 1,
            LoopKind::Backward => 2,
        };
        let (first, last) = (point.start as u32, (point.end - 1) as u32);
        for field in [id as u32, kind, first, last, 0, point.count.unwrap_or(0)] {
            bytes.extend_from_slice(&field.to_le_bytes());
        }
    }
    file.write_all(&bytes)?;
    let riff_size = (end + bytes.len() as u64 - 8) as u32;
    file.seek(SeekFrom::Start(4))?;
    file.write_all(&riff_size.to_le_bytes())
}

fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u16_be(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}
