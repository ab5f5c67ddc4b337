//! Flushes denormal numbers to zero while the graph runs: decaying tails cost no more than loud sound.

/// Sets the processor to flush denormals until dropped, then restores what was set before.
pub struct FlushToZero(u64);

impl FlushToZero {
    /// Sets flush-to-zero (and denormals-are-zero where there is such a bit) on this thread.
    #[must_use]
    pub fn new() -> FlushToZero {
        let old = read();
        write(old | BITS);
        FlushToZero(old)
    }
}

impl Default for FlushToZero {
    fn default() -> Self {
        FlushToZero::new()
    }
}

impl Drop for FlushToZero {
    fn drop(&mut self) {
        write(self.0);
    }
}

#[cfg(target_arch = "x86_64")]
const BITS: u64 = 0x8040;

#[cfg(target_arch = "x86_64")]
fn read() -> u64 {
    let mut bits: u32 = 0;
    // SAFETY: stores the SSE control word to a local.
    unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut bits, options(nostack)) };
    u64::from(bits)
}

#[cfg(target_arch = "x86_64")]
fn write(bits: u64) {
    let bits = bits as u32;
    // SAFETY: only the flush bits differ from a word that was read from the same register.
    unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const bits, options(nostack)) };
}

#[cfg(target_arch = "aarch64")]
const BITS: u64 = 1 << 24;

#[cfg(target_arch = "aarch64")]
fn read() -> u64 {
    let bits: u64;
    // SAFETY: reads the floating-point control register.
    unsafe { std::arch::asm!("mrs {}, fpcr", out(reg) bits) };
    bits
}

#[cfg(target_arch = "aarch64")]
fn write(bits: u64) {
    // SAFETY: only the flush bit differs from a word that was read from the same register.
    unsafe { std::arch::asm!("msr fpcr, {}", in(reg) bits) };
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const BITS: u64 = 0;

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn read() -> u64 {
    0
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn write(_: u64) {}
