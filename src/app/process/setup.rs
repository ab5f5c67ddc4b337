//! The chain of a job: its plugins opened, set as asked for and started, in this process.

use super::job::{Job, LinkJob, Problem, Setting, Word};
use super::source::{Input, length, whole};
use crate::plugin::chain::{Chain, Link};
use crate::plugin::{Automation, Plugin, PluginError, Setup, open, preset, words};

/// Why there is no chain.
pub enum NoChain {
    /// It cannot be as it is asked for.
    Wrong(Vec<Problem>),
    /// The sound is to blame.
    Failed(Problem),
}

/// Opens and starts the chain of a job for a sound; also the number of channels that come out.
///
/// # Errors
/// All that is wrong with it, as far as it can be opened.
pub fn chain(
    job: &Job,
    input: &Input,
    say: &mut dyn FnMut(Word),
) -> Result<(Chain, usize), NoChain> {
    let (mut links, mut problems, mut channels) = (Vec::new(), Vec::new(), input.channels);
    let mut notes = input.channels == 0;
    for (place, wanted) in job.links.iter().enumerate() {
        say(Word::Opening(place));
        let opener = || open(wanted.format, &wanted.path, &wanted.id);
        let mut link = match Link::open(&opener, channels) {
            Ok(link) => link,
            // Another sound may have channels that it takes.
            Err(error @ PluginError::Value { .. }) if problems.is_empty() => {
                return Err(NoChain::Failed(told(&error)));
            }
            Err(error) => {
                // What comes after it hears nobody knows what.
                problems.push(told(&error));
                return Err(NoChain::Wrong(problems));
            }
        };
        channels = link.outputs();
        notes &= !link.plugin().description().midi_in;
        set(&mut link, wanted, job, input, &mut problems).map_err(NoChain::Failed)?;
        links.push(link);
    }
    if notes {
        problems.push(problem("no plugin of the chain takes notes".into()));
    }
    if channels == 0 {
        problems.push(problem("the chain ends in a plugin that gives out no sound".into()));
    }
    if !problems.is_empty() {
        return Err(NoChain::Wrong(problems));
    }
    let setup = Setup { double: job.double, offline: true, ..Setup::new(f64::from(input.rate)) };
    let (mut stages, mut late) = (Vec::new(), 0);
    for (place, link) in links.into_iter().enumerate() {
        say(Word::Opening(place));
        let stage = link.start(&setup, late).map_err(|e| NoChain::Wrong(vec![told(&e)]))?;
        late += stage.latency();
        stages.push(stage);
    }
    Ok((Chain::new(stages), channels))
}

/// Does what is asked for to a link; what is wrong joins `problems`.
fn set(
    link: &mut Link,
    wanted: &LinkJob,
    job: &Job,
    input: &Input,
    problems: &mut Vec<Problem>,
) -> Result<(), Problem> {
    for setting in &wanted.settings {
        let done = match setting {
            Setting::Set(text) => assign(link, text),
            Setting::Program(text) => program(link, text),
            Setting::Preset(path) => link.each(|plugin| preset::load(plugin, path)),
            Setting::Save(path) => link.save(path),
            Setting::Sidechain(path) => {
                let sound = whole(path, input.rate)?;
                if link.listen(sound) {
                    Ok(())
                } else {
                    let reason = "has no side-chain".into();
                    Err(PluginError::Value { name: wanted.name.clone(), reason })
                }
            }
            Setting::Automation(path, text) => {
                let length = length(&job.source, input)?;
                let file = path.display();
                match Automation::parse(text) {
                    Err(e) => problems.push(problem(format!("{file}: {e}"))),
                    Ok(automation) => {
                        match automation.resolve(length, f64::from(input.rate), link.plugin()) {
                            Ok(points) => link.automate(points),
                            Err(all) => problems.extend(all.iter().map(|e| Problem {
                                message: format!("{file}: {e}"),
                                hint: e.hint(),
                            })),
                        }
                    }
                }
                Ok(())
            }
        };
        problems.extend(done.err().map(|e| told(&e)));
    }
    Ok(())
}

/// `NAME=VALUE`. A name may have an equals sign itself, so that each is tried.
fn assign(link: &mut Link, text: &str) -> Result<(), PluginError> {
    let (index, plain) = assignment(link.plugin(), text)?;
    link.each(|plugin| plugin.set(index, plain))
}

fn assignment(plugin: &dyn Plugin, text: &str) -> Result<(u32, f64), PluginError> {
    let d = plugin.description();
    let splits = text.match_indices('=').map(|(at, _)| (&text[..at], &text[at + 1..]));
    let known =
        splits.clone().find_map(|(name, value)| Some((words::parameter(d, name).ok()?, value)));
    if let Some((index, value)) = known {
        return Ok((index, words::value(plugin, index, value)?));
    }
    let first = splits.clone().next();
    let (name, _) = first.ok_or_else(|| PluginError::Value {
        name: d.name.clone(),
        reason: format!("cannot be set by `{text}`: write NAME=VALUE, for example `Gain=-6 dB`"),
    })?;
    words::parameter(d, name).map(|index| (index, 0.0))
}

fn program(link: &mut Link, text: &str) -> Result<(), PluginError> {
    let d = link.plugin().description();
    let named = d.programs.iter().position(|name| name.eq_ignore_ascii_case(text));
    let number = named.or_else(|| text.parse().ok()).filter(|n| *n < d.programs.len());
    let Some(number) = number else {
        let has = match d.programs.as_slice() {
            [] => "it has none".into(),
            programs => format!("it has {}", programs.join(", ")),
        };
        let reason = format!("has no program `{text}`: {has}");
        return Err(PluginError::Value { name: d.name.clone(), reason });
    };
    link.each(|plugin| plugin.program(number))
}

fn told(error: &PluginError) -> Problem {
    Problem { message: error.to_string(), hint: error.hint() }
}

fn problem(message: String) -> Problem {
    Problem { message, hint: None }
}
