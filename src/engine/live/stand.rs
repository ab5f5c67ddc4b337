//! Where performers stand: the device's callback, in which one takes the place of another.

use super::Performer;
use crate::io::audio::{Callback, Format};
use ringbuf::traits::{Consumer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

/// The callback of a device: plays the performer that came last; silence before the first, and while the device
/// has another rate than its music, which would sound at the wrong pitch.
pub struct Stand {
    /// Of the device, in hertz.
    rate: f64,
    performer: Option<Box<Performer>>,
    next: HeapCons<Box<Performer>>,
    gone: HeapProd<Box<Performer>>,
}

/// The other end of a [`Stand`], on the control side.
pub struct Backstage {
    next: HeapProd<Box<Performer>>,
    gone: HeapCons<Box<Performer>>,
}

impl Stand {
    /// An empty stand, and how performers get there.
    #[must_use]
    pub fn new() -> (Stand, Backstage) {
        let (next, incoming) = HeapRb::new(1).split();
        // One may stand there and one may come.
        let (outgoing, gone) = HeapRb::new(2).split();
        (
            Stand { rate: 0.0, performer: None, next: incoming, gone: outgoing },
            Backstage { next, gone },
        )
    }
}

impl Backstage {
    /// Sends a performer on; the one before goes off and is freed by the next call. False while another is
    /// still on its way.
    pub fn send(&mut self, performer: Performer) -> bool {
        while let Some(gone) = self.gone.try_pop() {
            drop(gone);
        }
        self.next.try_push(Box::new(performer)).is_ok()
    }
}

impl Stand {
    /// Lets the performer on that has come, if one has; who stands there now. Audio thread.
    pub fn enter(&mut self) -> Option<&mut Performer> {
        if let Some(next) = self.next.try_pop()
            && let Some(gone) = self.performer.replace(next)
        {
            // There is room: it was freed before the next one was sent.
            let _ = self.gone.try_push(gone);
        }
        self.performer()
    }

    /// Who stands there. Audio thread.
    pub fn performer(&mut self) -> Option<&mut Performer> {
        self.performer.as_deref_mut()
    }
}

impl Callback for Stand {
    fn prepare(&mut self, format: Format) {
        self.rate = f64::from(format.rate);
    }

    fn render(&mut self, output: &mut [f32], channels: usize, input: &[f32], in_channels: usize) {
        let rate = self.rate;
        match self.enter() {
            Some(performer) if performer.rate() == rate => {
                performer.render_with(output, channels, input, in_channels);
            }
            _ => output.fill(0.0),
        }
    }
}
