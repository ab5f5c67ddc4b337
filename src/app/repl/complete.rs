//! What may follow in the line that is typed: names, options, texts that name something.

use crate::nodes::ParamKind;
use crate::script::doc;
use std::collections::BTreeMap;

/// What there is to be named, besides what the manual knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Functions and variables of the script.
    pub own: Vec<String>,
    /// Tracks.
    pub tracks: Vec<String>,
    /// Buses.
    pub buses: Vec<String>,
    /// Parameters by path: `acid/lowpass.cutoff`.
    pub params: Vec<String>,
    /// Functions of the script and of the modules that it imports, with the parameters that a call of `dsp` can set.
    pub functions: BTreeMap<String, Vec<String>>,
    /// Imported modules by the name that the script gives them, and their functions.
    pub modules: BTreeMap<String, Vec<String>>,
    /// Modules of the standard library.
    pub library: Vec<String>,
    /// Drum kits.
    pub kits: Vec<String>,
    /// Sound files below the script's folder.
    pub files: Vec<String>,
    /// Plugins of this machine.
    pub plugins: Vec<String>,
    /// Plugins that play, by path; and the names of the parameters of each plugin that a script has named.
    pub hosted: Vec<String>,
    /// See `hosted`.
    pub knobs: BTreeMap<String, Vec<String>>,
}

/// Where the end of a line stands.
#[derive(Debug, PartialEq, Eq)]
enum Site<'a> {
    /// In a text, the argument `index` of a call (or the value of an option of it).
    Text { begin: usize, call: &'a str, index: usize, option: Option<&'a str> },
    /// At the name of an option of a call that is given all this before.
    Option { begin: usize, call: &'a str, given: &'a str },
    /// Behind `module::`.
    Member { begin: usize, module: &'a str },
    /// At any other word.
    Word { begin: usize },
}

/// A bracket that is open: the function before it, its arguments so far, the word before a `:`.
struct Open<'a> {
    map: bool,
    call: &'a str,
    index: usize,
    key: Option<&'a str>,
    /// Where the arguments begin, and the present one, or key.
    from: usize,
    begin: usize,
}

fn last_word(text: &str) -> &str {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    &text[text.trim_end_matches(part).len()..]
}

fn site(line: &str) -> Site<'_> {
    let (mut open, mut text): (Vec<Open>, Option<usize>) = (Vec::new(), None);
    for (at, c) in line.char_indices() {
        if text.is_some() {
            if c == '"' {
                text = None;
            }
            continue;
        }
        match c {
            '"' => text = Some(at + 1),
            '(' | '[' => {
                let call = last_word(line[..at].trim_end());
                let (from, begin) = (at + 1, at + 1);
                open.push(Open { map: false, call, index: 0, key: None, from, begin });
            }
            '{' => {
                let map = line[..at].ends_with('#');
                let (call, from) = open.last().map_or(("", at), |o| (o.call, o.from));
                open.push(Open { map, call, index: 0, key: None, from, begin: at + 1 });
            }
            ')' | ']' | '}' => drop(open.pop()),
            ',' => {
                if let Some(last) = open.last_mut() {
                    (last.index, last.key, last.begin) = (last.index + 1, None, at + 1);
                }
            }
            ':' => {
                if let Some(last) = open.last_mut().filter(|o| o.map && o.key.is_none()) {
                    last.key = Some(last_word(line[..at].trim_end()));
                }
            }
            _ => {}
        }
    }
    let last = open.last();
    let call = last.map_or("", |o| o.call);
    if let Some(begin) = text {
        let import = line[..begin - 1].trim_end().ends_with("import");
        let call = if import { "import" } else { call };
        let (index, option) = last.map_or((0, None), |o| (o.index, o.key));
        return Site::Text { begin, call, index, option };
    }
    let begin = line.len() - last_word(line).len();
    if let Some(before) = line[..begin].strip_suffix("::") {
        return Site::Member { begin, module: last_word(before) };
    }
    match last {
        Some(o) if o.map && o.key.is_none() && line[o.begin..begin].trim().is_empty() => {
            Site::Option { begin, call, given: &line[o.from..o.begin] }
        }
        _ => Site::Word { begin },
    }
}

/// What may stand in place of the end of `line`: where that begins, and the words, sorted.
pub fn complete(line: &str, known: &Known, commands: &[&str]) -> (usize, Vec<String>) {
    if line.starts_with(':') && !line.contains(' ') {
        return (0, chosen(line, commands.iter().map(|c| (*c).to_string())));
    }
    match site(line) {
        Site::Text { begin, call, index, option } => {
            let words: Box<dyn Iterator<Item = String>> = match (call, index) {
                ("set" | "norm", 0) => Box::new(knobs(&line[..begin], known)),
                _ => texts(call, index, option, known),
            };
            (begin, chosen(&line[begin..], words))
        }
        Site::Option { begin, call, given } => {
            let options = doc::options(call).iter().map(|p| p.name);
            let options = options.chain(parameters(call, given, known));
            (begin, chosen(&line[begin..], options.map(|name| format!("{name}: "))))
        }
        Site::Member { begin, module } => {
            let members = known.modules.get(module).cloned().unwrap_or_default();
            (begin, chosen(&line[begin..], members.into_iter()))
        }
        Site::Word { begin } if begin == line.len() => (begin, Vec::new()),
        Site::Word { begin } => {
            let modules = known.modules.keys().map(|name| format!("{name}::"));
            let names = doc::names().into_iter().map(String::from);
            let all = names.chain(known.own.iter().cloned()).chain(modules);
            (begin, chosen(&line[begin..], all))
        }
    }
}

