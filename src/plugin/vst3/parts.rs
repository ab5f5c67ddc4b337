//! The parts of an instance (component, processor, controller), joined, and taken apart in the right order.

use super::host::{Application, Handler};
use super::library::{Class, Library};
use crate::plugin::PluginError;
use std::sync::Arc;
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;
use vst3::{ComPtr, ComWrapper};

/// The fields are dropped in this order: the component is the last of the plugin to go, and after it the library.
pub struct Parts {
    connection: Option<(ComPtr<IConnectionPoint>, ComPtr<IConnectionPoint>)>,
    /// Parameters and text; main thread.
    pub controller: ComPtr<IEditController>,
    /// The sound; the audio thread's while it is active.
    pub processor: ComPtr<IAudioProcessor>,
    /// Buses and state; main thread.
    pub component: ComPtr<IComponent>,
    /// The controller is a part of its own.
    apart: bool,
    handler: ComWrapper<Handler>,
    _application: ComWrapper<Application>,
    _library: Arc<Library>,
}

impl Parts {
    /// Makes, starts and joins the parts of an instance.
    ///
    /// # Errors
    /// If one is missing or refuses to start.
    pub fn new(
        library: Arc<Library>,
        class: &Class,
        handler: ComWrapper<Handler>,
    ) -> Result<Parts, PluginError> {
        let refused =
            |what: &str| PluginError::Refused { name: class.name.clone(), what: what.into() };
        let application = ComWrapper::new(Application);
        let context = application.to_com_ptr::<IHostApplication>().map(ComPtr::upcast::<FUnknown>);
        let context = context.ok_or_else(|| refused("a host"))?;
        let component = library.make::<IComponent>(&class.cid);
        let component = component.ok_or_else(|| refused("to be made"))?;
        // SAFETY: the component was just made; the context lives as long as it does.
        if unsafe { component.initialize(context.as_ptr()) } != kResultOk {
            return Err(refused("to start"));
        }
        let processor = component.cast::<IAudioProcessor>();
        let own = component.cast::<IEditController>();
        let apart = own.is_none();
        let controller = own.or_else(|| controller(&library, &component, &context));
        let (Some(processor), Some(controller)) = (processor, controller) else {
            // SAFETY: it was initialised, and is not used again.
            unsafe { component.terminate() };
            return Err(refused("to process audio or to show its parameters"));
        };
        let joined = handler.to_com_ptr::<IComponentHandler>();
        if let Some(handler) = joined {
            // SAFETY: the handler lives as long as the controller.
            unsafe { controller.setComponentHandler(handler.as_ptr()) };
        }
        let connection = if apart { connect(&component, &controller) } else { None };
        let parts = Parts {
            connection,
            controller,
            processor,
            component,
            apart,
            handler,
            _application: application,
            _library: library,
        };
        parts.synchronise();
        Ok(parts)
    }

    /// Hears the controller.
    pub fn handler(&self) -> &Handler {
        &self.handler
    }

    /// Lets the controller know what the component is set to.
    fn synchronise(&self) {
        let state = super::Stream::empty();
        // SAFETY: main thread; the streams live through the calls.
        unsafe {
            let saved = self.component.getState(state.pointer().as_ptr());
            if saved == kResultOk && !state.bytes().is_empty() {
                let read = super::Stream::of(state.bytes());
                self.controller.setComponentState(read.pointer().as_ptr());
            }
        }
    }

    /// Asks for numbers of channels; whether the plugin agrees to all.
    pub fn arrange(&self, inputs: &[usize], outputs: &[usize]) -> bool {
        let speakers = |channels: &usize| match channels {
            0 => SpeakerArr::kEmpty,
            1 => SpeakerArr::kMono,
            2 => SpeakerArr::kStereo,
            n => (1 << (*n).min(63)) - 1,
        };
        let mut ins: Vec<SpeakerArrangement> = inputs.iter().map(speakers).collect();
        let mut outs: Vec<SpeakerArrangement> = outputs.iter().map(speakers).collect();
        let (i, o) = (ins.len() as i32, outs.len() as i32);
        // SAFETY: main thread, not active; as many as are said.
        let said =
            unsafe { self.processor.setBusArrangements(ins.as_mut_ptr(), i, outs.as_mut_ptr(), o) };
        said == kResultTrue
    }
}

/// The controller as a part of its own.
fn controller(
    library: &Library,
    component: &ComPtr<IComponent>,
    context: &ComPtr<FUnknown>,
) -> Option<ComPtr<IEditController>> {
    let mut cid: TUID = [0; 16];
    // SAFETY: the component lives; it writes an id.
    if unsafe { component.getControllerClassId(&mut cid) } != kResultOk {
        return None;
    }
    let controller = library.make::<IEditController>(&cid)?;
    // SAFETY: it was just made; the context lives as long as it does.
    let started = unsafe { controller.initialize(context.as_ptr()) };
    (started == kResultOk).then_some(controller)
}

/// Lets the two parts send each other messages.
fn connect(
    component: &ComPtr<IComponent>,
    controller: &ComPtr<IEditController>,
) -> Option<(ComPtr<IConnectionPoint>, ComPtr<IConnectionPoint>)> {
    let a = component.cast::<IConnectionPoint>()?;
    let b = controller.cast::<IConnectionPoint>()?;
    // SAFETY: both live until they are disconnected.
    unsafe {
        a.connect(b.as_ptr());
        b.connect(a.as_ptr());
    }
    Some((a, b))
}

impl Drop for Parts {
    fn drop(&mut self) {
        // SAFETY: main thread; each call is made once, before the part is released.
        unsafe {
            if let Some((a, b)) = &self.connection {
                a.disconnect(b.as_ptr());
                b.disconnect(a.as_ptr());
            }
            self.controller.setComponentHandler(std::ptr::null_mut());
            if self.apart {
                self.controller.terminate();
            }
            self.component.terminate();
        }
    }
}
