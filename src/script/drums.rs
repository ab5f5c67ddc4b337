//! `drums("house")`: a kit that plays one of the named grooves.

use super::args::{describe, text};
use super::build::{Fallible, Site, with};
use super::entries::{Entry, entry};
use super::resolver::with_std;
use super::tracks::add_track;
use super::value::{Failed, Signal, Strip};
use crate::diag::{Diagnostic, nearest};
use crate::pattern::Pattern;
use rhai::{Array, Dynamic, Engine, Map, NativeCallContext as Cx};

/// Binds it.
pub fn register(engine: &mut Engine) {
    engine.register_fn("drums", |cx: Cx, groove: &str| drums(&cx, groove, &Map::new()));
    engine.register_fn("drums", |cx: Cx, groove: &str, options: Map| drums(&cx, groove, &options));
}

const OPTIONS: [&str; 2] = ["kit", "name"];

/// Makes the track and returns it.
fn drums(cx: &Cx, groove: &str, options: &Map) -> Fallible<Dynamic> {
    let (mut kit, mut name, mut sound) = ("acoustic".to_string(), "drums".to_string(), None);
    for (option, value) in options {
        match (option.as_str(), text(value), value.clone().try_cast::<Signal>()) {
            ("kit", Some(text), _) => kit = text,
            ("kit", _, Some(signal)) => sound = Some(signal),
            ("name", Some(text), _) => name = text,
            _ if value.is::<Failed>() => {}
            (known @ ("kit" | "name"), ..) => {
                let must = if known == "kit" { "a name or a kit" } else { "a text" };
                let found = describe(value);
                let message = format!("`{known}` of `drums` must be {must}, not {found}");
                complain(cx, message, None, Site::Option(known.into()));
            }
            (other, ..) => {
                let hint = hint(other, &OPTIONS.map(String::from));
                let message = format!("`drums` has no option `{other}`");
                complain(cx, message, Some(hint), Site::Option(other.into()));
            }
        }
    }
    let names: Array = with_std(cx, "drums", "[drums::names(), drums::grooves()]")?;
    let list = |i: usize| -> Vec<String> {
        let names =
            names[i].read_lock::<Array>().map(|list| list.iter().filter_map(text).collect());
        names.unwrap_or_default()
    };
    let kits = list(0);
    for (what, wanted, known, site) in [
        ("groove", groove, list(1), Site::Index(0)),
        ("kit", kit.as_str(), kits, Site::Option("kit".into())),
    ] {
        if !known.iter().any(|name| name == wanted) {
            let message = format!("there is no {what} \"{wanted}\"");
            complain(cx, message, Some(hint(wanted, &known)), site);
            return Ok(Dynamic::from(Failed));
        }
    }
    let made: Array =
        with_std(cx, "drums", &format!("[drums::kit({kit:?}), drums::groove({groove:?})]"))?;
    let kit = sound.or(made[0].clone().try_cast::<Signal>());
    let (Some(kit), Some(pattern)) = (kit, made[1].clone().try_cast::<Pattern>()) else {
        return Ok(Dynamic::from(Failed));
    };
    Ok(with(cx, |build, at| {
        let strip = add_track(build, &name, kit.0, &at);
        if let Strip::Track(index) = strip {
            build.played.push((pattern.clone(), at));
            build.session.tracks[index].plays.push(pattern);
        }
        Dynamic::from(strip)
    }))
}

fn hint(wrong: &str, known: &[String]) -> String {
    let near = nearest(wrong, known.iter().map(String::as_str));
    let near = near.map(|n| format!("did you mean \"{n}\"? ")).unwrap_or_default();
    format!("{near}there are: {}", known.join(", "))
}

fn complain(cx: &Cx, message: String, hint: Option<String>, site: Site) {
    with(cx, |build, at| {
        let error = Diagnostic::error(message, at);
        let error = if let Some(hint) = hint { error.hint(hint) } else { error };
        build.report_at(error, site);
    });
}

/// Its page of the manual.
pub const ENTRIES: &[Entry] = &[entry(
    &["drums"],
    "Instruments and chains",
    "drums(groove, options)",
    "A track called \"drums\" on which a kit plays one of the 26 named grooves of `std/grooves` to the clock: house, \
     techno, rock, breakbeat, amen, bossa, samba, trap, dnb, ... `kit` is the name of a kit of `std/drums` (acoustic, \
     808, 909, lofi) or an instrument of your own, such as a sampler; `name` calls the track otherwise. Returns the \
     track. `drums::groove(name)` of `std/drums` is the pattern alone.",
    "drums(\"house\", #{kit: \"909\"}).gain_db(-3);",
)];
