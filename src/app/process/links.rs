//! The options that belong to the `--plugin` before them on the command line.

use super::job::Setting;
use clap::{Arg, ArgAction, ArgMatches, Command, error::ErrorKind};
use std::path::PathBuf;

/// The chain as it stands on the command line: names of plugins with what is done to each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChainArgs(pub Vec<(String, Vec<Setting>)>);

/// Name, value and help of the options that follow a `--plugin`.
const OPTIONS: [(&str, &str, &str); 7] = [
    (
        "set",
        "NAME=VALUE",
        "Set a parameter of the plugin before: 'Delay=250 ms', '#3=0.5', 'Mix=50%'",
    ),
    (
        "preset",
        "FILE",
        "Load a preset into the plugin before: .vstpreset, a saved state, or what the plugin reads itself",
    ),
    ("state", "FILE", "Load a state that --save or a script has saved into the plugin before"),
    (
        "program",
        "NAME",
        "Choose a factory program of the plugin before, by name or by number from 0",
    ),
    (
        "automation",
        "FILE",
        "Move parameters of the plugin before along the keyframes of a JSON file",
    ),
    ("sidechain", "FILE", "Let the side-chain of the plugin before hear a sound file"),
    (
        "save",
        "FILE",
        "Save what the plugin before is set to by then, as .vstpreset (VST3) or as a state of any other name",
    ),
];

fn setting(option: &str, value: &str) -> Setting {
    let path = || PathBuf::from(value);
    match option {
        "set" => Setting::Set(value.into()),
        "program" => Setting::Program(value.into()),
        "automation" => Setting::Automation(path(), String::new()),
        "sidechain" => Setting::Sidechain(path()),
        "save" => Setting::Save(path()),
        _ => Setting::Preset(path()),
    }
}

impl clap::Args for ChainArgs {
    fn augment_args(command: Command) -> Command {
        let plugin = Arg::new("plugin")
            .long("plugin")
            .value_name("NAME")
            .required(true)
            .action(ArgAction::Append)
            .help("A plugin: its name, `vst3:NAME` or `clap:NAME`, its id or its path; several make a chain");
        let option = |(name, value, help): (&'static str, &'static str, &'static str)| {
            let arg = Arg::new(name).long(name).value_name(value).action(ArgAction::Append);
            arg.allow_hyphen_values(true).help(help)
        };
        command.arg(plugin).args(OPTIONS.map(option))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for ChainArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<ChainArgs, clap::Error> {
        let mut all: Vec<(usize, &str, &String)> = Vec::new();
        for name in OPTIONS.iter().map(|o| o.0).chain(["plugin"]) {
            let values = matches.get_many::<String>(name).into_iter().flatten();
            let places = matches.indices_of(name).into_iter().flatten();
            all.extend(places.zip(values).map(|(place, value)| (place, name, value)));
        }
        all.sort_unstable();
        let mut chain: Vec<(String, Vec<Setting>)> = Vec::new();
        for (_, name, value) in all {
            match (name, chain.last_mut()) {
                ("plugin", _) => chain.push((value.clone(), Vec::new())),
                (name, Some((_, settings))) => settings.push(setting(name, value)),
                (name, None) => {
                    let why = format!("--{name} stands before the --plugin that it is for\n");
                    return Err(clap::Error::raw(ErrorKind::ArgumentConflict, why));
                }
            }
        }
        Ok(ChainArgs(chain))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
