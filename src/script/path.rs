//! Names of nodes inside a track, and parameters by path: `acid/lowpass.cutoff`.

use super::plugin::Known;
use crate::diag::nearest;
use crate::nodes::Param;
use crate::nodes::paths::names;
use crate::nodes::plugin::{KIND, NORMALISED, PLAIN};
use crate::session::plugin::Parameter;
use crate::session::{Arg, Node, NodeId, Session};

/// What is wrong, and what to do about it.
pub type PathError = (String, String);

/// Index of the instrument that `node` is, if it is one.
#[must_use]
pub fn instrument(node: &Node) -> Option<usize> {
    node.instrument()
}

/// What a path leads to.
pub enum Spot {
    /// A level or panorama of a strip.
    Fader,
    /// A parameter of a node.
    Node(NodeId, &'static Param),
    /// A parameter of a plugin: its name among the arguments of the node, and what is known of it.
    Plugin(NodeId, String, Option<Parameter>),
}

/// Sets the parameter at `path`: `strip/node.param`, or `strip/gain`, `strip/pan`, `strip/send.bus`.
/// `strip` is a track or a bus, or `master`.
///
/// # Errors
/// What is wrong with the path or the value, and what to do.
pub fn set(session: &mut Session, known: &Known, path: &str, value: Arg) -> Result<(), PathError> {
    match find(session, known, path)? {
        Spot::Plugin(id, name, _) => {
            let args = &mut session.nodes[id.0 as usize].args;
            args.remove(&format!("{NORMALISED}{name}"));
            args.insert(format!("{PLAIN}{name}"), value);
        }
        Spot::Node(id, param) => {
            session.nodes[id.0 as usize].args.insert(param.name.to_string(), value);
        }
        Spot::Fader => {
            if let Some(arg) = fader(session, path) {
                *arg = value;
            }
        }
    }
    Ok(())
}

/// What the parameter at `path` is set to; `None` if the script does not say.
///
/// # Errors
/// As [`set`].
pub fn get(
    session: &mut Session,
    known: &Known,
    path: &str,
) -> Result<(Spot, Option<Arg>), PathError> {
    let spot = find(session, known, path)?;
    let value = match &spot {
        Spot::Plugin(id, name, _) => session.node(*id).args.get(&format!("{PLAIN}{name}")).cloned(),
        Spot::Node(id, param) => session.node(*id).args.get(param.name).cloned(),
        Spot::Fader => fader(session, path).cloned(),
    };
    Ok((spot, value))
}

/// Where `path` leads.
fn find(session: &mut Session, known: &Known, path: &str) -> Result<Spot, PathError> {
    let form = || "a path is `track/effect.parameter`, such as `acid/lowpass.cutoff`".to_string();
    let (strip, rest) =
        path.split_once('/').ok_or_else(|| (format!("\"{path}\" is not a path"), form()))?;
    let output = output(session, strip)?;
    if fader(session, path).is_some() {
        return Ok(Spot::Fader);
    }
    let named = names(session, output);
    let (node, param) = rest.split_once('.').ok_or_else(|| {
        let words = ["gain", "pan"];
        match nearest(rest, words) {
            Some(near) => {
                (format!("\"{strip}\" has no `{rest}`"), format!("did you mean `{near}`?"))
            }
            None => (format!("\"{path}\" is not a path"), form()),
        }
    })?;
    let Some((_, id)) = named.iter().find(|(name, _)| name == node) else {
        let known: Vec<&str> = named
            .iter()
            .filter(|(_, id)| crate::nodes::kind_of(session.node(*id)).is_some())
            .map(|(name, _)| name.as_str())
            .collect();
        let hint = match nearest(node, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it has: {}", known.join(", ")),
        };
        return Err((format!("\"{strip}\" has nothing called `{node}`"), hint));
    };
    let target = session.node(*id);
    if target.kind == KIND {
        return of_plugin(*id, target, known, param);
    }
    let params = crate::nodes::kind_of(target).map_or(&[][..], |k| k.params);
    params.iter().find(|p| p.name == param).map(|p| Spot::Node(*id, p)).ok_or_else(|| {
        let near = nearest(param, params.iter().map(|p| p.name));
        let near = near.map(|n| format!("did you mean `{n}`? ")).unwrap_or_default();
        let all: Vec<&str> = params.iter().map(|p| p.name).collect();
        let hint = format!("{near}Parameters: {}", all.join(", "));
        (format!("`{}` has no parameter `{param}`", target.kind), hint)
    })
}

/// Where a parameter of a plugin is.
fn of_plugin(id: NodeId, node: &Node, known: &Known, name: &str) -> Result<Spot, PathError> {
    let wanted = node.text("name").unwrap_or_default();
    let Some(description) = known.get(wanted).cloned().flatten() else {
        return Ok(Spot::Plugin(id, name.to_string(), None));
    };
    let index = description.find_parameter(name)?;
    let parameter = description.parameters[index as usize].clone();
    let own = description.parameter(&parameter.name) == Some(index);
    let name = if own { parameter.name.clone() } else { format!("#{index}") };
    Ok(Spot::Plugin(id, name, Some(parameter)))
}

/// What the effects of the track, bus or master called `strip` end in.
fn output(session: &Session, strip: &str) -> Result<NodeId, PathError> {
    let track = session.tracks.iter().find(|t| t.name == strip).map(|t| t.output);
    let bus = || session.buses.iter().find(|b| b.name == strip).map(|b| b.output);
    let master = || session.master.filter(|_| strip == "master");
    track.or_else(bus).or_else(master).ok_or_else(|| {
        let tracks = session.tracks.iter().map(|t| t.name.as_str());
        let names: Vec<&str> =
            tracks.chain(session.buses.iter().map(|b| b.name.as_str())).collect();
        let hint = match nearest(strip, names.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("there are: {}", names.join(", ")),
        };
        (format!("there is no track or bus called \"{strip}\""), hint)
    })
}

/// The level or panorama that `path` names.
fn fader<'a>(session: &'a mut Session, path: &str) -> Option<&'a mut Arg> {
    let (strip, rest) = path.split_once('/')?;
    let tracks = session.tracks.iter_mut().map(|t| (&t.name, &mut t.strip));
    let mut all = tracks.chain(session.buses.iter_mut().map(|b| (&b.name, &mut b.strip)));
    let (_, mix) = all.find(|(name, _)| *name == strip)?;
    match (rest, rest.strip_prefix("send.")) {
        ("gain", _) => Some(&mut mix.gain),
        ("pan", _) => Some(&mut mix.pan),
        (_, Some(bus)) => mix.sends.iter_mut().find(|s| s.bus == bus).map(|s| &mut s.level),
        _ => None,
    }
}
