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

/// The f32 of exactly this value, if there is one. Callers have dealt with NaN: it is a half.
pub(super) fn to_single(value: f64) -> Option<f32> {
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
        // Below 1024, so an integer among them fits.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_is_the_shortest_form_of_its_own_value() {
        for half in 0..=u16::MAX {
            let value = from_half(half);
            let expected = if value.is_nan() { HALF_NAN } else { half };
            assert_eq!(to_half(value), Some(expected), "{half:#06x}");
            assert_eq!(
                Float::new(value).shortest(),
                Shortest::Half(expected),
                "{half:#06x}"
            );
        }
    }

    #[test]
    fn a_neighbour_of_a_half_is_no_half() {
        for half in (0..0x7c00).map(from_half) {
            assert_eq!(to_half(half.next_up()), None, "above {half}");
            assert_eq!(to_half(-half.next_up()), None, "below {}", -half);
        }
        assert_eq!(to_half(65_504.0), Some(0x7bff));
        assert_eq!(to_half(65_536.0), None);
        assert_eq!(to_half(f64::MAX), None);
        assert_eq!(to_half(f64::MIN_POSITIVE), None);
    }

    #[test]
    fn width_grows_only_with_need() {
        let width = |value| Float::new(value).shortest();
        assert_eq!(width(1.5), Shortest::Half(0x3e00));
        assert_eq!(width(100_000.0), Shortest::Single(0x47c3_5000));
        assert_eq!(width(f64::from(f32::from_bits(1))), Shortest::Single(1));
        assert_eq!(width(1.1), Shortest::Double(0x3ff1_9999_9999_999a));
        assert_eq!(width(1e300), Shortest::Double(1e300f64.to_bits()));
    }

    #[test]
    fn every_nan_is_one_and_zeros_are_two() {
        for bits in [
            0x7ff0_0000_0000_0001,
            0xfff8_0000_0000_0000,
            0x7fff_ffff_ffff_ffff,
        ] {
            assert_eq!(Float::new(f64::from_bits(bits)), Float::new(f64::NAN));
        }
        assert_ne!(Float::new(-0.0), Float::new(0.0));
        assert!(Float::new(-0.0).value().is_sign_negative());
    }
}
