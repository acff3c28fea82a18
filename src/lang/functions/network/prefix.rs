//! Ranges of IP addresses, and the arithmetic on them.
//!
//! Numbers of hosts and subnets that do not fit are handled as Terraform does, where it gives a result at all: what it
//! computed once stands in records. That is the reason for the odd comparisons here.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use num_bigint::{BigInt, BigUint, Sign};

/// A range: the addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prefix {
    /// The first address; in the low 32 bits for IPv4.
    first: u128,
    /// How many leading bits are fixed.
    length: u32,
    /// How many bits an address has: 32 or 128.
    width: u32,
}

/// Addresses from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    first: u128,
    last: u128,
    width: u32,
}

/// Hands out subnets of a range one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subnets {
    within: Prefix,
    /// The last address handed out; none when no further one can be.
    last: Option<u128>,
}

impl Prefix {
    /// Reads `10.0.0.0/8` or `fd00::/8`; bits after the prefix are cleared. Octets may have leading zeros, which have
    /// no meaning.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let (address, width) = parse_address(address)?;
        let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        let length = length
            .parse()
            .ok()
            .filter(|length| digits && *length <= width)?;
        Some(Self {
            first: address & !host_mask(length, width),
            length,
            width,
        })
    }

    /// How many addresses there are.
    pub(super) fn addresses(self) -> BigUint {
        BigUint::from(1_u8) << (self.width - self.length)
    }

    /// The address with that number, counted from 0, or from -1 at the end; `None` if there is none.
    pub(super) fn host(self, number: &BigInt) -> Option<String> {
        let top = BigInt::from(host_mask(self.length, self.width));
        let from_end = number.sign() == Sign::Minus;
        let number = if from_end {
            &top + number + 1
        } else {
            number.clone()
        };
        // Terraform looks only at the low 64 bits, as a signed integer, to see whether a number is too large.
        let fits = if from_end {
            number.sign() != Sign::Minus
        } else {
            BigInt::from(low_bits(number.magnitude()).cast_signed()) <= top
        };
        if !fits {
            return None;
        }
        let shift = if self.width == 128 && is_mapped(self.first) {
            96
        } else {
            0
        };
        Some(address_text(self.with_number(number, shift)?, self.width))
    }

    /// The netmask; `None` for IPv6.
    pub(super) fn netmask(self) -> Option<String> {
        let mask = host_mask(0, self.width) & !host_mask(self.length, self.width);
        let v4 = self.width == 32 || is_mapped(self.first);
        v4.then(|| address_text(mask, self.width))
    }

    /// Whether the prefix with so many bits more (or fewer, when negative) is still one.
    pub(super) fn can_extend(self, new_bits: i64) -> bool {
        self.extended(new_bits).is_some()
    }

    fn extended(self, new_bits: i64) -> Option<u32> {
        let length = i64::from(self.length).checked_add(new_bits)?;
        u32::try_from(length)
            .ok()
            .filter(|length| *length <= self.width)
    }

    /// The text of the subnet with that number; `None` if there is none.
    pub(super) fn subnet(self, new_bits: i64, number: &BigInt) -> Option<String> {
        let length = self.extended(new_bits)?;
        // Terraform looks only at the low 64 bits of the number, without its sign.
        let most = match u32::try_from(new_bits) {
            Ok(bits) if bits < 64 => (1_u64 << bits) - 1,
            Ok(_) | Err(_) => u64::MAX,
        };
        if low_bits(number.magnitude()) > most {
            return None;
        }
        let first = self.with_number(number.clone(), self.width - length)?;
        Some(prefix_text(first, length, self.width))
    }

    /// The first address with a number put into the bits from `shift` on.
    fn with_number(self, number: BigInt, shift: u32) -> Option<u128> {
        let joined = BigInt::from(self.first) | (number << shift);
        // A negative number keeps its size and loses its sign here, as in Terraform.
        let address = u128::try_from(joined.magnitude()).ok()?;
        (address <= host_mask(0, self.width)).then_some(address)
    }

    /// Hands out subnets, from the first address on.
    pub(super) fn subnets(self) -> Subnets {
        // Terraform finds no subnet at all in a range that begins at zero or is IPv4 in IPv6 notation.
        let impossible = self.width == 128 && is_mapped(self.first);
        let last = self.first.checked_sub(1).filter(|_| !impossible);
        Subnets { within: self, last }
    }

    /// Whether all of `inner` is in it; `None` if one is IPv4 and the other IPv6.
    pub(super) fn contains(self, inner: Range) -> Option<bool> {
        let last = self.first | host_mask(self.length, self.width);
        (self.width == inner.width).then_some(self.first <= inner.first && inner.last <= last)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&prefix_text(self.first, self.length, self.width))
    }
}

