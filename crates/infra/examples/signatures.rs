//! Prints how many tokens a second one core signs with ES256 and with RS256: the limit of `benches/oidc`.

use std::time::{Duration, Instant};

use convoke_core::model::signing::SigningAlgorithm;
use convoke_core::random::SystemRandom;
use convoke_infra::signing::{KeyPair, SigningError};
use serde_json::json;

/// For how long each algorithm is measured.
const SPAN: Duration = Duration::from_secs(2);

fn main() -> Result<(), SigningError> {
    let claims =
        json!({ "iss": "https://accounts.example.com", "sub": "usr_01h455vb4pex5vsknk084sn02q" });
    for algorithm in SigningAlgorithm::ALL {
        let der = KeyPair::generate(*algorithm, &SystemRandom)?;
        let pair = KeyPair::from_pkcs8(*algorithm, &der)?;
        let begun = Instant::now();
        let mut count = 0_u32;
        while begun.elapsed() < SPAN {
            pair.sign("at+jwt", &claims)?;
            count += 1;
        }
        let rate = f64::from(count) / begun.elapsed().as_secs_f64();
        println!("{} {rate:.0}", algorithm.as_str());
    }
    Ok(())
}
