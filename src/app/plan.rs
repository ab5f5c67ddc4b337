//! `plan`: how a script is compiled, for people, programs and Graphviz.

use super::Failure;
use super::input::ScriptArgs;
use crate::engine::Options;
use crate::graph::Edit;
use std::path::PathBuf;

/// What is shown.
#[derive(Clone, Debug, clap::Args)]
pub struct PlanArgs {
    #[command(flatten)]
    script: ScriptArgs,
    /// Print a Graphviz digraph
    #[arg(long, conflicts_with = "json")]
    dot: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print what the script describes, before it is compiled, as JSON
    #[arg(long, conflicts_with_all = ["json", "dot"])]
    session: bool,
    /// Say what a reload of SCRIPT would keep, change, add and remove if this script played
    #[arg(long, value_name = "OLD", conflicts_with_all = ["dot", "session"])]
    against: Option<PathBuf>,
}

/// Prints the plan of a script to standard output.
///
/// # Errors
/// What is wrong with the script.
pub fn plan(args: &PlanArgs) -> Result<(), Failure> {
    let piece = args.script.load(48_000)?;
    super::report::report(piece.warnings(), false);
    if args.session {
        println!("{}", piece.session().to_json());
        return Ok(());
    }
    if let Some(old) = &args.against {
        let old = ScriptArgs { script: old.clone(), ..args.script.clone() }.load(48_000)?;
        let edit = piece.fresh()?.after(&old.fresh()?);
        return show(&edit, args.json);
    }
    let offline = piece.start(Options::default())?;
    let plan = offline.plan();
    if args.dot {
        print!("{}", plan.to_dot());
    } else if args.json {
        let text = serde_json::to_string_pretty(plan);
        println!("{}", text.map_err(|e| Failure::message(e.to_string()))?);
    } else {
        print!("{plan}");
    }
    Ok(())
}

/// What an edit does, for people (a line a node) or programs.
fn show(edit: &Edit, json: bool) -> Result<(), Failure> {
    if json {
        let text = serde_json::to_string_pretty(edit);
        println!("{}", text.map_err(|e| Failure::message(e.to_string()))?);
        return Ok(());
    }
    println!("{edit}");
    edit.added.iter().for_each(|path| println!("  + {path}"));
    edit.removed.iter().for_each(|path| println!("  - {path}"));
    Ok(())
}
