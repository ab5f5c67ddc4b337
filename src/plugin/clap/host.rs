//! What a CLAP plugin may ask of us: it sets flags, which the main thread reads when it polls.

use clack_extensions::audio_ports::{AudioPortRescanFlags, HostAudioPorts, HostAudioPortsImpl};
use clack_extensions::latency::{HostLatency, HostLatencyImpl};
use clack_extensions::note_ports::{
    HostNotePorts, HostNotePortsImpl, NoteDialect, NoteDialects, NotePortRescanFlags,
};
use clack_extensions::params::{
    HostParams, HostParamsImplMainThread, HostParamsImplShared, ParamClearFlags, ParamRescanFlags,
};
use clack_extensions::state::{HostState, HostStateImpl};
use clack_extensions::track_info::{HostTrackInfo, HostTrackInfoImpl, TrackInfo, TrackInfoWriter};
use clack_host::prelude::*;
use clack_host::utils::Color;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Name and colour of the track that an instance is on, once they were told.
pub type Track = Arc<Mutex<Option<(String, Option<[u8; 3]>)>>>;

/// A request that any thread may make.
#[derive(Default)]
pub struct Flag(AtomicBool);

impl Flag {
    fn raise(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was raised since the last call.
    pub fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

/// All requests.
#[derive(Default)]
pub struct Flags {
    /// Wants a call on its main thread.
    pub callback: Flag,
    /// Wants its parameters flushed.
    pub flush: Flag,
    /// Wants to be activated again.
    pub restart: Flag,
    /// Its latency is another.
    pub latency: Flag,
    /// Values moved.
    pub values: Flag,
    /// Names, ranges or ports are others.
    pub info: Flag,
    /// Its state is not what was saved.
    pub unsaved: Flag,
}

impl Flags {
    /// It was activated: what asked for that is done.
    pub fn settled(&self) {
        self.restart.take();
        self.latency.take();
    }
}

/// Our side of an instance, the same on all threads.
pub struct Shared(pub Arc<Flags>, pub Track);

/// Names the handlers for `clack`.
pub struct Host;

impl HostHandlers for Host {
    type Shared<'a> = Shared;
    type MainThread<'a> = Shared;
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<Self>, _: &Shared) {
        builder
            .register::<HostParams>()
            .register::<HostLatency>()
            .register::<HostState>()
            .register::<HostAudioPorts>()
            .register::<HostNotePorts>()
            .register::<HostTrackInfo>();
    }
}

impl SharedHandler<'_> for Shared {
    fn request_restart(&self) {
        self.0.restart.raise();
    }
    fn request_process(&self) {}
    fn request_callback(&self) {
        self.0.callback.raise();
    }
}

impl MainThreadHandler<'_> for Shared {}

impl HostParamsImplShared for Shared {
    fn request_flush(&self) {
        self.0.flush.raise();
    }
}

impl HostParamsImplMainThread for Shared {
    fn rescan(&self, flags: ParamRescanFlags) {
        if flags.intersects(ParamRescanFlags::INFO | ParamRescanFlags::ALL) {
            self.0.info.raise();
        }
        self.0.values.raise();
    }
    fn clear(&self, _: ClapId, _: ParamClearFlags) {}
}

impl HostLatencyImpl for Shared {
    fn changed(&self) {
        self.0.latency.raise();
    }
}

impl HostStateImpl for Shared {
    fn mark_dirty(&self) {
        self.0.unsaved.raise();
    }
}

impl HostAudioPortsImpl for Shared {
    fn is_rescan_flag_supported(&self, _: AudioPortRescanFlags) -> bool {
        true
    }
    fn rescan(&self, flags: AudioPortRescanFlags) {
        self.0.info.raise();
        if flags.requires_deactivate() {
            self.0.restart.raise();
        }
    }
}

impl HostNotePortsImpl for Shared {
    fn supported_dialects(&self) -> NoteDialects {
        NoteDialects::from(NoteDialect::Clap) | NoteDialects::from(NoteDialect::Midi)
    }
    fn rescan(&self, _: NotePortRescanFlags) {
        self.0.info.raise();
    }
}

impl HostTrackInfoImpl for Shared {
    fn get<'a>(&'a self, writer: &mut TrackInfoWriter<'_, 'a>) {
        let track = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((name, colour)) = &*track else { return };
        let colour = colour.map(|[red, green, blue]| Color { alpha: 255, red, green, blue });
        // SAFETY: `set` copies the name and keeps nothing, though its signature wants it to live longer.
        let name: &'a [u8] = unsafe { std::slice::from_raw_parts(name.as_ptr(), name.len()) };
        let info = TrackInfo::new().with_name(Some(name)).with_color(colour);
        writer.set(&info);
    }
}
