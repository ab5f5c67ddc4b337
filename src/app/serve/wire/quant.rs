//! When code is heard, on the wire: `"bar"`, `"now"` or a number of beats.

use crate::engine::live::Quant;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Moment {
    Beats(f64),
    Word(String),
}

#[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
pub fn serialize<S: Serializer>(quant: &Option<Quant>, to: S) -> Result<S::Ok, S::Error> {
    quant
        .map(|quant| match quant {
            // Frames are the session's own affair.
            Quant::Now | Quant::At(_) => Moment::Word("now".into()),
            Quant::Bar => Moment::Word("bar".into()),
            Quant::Beats(beats) => Moment::Beats(beats),
        })
        .serialize(to)
}

pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Quant>, D::Error> {
    let text = match Option::<Moment>::deserialize(from) {
        Ok(None) => return Ok(None),
        Ok(Some(Moment::Beats(beats))) => beats.to_string(),
        Ok(Some(Moment::Word(word))) => word,
        Err(_) => String::new(),
    };
    let wrong = |why| serde::de::Error::custom(format!("wrong `quant`: {why}"));
    crate::app::live::quant(&text).map(Some).map_err(wrong)
}
