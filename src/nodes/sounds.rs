//! The recorded sounds that nodes play, also within sounds that are rendered.

use super::kind_of;
use crate::session::{Node, Recipe};

/// The sounds that the parameters of a node name.
pub fn played(node: &Node) -> impl Iterator<Item = Recipe> + '_ {
    let params = kind_of(node).map_or(&[][..], |kind| kind.params);
    let texts = params.iter().filter(|p| p.names_a_sound()).filter_map(|p| node.text(p.name));
    texts.filter(|text| !text.is_empty()).map(Recipe::parse)
}

/// All files and folders that a sound is made of, as the script names them.
#[must_use]
pub fn files(recipe: &Recipe) -> Vec<String> {
    all(recipe, &|recipe| recipe.files().into_iter().map(str::to_string).collect())
}

/// The command lines of all programs that are run for a sound.
#[must_use]
pub fn programs(recipe: &Recipe) -> Vec<String> {
    all(recipe, &|recipe| recipe.programs().into_iter().map(str::to_string).collect())
}

/// What `of` finds in a recipe, and in those that are played when it is rendered.
fn all(recipe: &Recipe, of: &dyn Fn(&Recipe) -> Vec<String>) -> Vec<String> {
    let mut found = of(recipe);
    for node in recipe.rendered().into_iter().flat_map(|bounce| bounce.nodes()) {
        found.extend(played(node).flat_map(|inner| all(&inner, of)));
    }
    found
}
