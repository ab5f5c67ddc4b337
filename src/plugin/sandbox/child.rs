//! The child: has the plugin, does what is asked on its socket, and ends with its host.

use super::player::Player;
use super::region::{Region, grow};
use super::wire::{Bits, News, Request, STATE, receive, send, too_large};
use crate::plugin::{Bus, Change, Curve, Description, Format, Plugin, PluginError, Setup, State};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::OwnedFd;
use std::fs::File;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long the plugin may take to end once the host is gone.
const MOMENT: Duration = Duration::from_secs(1);

/// See [`super::serve`].
pub fn serve(format: Format, path: &Path, id: &str) -> Result<(), PluginError> {
    let alone =
        |e: io::Error| PluginError::load(path, format!("this process has no host to serve: {e}"));
    let (mut stream, memory) = connections().map_err(alone)?;
    let line = stream.try_clone().map_err(alone)?;
    std::thread::spawn(move || end_with(&line));
    // A thread that panics leaves others waiting: the process is to end, and its host to hear of it.
    std::panic::set_hook(Box::new(|_| std::process::abort()));
    let plugin = match crate::plugin::open(format, path, id) {
        Ok(plugin) => plugin,
        Err(error) => {
            // If it cannot be said, there is nobody to hear it.
            let _ = send(&mut stream, &Err::<Description, _>(error), &[]);
            return Ok(());
        }
    };
    let told = plugin.description().clone();
    if send(&mut stream, &Ok::<_, PluginError>(&told), &[]).is_ok() {
        Server { stream, memory, told, player: None, plugin }.run();
    }
    Ok(())
}

/// The socket and the shared memory, which come in place of standard input and output. These lead nowhere then:
/// plugins may write to them.
fn connections() -> io::Result<(UnixStream, OwnedFd)> {
    let stream = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    let memory = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    let stream = UnixStream::from(stream);
    stream.peer_addr()?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    rustix::stdio::dup2_stdout(File::options().write(true).open("/dev/null")?)?;
    Ok((stream, memory))
}

/// Ends this process when the host has closed its end, whatever the plugin does.
fn end_with(line: &UnixStream) {
    loop {
        let mut fds = [PollFd::new(line, PollFlags::RDHUP)];
        let closed = PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR;
        if poll(&mut fds, None).is_ok() && fds[0].revents().intersects(closed) {
            break;
        }
    }
    std::thread::park_timeout(MOMENT);
    // SAFETY: ends the process without a word to the plugin, which had its time.
    unsafe { libc::_exit(0) };
}

/// What the main thread has.
struct Server {
    stream: UnixStream,
    memory: OwnedFd,
    /// The description as the host knows it.
    told: Description,
    player: Option<Player>,
    /// Last: the audio half goes first.
    plugin: Box<dyn Plugin>,
}

impl Server {
    fn run(mut self) {
        while let Ok((request, bytes)) = receive(&mut self.stream) {
            if self.answer(request, &bytes).is_err() {
                break;
            }
        }
        self.stop();
    }

    fn answer(&mut self, request: Request, bytes: &[u8]) -> io::Result<()> {
        let plugin = &mut self.plugin;
        let to = &mut self.stream;
        match request {
            Request::Value(index) => send(to, &Bits::from(plugin.value(index)), &[]),
            Request::Set(index, plain) => send(to, &plugin.set(index, plain.into()), &[]),
            Request::SetNormalised(index, value) => {
                let done = plugin.set_normalised(index, value.into());
                let plain = done.map(|()| Bits::from(plugin.plain(index, value.into())));
                send(to, &plain, &[])
            }
            Request::Normalise(index, plain) => {
                send(to, &Bits::from(plugin.normalise(index, plain.into())), &[])
            }
            Request::Plain(index, value) => {
                send(to, &Bits::from(plugin.plain(index, value.into())), &[])
            }
            Request::Curve(index) => send(to, &numbers(plugin.curve(index)), &[]),
            Request::Text(index, plain) => send(to, &plugin.text(index, plain.into()), &[]),
            Request::Parse(index, text) => {
                send(to, &plugin.parse(index, &text).map(Bits::from), &[])
            }
            Request::Program(number) => send(to, &plugin.program(number), &[]),
            Request::LoadFile(path) => send(to, &plugin.load_file(&path), &[]),
            Request::Track(name, colour) => {
                plugin.track(&name, colour);
                send(to, &(), &[])
            }
            Request::Save => match save(&mut **plugin) {
                Ok(state) => send(to, &Ok::<_, PluginError>(()), &state),
                Err(error) => send(to, &Err::<(), _>(error), &[]),
            },
            Request::Restore => {
                let done = State::from_bytes(bytes).and_then(|state| plugin.restore(&state));
                send(to, &done, &[])
            }
            Request::Arrange(inputs, outputs) => {
                let agreed = plugin.arrange(&inputs, &outputs);
                let news = self.news();
                send(&mut self.stream, &(agreed, news), &[])
            }
            Request::Activate(setup) => {
                let done = self.activate(&setup).map(|()| self.news());
                send(&mut self.stream, &done, &[])
            }
            Request::Deactivate => {
                self.stop();
                let done = self.plugin.deactivate();
                send(&mut self.stream, &done, &[])
            }
            Request::Poll { save } => self.poll(save),
        }
    }

    fn poll(&mut self, with_state: bool) -> io::Result<()> {
        let mut changes = self.plugin.poll();
        // JSON has only numbers.
        changes
            .retain(|change| !matches!(change, Change::Value { plain, .. } if !plain.is_finite()));
        let news = News { changes, description: self.news() };
        let state = if with_state { save(&mut *self.plugin).ok() } else { None };
        send(&mut self.stream, &news, &state.unwrap_or_default())
    }

    /// The description, if it is another than the host knows.
    fn news(&mut self) -> Option<Description> {
        let now = self.plugin.description();
        if *now == self.told {
            return None;
        }
        self.told = now.clone();
        Some(now.clone())
    }

    fn activate(&mut self, setup: &Setup) -> Result<(), PluginError> {
        self.stop();
        let half = self.plugin.activate(setup)?;
        let d = self.plugin.description();
        let start = || {
            let sum = |buses: &[Bus]| buses.iter().map(|bus| bus.channels).sum::<usize>();
            let channels = sum(&d.inputs) + sum(&d.outputs);
            grow(&self.memory, channels)?;
            let region = Arc::new(Region::map(&self.memory, channels)?);
            Player::start(region, half, &d.inputs, &d.outputs, !setup.offline)
        };
        let refused = |e: io::Error| PluginError::load(&d.path, e);
        self.player = Some(start().map_err(refused)?);
        Ok(())
    }

    fn stop(&mut self) {
        if let Some(player) = self.player.take() {
            player.stop();
        }
    }
}

/// The bytes of a state.
fn save(plugin: &mut dyn Plugin) -> Result<Vec<u8>, PluginError> {
    let state = plugin.save()?.to_bytes();
    if state.len() > STATE { Err(too_large()) } else { Ok(state) }
}

/// The curve, if it has nothing but numbers.
fn numbers(curve: Curve) -> Option<Curve> {
    let good = match &curve {
        Curve::Line { lowest, highest } => lowest.is_finite() && highest.is_finite(),
        Curve::Table(table) => table.iter().all(|x| x.is_finite()),
    };
    good.then_some(curve)
}
