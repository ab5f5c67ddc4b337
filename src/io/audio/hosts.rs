//! Hosts and devices: which there are, and which one a request means.

use super::{AudioError, NULL, Request, config, quiet};
use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{HostId, SupportedBufferSize, SupportedStreamConfigRange};

/// A sound device, as `rhapsode devices` lists it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DeviceInfo {
    /// The host it belongs to: `jack`, `alsa`, `coreaudio`, `wasapi`, ...; `null` for the null device.
    pub host: String,
    /// What `--device` takes to mean exactly this device.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Whether it plays if no device is asked for.
    pub default: bool,
    /// Most channels it plays; 0 if it only records.
    pub outputs: u16,
    /// Most channels it records; 0 if it only plays.
    pub inputs: u16,
    /// Rates in hertz, ascending: the usual ones that it can do, or the one it is fixed to.
    pub rates: Vec<u32>,
    /// Fewest and most frames of a buffer, where the device says.
    pub buffer: Option<(u32, u32)>,
    /// Whether another program has it, so that nothing could be learned of it.
    pub busy: bool,
}

/// A device that was found for a request.
pub(super) struct Found {
    pub(super) device: cpal::Device,
    /// The device that records; none if the host has none.
    pub(super) input: Option<cpal::Device>,
    pub(super) name: String,
    /// Its id, by which it is found again.
    pub(super) id: String,
}

/// All devices that can be opened now, the default first within its host, and the null device at the end.
/// Devices are opened to learn what they can do: not for the audio thread. The sound libraries stay silent.
#[must_use]
pub fn devices() -> Vec<DeviceInfo> {
    quiet::hush();
    let mut list = Vec::new();
    let mut default = default().map(|found| found.id);
    for id in host_ids() {
        let Ok(host) = cpal::host_from_id(id) else { continue };
        for device in all(&host) {
            let Some(mut info) = describe(id, &device) else { continue };
            if default.as_ref() == Some(&info.id) {
                default = None;
                info.default = true;
                let first = list.iter().position(|other: &DeviceInfo| other.host == info.host);
                list.insert(first.unwrap_or(list.len()), info);
            } else if !list.iter().any(|other| other.id == info.id) {
                list.push(info);
            }
        }
    }
    let none = !list.iter().any(|info| info.default);
    list.push(DeviceInfo {
        host: NULL.into(),
        id: NULL.into(),
        name: "no device: everything runs, nothing sounds".into(),
        default: none,
        outputs: u16::MAX,
        inputs: u16::MAX,
        rates: config::RATES.to_vec(),
        buffer: Some((1, 8192)),
        busy: false,
    });
    list
}

/// Hosts that can be asked, the one that is preferred first: JACK, because its server holds the device if it
/// runs, then the system's own.
pub(super) fn host_ids() -> Vec<HostId> {
    let mut ids = cpal::available_hosts();
    ids.retain(|id| !is_jack(*id) || quiet::has_jack());
    ids.sort_by_key(|id| !is_jack(*id));
    ids
}

fn is_jack(id: HostId) -> bool {
    id.to_string() == "jack"
}

/// The device that `request` means; `None` if it leaves the choice to the machine and there is none.
///
/// # Errors
/// If a host or device is named that is not there.
pub(super) fn find(request: &Request) -> Result<Option<Found>, AudioError> {
    quiet::hush();
    let known = host_ids();
    let exact = request.device.as_ref().and_then(|id| id.parse::<cpal::DeviceId>().ok());
    let hosts = match &request.host {
        None => match exact {
            Some(id) => known.into_iter().filter(|host| *host == id.host()).collect(),
            None => known,
        },
        Some(wanted) => {
            let all: Vec<String> = known.iter().map(HostId::to_string).collect();
            let host = known.into_iter().find(|id| id.to_string().eq_ignore_ascii_case(wanted));
            let missing = || AudioError::NoSuchHost { wanted: wanted.clone(), known: all };
            vec![host.ok_or_else(missing)?]
        }
    };
    match (&request.device, &request.host) {
        (Some(wanted), _) => named(&hosts, wanted).map(Some),
        (None, Some(host)) => {
            let found = hosts.into_iter().find_map(default_of);
            found.map(Some).ok_or_else(|| AudioError::NothingThere { host: host.clone() })
        }
        (None, None) => Ok(hosts.into_iter().find_map(default_of)),
    }
}

fn default() -> Option<Found> {
    host_ids().into_iter().find_map(default_of)
}