impl Range {
    /// Reads an address or a prefix.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(prefix) = Prefix::parse(text) {
            let last = prefix.first | host_mask(prefix.length, prefix.width);
            return Some(Self {
                first: prefix.first,
                last,
                width: prefix.width,
            });
        }
        let (address, width) = parse_address(text)?;
        Some(Self {
            first: address,
            last: address,
            width,
        })
    }
}

impl Subnets {
    /// The text of the next free subnet with so many bits more; `None` when there is no room.
    pub(super) fn take(&mut self, new_bits: i64) -> Option<String> {
        let Prefix {
            first,
            length,
            width,
        } = self.within;
        let longer = self.within.extended(new_bits)?;
        let rest = host_mask(longer, width);
        let start = (self.last? | rest).checked_add(1)?;
        if start > first | host_mask(length, width) {
            return None;
        }
        self.last = Some(start | rest);
        Some(prefix_text(start, longer, width))
    }
}

/// Reads an address; says how many bits it has.
fn parse_address(text: &str) -> Option<(u128, u32)> {
    // The standard library refuses leading zeros, which Terraform passes over.
    let mut plain = String::with_capacity(text.len());
    for part in text.split_inclusive([':', '.']) {
        let digits = part.trim_end_matches([':', '.']);
        let zeros = digits.bytes().take_while(|byte| *byte == b'0').count();
        plain.push_str(part.get(zeros.min(digits.len().saturating_sub(1))..)?);
    }
    if let Ok(address) = plain.parse::<Ipv4Addr>() {
        return Some((u128::from(u32::from(address)), 32));
    }
    plain
        .parse::<Ipv6Addr>()
        .ok()
        .map(|address| (u128::from(address), 128))
}

/// The bits of an address that a prefix of this length leaves free.
fn host_mask(length: u32, width: u32) -> u128 {
    u128::MAX.checked_shr(128 - width + length).unwrap_or(0)
}

/// Whether a 128-bit address is an IPv4 address in IPv6 notation.
fn is_mapped(address: u128) -> bool {
    address >> 32 == 0xffff
}

/// The low 64 bits.
fn low_bits(number: &BigUint) -> u64 {
    number.iter_u64_digits().next().unwrap_or(0)
}

fn address_text(address: u128, width: u32) -> String {
    if width == 32 || is_mapped(address) {
        let low = u32::try_from(address & host_mask(0, 32)).unwrap_or(0);
        Ipv4Addr::from(low).to_string()
    } else {
        Ipv6Addr::from(address).to_string()
    }
}

