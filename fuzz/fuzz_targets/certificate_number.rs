//! Certificate numbers: the parts of what is taken, put together, are what was read.

#![no_main]

use huican::kernel::certificate_number::CertificateNumber;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(number) = CertificateNumber::parse(text) else {
        return;
    };
    let written = format!(
        "{}{}{}{}",
        number.citizen_id(),
        number.impairment_type().digit(),
        number.severity_level().number(),
        number
            .reissue()
            .map_or(String::new(), |times| format!("B{times}")),
    );
    assert_eq!(number.as_str(), written);
    assert_eq!(CertificateNumber::parse(&written), Ok(number.clone()));
    assert!(!format!("{number:?}").contains(&written[6..14]));
});
