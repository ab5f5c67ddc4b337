//! The command `midi`: the MIDI ports there are, and what comes in on them.

use super::interrupt::interrupted;
use super::{Failure, note};
use crate::io::midi::{Ear, Event, JACK, Listed, NATIVE, Wanted, Way, open, ports};
use crate::midi::say::say;
use crate::session::port::KEYBOARD;
use std::time::{Duration, Instant};

/// Arguments of `midi`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct MidiArgs {
    #[command(subcommand)]
    command: Option<MidiCommand>,
}

/// What is done with the ports.
#[derive(Clone, Debug, clap::Subcommand)]
enum MidiCommand {
    /// List the ports there are (also without a command)
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print what comes in, until Ctrl-C
    Monitor {
        /// Part of the name of the port to listen to (all ports otherwise)
        #[arg(value_name = "PORT")]
        port: Option<String>,
        /// The system of the ports: jack, or that of the operating system
        #[arg(long, value_name = "NAME", value_parser = [JACK, NATIVE])]
        system: Option<String>,
        /// Print a line of JSON a message
        #[arg(long)]
        json: bool,
        /// Stop after this many seconds
        #[arg(long = "for", value_name = "SECONDS")]
        seconds: Option<f64>,
    },
}

/// Lists or monitors the ports.
///
/// # Errors
/// If there is no MIDI to listen to.
pub fn midi(args: &MidiArgs) -> Result<(), Failure> {
    match &args.command {
        None => list(false),
        Some(MidiCommand::List { json }) => list(*json),
        Some(MidiCommand::Monitor { port, system, json, seconds }) => {
            monitor(port.as_deref(), system.as_deref(), *json, *seconds)
        }
    }
}

fn list(json: bool) -> Result<(), Failure> {
    let ports = ports();
    if json {
        let text = serde_json::to_string_pretty(&ports);
        println!("{}", text.map_err(|e| Failure::message(e.to_string()))?);
        return Ok(());
    }
    for (way, title) in [(Way::In, "To listen to"), (Way::Out, "To play")] {
        println!("{title}");
        let some: Vec<&Listed> = ports.iter().filter(|p| p.way == way).collect();
        for port in &some {
            println!("  {:<8} {}", port.system, port.name);
        }
        if some.is_empty() {
            println!("  none");
        }
        if way == Way::In {
            println!(
                "  {:<8} {KEYBOARD} (with `live --keys`, or `:keys` at the prompt)",
                "terminal"
            );
        }
    }
    if ports.is_empty()
        && let Err(why) = open(None, None)
    {
        note(&why);
    }
    Ok(())
}

/// The ports that are listened to: each by itself, so that what comes in can be told apart.
fn wanted(port: Option<&str>) -> Vec<Wanted> {
    let want = |(number, name): (u8, String)| Wanted { way: Way::In, number, name, own: false };
    match port {
        Some(name) => vec![want((0, name.to_string()))],
        None => {
            let names = ports().into_iter().filter(|p| p.way == Way::In).map(|p| p.name);
            (0..32).zip(names).map(want).collect()
        }
    }
}

fn monitor(
    port: Option<&str>,
    system: Option<&str>,
    json: bool,
    seconds: Option<f64>,
) -> Result<(), Failure> {
    let wanted = wanted(port);
    let ports = open(system, None).map_err(|why| Failure::message(format!("no MIDI: {why}")))?;
    ports.want(wanted.clone());
    if wanted.is_empty() {
        note(
            "there is no port to listen to; one that comes later needs its name: `midi monitor NAME`",
        );
    }
    let begin = Instant::now();
    // The wires stay in hand: a system without its other ends has nowhere to put what comes in.
    let (mut ear, mut wires): (Option<Box<Ear>>, _) = (None, None);
    let mut first = None;
    while !interrupted() && seconds.is_none_or(|s| begin.elapsed().as_secs_f64() < s) {
        for event in ports.events() {
            match event {
                Event::Wires(new, hears) => (wires, ear) = (Some(new), Some(hears)),
                Event::Connected { name, .. } => note(&format!("listening to {name}")),
                Event::Gone { name, .. } => note(&format!("{name} is gone")),
                Event::Missing { wanted, there } => note(&super::live::missing(&wanted, &there)),
                Event::Flood { wanted } => note(&format!("{} sends too much", wanted.name)),
                Event::Ended { .. } => {}
                Event::Failed(why) => note(&why),
            }
        }
        if let Some(wires) = &mut wires {
            wires.drain();
        }
        while let Some(heard) = ear.as_mut().and_then(|ear| ear.hear()) {
            let micros = heard.micros - *first.get_or_insert(heard.micros);
            let name = wanted.get(usize::from(heard.port)).map_or("", |w| w.name.as_str());
            if json {
                let text = say(&heard.bytes);
                let line = serde_json::json!({
                    "micros": micros, "port": name, "bytes": heard.bytes, "text": text.trim(),
                });
                println!("{line}");
            } else {
                println!("{:>12.6}  {name}  {}", micros as f64 / 1e6, say(&heard.bytes));
            }
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    Ok(())
}
