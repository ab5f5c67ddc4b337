//! Messages between the two parts of a plugin, which the host makes: a name and a list of attributes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_void};
use vst3::Steinberg::Vst::IAttributeList_::AttrID;
use vst3::Steinberg::Vst::*;
use vst3::Steinberg::*;
use vst3::{Class, ComWrapper};

/// A message.
pub struct Message {
    name: RefCell<CString>,
    attributes: ComWrapper<Attributes>,
}

impl Class for Message {
    type Interfaces = (IMessage,);
}

impl Message {
    /// Without a name.
    pub fn new() -> Message {
        let attributes = ComWrapper::new(Attributes::default());
        Message { name: RefCell::default(), attributes }
    }
}

impl IMessageTrait for Message {
    unsafe fn getMessageID(&self) -> FIDString {
        self.name.borrow().as_ptr()
    }
    unsafe fn setMessageID(&self, id: FIDString) {
        if !id.is_null() {
            // SAFETY: plugins give a string.
            *self.name.borrow_mut() = unsafe { CStr::from_ptr(id) }.into();
        }
    }
    unsafe fn getAttributes(&self) -> *mut IAttributeList {
        // Borrowed: the message keeps it.
        self.attributes.as_com_ref::<IAttributeList>().map_or(std::ptr::null_mut(), |a| a.as_ptr())
    }
}

enum Value {
    Int(i64),
    Float(f64),
    Text(Vec<u16>),
    Bytes(Vec<u8>),
}

/// Values by name.
#[derive(Default)]
pub struct Attributes(RefCell<BTreeMap<CString, Value>>);

impl Class for Attributes {
    type Interfaces = (IAttributeList,);
}

impl Attributes {
    unsafe fn put(&self, id: AttrID, value: Value) -> tresult {
        if id.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: plugins give a string.
        self.0.borrow_mut().insert(unsafe { CStr::from_ptr(id) }.into(), value);
        kResultOk
    }

    unsafe fn get(&self, id: AttrID, f: impl FnOnce(&Value) -> tresult) -> tresult {
        if id.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: plugins give a string.
        self.0.borrow().get(unsafe { CStr::from_ptr(id) }).map_or(kResultFalse, f)
    }
}

impl IAttributeListTrait for Attributes {
    unsafe fn setInt(&self, id: AttrID, value: i64) -> tresult {
        // SAFETY: passed on.
        unsafe { self.put(id, Value::Int(value)) }
    }
    unsafe fn getInt(&self, id: AttrID, to: *mut i64) -> tresult {
        let write = |value: &Value| match value {
            Value::Int(n) => {
                // SAFETY: the plugin's place.
                unsafe { *to = *n };
                kResultOk
            }
            _ => kResultFalse,
        };
        // SAFETY: passed on.
        unsafe { self.get(id, write) }
    }
    unsafe fn setFloat(&self, id: AttrID, value: f64) -> tresult {
        // SAFETY: passed on.
        unsafe { self.put(id, Value::Float(value)) }
    }
    unsafe fn getFloat(&self, id: AttrID, to: *mut f64) -> tresult {
        let write = |value: &Value| match value {
            Value::Float(x) => {
                // SAFETY: the plugin's place.
                unsafe { *to = *x };
                kResultOk
            }
            _ => kResultFalse,
        };
        // SAFETY: passed on.
        unsafe { self.get(id, write) }
    }
    unsafe fn setString(&self, id: AttrID, text: *const TChar) -> tresult {
        if text.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: the text ends with a zero.
        let text = unsafe {
            let length = (0..).take_while(|&i| *text.add(i) != 0).count();
            std::slice::from_raw_parts(text, length + 1).to_vec()
        };
        // SAFETY: passed on.
        unsafe { self.put(id, Value::Text(text)) }
    }
    unsafe fn getString(&self, id: AttrID, to: *mut TChar, size: u32) -> tresult {
        let write = |value: &Value| match value {
            Value::Text(text) => {
                // The size is in bytes.
                let room = size as usize / size_of::<TChar>();
                if room == 0 {
                    return kInvalidArgument;
                }
                let n = text.len().min(room);
                // SAFETY: the plugin's place has that much room.
                unsafe {
                    std::ptr::copy_nonoverlapping(text.as_ptr(), to, n);
                    *to.add(n - 1) = 0;
                }
                kResultOk
            }
            _ => kResultFalse,
        };
        // SAFETY: passed on.
        unsafe { self.get(id, write) }
    }
    unsafe fn setBinary(&self, id: AttrID, data: *const c_void, size: u32) -> tresult {
        let bytes = if data.is_null() || size == 0 {
            Vec::new()
        } else {
            // SAFETY: the plugin gives that many bytes.
            unsafe { std::slice::from_raw_parts(data.cast::<u8>(), size as usize).to_vec() }
        };
        // SAFETY: passed on.
        unsafe { self.put(id, Value::Bytes(bytes)) }
    }
    unsafe fn getBinary(&self, id: AttrID, to: *mut *const c_void, size: *mut u32) -> tresult {
        let write = |value: &Value| match value {
            Value::Bytes(bytes) => {
                // SAFETY: the plugin's places; the bytes stay where they are until they are set again.
                unsafe {
                    *to = bytes.as_ptr().cast();
                    *size = bytes.len() as u32;
                }
                kResultOk
            }
            _ => kResultFalse,
        };
        // SAFETY: passed on.
        unsafe { self.get(id, write) }
    }
}
