//! A stream of bytes in memory, from which plugins restore and to which they save.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use vst3::Steinberg::*;
use vst3::{Class, ComPtr, ComWrapper};

/// Bytes and where the next is read or written.
pub struct Stream {
    bytes: RefCell<Vec<u8>>,
    at: Cell<usize>,
}

impl Class for Stream {
    type Interfaces = (IBStream,);
}

/// A stream that plugins can be given.
pub struct Shared(ComWrapper<Stream>);

impl Stream {
    /// Nothing yet.
    pub fn empty() -> Shared {
        Stream::of(Vec::new())
    }

    /// These bytes, from their beginning.
    pub fn of(bytes: Vec<u8>) -> Shared {
        Shared(ComWrapper::new(Stream { bytes: RefCell::new(bytes), at: Cell::new(0) }))
    }
}

impl Shared {
    /// As the plugin gets it.
    pub fn pointer(&self) -> ComPtr<IBStream> {
        self.0.to_com_ptr().expect("a stream is a stream")
    }

    /// What is in it.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.bytes.borrow().clone()
    }
}

impl IBStreamTrait for Stream {
    unsafe fn read(&self, to: *mut c_void, count: i32, done: *mut i32) -> tresult {
        let bytes = self.bytes.borrow();
        let at = self.at.get().min(bytes.len());
        let n = (count.max(0) as usize).min(bytes.len() - at);
        // SAFETY: the plugin's place has room for `count` bytes; `done` may be null.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes[at..].as_ptr(), to.cast(), n);
            if let Some(done) = done.as_mut() {
                *done = n as i32;
            }
        }
        self.at.set(at + n);
        kResultOk
    }

    unsafe fn write(&self, from: *mut c_void, count: i32, done: *mut i32) -> tresult {
        let n = count.max(0) as usize;
        let mut bytes = self.bytes.borrow_mut();
        let at = self.at.get();
        if bytes.len() < at + n {
            bytes.resize(at + n, 0);
        }
        // SAFETY: the plugin gives `count` bytes; `done` may be null.
        unsafe {
            std::ptr::copy_nonoverlapping(from.cast(), bytes[at..].as_mut_ptr(), n);
            if let Some(done) = done.as_mut() {
                *done = n as i32;
            }
        }
        self.at.set(at + n);
        kResultOk
    }

    unsafe fn seek(&self, by: i64, mode: i32, result: *mut i64) -> tresult {
        use IBStream_::IStreamSeekMode_::*;
        let from = match mode as IBStream_::IStreamSeekMode {
            kIBSeekSet => 0,
            kIBSeekCur => self.at.get() as i64,
            kIBSeekEnd => self.bytes.borrow().len() as i64,
            _ => return kInvalidArgument,
        };
        let at = from.saturating_add(by).max(0);
        self.at.set(at as usize);
        // SAFETY: it may be null.
        if let Some(result) = unsafe { result.as_mut() } {
            *result = at;
        }
        kResultOk
    }

    unsafe fn tell(&self, at: *mut i64) -> tresult {
        // SAFETY: it may be null.
        match unsafe { at.as_mut() } {
            Some(at) => *at = self.at.get() as i64,
            None => return kInvalidArgument,
        }
        kResultOk
    }
}
