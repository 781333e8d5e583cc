//! Closed vocabularies: one list gives the enum, its names on the wire, its labels for people, and
//! the reading and writing of both.

/// A word that is not in its vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown word `{given}`, expected one of {}", expected.join(", "))]
pub struct UnknownWord {
    pub given: String,
    pub expected: &'static [&'static str],
}

/// Declares an enum whose values are words: `Variant = "name_on_the_wire", "中文名";`.
macro_rules! vocabulary {
    (
        $(#[$attribute:meta])*
        pub enum $name:ident {
            $($(#[$variant_attribute:meta])* $variant:ident = $word:tt, $label:literal;)*
        }
    ) => {
        $(#[$attribute])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, utoipa::ToSchema,
        )]
        pub enum $name {
            $($(#[$variant_attribute])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// What the office calls it.
            pub const fn label_zh(self) -> &'static str {
                match self { $(Self::$variant => $label),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::kernel::vocabulary::UnknownWord;

            fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    other => Err($crate::kernel::vocabulary::UnknownWord {
                        given: other.to_owned(),
                        expected: &[$($word),*],
                    }),
                }
            }
        }
    };
}

pub(crate) use vocabulary;

#[cfg(test)]
mod tests {
    vocabulary! {
        /// For the tests.
        pub enum Season {
            Spring = "spring", "春";
            LateSummer = "late_summer", "长夏";
        }
    }

    #[test]
    fn words_are_the_same_in_text_and_json() {
        for season in Season::ALL {
            assert_eq!(season.as_str().parse(), Ok(*season));
            assert_eq!(serde_json::to_value(season).unwrap(), season.as_str());
            assert_eq!(
                serde_json::from_value::<Season>(season.as_str().into()).unwrap(),
                *season
            );
        }
        assert_eq!(Season::LateSummer.label_zh(), "长夏");
    }

    #[test]
    fn an_unknown_word_is_answered_with_the_known_ones() {
        let error = "winter".parse::<Season>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown word `winter`, expected one of spring, late_summer"
        );
        let error = serde_json::from_str::<Season>("\"winter\"").unwrap_err();
        assert!(error.to_string().contains("`spring` or `late_summer`"));
    }
}
