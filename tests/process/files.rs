//! Which files become which: folders, names, formats, rates.

use super::command::{FRAMES, Place, sound, text};

#[test]
fn a_folder_becomes_a_folder_with_the_same_bits_however_many_at_once() {
    let place = Place::new();
    for (name, n) in [("a", 5000), ("b", 9000), ("c", 12_345)] {
        let part: Vec<Vec<f32>> = sound().iter().map(|c| c[..n].to_vec()).collect();
        place.put(&format!("takes/{name}.wav"), &part);
    }
    std::fs::write(place.path("takes/notes.txt"), "no sound").expect("writes");
    let chain = ["--plugin", "ZamCompX2", "--set", "Threshold=-30 dB", "--plugin", "ZaMaximX2"];
    for jobs in ["1", "2"] {
        let out = format!("out{jobs}");
        let args = ["takes", "-o", &out, "--jobs", jobs, "--json", "--format", "wav32f"];
        let said = place.run(&[&args[..], &chain].concat());
        assert!(said.status.success(), "{}", text(&said.stderr));
        assert_eq!(place.names(&out), ["a.wav", "b.wav", "c.wav"]);
        let lines = text(&said.stdout);
        assert_eq!(lines.lines().count(), 3, "{lines}");
        assert!(lines.contains("\"frames\":12345") && lines.contains("takes/b.wav"), "{lines}");
    }
    for name in ["a.wav", "b.wav", "c.wav"] {
        let [one, two] = ["out1", "out2"]
            .map(|folder| std::fs::read(place.path(folder).join(name)).expect("reads"));
        assert!(one == two, "{name}");
    }
}

#[test]
fn formats_and_rates_are_those_of_the_other_commands() {
    let place = Place::new();
    let run = |args: &[&str]| {
        let out = place.run(&[args, &["--plugin", "Fixture Gain"]].concat());
        assert!(out.status.success(), "{}", text(&out.stderr));
    };
    run(&["in.wav", "-o", "x.flac", "--rate", "44100"]);
    run(&["x.flac", "-o", "y.wav", "--format", "wav16", "--normalize=-6"]);
    let file = hound::WavReader::open(place.path("y.wav")).expect("a WAV file");
    assert_eq!((file.spec().sample_rate, file.spec().bits_per_sample), (44_100, 16));
    assert_eq!(file.duration() as usize, FRAMES * 441 / 480);
    let peak = file.into_samples::<i16>().map(|x| x.expect("reads").unsigned_abs()).max();
    let peak = f64::from(peak.expect("samples")) / 32_768.0;
    assert!((peak - 0.501).abs() < 0.002, "{peak}");
    // Into a folder, FLAC stays FLAC.
    run(&["x.flac", "y.wav", "-o", "both"]);
    assert_eq!(place.names("both"), ["x.flac", "y.wav"]);
}

#[test]
fn nothing_is_replaced_by_accident() {
    let place = Place::new();
    let gain = ["--plugin", "Fixture Gain"];
    let said = place.bad(&[&["in.wav", "-o", "in.wav"][..], &gain].concat());
    assert!(said.contains("would be replaced by its own result"), "{said}");
    place.put("other/in.wav", &sound());
    let said = place.bad(&[&["in.wav", "other/in.wav", "-o", "out/"][..], &gain].concat());
    assert!(said.contains("would both become"), "{said}");
    assert!(place.get("in.wav") == sound());
    assert_eq!(place.names(""), ["in.wav", "other"]);
}
