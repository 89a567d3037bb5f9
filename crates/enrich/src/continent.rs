//! The continent of a country.

use std::sync::LazyLock;

/// Countries by continent, as the United Nations' M49 has them, except that Cyprus is in Europe,
/// and that the islands of the far south are with Antarctica.
const CONTINENTS: [(&str, &str); 7] = [
    (
        "AF",
        "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML \
         MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW",
    ),
    ("AN", "AQ BV GS HM TF"),
    (
        "AS",
        "AE AF AM AZ BD BH BN BT CN GE HK ID IL IN IO IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO \
         MV MY NP OM PH PK PS QA SA SG SY TH TJ TL TM TR TW UZ VN YE",
    ),
    (
        "EU",
        "AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT \
         LU LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK",
    ),
    (
        "NA",
        "AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS MX NI PA \
         PM PR SV SX TC TT US VC VG VI",
    ),
    (
        "OC",
        "AS AU CC CK CX FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS",
    ),
    ("SA", "AR BO BR CL CO EC FK GF GY PE PY SR UY VE"),
];

/// The continent of each pair of letters.
static BY_LETTERS: LazyLock<[&str; 26 * 26]> = LazyLock::new(|| {
    let mut table = [""; 26 * 26];
    for (continent, codes) in CONTINENTS {
        let places = codes.split(' ').filter_map(place);
        places.for_each(|place| table[place] = continent);
    }
    table
});

fn place(country: &str) -> Option<usize> {
    let letter = |byte: u8| byte.is_ascii_uppercase().then(|| usize::from(byte - b'A'));
    match *country.as_bytes() {
        [first, second] => Some(letter(first)? * 26 + letter(second)?),
        _ => None,
    }
}

/// The continent (`AF, AN, AS, EU, NA, OC, SA`) of an ISO 3166-1 alpha-2 code; empty if unknown.
pub fn continent(country: &str) -> &'static str {
    place(country).map_or("", |place| BY_LETTERS[place])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_country_is_on_one_continent() {
        let all: Vec<&str> = CONTINENTS
            .iter()
            .flat_map(|(_, codes)| codes.split(' '))
            .collect();
        assert!(all.iter().all(|code| code.len() == 2), "{all:?}");
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(all.len(), 250, "ISO 3166-1 has 249, and XK is in use");
        assert_eq!(
            ["DE", "US", "BR", "AQ"].map(continent),
            ["EU", "NA", "SA", "AN"]
        );
        assert_eq!(["", "de", "ZZ", "DE US", " "].map(continent), [""; 5]);
    }
}
