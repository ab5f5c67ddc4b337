//! Recipes for sounds: a file, a line of the piece, a part of one, what is made of it; pure data, made into sound by the
//! engine.

use super::Bounce;
use crate::ir::Program;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// How a sound comes to be. Wherever a node takes the path of a sound as text it takes [`Recipe::text`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Recipe {
    /// The file, or the folder, at a path of the script.
    File(String),
    /// No sound: what programs that make one are given.
    Nothing,
    /// What a track of the piece sounds like.
    Rendered(Arc<Bounce>),
    /// What is made of another sound.
    Made {
        /// The sound that it is made of.
        of: Box<Recipe>,
        /// In which way.
        how: How,
    },
    /// Several sounds with names, in the order of their keys: a kit.
    Several(Vec<(String, Recipe)>),
    /// The parts of a sound from each of its onsets to the next; how many there are is known when it is loaded.
    Onsets {
        /// The sound that is cut.
        of: Box<Recipe>,
        /// From 0 to 1: 1 finds the softest onsets.
        sensitivity: f64,
    },
}

/// What makes a sound of another. Whatever else makes whole sounds of whole sounds is an arm here and in
/// `engine::library::derived`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum How {
    /// A part of it.
    Part(Cut),
    /// What a program writes when it is given it: the command line, with `{in}` and `{out}` for the files.
    External(String),
    /// What a function of the script makes of it as a whole: what it is called, its parameters in the order of its
    /// wires, and how many times as long the result is.
    Function(Arc<Program>, Vec<f64>, f64),
}

/// Which part of a sound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Cut {
    /// From a time to another, in seconds; to the end if there is none.
    Seconds(f64, Option<f64>),
    /// The part with this index of so many equal parts.
    Equal(usize, usize),
    /// From the onset with this index to the next one, or the end; the sensitivity is that of [`Recipe::Onsets`].
    Onset(usize, f64),
}

/// What the text of a recipe that is more than a path begins with.
const MARK: &str = "sound:";

impl Recipe {
    /// The recipe that `text` is: a path is a file.
    #[must_use]
    pub fn parse(text: &str) -> Recipe {
        let made = text.strip_prefix(MARK).and_then(|json| serde_json::from_str(json).ok());
        // Machine code is made of what it says.
        let made = made.filter(Recipe::is_sound);
        made.unwrap_or_else(|| Recipe::File(text.to_string()))
    }

    /// Whether its functions can be run without harm.
    fn is_sound(&self) -> bool {
        match self {
            Recipe::File(_) => true,
            // Only programs make something of it.
            Recipe::Nothing => false,
            Recipe::Made { of, how: How::External(_) } if **of == Recipe::Nothing => true,
            Recipe::Rendered(bounce) => bounce.is_sound(),
            Recipe::Made { of, how: How::Function(program, params, _) } => {
                let whole = program.arrays.iter().any(|array| array.whole);
                let given = params.len() == program.interface.inputs.len();
                whole && given && program.is_sound() && of.is_sound()
            }
            Recipe::Made { of, .. } | Recipe::Onsets { of, .. } => of.is_sound(),
            Recipe::Several(all) => all.iter().all(|(_, one)| one.is_sound()),
        }
    }

    /// The recipe as a text: a file is its path. Two recipes are the same if their texts are.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Recipe::File(path) => path.clone(),
            made => format!("{MARK}{}", serde_json::to_string(made).unwrap_or_default()),
        }
    }

    /// What is made of this sound.
    #[must_use]
    pub fn made(self, how: How) -> Recipe {
        Recipe::Made { of: Box::new(self), how }
    }

    /// What is rendered for it. Sounds that its nodes play are not among the [files](Recipe::files) of this recipe, nor the
    /// programs of these among its [programs](Recipe::programs).
    #[must_use]
    pub fn rendered(&self) -> Vec<&Bounce> {
        match self {
            Recipe::File(_) | Recipe::Nothing => Vec::new(),
            Recipe::Rendered(bounce) => vec![bounce],
            Recipe::Made { of, .. } | Recipe::Onsets { of, .. } => of.rendered(),
            Recipe::Several(all) => all.iter().flat_map(|(_, one)| one.rendered()).collect(),
        }
    }

    /// The files and folders that it is made of, as the script names them.
    #[must_use]
    pub fn files(&self) -> Vec<&str> {
        match self {
            Recipe::File(path) => vec![path],
            Recipe::Rendered(_) | Recipe::Nothing => Vec::new(),
            Recipe::Made { of, .. } | Recipe::Onsets { of, .. } => of.files(),
            Recipe::Several(all) => all.iter().flat_map(|(_, one)| one.files()).collect(),
        }
    }

    /// The command lines of the programs that are run for it.
    #[must_use]
    pub fn programs(&self) -> Vec<&str> {
        match self {
            Recipe::File(_) | Recipe::Rendered(_) | Recipe::Nothing => Vec::new(),
            Recipe::Made { of, how: How::External(command) } => {
                of.programs().into_iter().chain([command.as_str()]).collect()
            }
            Recipe::Made { of, .. } | Recipe::Onsets { of, .. } => of.programs(),
            Recipe::Several(all) => all.iter().flat_map(|(_, one)| one.programs()).collect(),
        }
    }
}

