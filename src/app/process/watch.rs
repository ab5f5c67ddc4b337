//! One worker of `process`, followed from its start to its end, whatever its plugins do.

use super::job::{Done, Job, Problem, Word};
use crate::app::interrupt::interrupted;
use crate::app::progress::clock;
use crate::plugin::scan::said;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How often a watcher looks whether it shall stop.
const LOOK: Duration = Duration::from_millis(50);
/// How long a worker may take to leave, once its file is done or it was told to stop.
const LEAVE: Duration = Duration::from_secs(3);

/// What became of a file.
pub enum End {
    /// It is complete, after so many seconds.
    Done(Done, f64),
    /// It failed.
    Failed(Problem),
    /// No file can be made like that.
    Wrong(Vec<Problem>),
    /// Somebody has stopped it.
    Stopped,
}

/// Starts a worker and follows it to its end.
pub fn follow(job: &Job, limit: Duration, heard: &mut dyn FnMut(f64, f32)) -> End {
    let begin = Instant::now();
    let (mut child, stdin) = match start(job) {
        Ok(started) => started,
        Err(e) => {
            let message = format!("a worker cannot be started: {e}");
            return End::Failed(Problem { message, hint: None });
        }
    };
    let words = listen(&mut child);
    let mut watch = Watch { job, at: None, opening: true, seconds: 0.0, heard };
    let end = watch.listen(&words, limit, &mut child, begin);
    drop(stdin);
    leave(&mut child);
    end
}

fn start(job: &Job) -> std::io::Result<(Child, Option<ChildStdin>)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("process-worker").stdin(Stdio::piped()).stdout(Stdio::piped());
    // What plugins say is of use only to those who look for a fault.
    let told = std::env::var_os("RHAPSODE_LOG").is_some();
    command.stderr(if told { Stdio::inherit() } else { Stdio::null() });
    // Without a display some toolkits abort; with this one they draw nowhere.
    command.env("QT_QPA_PLATFORM", "offscreen");
    let mut child = command.spawn()?;
    let mut stdin = child.stdin.take();
    let mut line = serde_json::to_vec(job)?;
    line.push(b'\n');
    if let Some(stdin) = &mut stdin {
        stdin.write_all(&line)?;
    }
    Ok((child, stdin))
}

/// What a worker says, without what its plugins print; ends when the worker does.
fn listen(child: &mut Child) -> Receiver<Word> {
    let (send, words) = channel();
    if let Some(out) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut out = BufReader::new(out);
            let mut line = Vec::new();
            while out.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                if let Ok(word) = serde_json::from_slice(&line)
                    && send.send(word).is_err()
                {
                    break;
                }
                line.clear();
            }
        });
    }
    words
}

/// Lets a worker leave, and ends it if it does not.
fn leave(child: &mut Child) {
    let begin = Instant::now();
    while begin.elapsed() < LEAVE {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    // It may have ended just now; then there is nothing left to kill.
    let _ = child.kill();
    let _ = child.wait();
}

/// What is known of a worker.
struct Watch<'a> {
    job: &'a Job,
    /// The plugin that is at work.
    at: Option<usize>,
    opening: bool,
    seconds: f64,
    heard: &'a mut dyn FnMut(f64, f32),
}

impl Watch<'_> {
    fn listen(
        &mut self,
        words: &Receiver<Word>,
        limit: Duration,
        child: &mut Child,
        begin: Instant,
    ) -> End {
        let mut last = Instant::now();
        loop {
            match words.recv_timeout(LOOK) {
                Ok(word) => {
                    last = Instant::now();
                    match word {
                        Word::Opening(place) => (self.at, self.opening) = (Some(place), true),
                        Word::At(place) => (self.at, self.opening) = (Some(place), false),
                        Word::Written(seconds, peak) => {
                            self.seconds = seconds;
                            (self.heard)(seconds, peak);
                        }
                        Word::Wrong(all) => return End::Wrong(all),
                        Word::Failed(one) => return End::Failed(one),
                        Word::Stopped => return End::Stopped,
                        Word::Done(done) => return End::Done(done, begin.elapsed().as_secs_f64()),
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return self.gone(child),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if interrupted() {
                return End::Stopped;
            }
            if last.elapsed() > limit {
                // Nothing that it could still do is waited for.
                let _ = child.kill();
                return self.failed(&format!("hangs {}: no answer in {limit:?}", self.when()));
            }
        }
    }

    /// It ended without a last word.
    fn gone(&self, child: &mut Child) -> End {
        let how = child.wait().map_or_else(|e| e.to_string(), said);
        self.failed(&format!("crashed {} ({how})", self.when()))
    }

    fn when(&self) -> String {
        if self.opening {
            "when it was loaded".into()
        } else {
            format!("at {}", clock(self.seconds))
        }
    }

    fn failed(&self, what: &str) -> End {
        let link = self.at.and_then(|place| self.job.links.get(place));
        let who = link.map_or("the worker".to_string(), |link| {
            format!("the plugin `{}` ({})", link.name, link.path.display())
        });
        let hint = "leave it out, or try its other format; the other files do not depend on it";
        End::Failed(Problem { message: format!("{who} {what}"), hint: Some(hint.into()) })
    }
}
