//! Amounts in words (大写金额), as vouchers and payment lists carry them.
//!
//! Written by the rules of the Payment and Settlement Measures (支付结算办法, annex 1). Where they
//! leave a choice, the form that their own examples give first is taken: the zero of an empty place
//! of yuan is said before jiao (壹仟陆佰捌拾元零叁角贰分), that of an empty place of ten thousands is
//! not (壹拾万柒仟元零伍角叁分), and 整 stands after yuan alone (壹仟肆佰零玖元伍角). Less than a yuan
//! begins with what there is (叁角, 伍分).

use super::money::Fen;

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
const FEN_PER_YUAN: u64 = 100;
const WAN: u64 = 10_000;
const YI: u64 = 100_000_000;
/// The first number of four places that has all of them.
const FULL: u64 = 1_000;

impl Fen {
    /// `壹万贰仟叁佰肆拾伍元整`; what is owed the other way begins with 负.
    pub fn in_capitals(self) -> String {
        let fen = self.get().unsigned_abs();
        let (whole, part) = (fen / FEN_PER_YUAN, fen % FEN_PER_YUAN);
        let mut text = String::new();
        if self.get() < 0 {
            text.push('负');
        }
        if whole > 0 || part == 0 {
            text += &yuan(whole);
            text.push('元');
        }
        if part == 0 {
            text.push('整');
            return text;
        }
        let (jiao, fen) = (part / 10, part % 10);
        if whole > 0 && (jiao == 0 || whole.is_multiple_of(10)) {
            text.push('零');
        }
        for (amount, unit) in [(jiao, '角'), (fen, '分')] {
            if amount > 0 {
                text += digit(amount);
                text.push(unit);
            }
        }
        text
    }
}

fn yuan(number: u64) -> String {
    if number == 0 {
        return digit(0).to_owned();
    }
    let (high, low) = (number / YI, number % YI);
    let mut text = String::new();
    if high > 0 {
        text += &yuan(high);
        text.push('亿');
    }
    eight_places(low, high > 0, &mut text);
    text
}

fn eight_places(number: u64, follows: bool, into: &mut String) {
    let (high, low) = (number / WAN, number % WAN);
    if high > 0 {
        four_places(high, follows && high < FULL, into);
        into.push('万');
    }
    let gap = if high > 0 { low < FULL } else { follows };
    four_places(low, gap, into);
}

/// Zeros within are said once, zeros at the end not at all.
fn four_places(number: u64, mut gap: bool, into: &mut String) {
    let mut begun = false;
    for (place, unit) in [(1_000, "仟"), (100, "佰"), (10, "拾"), (1, "")] {
        let amount = number / place % 10;
        if amount == 0 {
            gap |= begun;
            continue;
        }
        if gap {
            into.push_str(digit(0));
        }
        into.push_str(digit(amount));
        into.push_str(unit);
        (begun, gap) = (true, false);
    }
}

fn digit(amount: u64) -> &'static str {
    usize::try_from(amount)
        .ok()
        .and_then(|amount| DIGITS.get(amount).copied())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads the words from the right, knowing nothing of how they are written.
    fn read(text: &str) -> i128 {
        if let Some(rest) = text.strip_prefix('负') {
            return -read(rest);
        }
        let text = text.trim_end_matches('整').replace('零', "");
        let (yuan, part) = text.split_once('元').unwrap_or(("", &text));
        let (jiao, fen) = part.split_once('角').unwrap_or(("", part));
        let fen = fen.trim_end_matches('分');
        number(yuan) * 100 + number(jiao) * 10 + number(fen)
    }

    fn number(text: &str) -> i128 {
        for (unit, worth) in [
            ('亿', 100_000_000),
            ('万', 10_000),
            ('仟', 1_000),
            ('佰', 100),
            ('拾', 10),
        ] {
            if let Some((high, low)) = text.rsplit_once(unit) {
                return number(high) * worth + number(low);
            }
        }
        match text {
            "" => 0,
            digit => {
                let place = DIGITS.iter().position(|one| *one == digit);
                i128::try_from(place.unwrap()).unwrap()
            }
        }
    }

    #[test]
    fn the_examples_of_the_measures_are_written_as_there() {
        for (fen, words) in [
            (140_950, "壹仟肆佰零玖元伍角"),
            (600_714, "陆仟零柒元壹角肆分"),
            (168_032, "壹仟陆佰捌拾元零叁角贰分"),
            (10_700_053, "壹拾万柒仟元零伍角叁分"),
            (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
            (32_504, "叁佰贰拾伍元零肆分"),
        ] {
            assert_eq!(Fen::new(fen).in_capitals(), words);
        }
    }

    #[test]
    fn zeros_are_said_where_they_would_be_missed() {
        for (fen, words) in [
            (0, "零元整"),
            (5, "伍分"),
            (30, "叁角"),
            (32, "叁角贰分"),
            (100, "壹元整"),
            (101, "壹元零壹分"),
            (1_000, "壹拾元整"),
            (1_050, "壹拾元零伍角"),
            (10_500, "壹佰零伍元整"),
            (1_234_500, "壹万贰仟叁佰肆拾伍元整"),
            (1_050_000, "壹万零伍佰元整"),
            (1_000_100, "壹万零壹元整"),
            (10_000_000, "壹拾万元整"),
            (1_000_000_000, "壹仟万元整"),
            (10_000_000_000, "壹亿元整"),
            (10_000_500_000, "壹亿零伍仟元整"),
            (10_050_000_000, "壹亿零伍拾万元整"),
            (15_000_000_500, "壹亿伍仟万零伍元整"),
            (100_000_000_000_000, "壹万亿元整"),
            (1_000_000_000_000_000_000, "壹亿亿元整"),
            (-12_500, "负壹佰贰拾伍元整"),
            (
                i64::MAX,
                "玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿陆仟捌佰伍拾肆万柒仟柒佰伍拾捌元零柒分",
            ),
        ] {
            assert_eq!(Fen::new(fen).in_capitals(), words);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn words_lead_back_to_the_amount(fen: i64, places in 0_u32..19) {
            for fen in [fen, fen % 10_i64.pow(places), fen / 10_i64.pow(places) * 10_i64.pow(places)] {
                let words = Fen::new(fen).in_capitals();
                prop_assert_eq!(read(&words), i128::from(fen), "{}", words);
                prop_assert!(!words.contains("零零"), "{}", words);
            }
        }
    }
}
