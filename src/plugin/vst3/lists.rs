//! Lists that go through a block: points of parameters and events, of fixed size, on the audio thread alone.

use std::cell::{Cell, UnsafeCell};
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;
use vst3::{Class, ComPtr, ComWrapper};

/// Points of one parameter in a block: one a frame.
const POINTS: usize = crate::plugin::BLOCK;

/// The points of one parameter, by their offsets.
struct Queue {
    id: Cell<ParamID>,
    points: UnsafeCell<Vec<(i32, f64)>>,
}

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl Queue {
    #[expect(clippy::mut_from_ref, reason = "one thread, and no borrow outlives a call")]
    fn points(&self) -> &mut Vec<(i32, f64)> {
        // SAFETY: as the reason says: plugins call one function at a time on the audio thread.
        unsafe { &mut *self.points.get() }
    }

    /// Adds a point in its order; one at the same frame takes the other's place. Its index, if there is room.
    fn add(&self, offset: i32, value: f64) -> Option<usize> {
        let points = self.points();
        let at = points.partition_point(|(o, _)| *o < offset);
        if let Some(same) = points.get_mut(at).filter(|(o, _)| *o == offset) {
            same.1 = value;
            return Some(at);
        }
        if points.len() == POINTS {
            return None;
        }
        points.insert(at, (offset, value));
        Some(at)
    }
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.id.get()
    }
    unsafe fn getPointCount(&self) -> i32 {
        self.points().len() as i32
    }
    unsafe fn getPoint(&self, index: i32, offset: *mut i32, value: *mut ParamValue) -> tresult {
        let Some(&point) = self.points().get(index as usize) else { return kInvalidArgument };
        // SAFETY: the plugin's places.
        unsafe { (*offset, *value) = point };
        kResultOk
    }
    unsafe fn addPoint(&self, offset: i32, value: ParamValue, index: *mut i32) -> tresult {
        let Some(at) = self.add(offset, value) else { return kResultFalse };
        // SAFETY: it may be null.
        if let Some(index) = unsafe { index.as_mut() } {
            *index = at as i32;
        }
        kResultOk
    }
}

/// Parameters that move in a block.
pub struct Changes {
    queues: Box<[ComWrapper<Queue>]>,
    used: Cell<usize>,
}

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl Changes {
    /// Room for so many parameters a block.
    pub fn new(parameters: usize) -> Changes {
        let queue = || {
            let points = UnsafeCell::new(Vec::with_capacity(POINTS));
            ComWrapper::new(Queue { id: Cell::new(0), points })
        };
        Changes { queues: (0..parameters).map(|_| queue()).collect(), used: Cell::new(0) }
    }

    /// Empties it.
    pub fn clear(&self) {
        for queue in &self.queues[..self.used.get()] {
            queue.points().clear();
        }
        self.used.set(0);
    }

    fn queue(&self, id: ParamID) -> Option<usize> {
        let used = self.used.get();
        let known = self.queues[..used].iter().position(|q| q.id.get() == id);
        known.or_else(|| {
            let queue = self.queues.get(used)?;
            queue.id.set(id);
            self.used.set(used + 1);
            Some(used)
        })
    }

    /// Adds a point; whether there was room.
    pub fn add(&self, id: ParamID, offset: i32, value: f64) -> bool {
        self.queue(id).and_then(|at| self.queues[at].add(offset, value)).is_some()
    }

    /// The last value of each parameter.
    pub fn each(&self, mut f: impl FnMut(ParamID, f64)) {
        for queue in &self.queues[..self.used.get()] {
            if let Some(&(_, value)) = queue.points().last() {
                f(queue.id.get(), value);
            }
        }
    }

    fn borrow(&self, at: usize) -> *mut IParamValueQueue {
        let queue = self.queues[..self.used.get()].get(at);
        let queue = queue.and_then(|q| q.as_com_ref::<IParamValueQueue>());
        queue.map_or(std::ptr::null_mut(), |q| q.as_ptr())
    }
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> i32 {
        self.used.get() as i32
    }
    unsafe fn getParameterData(&self, index: i32) -> *mut IParamValueQueue {
        self.borrow(index as usize)
    }
    unsafe fn addParameterData(
        &self,
        id: *const ParamID,
        index: *mut i32,
    ) -> *mut IParamValueQueue {
        // SAFETY: the plugin gives an id.
        let Some(at) = self.queue(unsafe { *id }) else { return std::ptr::null_mut() };
        // SAFETY: it may be null.
        if let Some(index) = unsafe { index.as_mut() } {
            *index = at as i32;
        }
        self.borrow(at)
    }
}

/// Events of a block.
pub struct Events(UnsafeCell<Vec<Event>>);

impl Class for Events {
    type Interfaces = (IEventList,);
}

impl Events {
    /// Room for so many.
    pub fn new(most: usize) -> Events {
        Events(UnsafeCell::new(Vec::with_capacity(most)))
    }

    /// The events.
    #[expect(clippy::mut_from_ref, reason = "one thread, and no borrow outlives a call")]
    pub fn all(&self) -> &mut Vec<Event> {
        // SAFETY: as the reason says.
        unsafe { &mut *self.0.get() }
    }

    /// Adds one; whether there was room.
    pub fn add(&self, event: Event) -> bool {
        let all = self.all();
        let room = all.len() < all.capacity();
        if room {
            all.push(event);
        }
        room
    }
}

impl IEventListTrait for Events {
    unsafe fn getEventCount(&self) -> i32 {
        self.all().len() as i32
    }
    unsafe fn getEvent(&self, index: i32, to: *mut Event) -> tresult {
        let Some(event) = self.all().get(index as usize) else { return kInvalidArgument };
        // SAFETY: the plugin's place.
        unsafe { *to = *event };
        kResultOk
    }
    unsafe fn addEvent(&self, event: *mut Event) -> tresult {
        // SAFETY: the plugin gives an event.
        if self.add(unsafe { *event }) { kResultOk } else { kResultFalse }
    }
}

/// A list as plugins get it.
pub fn pointer<C: Class, I: vst3::Interface>(list: &ComWrapper<C>) -> ComPtr<I> {
    list.to_com_ptr().expect("a list has its own interface")
}
