//! The manual's pages of plugins.

use crate::script::entries::{Entry, entry};
use crate::script::perform::LIVE;

const GROUP: &str = "Plugins";

/// Their pages of the manual.
pub const ENTRIES: &[Entry] = &[
    entry(
        &["norm"],
        GROUP,
        "plugin.norm(name, value)",
        "Sets a parameter of a plugin by a value from 0 to 1, or drives it by such a signal.",
        "track(\"a\", saw(110)).fx(plugin(\"ZamDelay\").norm(\"Feedback\", 0.3));",
    ),
    entry(
        &["preset"],
        GROUP,
        "plugin.preset(file)",
        "Begins with a preset: a `.vstpreset`, or a state that `save_state` wrote.",
        "track(\"a\", saw(110)).fx(plugin(\"ZamDelay\").preset(\"hall.wav\"));",
    ),
    entry(
        &["automation"],
        GROUP,
        "plugin.automation(file)",
        "Moves parameters of a plugin along the piece, as a JSON file says: a value, or keyframes at frames (\"1000\"), \
         seconds (\"1.5s\") or parts of its length (\"50%\"), with straight lines between them.",
        "track(\"a\", saw(110)).fx(plugin(\"ZamDelay\").automation(\"hall.wav\"));",
    ),
    entry(
        &["on_change"],
        GROUP,
        "on_change(\"track/plugin\", |c| ..)",
        "Calls a function when a plugin that plays changes something of itself. `c.kind` is \"value\" (with `name`, `value` \
         in the plugin's unit, `text`), \"gesture\" (`name`, `begins`), \"values\" (a program, say), \"parameters\" (names, \
         ranges or buses), \"latency\", or \"ended\" (`text`). A text that it returns is shown; a map may have \
         `say`, and `run`: code that joins what plays. It runs on the control side, after the sound.",
        "track(\"a\", saw(110)).fx(plugin(\"ZamCompX2\").key(\"glue\")); \
         on_change(\"glue\", |c| if c.kind == \"ended\" { #{run: \"reload(\\\"glue\\\");\"} });",
    ),
    entry(
        &["midi_fx"],
        GROUP,
        "track.midi_fx(plugin)",
        "Lets the notes of a track, from patterns and from hands, go through a plugin that sends notes (an arpeggiator, \
         a chord maker) to what plays it; several go in their order.",
        "track(\"a\", instrument(|v| sine(v.freq) * v.gate)).midi_fx(plugin(\"Arpeggiator\")).play(\"c3 e3\");",
    ),
    entry(
        &["program"],
        GROUP,
        "plugin.program(which)",
        "Begins with a factory program, by its name or its number from 0 on.",
        "track(\"a\", saw(110)).fx(plugin(\"ZamDelay\").program(2));",
    ),
    entry(
        &["plugins"],
        GROUP,
        "plugins()",
        "The plugins of this machine: a list of maps with name, format, vendor, id, instrument, parameters.",
        "for p in plugins() { print(p.name); }",
    ),
];

/// Of those that are asked of the performance.
pub const COMMANDS: &[Entry] = &[
    entry(
        &["params"],
        LIVE,
        "params(plugin), params(\"track/plugin\")",
        "The parameters of a plugin: a list of maps with index, name, unit, lowest, highest, default, steps. With the \
         path of one that plays (or its key) it shows what they are now, in the plugin's own words.",
        "for p in params(plugin(\"ZamDelay\")) { print(p.name); }",
    ),
    entry(
        &["save_state"],
        LIVE,
        "save_state(\"track/plugin\", file)",
        "Saves all that makes a plugin that plays sound as it does; `.preset(file)` begins with it. The path may be its \
         key alone. Written whole or not at all.",
        "save_state(\"glue\", \"glue.state\");",
    ),
    entry(
        &["reload"],
        LIVE,
        "reload(\"track/plugin\")",
        "Starts a plugin anew with what it was set to last: after it has crashed, for example.",
        "reload(\"glue\");",
    ),
];