fn prefix_text(first: u128, length: u32, width: u32) -> String {
    let length = if width == 128 && is_mapped(first) {
        length.saturating_sub(96)
    } else {
        length
    };
    format!("{}/{length}", address_text(first, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        Prefix::parse(text).unwrap()
    }

    #[test]
    fn leading_zeros_have_no_meaning() {
        assert_eq!(prefix("010.0000.0.1/08"), prefix("10.0.0.0/8"));
        assert_eq!(prefix("fd00:00001::/064"), prefix("fd00:1::/64"));
        assert_eq!(prefix("::ffff:010.0.0.1/120").to_string(), "10.0.0.0/24");
    }

    #[test]
    fn other_text_is_no_prefix() {
        for text in [
            "",
            "/8",
            "10.0.0.0",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0.0/33",
            "10.0.0.0/8 ",
            " 10.0.0.0/8",
            "10.0.0/8",
            "10.0.0.0.0/8",
            "256.0.0.0/8",
            "0x10.0.0.0/8",
            "10.0.0.0/8/8",
            "10.0.0.0/8.5",
            "fd00::/129",
            "fd00::%eth0/64",
            "fd00:::/64",
            "1::2::3/64",
            ":1::/64",
            "1:/64",
            "g::/64",
            "1:2:3:4:5:6:7:8:9/64",
            "1:2:3:4:5:6:7:10.0.0.1/64",
            "10.0.0.0/99999999999999999999",
        ] {
            assert_eq!(Prefix::parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_that_do_not_fit_give_what_terraform_gives() {
        let host = |text, number: i128| prefix(text).host(&BigInt::from(number));
        assert_eq!(host("fd00::/64", 1 << 64).as_deref(), Some("fd00:0:0:1::"));
        assert_eq!(
            host("fd00::/66", 1 << 63).as_deref(),
            Some("fd00::8000:0:0:0")
        );
        assert_eq!(host("fd00::/64", -(1 << 64)).as_deref(), Some("fd00::"));
        assert_eq!(host("fd00::/64", -(1 << 64) - 1), None);
        assert_eq!(host("10.0.0.0/8", 1 << 32), None);
        assert_eq!(host("10.0.0.0/8", u64::MAX.into()), None);
        let subnet = |text, bits, number: i128| prefix(text).subnet(bits, &BigInt::from(number));
        assert_eq!(subnet("10.0.0.0/8", 8, -1).as_deref(), Some("0.1.0.0/16"));
        assert_eq!(subnet("10.0.0.0/8", 8, -256), None);
        assert_eq!(subnet("10.0.0.0/8", 8, 1 << 64), None);
        assert_eq!(subnet("10.0.0.0/8", -1, 5).as_deref(), Some("10.0.0.0/7"));
        assert_eq!(subnet("10.0.0.0/8", -4, -1).as_deref(), Some("6.0.0.0/4"));
        assert_eq!(
            subnet("192.168.0.0/16", -8, 4).as_deref(),
            Some("196.168.0.0/8")
        );
        assert_eq!(
            subnet("fd00::/8", 64, 1 << 64).as_deref(),
            Some("fd00::/72")
        );
        assert_eq!(
            subnet("fd00::/8", 63, 1 << 64).as_deref(),
            Some("ff00::/71")
        );
        assert_eq!(subnet("fd00::/8", 120, -1).as_deref(), Some("::1/128"));
    }

    #[test]
    fn ipv4_in_ipv6_is_as_odd_as_in_terraform() {
        let mapped = prefix("::ffff:10.0.0.0/104");
        assert_eq!(
            mapped.host(&BigInt::from(1)).as_deref(),
            Some("0:1::ffff:a00:0")
        );
        assert_eq!(
            mapped.subnet(8, &BigInt::from(1)).as_deref(),
            Some("10.1.0.0/16")
        );
        assert_eq!(
            mapped.subnet(4, &BigInt::from(-1)).as_deref(),
            Some("::10:0/108")
        );
        assert_eq!(
            mapped.netmask().as_deref(),
            Some("ffff:ffff:ffff:ffff:ffff:ffff:ff00:0")
        );
        assert_eq!(mapped.subnets().take(8), None);
        assert_eq!(
            prefix("::ffff:10.0.0.0/100")
                .subnet(0, &BigInt::from(0))
                .as_deref(),
            Some("0.0.0.0/4")
        );
        assert_eq!(prefix("::ffff:10.0.0.0/90").netmask(), None);
    }

    #[test]
    fn subnets_are_aligned_and_end_with_the_range() {
        let take = |text, bits: &[i64]| {
            let mut subnets = prefix(text).subnets();
            bits.iter()
                .map(|bits| subnets.take(*bits))
                .collect::<Option<Vec<_>>>()
        };
        assert_eq!(
            take("10.1.2.3/8", &[8, 16, 8]).unwrap(),
            ["10.0.0.0/16", "10.1.0.0/24", "10.2.0.0/16"]
        );
        assert_eq!(
            take("fd00::/8", &[32, 1]).unwrap(),
            ["fd00::/40", "fd80::/9"]
        );
        assert_eq!(
            take("255.255.255.0/24", &[1, 1]).unwrap(),
            ["255.255.255.0/25", "255.255.255.128/25"]
        );
        for full in ["10.0.0.0/24", "255.255.255.0/24", "ffff::/16"] {
            assert_eq!(take(full, &[1, 1, 1]), None, "{full}");
        }
        assert_eq!(take("0.0.0.0/0", &[1]), None);
    }
}