/// The default output of a host, if it can be opened.
fn default_of(id: HostId) -> Option<Found> {
    let host = cpal::host_from_id(id).ok()?;
    let device = host.default_output_device()?;
    // ALSA has a default even where there is no device behind it; only opening tells. A busy one counts.
    if device.supported_output_configs().is_err_and(|e| e.kind() != cpal::ErrorKind::DeviceBusy) {
        return None;
    }
    found(&host, device)
}

/// The first device whose id or name is `wanted`, else the first that has it in its id or name.
fn named(hosts: &[HostId], wanted: &str) -> Result<Found, AudioError> {
    let lower = wanted.to_lowercase();
    let mut part = None;
    let mut known = Vec::new();
    for id in hosts {
        let Ok(host) = cpal::host_from_id(*id) else { continue };
        for device in all(&host).into_iter().filter(|device| plays(&host, device)) {
            let (Ok(id), name) = (device.id(), device.to_string().to_lowercase()) else { continue };
            let id = id.to_string();
            if id.to_lowercase() == lower || name == lower {
                return found(&host, device).ok_or_else(|| missing(wanted, &known));
            }
            if part.is_none() && (id.to_lowercase().contains(&lower) || name.contains(&lower)) {
                part = found(&host, device);
            }
            known.push(id);
        }
    }
    part.ok_or_else(|| missing(wanted, &known))
}

fn missing(wanted: &str, known: &[String]) -> AudioError {
    AudioError::NoSuchDevice { wanted: wanted.into(), known: known.to_vec() }
}

fn found(host: &cpal::Host, device: cpal::Device) -> Option<Found> {
    let (id, name) = (device.id().ok()?.to_string(), device.to_string());
    // JACK's output claims to record.
    let input = if device.supports_input() && !is_jack(host.id()) {
        Some(device.clone())
    } else {
        host.default_input_device()
    };
    Some(Found { device, input, name, id })
}

/// Whether a device has an output. JACK's input claims one, and of ALSA's default only opening it tells.
fn plays(host: &cpal::Host, device: &cpal::Device) -> bool {
    let default = host.default_output_device();
    default.as_ref() == Some(device) || (device.supports_output() && !is_jack(host.id()))
}

/// The devices of a host and its default, without ALSA's `null`, which asks for sound as fast as it can.
fn all(host: &cpal::Host) -> Vec<cpal::Device> {
    let listed = host.devices().map(Iterator::collect).unwrap_or_else(|_| Vec::new());
    let mut devices: Vec<cpal::Device> = host.default_output_device().into_iter().collect();
    for device in listed {
        if !devices.contains(&device) {
            devices.push(device);
        }
    }
    devices.retain(|device| device.id().is_ok_and(|id| id.id() != NULL));
    devices
}

/// What a device can do; none if it cannot be opened at all.
fn describe(host: HostId, device: &cpal::Device) -> Option<DeviceInfo> {
    let outputs = device.supported_output_configs().map(Iterator::collect::<Vec<_>>);
    let inputs = device.supported_input_configs().map(Iterator::collect::<Vec<_>>);
    let busy = [outputs.as_ref().err(), inputs.as_ref().err()]
        .into_iter()
        .flatten()
        .any(|e| e.kind() == cpal::ErrorKind::DeviceBusy);
    let (mut outputs, mut inputs) = (outputs.unwrap_or_default(), inputs.unwrap_or_default());
    // JACK's two devices answer for both directions.
    let id = device.id().ok()?;
    if is_jack(host) {
        if id.id() == "input" { outputs.clear() } else { inputs.clear() }
    }
    if outputs.is_empty() && inputs.is_empty() && !busy {
        return None;
    }
    let most = |ranges: &[SupportedStreamConfigRange]| {
        ranges.iter().map(SupportedStreamConfigRange::channels).max().unwrap_or(0)
    };
    let ranges = if outputs.is_empty() { &inputs } else { &outputs };
    Some(DeviceInfo {
        host: host.to_string(),
        id: id.to_string(),
        name: device.to_string(),
        default: false,
        outputs: most(&outputs),
        inputs: most(&inputs),
        rates: config::rates(ranges),
        buffer: buffers(ranges),
        busy,
    })
}

/// Fewest and most frames of a buffer over all ranges that say.
fn buffers(ranges: &[SupportedStreamConfigRange]) -> Option<(u32, u32)> {
    let sizes = ranges.iter().filter_map(|range| match range.buffer_size() {
        SupportedBufferSize::Range { min, max } => Some((*min, *max)),
        SupportedBufferSize::Unknown => None,
    });
    sizes.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}
