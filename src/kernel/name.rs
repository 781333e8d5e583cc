//! Names of persons: how they are written, hidden and searched by pinyin.

use std::fmt;
use std::str::FromStr;

use pinyin::{Pinyin, ToPinyin};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use super::text;

const MAX_CHARACTERS: usize = 50;

/// Surnames of two characters, with the reading they have as surnames.
const COMPOUND_SURNAMES: &[(&str, [&str; 2])] = &[
    ("万俟", ["mo", "qi"]),
    ("上官", ["shang", "guan"]),
    ("东方", ["dong", "fang"]),
    ("东郭", ["dong", "guo"]),
    ("仲孙", ["zhong", "sun"]),
    ("令狐", ["ling", "hu"]),
    ("公冶", ["gong", "ye"]),
    ("公孙", ["gong", "sun"]),
    ("公羊", ["gong", "yang"]),
    ("南宫", ["nan", "gong"]),
    ("司徒", ["si", "tu"]),
    ("司空", ["si", "kong"]),
    ("司马", ["si", "ma"]),
    ("呼延", ["hu", "yan"]),
    ("夏侯", ["xia", "hou"]),
    ("太史", ["tai", "shi"]),
    ("太叔", ["tai", "shu"]),
    ("宇文", ["yu", "wen"]),
    ("宗政", ["zong", "zheng"]),
    ("尉迟", ["yu", "chi"]),
    ("慕容", ["mu", "rong"]),
    ("欧阳", ["ou", "yang"]),
    ("淳于", ["chun", "yu"]),
    ("澹台", ["tan", "tai"]),
    ("濮阳", ["pu", "yang"]),
    ("独孤", ["du", "gu"]),
    ("申屠", ["shen", "tu"]),
    ("皇甫", ["huang", "fu"]),
    ("端木", ["duan", "mu"]),
    ("第五", ["di", "wu"]),
    ("诸葛", ["zhu", "ge"]),
    ("赫连", ["he", "lian"]),
    ("轩辕", ["xuan", "yuan"]),
    ("钟离", ["zhong", "li"]),
    ("长孙", ["zhang", "sun"]),
    ("闻人", ["wen", "ren"]),
    ("鲜于", ["xian", "yu"]),
];

/// Surnames of one character that are read otherwise than the character alone.
const fn surname_reading(surname: char) -> Option<&'static str> {
    Some(match surname {
        '乐' => "yue",
        '仇' => "qiu",
        '区' => "ou",
        '单' => "shan",
        '卜' => "bu",
        '召' => "shao",
        '员' => "yun",
        '曾' => "zeng",
        '朴' => "piao",
        '查' => "zha",
        '盖' => "ge",
        '祭' | '翟' => "zhai",
        '秘' => "bi",
        '繁' => "po",
        '缪' => "miao",
        '覃' => "qin",
        '解' => "xie",
        '郇' => "xun",
        _ => return None,
    })
}

/// A person's name as the office writes it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 50, example = "张晓波")]
pub struct PersonName(String);

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PersonNameError {
    #[error("the name is missing")]
    Missing,
    #[error("a name has 1 to 50 characters, without digits and signs")]
    Format,
}

impl PersonNameError {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "name.missing",
            Self::Format => "name.format",
        }
    }

    pub const fn zh(self) -> &'static str {
        match self {
            Self::Missing => "姓名为空",
            Self::Format => "姓名应为1至50个字，不含数字和符号",
        }
    }
}

impl PersonName {
    pub fn parse(text: &str) -> Result<Self, PersonNameError> {
        let name = normalise(text);
        if name.is_empty() {
            return Err(PersonNameError::Missing);
        }
        if name.chars().count() > MAX_CHARACTERS
            || !name.chars().all(is_permitted)
            || !name.contains(char::is_alphabetic)
        {
            return Err(PersonNameError::Format);
        }
        Ok(Self(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The surname, then a star for each other character: `张*`, `欧阳**`.
    pub fn masked(&self) -> String {
        let characters = self.0.chars().count();
        let kept = match self.compound_surname() {
            Some(_) => 2,
            None => characters.saturating_sub(1).min(1),
        };
        let surname: String = self.0.chars().take(kept).collect();
        surname + &"*".repeat(characters - kept)
    }

    /// All syllables without tones, lower-case: `zhangxiaobo`.
    pub fn pinyin(&self) -> String {
        self.syllables().concat()
    }

    /// The first letter of each syllable: `zxb`.
    pub fn initials(&self) -> String {
        self.syllables()
            .iter()
            .filter_map(|syllable| syllable.chars().next())
            .collect()
    }

    /// A syllable for each Chinese character, a lower-case word for each Latin one.
    fn syllables(&self) -> Vec<String> {
        let mut syllables = Vec::new();
        let mut rest = self.0.chars();
        if let Some(readings) = self.compound_surname() {
            syllables.extend(readings.map(str::to_owned));
            rest = rest.as_str().chars();
            rest.by_ref().take(readings.len()).for_each(drop);
        } else if let Some(reading) = self.0.chars().next().and_then(surname_reading) {
            syllables.push(reading.to_owned());
            rest.next();
        }
        let mut word = String::new();
        for character in rest {
            if character.is_ascii_alphabetic() {
                word.push(character.to_ascii_lowercase());
                continue;
            }
            syllables.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            syllables.extend(character.to_pinyin().map(as_typed));
        }
        syllables.extend((!word.is_empty()).then_some(word));
        syllables
    }

    /// Of a name of two characters the first alone is the surname, whatever the second.
    fn compound_surname(&self) -> Option<[&'static str; 2]> {
        let (surname, readings) = COMPOUND_SURNAMES
            .iter()
            .find(|(surname, _)| self.0.starts_with(surname))?;
        (self.0.len() > surname.len()).then_some(*readings)
    }
}

/// On keyboards the `ü` of `lü` is a `v`.
fn as_typed(reading: Pinyin) -> String {
    reading.plain().replace('ü', "v")
}

/// Half-width, one form of the dot between parts of a name, no space but single ones between
/// Latin words: `张　三` is spaced for looks only.
fn normalise(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    let mut space = false;
    for character in text
        .chars()
        .filter(|character| !text::is_invisible(*character))
    {
        let character = match character {
            '•' | '‧' | '∙' | '⋅' | '・' | '･' | '．' | '●' => '·',
            other => text::half_width(other),
        };
        if character.is_whitespace() {
            space = true;
            continue;
        }
        if space && character.is_ascii() && name.ends_with(|before: char| before.is_ascii()) {
            name.push(' ');
        }
        name.push(character);
        space = false;
    }
    name
}

fn is_permitted(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_alphabetic() || matches!(character, ' ' | '.' | '-' | '\'')
    } else {
        character == '·' || character.is_alphanumeric() || is_private(character)
    }
}

/// Rare characters of names often come in the private area of a national font.
fn is_private(character: char) -> bool {
    matches!(character, '\u{E000}'..='\u{F8FF}')
}

impl FromStr for PersonName {
    type Err = PersonNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonName({})", self.masked())
    }
}

impl Serialize for PersonName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PersonName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> PersonName {
        text.parse().unwrap()
    }

