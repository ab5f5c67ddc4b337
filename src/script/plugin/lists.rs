//! Plugins and their parameters as maps: `plugins()`, `params(plugin)`.

use super::node;
use crate::script::build::{Fallible, with};
use crate::script::stopwatch::Stopwatch;
use crate::script::value::Fx;
use crate::session::plugin::{Parameter, Summary};
use rhai::{Array, Dynamic, INT, Map, NativeCallContext as Cx};

/// The plugins of this machine, as maps.
pub fn all(cx: &Cx) -> Array {
    let begin = Stopwatch::start();
    let all = with(cx, |build, _| build.world.clone()).plugins();
    with(cx, |build, _| build.aside += begin.elapsed());
    let map = |d: &Summary| {
        let mut map = Map::new();
        map.insert("name".into(), d.name.clone().into());
        map.insert("format".into(), d.format.prefix().into());
        map.insert("vendor".into(), d.vendor.clone().into());
        map.insert("id".into(), d.id.clone().into());
        map.insert("instrument".into(), d.instrument.into());
        map.insert("parameters".into(), (d.parameters as INT).into());
        Dynamic::from(map)
    };
    all.iter().map(map).collect()
}

/// The parameters of a plugin, as maps.
pub fn params(cx: &Cx, fx: &Fx) -> Fallible<Array> {
    let mut fx = fx.clone();
    let name = node(&mut fx, "params")?.text("name").unwrap_or_default().to_string();
    let known = with(cx, |build, _| build.plugins.get(&name).cloned().flatten());
    let Some(description) = known else { return Ok(Array::new()) };
    let open = description.parameters.iter().zip(0..).filter(|(p, _)| p.open());
    let map = |(p, index): (&Parameter, INT)| {
        let mut map = Map::new();
        map.insert("index".into(), index.into());
        map.insert("name".into(), p.name.clone().into());
        map.insert("unit".into(), p.unit.clone().into());
        map.insert("lowest".into(), p.lowest.into());
        map.insert("highest".into(), p.highest.into());
        map.insert("default".into(), p.default.into());
        map.insert("steps".into(), INT::from(p.steps).into());
        Dynamic::from(map)
    };
    Ok(open.map(map).collect())
}
