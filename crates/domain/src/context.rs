//! What operations need beside their transaction.

use std::sync::Arc;

use super::catalogue::Catalogue;
use super::policy::Policy;
use super::rate_limits::RateLimits;
use convoke_core::clock::Clock;
use convoke_core::ids::IdGenerator;
use convoke_core::random::Random;

/// Time, randomness, and the rules of an installation.
pub struct Context {
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Unpredictable bytes.
    pub random: Arc<dyn Random>,
    /// New ids.
    pub ids: IdGenerator,
    /// Products and roles.
    pub catalogue: Catalogue,
    /// The settings of the installation that rules depend on.
    pub policy: Policy,
    /// Rate limits of this node.
    pub rate_limits: RateLimits,
}