    #[test]
    fn writing_habits_are_forgiven() {
        for (text, expected) in [
            (" 张　三 ", "张三"),
            ("阿依古丽•买买提", "阿依古丽·买买提"),
            ("阿依古丽．买买提", "阿依古丽·买买提"),
            ("John   Smith", "John Smith"),
            ("Ｊｏｈｎ　Smith", "John Smith"),
            ("张\u{200B}三", "张三"),
        ] {
            assert_eq!(name(text).as_str(), expected);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for (text, error) in [
            ("", PersonNameError::Missing),
            ("　", PersonNameError::Missing),
            ("张3", PersonNameError::Format),
            ("张\u{7}三", PersonNameError::Format),
            ("=张三", PersonNameError::Format),
            ("张三，李四", PersonNameError::Format),
            ("·", PersonNameError::Format),
        ] {
            assert_eq!(PersonName::parse(text), Err(error), "{text}");
        }
        assert!(PersonName::parse(&"张".repeat(50)).is_ok());
        assert!(PersonName::parse(&"张".repeat(51)).is_err());
    }

    #[test]
    fn the_surname_alone_is_shown() {
        for (text, masked) in [
            ("张三", "张*"),
            ("张晓波", "张**"),
            ("欧阳晓波", "欧阳**"),
            ("欧阳", "欧*"),
            ("张", "*"),
        ] {
            assert_eq!(name(text).masked(), masked);
        }
        assert_eq!(format!("{:?}", name("张三")), "PersonName(张*)");
    }

    #[test]
    fn pinyin_is_searched_whole_or_by_initials() {
        assert_eq!(name("张晓波").pinyin(), "zhangxiaobo");
        assert_eq!(name("张晓波").initials(), "zxb");
        assert_eq!(name("阿依古丽·买买提").initials(), "ayglmmt");
        assert_eq!(name("John Smith").pinyin(), "johnsmith");
        assert_eq!(name("John Smith").initials(), "js");
        assert_eq!(name("阿Q").pinyin(), "aq");
        assert_eq!(name("吕宇").pinyin(), "lvyu");
    }

    #[test]
    fn surnames_have_their_own_reading() {
        for (text, pinyin) in [
            ("单金", "shanjin"),
            ("曾林", "zenglin"),
            ("解涛", "xietao"),
            ("仇雨", "qiuyu"),
            ("查明", "zhaming"),
            ("区丽", "ouli"),
            ("盖明", "geming"),
            ("华明", "huaming"),
            ("任明", "renming"),
            ("朴明", "piaoming"),
            ("翟明", "zhaiming"),
            ("乐明", "yueming"),
            ("缪明", "miaoming"),
            ("纪明", "jiming"),
            ("覃明", "qinming"),
            ("尉迟明", "yuchiming"),
            ("尉明", "weiming"),
            ("万俟明", "moqiming"),
            ("万明", "wanming"),
            ("欧阳单", "ouyangdan"),
        ] {
            assert_eq!(name(text).pinyin(), pinyin);
        }
    }

    proptest! {
        #[test]
        fn no_text_brings_the_parser_down(text in "\\PC{0,60}") {
            if let Ok(name) = PersonName::parse(&text) {
                prop_assert_eq!(PersonName::parse(name.as_str()), Ok(name.clone()));
                prop_assert_eq!(name.masked().chars().count(), name.as_str().chars().count());
                prop_assert!(name.pinyin().is_ascii());
            }
        }
    }
}
