//! Name and colour of its track, for a VST3 instance that wants to know.

use super::message::Attributes;
use vst3::Steinberg::Vst::ChannelContext::*;
use vst3::Steinberg::Vst::*;
use vst3::{ComPtr, ComWrapper};

/// Tells the controller. Main thread.
pub fn tell(controller: &ComPtr<IEditController>, name: &str, colour: Option<[u8; 3]>) {
    let Some(listener) = controller.cast::<IInfoListener>() else { return };
    let list = ComWrapper::new(Attributes::default());
    let Some(pointer) = list.to_com_ptr::<IAttributeList>() else { return };
    let wide: Vec<u16> = name.encode_utf16().chain([0]).collect();
    // SAFETY: main thread; names and values live through the calls.
    unsafe {
        pointer.setString(kChannelNameKey, wide.as_ptr());
        pointer.setInt(kChannelNameLengthKey, wide.len() as i64 - 1);
        if let Some([red, green, blue]) = colour {
            let argb = u32::from_be_bytes([255, red, green, blue]);
            pointer.setInt(kChannelColorKey, i64::from(argb));
        }
        listener.setChannelContextInfos(pointer.as_ptr());
    }
}
