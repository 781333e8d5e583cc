//! Pages by keyset. A cursor is opaque and signed, and belongs to the filter it was made for.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::kernel::crypto::{Keys, hex, sha256};
use crate::kernel::error::{Code, Error, Result};

/// A key's version and HMAC-SHA-256.
const TAG: usize = 34;
const DEFAULT: u16 = 50;
const MOST: u16 = 200;

/// How many items a page has: 1 to 200, 50 unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit(u16);

impl Limit {
    fn parse(asked: Option<u16>) -> Result<Self> {
        match asked.unwrap_or(DEFAULT) {
            limit @ 1..=MOST => Ok(Self(limit)),
            other => Err(Error::parameter(
                "limit",
                "limit.range",
                format!("1 to {MOST}, not {other}"),
                format!("须为 1 至 {MOST}，不能为 {other}"),
            )),
        }
    }

    fn get(self) -> usize {
        usize::from(self.0)
    }

    /// One row more than the page tells whether there is a next one.
    fn fetch(self) -> i64 {
        i64::from(self.0) + 1
    }

    /// Cuts the extra row off and says whether it was there.
    fn cut<T>(self, rows: &mut Vec<T>) -> bool {
        let more = rows.len() > self.get();
        rows.truncate(self.get());
        more
    }
}

#[derive(Serialize, Deserialize)]
struct Content<K> {
    filter: String,
    after: K,
}

/// Writes and reads cursors for one list under one filter.
#[derive(Debug)]
struct Cursors {
    keys: Arc<Keys>,
    filter: String,
}

impl Cursors {
    /// `filter` is whatever the client asked for, limit and cursor apart.
    fn new(keys: &Arc<Keys>, list: &str, filter: &impl Serialize) -> Self {
        let text = serde_json::to_string(filter).unwrap_or_default();
        let filter = hex(&sha256(format!("{list}\n{text}").as_bytes()))
            .chars()
            .take(32)
            .collect();
        Self {
            keys: Arc::clone(keys),
            filter,
        }
    }

    fn write<K: Serialize>(&self, after: &K) -> Result<String> {
        let content = serde_json::to_vec(&Content {
            filter: self.filter.clone(),
            after,
        })
        .map_err(Error::internal)?;
        let mut bytes = self.keys.sign_cursor(&content);
        bytes.extend(content);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    fn read<K: DeserializeOwned>(&self, cursor: Option<&str>) -> Result<Option<K>> {
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        let parsed = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| {
            let (tag, content) = bytes.split_at_checked(TAG)?;
            self.keys.cursor_is_ours(content, tag).then_some(())?;
            serde_json::from_slice::<Content<K>>(content).ok()
        });
        match parsed {
            Some(content) if content.filter == self.filter => Ok(Some(content.after)),
            Some(_) => Err(Error::new(Code::CursorInvalid).detail(
                "the cursor was made for another filter",
                "游标属于另一筛选条件",
            )),
            None => {
                Err(Error::new(Code::CursorInvalid)
                    .detail("the cursor is not one of ours", "游标无效"))
            }
        }
    }
}

/// Of a query, `limit` and `cursor` are no part of the filter. To be given to serde as a condition
/// that always holds: what it skips outright, the API document leaves out, too.
pub fn is_place<T>(_limit_or_cursor: &T) -> bool {
    true
}

/// Where in a list a page lies, and how the next one is found. `K` is what the list is sorted by.
#[derive(Debug)]
pub struct Paging<K> {
    cursors: Cursors,
    limit: Limit,
    after: Option<K>,
}

impl<K: Serialize + DeserializeOwned + Clone> Paging<K> {
    /// `filter` is whatever the client asked for, limit and cursor apart.
    pub fn of(
        keys: &Arc<Keys>,
        list: &str,
        filter: &impl Serialize,
        limit: Option<u16>,
        cursor: Option<&str>,
    ) -> Result<Self> {
        let limit = Limit::parse(limit)?;
        let cursors = Cursors::new(keys, list, filter);
        let after = cursors.read(cursor)?;
        Ok(Self {
            cursors,
            limit,
            after,
        })
    }

    /// After which key, and how many rows.
    pub fn window(&self) -> (Option<K>, i64) {
        (self.after.clone(), self.limit.fetch())
    }

    /// How many items were asked for.
    pub fn limit(&self) -> usize {
        self.limit.get()
    }

    /// The cursor of a page that goes on after a key, where it is not the last row that says so.
    pub fn cursor(&self, after: &K) -> Result<String> {
        self.cursors.write(after)
    }

    /// The page's rows, and the cursor of the next page if there is one.
    pub fn cut<T>(
        &self,
        mut rows: Vec<T>,
        key: impl Fn(&T) -> K,
    ) -> Result<(Vec<T>, Option<String>)> {
        let more = self.limit.cut(&mut rows);
        let last = rows.last().filter(|_| more);
        let next = last
            .map(|last| self.cursors.write(&key(last)))
            .transpose()?;
        Ok((rows, next))
    }
}

/// A page of `$item` on the wire: utoipa inlines generic ones, so each list has its own name.
macro_rules! page_of {
    ($name:ident, $item:ty) => {
        #[derive(Debug, serde::Serialize, utoipa::ToSchema)]
        pub struct $name {
            pub items: Vec<$item>,
            /// The cursor of the next page; null on the last one.
            pub next: Option<String>,
        }
    };
}

/// As [`page_of!`], for what is always short enough to be shown whole: `next` is null.
macro_rules! whole_page_of {
    ($name:ident, $item:ty) => {
        $crate::http::page::page_of!($name, $item);

        impl $name {
            fn whole(items: Vec<$item>) -> Self {
                Self { items, next: None }
            }
        }
    };
}
pub(crate) use {page_of, whole_page_of};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_its_own_list_only() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Arc::new(Keys::open_or_create(&folder.path().join("keys")).unwrap());
        let cases = Cursors::new(&keys, "cases", &("state", "draft"));
        let cursor = cases.write(&7_u32).unwrap();
        assert_eq!(cases.read::<u32>(Some(&cursor)).unwrap(), Some(7));
        assert_eq!(cases.read::<u32>(None).unwrap(), None);
        let other = Cursors::new(&keys, "cases", &("state", "approved"));
        assert_eq!(
            other.read::<u32>(Some(&cursor)).unwrap_err().code(),
            Code::CursorInvalid
        );
        let forged = format!("{cursor}AA");
        assert_eq!(
            cases.read::<u32>(Some(&forged)).unwrap_err().code(),
            Code::CursorInvalid
        );
        assert_eq!(
            cases.read::<u32>(Some("%%%")).unwrap_err().code(),
            Code::CursorInvalid
        );
    }

    #[test]
    fn limits_are_bounded() {
        assert_eq!(Limit::parse(None).unwrap().get(), 50);
        assert!(Limit::parse(Some(0)).is_err());
        assert!(Limit::parse(Some(201)).is_err());
    }
}
