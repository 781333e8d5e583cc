//! Cursors: ours open to what they were made of, under their own filter; every other text is
//! refused.

#![no_main]

use std::sync::{Arc, LazyLock};

use huican::http::Paging;
use huican::kernel::crypto::Keys;
use huican::kernel::error::Code;
use libfuzzer_sys::fuzz_target;

static KEYS: LazyLock<Arc<Keys>> = LazyLock::new(|| {
    let file = std::env::temp_dir().join(format!("huican-fuzz-keys-{}", std::process::id()));
    let keys = Keys::open_or_create(&file).unwrap();
    std::fs::remove_file(file).unwrap();
    Arc::new(keys)
});

type After = (String, u64);

fn open(filter: &str, cursor: Option<&str>) -> Result<Option<After>, Code> {
    let paging = Paging::<After>::of(&KEYS, "list", &filter, Some(1), cursor);
    paging
        .map(|paging| paging.window().0)
        .map_err(|error| error.code())
}

fuzz_target!(|input: (After, u16, u8, &str, &str)| {
    let (after, place, other, filter, foreign) = input;
    let first_page = Paging::<After>::of(&KEYS, "list", &filter, Some(1), None).unwrap();
    let (_, cursor) = first_page.cut(vec![0, 1], |_| after.clone()).unwrap();
    let cursor = cursor.unwrap();
    assert_eq!(open(filter, Some(&cursor)), Ok(Some(after)));
    if foreign != filter {
        assert_eq!(open(foreign, Some(&cursor)), Err(Code::CursorInvalid));
    }
    if foreign != cursor {
        assert_eq!(open(filter, Some(foreign)), Err(Code::CursorInvalid));
    }
    let mut changed = cursor.clone().into_bytes();
    let place = usize::from(place) % changed.len();
    changed[place] = other;
    if let Ok(changed) = String::from_utf8(changed)
        && changed != cursor
    {
        assert_eq!(open(filter, Some(&changed)), Err(Code::CursorInvalid));
    }
    assert_eq!(open(filter, cursor.get(..place)), Err(Code::CursorInvalid));
});
