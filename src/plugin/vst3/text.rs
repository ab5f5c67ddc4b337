//! Text as VST3 has it: 16-bit units or bytes in places of fixed size, ended by a zero.

use std::ffi::c_char;

/// Text of a place of 16-bit units.
pub fn from_wide(place: &[u16]) -> String {
    let end = place.iter().position(|&unit| unit == 0).unwrap_or(place.len());
    String::from_utf16_lossy(&place[..end]).trim().to_string()
}

/// Writes text into a place of 16-bit units; what is too long is cut off.
pub fn to_wide(text: &str, place: &mut [u16]) {
    place.fill(0);
    let room = place.len().saturating_sub(1);
    for (to, from) in place.iter_mut().take(room).zip(text.encode_utf16()) {
        *to = from;
    }
}

/// Text of a place of bytes.
pub fn from_narrow(place: &[c_char]) -> String {
    let bytes: Vec<u8> = place.iter().take_while(|&&c| c != 0).map(|&c| c as u8).collect();
    String::from_utf8_lossy(&bytes).trim().to_string()
}

/// A class id as 32 hexadecimal digits.
pub fn hex(id: &[c_char; 16]) -> String {
    id.iter().map(|&byte| format!("{:02X}", byte as u8)).collect()
}