impl From<Bounce> for Recipe {
    fn from(bounce: Bounce) -> Recipe {
        Recipe::Rendered(Arc::new(bounce))
    }
}

/// Names for `count` sounds without names, such that their order is that of the numbers: `00`, `01`, ...
pub fn numbers(count: usize) -> impl Iterator<Item = String> {
    let width = count.saturating_sub(1).max(1).to_string().len();
    (0..count).map(move |i| format!("{i:0width$}"))
}

impl fmt::Display for Recipe {
    /// As messages say it.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Recipe::File(path) => write!(f, "\"{path}\""),
            Recipe::Nothing => write!(f, "nothing"),
            Recipe::Rendered(bounce) => write!(f, "a bounce of {} s", bounce.seconds),
            Recipe::Several(all) => write!(f, "{} sounds", all.len()),
            Recipe::Onsets { of, .. } => write!(f, "the onsets of {of}"),
            Recipe::Made { of, how: How::External(command) } => {
                write!(f, "what `{command}` makes of {of}")
            }
            Recipe::Made { of, how: How::Part(cut) } => match cut {
                Cut::Seconds(from, Some(to)) => write!(f, "{of} from {from} s to {to} s"),
                Cut::Seconds(from, None) => write!(f, "{of} from {from} s on"),
                Cut::Equal(index, count) => write!(f, "part {index} of {count} of {of}"),
                Cut::Onset(index, _) => write!(f, "onset {index} of {of}"),
            },
            Recipe::Made { of, how: How::Function(program, ..) } => {
                let name = if program.name.is_empty() { "a function" } else { &program.name };
                write!(f, "what `{name}` makes of {of}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_recipe_and_a_recipe_is_a_text() {
        let file = Recipe::File("a b.wav".into());
        assert_eq!((file.text(), Recipe::parse("a b.wav")), ("a b.wav".into(), file.clone()));
        let part = file.clone().made(How::Part(Cut::Seconds(0.1, Some(0.30000000000000004))));
        let onset = part.clone().made(How::Part(Cut::Onset(3, 0.5)));
        let run = onset.clone().made(How::External("sox {in} {out} reverse".into()));
        let all = Recipe::Several(vec![("bd".into(), run.clone()), ("sn".into(), file)]);
        for recipe in [&part, &onset, &run, &all] {
            assert_eq!(&Recipe::parse(&recipe.text()), recipe, "{}", recipe.text());
        }
        assert_eq!(all.files(), ["a b.wav", "a b.wav"]);
        assert_eq!(all.programs(), ["sox {in} {out} reverse"]);
        let made = Recipe::Nothing.made(How::External("sox -n {out} synth 1".into()));
        assert_eq!(Recipe::parse(&made.text()), made);
        let cut = Recipe::Nothing.made(How::Part(Cut::Equal(0, 1)));
        for nothing in [Recipe::Nothing, cut] {
            assert_eq!(Recipe::parse(&nothing.text()), Recipe::File(nothing.text()));
        }
        // A file may be called like that.
        assert_eq!(Recipe::parse("sound:x"), Recipe::File("sound:x".into()));
    }

    #[test]
    fn numbers_are_in_the_order_of_their_texts() {
        assert_eq!(numbers(3).collect::<Vec<_>>(), ["0", "1", "2"]);
        let many: Vec<String> = numbers(101).collect();
        assert!(many.is_sorted() && many[7] == "007");
    }
}
