//! What stays of an address: its network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The network that stays of an address once the event is made: /24 for IPv4, /48 for IPv6.
///
/// An IPv4-mapped IPv6 address is the IPv4 address it stands for.
pub fn truncate_ip(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{}/24", Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::truncate_ip;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    #[test]
    fn keeps_the_network_only() {
        let of = |text: &str| truncate_ip(text.parse().expect("an address"));
        assert_eq!(of("203.0.113.77"), "203.0.113.0/24");
        assert_eq!(of("::ffff:203.0.113.77"), "203.0.113.0/24");
        assert_eq!(of("2001:db8:1:2::3"), "2001:db8:1::/48");
        assert_eq!(of("::1"), "::/48");
    }

    proptest! {
        #[test]
        fn host_bits_never_show_in_v4(ip: u32, host: u8) {
            let sibling = (ip & !0xff) | u32::from(host);
            let of = |bits| truncate_ip(IpAddr::V4(Ipv4Addr::from_bits(bits)));
            prop_assert_eq!(of(ip), of(sibling));
            prop_assert_ne!(of(ip), of(ip ^ 0x100));
        }

        #[test]
        fn host_bits_never_show_in_v6(ip: u128, host: u128) {
            let ip = ip | 1 << 127; // never an IPv4-mapped address
            let sibling = ip >> 80 << 80 | host >> 48;
            let of = |bits| truncate_ip(IpAddr::V6(Ipv6Addr::from_bits(bits)));
            prop_assert_eq!(of(ip), of(sibling));
            prop_assert_ne!(of(ip), of(ip ^ 1 << 80));
        }

        #[test]
        fn a_mapped_address_is_its_v4(ip: u32) {
            let v4 = Ipv4Addr::from_bits(ip);
            prop_assert_eq!(
                truncate_ip(IpAddr::V4(v4)),
                truncate_ip(IpAddr::V6(v4.to_ipv6_mapped()))
            );
        }
    }
}