/// Parameters of the functions of the script among the arguments of a call that compiles one.
fn parameters<'k>(call: &str, given: &str, known: &'k Known) -> impl Iterator<Item = &'k str> {
    let compiles = doc::COMPILES.contains(&call);
    let named = given.split(',').map(|argument| last_word(argument.trim_end()));
    let found: Vec<&Vec<String>> = named.filter_map(|name| known.functions.get(name)).collect();
    found.into_iter().filter(move |_| compiles).flatten().map(String::as_str)
}

/// Parameters of the plugin whose `.set(\"` ends a line; of all plugins that are known, if the line names none.
fn knobs<'k>(line: &str, known: &'k Known) -> impl Iterator<Item = String> + 'k {
    let named = line.rsplit_once("plugin(\"").and_then(|(_, rest)| rest.split('"').next());
    let name = named.map(str::to_lowercase);
    let meant = move |plugin: &str| name.as_ref().is_none_or(|name| plugin.to_lowercase() == *name);
    known
        .knobs
        .iter()
        .filter(move |(plugin, _)| meant(plugin))
        .flat_map(|(_, all)| all.iter().cloned())
}

/// Texts that an argument of `call` may be.
fn texts<'k>(
    call: &str,
    index: usize,
    option: Option<&str>,
    known: &'k Known,
) -> Box<dyn Iterator<Item = String> + 'k> {
    let all = |list: &'k [String]| list.iter().cloned();
    match call {
        "track" | "mute" | "unmute" | "solo" | "unsolo" | "follow" | "tap" => {
            Box::new(all(&known.tracks).chain(all(&known.buses)))
        }
        "send" | "output" | "bus" => Box::new(all(&known.buses)),
        "param" => Box::new(all(&known.params)),
        "plugin" => Box::new(all(&known.plugins)),
        "params" | "save_state" | "reload" => Box::new(all(&known.hosted)),
        "import" => Box::new(all(&known.library)),
        "kit" => Box::new(all(&known.kits)),
        "help" => Box::new(doc::names().into_iter().map(String::from)),
        "sampler" | "convolve" => Box::new(all(&known.files)),
        _ => {
            let params = doc::options(call);
            let param = match option {
                Some(name) => params.iter().find(|p| p.name == name),
                None => params.get(index),
            };
            match param.map(|p| p.kind) {
                Some(ParamKind::Choice(words)) => Box::new(words.iter().map(|w| (*w).to_string())),
                _ => Box::new(std::iter::empty()),
            }
        }
    }
}

fn chosen(typed: &str, words: impl Iterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = words.filter(|w| w.starts_with(typed)).collect();
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> String {
        let list = |text: &str| text.split_whitespace().map(String::from).collect();
        let known = Known {
            own: list("acid_line"),
            tracks: list("acid drums"),
            buses: list("hall"),
            params: list("acid/lowpass.cutoff acid/drive.amount"),
            functions: BTreeMap::from([("pole".to_string(), list("cutoff gain"))]),
            modules: BTreeMap::from([("synths".to_string(), list("acid pluck pad"))]),
            library: list("std/drums std/synths"),
            kits: list("808 909"),
            files: list("kick.wav"),
            plugins: list("ZamDelay ZamEQ2 vst3:ZamDelay"),
            hosted: list("acid/glue"),
            knobs: BTreeMap::from([("ZamDelay".to_string(), list("Time Feedback"))]),
        };
        let (begin, found) = complete(line, &known, &[":undo", ":quit"]);
        format!("{}|{}", &line[..begin], found.join(" "))
    }

    #[test]
    fn what_may_follow_depends_on_where_the_line_stands() {
        for (line, want) in [
            (":u", "|:undo"),
            ("lowp", "|lowpass"),
            ("let x = acid", "let x = |acid_line"),
            ("synths::p", "synths::|pad pluck"),
            ("synt", "|synths::"),
            ("track(\"a", "track(\"|acid"),
            ("track(\"x\", saw(1)).send(\"", "track(\"x\", saw(1)).send(\"|hall"),
            ("solo(\"", "solo(\"|acid drums hall"),
            ("param(\"acid/l", "param(\"|acid/lowpass.cutoff"),
            ("sampler(\"k", "sampler(\"|kick.wav"),
            ("import \"std/s", "import \"|std/synths"),
            ("drums::kit(\"", "drums::kit(\"|808 909"),
            ("lfo(\"sq", "lfo(\"|square"),
            ("saw(1) |> reverb(#{de", "saw(1) |> reverb(#{|decay: "),
            ("reverb(#{size: 0.3, mi", "reverb(#{size: 0.3, |mix: "),
            ("saw(1) |> dsp(pole, #{c", "saw(1) |> dsp(pole, #{|cutoff: "),
            ("dsp(d::pole, #{gain: 1, c", "dsp(d::pole, #{gain: 1, |cutoff: "),
            ("process_buffer(s, pole, #{", "process_buffer(s, pole, #{|cutoff:  gain:  length: "),
            ("map(pole, #{c", "map(pole, #{|"),
            ("f(\"a b\", ", "f(\"a b\", |"),
            ("fx(plugin(\"Zam", "fx(plugin(\"|ZamDelay ZamEQ2"),
            ("plugin(\"zamdelay\").set(\"", "plugin(\"zamdelay\").set(\"|Feedback Time"),
            ("plugin(\"ZamEQ2\").set(\"", "plugin(\"ZamEQ2\").set(\"|"),
            ("echo.norm(\"T", "echo.norm(\"|Time"),
            ("params(\"", "params(\"|acid/glue"),
        ] {
            assert_eq!(words(line), want, "{line}");
        }
        assert!(words("reverb(#{size: low").contains("lowpass"), "a value may be anything");
    }
}
