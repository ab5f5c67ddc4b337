//! The form of automation files, read so that an error has its place.

use super::{Automation, Key, Time, Word};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;

impl Time {
    fn read(text: &str) -> Result<Time, String> {
        let text = text.trim();
        let (digits, kind): (&str, fn(f64) -> Time) = match text.as_bytes() {
            [.., b'%'] => (&text[..text.len() - 1], Time::Percent),
            [.., b's'] => (&text[..text.len() - 1], Time::Seconds),
            _ => (text, Time::Frame),
        };
        match digits.trim().parse() {
            Ok(x) if (0.0..1e15).contains(&x) => Ok(kind(x)),
            _ => Err(format!(
                "`{text}` is no time: write frames (\"1000\"), seconds (\"1.5s\") or a part of the length (\"50%\")"
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Automation {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Automation, D::Error> {
        from.deserialize_map(File)
    }
}

struct File;

impl<'de> Visitor<'de> for File {
    type Value = Automation;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object with a parameter a line")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Automation, A::Error> {
        let mut lanes: Vec<(String, Vec<Key>)> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if lanes.iter().any(|(known, _)| *known == name) {
                return Err(de::Error::custom(format!("`{name}` stands here twice")));
            }
            let Keys(keys) = map.next_value()?;
            lanes.push((name, keys));
        }
        Ok(Automation { lanes })
    }
}

struct Keys(Vec<Key>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Keys, D::Error> {
        from.deserialize_any(Lane { inner: false })
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Word, D::Error> {
        let Keys(mut keys) = from.deserialize_any(Lane { inner: true })?;
        keys.pop().map(|key| key.value).ok_or_else(|| de::Error::custom("a value is missing"))
    }
}

/// A value; or, where it is not within keyframes, keyframes.
struct Lane {
    inner: bool,
}

impl Lane {
    fn one(value: Word) -> Keys {
        Keys(vec![Key { at: Time::Frame(0.0), value }])
    }
}

impl<'de> Visitor<'de> for Lane {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let keys = if self.inner { "" } else { ", or keyframes such as {\"0\": 1, \"2s\": 5}" };
        write!(f, "a number or a text{keys}")
    }

    fn visit_f64<E>(self, x: f64) -> Result<Keys, E> {
        Ok(Lane::one(Word::Number(x)))
    }

    fn visit_i64<E>(self, x: i64) -> Result<Keys, E> {
        Ok(Lane::one(Word::Number(x as f64)))
    }

    fn visit_u64<E>(self, x: u64) -> Result<Keys, E> {
        Ok(Lane::one(Word::Number(x as f64)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Keys, E> {
        Ok(Lane::one(Word::Text(text.into())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
        if self.inner {
            return Err(de::Error::invalid_type(de::Unexpected::Map, &self));
        }
        let mut keys = Vec::new();
        while let Some(time) = map.next_key::<String>()? {
            let at = Time::read(&time).map_err(de::Error::custom)?;
            keys.push(Key { at, value: map.next_value()? });
        }
        if keys.is_empty() {
            return Err(de::Error::custom("there are no keyframes"));
        }
        Ok(Keys(keys))
    }
}
