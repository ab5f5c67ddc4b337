//! The command `devices`: the sound devices there are, what they can do, and which one plays by default.

use super::Failure;
use crate::io::audio::{DeviceInfo, NULL, devices as list};

/// Arguments of `devices`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DevicesArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints the sound devices to standard output: as a table, or as a JSON list.
///
/// # Errors
/// If the list cannot be written.
pub fn devices(args: &DevicesArgs) -> Result<(), Failure> {
    let devices = list();
    if args.json {
        let text = serde_json::to_string_pretty(&devices);
        println!("{}", text.map_err(|e| Failure::message(e.to_string()))?);
    } else {
        print!("{}", table(&devices));
    }
    Ok(())
}

/// The sound devices as a table for people.
#[must_use]
pub fn text() -> String {
    table(&list())
}

/// The table for people: a host a paragraph, a device a line, `*` before the default.
fn table(devices: &[DeviceInfo]) -> String {
    let width = devices.iter().map(|device| device.id.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    let mut host = "";
    for device in devices {
        if device.host != host {
            host = &device.host;
            text += &format!("{host}\n");
        }
        let mark = if device.default { '*' } else { ' ' };
        text += &format!("{mark} {:<width$}  {}", device.id, device.name);
        if device.host != NULL {
            text += &format!("  ({})", ability(device));
        }
        text.push('\n');
    }
    text + "\n* plays where no --device is given. --device takes an id or a part of a name.\n"
}

/// What a device can do, in a few words.
fn ability(device: &DeviceInfo) -> String {
    if device.busy {
        return "busy: another program has it".into();
    }
    let mut words = Vec::new();
    for (channels, way) in [(device.outputs, "out"), (device.inputs, "in")] {
        if channels > 0 {
            words.push(format!("{channels} {way}"));
        }
    }
    let rates: Vec<String> = device.rates.iter().map(u32::to_string).collect();
    words.push(format!("{} Hz", rates.join(" ")));
    match device.buffer {
        Some((min, max)) if min == max => words.push(format!("{min} frames")),
        Some((min, max)) => words.push(format!("{min}-{max} frames")),
        None => {}
    }
    words.join(", ")
}
