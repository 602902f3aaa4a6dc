//! Floats as the deterministic encoding knows them (RFC 8949 §4.2.2, `formats.md` §2).

/// A float with one encoding: every NaN is the same NaN, and −0.0 differs from 0.0.
///
/// Equality is equality of encodings, so a NaN equals itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Float {
    bits: u64,
}

/// A float at the shortest width that keeps its value; widths order before bits, as encodings do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shortest {
    Half(u16),
    Single(u32),
    Double(u64),
}

/// The only NaN: quiet, positive, without payload.
pub(super) const HALF_NAN: u16 = 0x7e00;

/// An f16 counts its subnormals in steps of 2⁻²⁴, below 2⁻¹⁴.
const SUBNORMALS_PER_ONE: f64 = 16_777_216.0;
const SMALLEST_NORMAL: f64 = 1.0 / 16_384.0;

/// Fraction bits, and difference of exponent biases, between f64 and f16.
const DROPPED_BITS: u32 = 52 - 10;
const BIAS_SHIFT: u64 = 1023 - 15;

impl Float {
    /// The float of this value; any NaN becomes the canonical one.
    #[must_use]
    pub fn new(value: f64) -> Self {
        let canonical = if value.is_nan() { f64::NAN } else { value };
        Self {
            bits: canonical.to_bits(),
        }
    }

    /// The value.
    #[must_use]
    pub fn value(self) -> f64 {
        f64::from_bits(self.bits)
    }

    /// The shortest of f16, f32 and f64 that keeps the value.
    pub(super) fn shortest(self) -> Shortest {
        let value = self.value();
        match (to_half(value), to_single(value)) {
            (Some(half), _) => Shortest::Half(half),
            (None, Some(single)) => Shortest::Single(single.to_bits()),
            (None, None) => Shortest::Double(self.bits),
        }
    }
}

impl PartialOrd for Float {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The order of encodings, not of numbers.
impl Ord for Float {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.shortest().cmp(&other.shortest())
    }
}

impl From<f64> for Float {
    fn from(value: f64) -> Self {
        Self::new(value)
    }
}

/// The f32 of exactly this value, if there is one. NaN has none here: it is a half.
pub(super) fn to_single(value: f64) -> Option<f32> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the next line refuses a rounded value"
    )]
    let single = value as f32;
    (f64::from(single).to_bits() == value.to_bits()).then_some(single)
}

/// The bits of the f16 of exactly this value, if there is one (RFC 8949 Appendix D, inverted).
pub(super) fn to_half(value: f64) -> Option<u16> {
    if value.is_nan() {
        return Some(HALF_NAN);
    }
    let sign = if value.is_sign_negative() { 0x8000 } else { 0 };
    Some(sign | magnitude_to_half(value.abs())?)
}

fn magnitude_to_half(magnitude: f64) -> Option<u16> {
    if magnitude.is_infinite() {
        return Some(0x7c00);
    }
    if magnitude < SMALLEST_NORMAL {
        let steps = magnitude * SUBNORMALS_PER_ONE;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an integer in 0..1024"
        )]
        return (steps.fract() == 0.0).then_some(steps as u16);
    }
    let bits = magnitude.to_bits();
    if bits.trailing_zeros() < DROPPED_BITS {
        return None;
    }
    // Exponent and fraction side by side; only the exponent's bias differs between the widths.
    let rebased = (bits >> DROPPED_BITS) - (BIAS_SHIFT << 10);
    u16::try_from(rebased).ok().filter(|half| *half < 0x7c00)
}

/// The value of an f16 (RFC 8949 Appendix D).
pub(super) fn from_half(half: u16) -> f64 {
    let (exponent, fraction) = (u64::from(half >> 10 & 0x1f), u64::from(half & 0x03ff));
    let magnitude = match (exponent, fraction) {
        (0, _) => f64::from(half & 0x03ff) / SUBNORMALS_PER_ONE,
        (31, 0) => f64::INFINITY,
        (31, _) => f64::NAN,
        _ => f64::from_bits((exponent + BIAS_SHIFT) << 52 | fraction << DROPPED_BITS),
    };
    if half & 0x8000 == 0 {
        magnitude
    } else {
        -magnitude
    }
}
