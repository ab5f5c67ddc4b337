//! The level of a note: attack in a line, decay and release exponential.

/// Level below which a note is over (-100 dB).
const OVER: f32 = 1e-5;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Stage {
    Attack,
    Decay,
    Release,
    /// Ends within a few milliseconds, in a line.
    Cut,
    #[default]
    Over,
}

/// Attack, decay, sustain, release.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Envelope {
    stage: Stage,
    level: f32,
    /// Change per frame in `Attack` and `Cut`.
    line: f32,
    sustain: f32,
    /// Share of the way that is gone in a frame.
    decay: f32,
    release: f32,
}

/// Share of the way per frame of a fall by 60 dB in `seconds`.
fn share(seconds: f32, rate: f32) -> f32 {
    // ln(1000); what is not a number counts as the shortest time.
    1.0 - libm::expf(-6.907_755 / (seconds.max(1e-4).min(1000.0) * rate))
}

impl Envelope {
    /// Begins: times in seconds, sustain 0..1, `rate` in hertz.
    pub fn new([attack, decay, sustain, release]: [f32; 4], rate: f32) -> Envelope {
        let attack = attack.max(0.0).min(1000.0) * rate;
        let sudden = attack < 1.0;
        Envelope {
            stage: if sudden { Stage::Decay } else { Stage::Attack },
            level: if sudden { 1.0 } else { 0.0 },
            line: if sudden { 0.0 } else { 1.0 / attack },
            sustain: sustain.max(0.0).min(1.0),
            decay: share(decay, rate),
            release: share(release, rate),
        }
    }

    /// Level of the next frame.
    #[inline(always)]
    pub fn next(&mut self) -> f32 {
        let level = self.level;
        match self.stage {
            Stage::Attack => {
                self.level += self.line;
                if self.level >= 1.0 {
                    self.level = 1.0;
                    self.stage = Stage::Decay;
                }
            }
            Stage::Decay => self.level += (self.sustain - self.level) * self.decay,
            Stage::Release => self.level -= self.level * self.release,
            Stage::Cut => self.level -= self.line,
            Stage::Over => return 0.0,
        }
        if self.level <= OVER && self.stage != Stage::Attack {
            self.stage = Stage::Over;
        }
        level
    }

    pub fn release(&mut self) {
        if matches!(self.stage, Stage::Attack | Stage::Decay) {
            self.stage = Stage::Release;
        }
    }

    /// Ends within `frames`.
    pub fn cut(&mut self, frames: f32) {
        if !matches!(self.stage, Stage::Cut | Stage::Over) {
            self.stage = Stage::Cut;
            self.line = self.level / frames.max(1.0);
        }
    }

    pub fn set_sustain(&mut self, sustain: f32) {
        self.sustain = sustain.max(0.0).min(1.0);
    }

    pub fn set_release(&mut self, seconds: f32, rate: f32) {
        self.release = share(seconds, rate);
    }

    /// Whether it is neither released nor over.
    pub fn held(&self) -> bool {
        matches!(self.stage, Stage::Attack | Stage::Decay)
    }

    pub fn over(&self) -> bool {
        self.stage == Stage::Over
    }
}
