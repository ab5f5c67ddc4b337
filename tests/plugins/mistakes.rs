//! Scripts with plugins that are wrong, missing or strange; and what is documented, which is right.

use super::scripts::{errors, peak, piece, rendered, runtime};
use rhapsode::engine::offline::Tail;
use rhapsode::{Length, Options};

#[test]
fn mistakes_are_told_where_they_stand() {
    let said = errors(
        r#"track("a", saw(110)).fx(plugin("Fixture Gain").set("Gian", 3).set("Mode", [1]));
track("b", saw(110)).fx(plugin("Fixture Gain").program("Soft").set("Factor", 1));
track("c", saw(110)).fx(lowpass(300).set("cutoff", 3));"#,
    );
    let text: Vec<String> = said.iter().map(|d| d.message.clone()).collect();
    assert!(
        said.iter().any(|d| d.message.contains("no parameter \"Gian\"")
            && d.hint.as_ref().is_some_and(|h| h.contains("\"Gain\""))
            && d.place.line == 1
            && d.place.column == 52),
        "{said:#?}"
    );
    assert!(text.iter().any(|t| t.contains("cannot be set to a list")), "{text:#?}");
    assert!(text.iter().any(|t| t.contains("is for plugins")), "{text:#?}");
    let said = errors(r#"track("a", saw(110)).fx(plugin("Fixture Gain").set("Mode", "Wram"));"#);
    assert!(said[0].message.contains("does not understand `Wram`"), "{said:?}");
    assert!(said[0].message.contains("Clean, Warm, Hot"), "{said:?}");
    let said = errors(r#"track("a", saw(110)).fx(plugin("Fixture Gain").program("Soft"));"#);
    assert!(said[0].message.contains("has no program called \"Soft\""), "{said:?}");
    let said = errors(r#"track("a", saw(110)).fx(plugin("Fixture Sine"));"#);
    assert!(said[0].message.contains("has no audio input"), "{said:?}");
    let said = errors(r#"track("a", instrument(|v| saw(v.freq) |> plugin("Fixture Gain")));"#);
    assert!(said[0].message.contains("cannot run inside a voice"), "{said:?}");
}

/// The snippets of the guide and of the manual run as they are written.
#[test]
fn what_is_documented_runs() {
    let folder = tempfile::tempdir().expect("makes a folder");
    let file = folder.path().join("soft.vstpreset");
    let mut comp = super::rig::zam("ZaMultiCompX2", rhapsode::plugin::Format::Vst3);
    rhapsode::plugin::preset::save(&mut *comp, &file).expect("saves");
    let guide = r#"
        track("a", saw(110) * 0.1);
        let sweep = lfo("sine", 0.5).range(0.2, 0.8);
        let comp = plugin("vst3:ZaMultiCompX2").set("Threshold", -18).set("Ratio", "4:1").preset("soft.vstpreset").key("glue");
        let verb = plugin("lv2:https://github.com/michaelwillis/dragonfly-reverb").set("decay", sweep);
        track("a").fx(comp |> verb);
        plugins();  params("glue");  save_state("glue", "glue.state");"#;
    let project = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = vec![guide.to_string()];
    for page in ["README.md", "docs/plugins.md"] {
        let text = std::fs::read_to_string(project.join(page)).expect("reads");
        let blocks = text.split("```rhai\n").skip(1).filter_map(|b| b.split("```").next());
        all.extend(blocks.filter(|b| b.contains("plugin(")).map(String::from));
    }
    assert!(all.len() >= 3);
    std::fs::copy(&file, folder.path().join("warm.vstpreset")).expect("copies");
    for source in all {
        let there = runtime().base(folder.path()).eval(&source);
        let there = there.unwrap_or_else(|e| panic!("{source}\n{e:#?}"));
        let options = Options { length: Length::Seconds(0.5), ..Options::default() };
        let sound = there.render(options).unwrap_or_else(|e| panic!("{source}\n{e:#?}"));
        assert!(peak(&sound.left) > 0.01, "{source}");
    }
}

/// Row 21: an effect that is not installed lets sound through, an instrument is silent, and both are named.
#[test]
fn what_is_not_installed_leaves_a_place() {
    let song = r#"track("a", noise() * 0.1).fx(plugin("Fixture Gian").set("Gain", -6).key("g"));
                  track("b", plugin("No Such Synth").set("Cutoff", 300)).play("c3 e3");
                  param("b/No Such Synth.Cutoff").set(lfo("sine", 1));"#;
    let there = piece(song);
    let said: Vec<String> = there.warnings().iter().map(|d| d.message.clone()).collect();
    assert!(said.iter().any(|t| t.contains("no plugin `Fixture Gian`")), "{said:#?}");
    assert!(said.iter().any(|t| t.contains("no plugin `No Such Synth`")), "{said:#?}");
    let hints: Vec<&String> = there.warnings().iter().filter_map(|w| w.hint.as_ref()).collect();
    assert!(hints.iter().any(|h| h.contains("Fixture Gain")), "{hints:#?}");
    assert_eq!(rendered(song, 0.2).left, rendered(r#"track("a", noise() * 0.1);"#, 0.2).left);
    // What was set is kept in a rig, for when it is there.
    let rig = rhapsode::session::Rig::of(there.session()).to_json();
    assert!(rig.contains("=Gain") && rig.contains("Fixture Gian"), "{rig}");
}

/// Row 20: 100,000 parameters load, and one of them is set.
#[test]
fn very_many_parameters_can_be_used() {
    let sound = rendered(
        r##"track("a", noise() * 0 + 0.5).fx(plugin("clap:Fixture Many").set("#99999", 0.5));"##,
        0.1,
    );
    assert!(peak(&sound.left) > 0.0);
}

/// Row 16: what is no number is silenced, named, and the rest sounds on.
#[test]
fn what_a_plugin_makes_of_nothing_is_silenced_and_named() {
    let song =
        r#"track("a", noise() * 0.7).fx(plugin("Fixture NaN")); track("b", sine(100) * 0.1);"#;
    let there = piece(song);
    let options = Options { length: Length::Seconds(0.5), tail: Tail::None, ..Options::default() };
    let mut offline = there.start(options).expect("compiles");
    let mut all = Vec::new();
    while offline.advance() {
        all.extend(offline.frames().map(|f| f.0));
    }
    assert!(all.iter().all(|x| x.is_finite()) && peak(&all) > 0.09);
    let (first, last) = (&all[..4_800], &all[all.len() - 4_800..]);
    assert!(peak(first).max(peak(last)) < 1.0, "what is silenced is not heard");
    let said: Vec<String> = offline.take_warnings().iter().map(|d| d.message.clone()).collect();
    assert!(
        said.iter().any(|t| t.contains("Fixture NaN") && t.contains("not a number")),
        "{said:?}"
    );
}
