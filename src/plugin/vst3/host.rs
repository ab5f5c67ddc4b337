//! What a VST3 plugin may ask of us: who we are, messages, and what its controller has to tell.

use super::message::{Attributes, Message};
use super::text::to_wide;
use crate::plugin::describe::Ids;
use crate::plugin::mailbox::Mailbox;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;
use vst3::{Class, ComPtr, ComWrapper, Interface};

/// What goes between the two halves; all values are normalised.
pub struct Boxes {
    /// For the audio half.
    pub to_audio: Mailbox,
    /// What the processor has changed.
    pub to_main: Mailbox,
    /// What events have told the processor, for the controller to know.
    pub automated: Mailbox,
    /// What was moved in the editor.
    pub edited: Mailbox,
    /// Parameters that are held in the editor: 1 taken, 0 let go.
    pub gestures: Mailbox,
    pub ids: Ids,
}

impl Boxes {
    /// The index of the parameter `id`. Any thread.
    pub fn index(&self, id: u32) -> Option<u32> {
        self.ids.index(id)
    }
}

/// The host as the plugin meets it first.
pub struct Application;

impl Class for Application {
    type Interfaces = (IHostApplication,);
}

impl IHostApplicationTrait for Application {
    unsafe fn getName(&self, name: *mut String128) -> tresult {
        // SAFETY: the plugin's place.
        to_wide("Rhapsode", unsafe { &mut *name });
        kResultOk
    }

    unsafe fn createInstance(
        &self,
        cid: *mut TUID,
        _iid: *mut TUID,
        to: *mut *mut c_void,
    ) -> tresult {
        // SAFETY: plugins pass an id of 16 bytes.
        let cid = unsafe { *cid.cast::<[u8; 16]>() };
        let made = if cid == IMessage::IID {
            let message: Option<ComPtr<IMessage>> = ComWrapper::new(Message::new()).to_com_ptr();
            message.map(|m| m.into_raw().cast())
        } else if cid == IAttributeList::IID {
            let list: Option<ComPtr<IAttributeList>> =
                ComWrapper::new(Attributes::default()).to_com_ptr();
            list.map(|l| l.into_raw().cast())
        } else {
            None
        };
        // SAFETY: the plugin's place.
        unsafe { *to = made.unwrap_or(std::ptr::null_mut()) };
        if made.is_some() { kResultOk } else { kNoInterface }
    }
}

/// Hears the controller.
#[derive(Default)]
pub struct Handler {
    restart: AtomicI32,
    unsaved: AtomicBool,
    boxes: Mutex<Option<Arc<Boxes>>>,
}

impl Class for Handler {
    type Interfaces = (IComponentHandler, IComponentHandler2, IUnitHandler);
}

impl Handler {
    /// Where edits go from now on; before that (while the plugin starts) they go nowhere.
    pub fn join(&self, boxes: Arc<Boxes>) {
        *self.boxes.lock().unwrap_or_else(PoisonError::into_inner) = Some(boxes);
    }

    /// The restarts that were asked for since the last call, and whether there is something to save.
    pub fn asked(&self) -> (i32, bool) {
        let flags = self.restart.swap(0, Ordering::AcqRel);
        (flags, self.unsaved.swap(false, Ordering::AcqRel))
    }

    /// Takes these restarts as done.
    pub fn done(&self, flags: RestartFlags) {
        self.restart.fetch_and(!flags, Ordering::AcqRel);
    }

    /// Whether this restart is asked for.
    pub fn asks(&self, flag: RestartFlags) -> bool {
        self.restart.load(Ordering::Acquire) & flag != 0
    }

    fn with(&self, id: ParamID, f: impl FnOnce(&Boxes, u32)) -> tresult {
        let boxes = self.boxes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(boxes) = &*boxes
            && let Some(index) = boxes.index(id)
        {
            f(boxes, index);
        }
        kResultOk
    }
}

impl IComponentHandlerTrait for Handler {
    unsafe fn beginEdit(&self, id: ParamID) -> tresult {
        self.with(id, |boxes, index| boxes.gestures.put(index, 1.0))
    }
    unsafe fn performEdit(&self, id: ParamID, value: ParamValue) -> tresult {
        self.with(id, |boxes, index| {
            boxes.edited.put(index, value);
            boxes.to_audio.put(index, value);
        })
    }
    unsafe fn endEdit(&self, id: ParamID) -> tresult {
        self.with(id, |boxes, index| boxes.gestures.put(index, 0.0))
    }
    unsafe fn restartComponent(&self, flags: i32) -> tresult {
        self.restart.fetch_or(flags, Ordering::AcqRel);
        kResultOk
    }
}

impl IComponentHandler2Trait for Handler {
    unsafe fn setDirty(&self, state: TBool) -> tresult {
        self.unsaved.store(state != 0, Ordering::Release);
        kResultOk
    }
    unsafe fn requestOpenEditor(&self, _: FIDString) -> tresult {
        kNotImplemented
    }
    unsafe fn startGroupEdit(&self) -> tresult {
        kResultOk
    }
    unsafe fn finishGroupEdit(&self) -> tresult {
        kResultOk
    }
}

impl IUnitHandlerTrait for Handler {
    unsafe fn notifyUnitSelection(&self, _: UnitID) -> tresult {
        kResultOk
    }
    unsafe fn notifyProgramListChange(&self, _: ProgramListID, _: i32) -> tresult {
        self.restart.fetch_or(RestartFlags_::kParamTitlesChanged, Ordering::AcqRel);
        kResultOk
    }
}
