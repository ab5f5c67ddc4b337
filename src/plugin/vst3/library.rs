//! A VST3 library: the file in its bundle, entry and exit, the factory and its classes.

use super::text::{from_narrow, hex};
use crate::plugin::PluginError;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use vst3::ComPtr;
use vst3::Steinberg::*;

/// A plugin that a factory can make.
pub struct Class {
    /// Its raw id.
    pub cid: TUID,
    /// The same as 32 hexadecimal digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who made it.
    pub vendor: String,
    /// Its version.
    pub version: String,
    /// Such as `Fx|Delay`.
    pub categories: String,
}

/// A library that is loaded and entered; left and unloaded when the last that uses it is gone.
pub struct Library {
    /// Released before the library is left.
    factory: ManuallyDrop<ComPtr<IPluginFactory>>,
    file: ManuallyDrop<libloading::Library>,
}

// SAFETY: the factory is only asked for classes and instances, which the standard allows any thread as long as
// it is one at a time: `LOADED` is locked for as long.
unsafe impl Send for Library {}
// SAFETY: as above.
unsafe impl Sync for Library {}

/// What is loaded, so that each library is entered once however many instances it has.
static LOADED: Mutex<Vec<(PathBuf, Weak<Library>)>> = Mutex::new(Vec::new());

/// The file that the system loads: `path` itself, or the one for this system in the bundle.
pub fn file(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default();
    let (folder, end) = if cfg!(windows) {
        (format!("{}-win", std::env::consts::ARCH), ".vst3")
    } else if cfg!(target_os = "macos") {
        ("MacOS".into(), "")
    } else {
        (format!("{}-linux", std::env::consts::ARCH), ".so")
    };
    let mut name = stem.to_os_string();
    name.push(end);
    if path.is_dir() { path.join("Contents").join(folder).join(name) } else { path.into() }
}

#[cfg(unix)]
fn load(file: &Path) -> Result<(libloading::Library, *mut c_void), libloading::Error> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    // SAFETY: it runs the code of the library, which is what hosting is.
    let raw = unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL)? }.into_raw();
    // SAFETY: the handle was just made, and is closed by this library alone.
    Ok((unsafe { Library::from_raw(raw) }.into(), raw))
}

#[cfg(not(unix))]
fn load(file: &Path) -> Result<(libloading::Library, *mut c_void), libloading::Error> {
    // SAFETY: it runs the code of the library, which is what hosting is.
    Ok((unsafe { libloading::Library::new(file)? }, std::ptr::null_mut()))
}

/// Names of what enters and leaves a library; Windows libraries need neither.
const DOORS: (&[u8], &[u8], bool) = if cfg!(windows) {
    (b"InitDll\0", b"ExitDll\0", false)
} else if cfg!(target_os = "macos") {
    (b"bundleEntry\0", b"bundleExit\0", true)
} else {
    (b"ModuleEntry\0", b"ModuleExit\0", true)
};

impl Library {
    /// Loads and enters a library, or finds it loaded.
    ///
    /// # Errors
    /// If it cannot be loaded, does not let us in, or has no factory.
    pub fn open(path: &Path) -> Result<Arc<Library>, PluginError> {
        if cfg!(target_os = "macos") {
            return Err(PluginError::load(path, "VST3 is not hosted on macOS yet: use its CLAP"));
        }
        let path = std::path::absolute(path).map_err(|e| PluginError::load(path, e))?;
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.retain(|(_, library)| library.strong_count() > 0);
        let known = loaded.iter().find(|(p, _)| *p == path).and_then(|(_, l)| l.upgrade());
        if let Some(library) = known {
            return Ok(library);
        }
        let fails = |reason: &str| PluginError::load(&path, reason);
        let (file, handle) = load(&file(&path)).map_err(|e| PluginError::load(&path, e))?;
        let (enter, _, needed) = DOORS;
        // SAFETY: the symbols have these types by the standard, and the library stays loaded.
        let factory = unsafe {
            match file.get::<unsafe extern "system" fn(*mut c_void) -> bool>(enter) {
                Ok(enter) if !enter(handle) => return Err(fails("it refuses to be entered")),
                Err(_) if needed => return Err(fails("it has no entry: it is no VST3 plugin")),
                _ => {}
            }
            let get = file
                .get::<unsafe extern "system" fn() -> *mut IPluginFactory>(b"GetPluginFactory\0");
            let get = get.map_err(|_| fails("it has no factory: it is no VST3 plugin"))?;
            ComPtr::from_raw(get()).ok_or_else(|| fails("its factory is missing"))?
        };
        let (factory, file) = (ManuallyDrop::new(factory), ManuallyDrop::new(file));
        let library = Arc::new(Library { factory, file });
        loaded.push((path, Arc::downgrade(&library)));
        Ok(library)
    }

    /// The audio plugins that it can make.
    pub fn classes(&self) -> Vec<Class> {
        let factory = &*self.factory;
        let more = factory.cast::<IPluginFactory2>();
        // SAFETY: structures of numbers, whose zeros are good; the factory fills them.
        unsafe {
            let mut about: PFactoryInfo = std::mem::zeroed();
            factory.getFactoryInfo(&mut about);
            let all = (0..factory.countClasses()).filter_map(|index| {
                let mut info: PClassInfo = std::mem::zeroed();
                let got = factory.getClassInfo(index, &mut info) == kResultOk;
                if !got || from_narrow(&info.category) != "Audio Module Class" {
                    return None;
                }
                let mut info2: PClassInfo2 = std::mem::zeroed();
                if let Some(more) = &more {
                    more.getClassInfo2(index, &mut info2);
                }
                let vendor = from_narrow(&info2.vendor);
                Some(Class {
                    cid: info.cid,
                    id: hex(&info.cid),
                    name: from_narrow(&info.name),
                    vendor: if vendor.is_empty() { from_narrow(&about.vendor) } else { vendor },
                    version: from_narrow(&info2.version),
                    categories: from_narrow(&info2.subCategories),
                })
            });
            all.collect()
        }
    }

    /// Makes an instance of a class as the interface `I`.
    pub fn make<I: vst3::Interface>(&self, cid: &TUID) -> Option<ComPtr<I>> {
        let mut made = std::ptr::null_mut();
        // SAFETY: two ids of 16 bytes; what comes back, if anything, is an `I` with one count for us.
        unsafe {
            let iid = I::IID;
            let said = self.factory.createInstance(cid.as_ptr(), iid.as_ptr().cast(), &mut made);
            if said == kResultOk { ComPtr::from_raw(made.cast()) } else { None }
        }
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        let _one_at_a_time = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: nothing of the library is in use any more, and nothing here is used again.
        unsafe {
            ManuallyDrop::drop(&mut self.factory);
            let (_, leave, _) = DOORS;
            if let Ok(leave) = self.file.get::<unsafe extern "system" fn() -> bool>(leave) {
                leave();
            }
            ManuallyDrop::drop(&mut self.file);
        }
    }
}
