// SPDX-License-Identifier: Apache-2.0
#include "sentinel/majority.hpp"

#include <algorithm>

namespace holdfast::sentinel {

LeaseTerms lease_terms(std::chrono::milliseconds beat,
                       std::chrono::milliseconds node_timeout,
                       std::chrono::milliseconds lease) {
  LeaseTerms terms{};
  terms.lease = lease;
  terms.fresh = std::max(3 * beat, node_timeout * 3 / 10);
  terms.controller_vote = std::chrono::milliseconds(1200);
  terms.short_lease = std::min(lease, std::max(3 * beat, node_timeout * 3 / 10));
  const auto cut_off = terms.fresh + lease - node_timeout;
  terms.after_claim = std::max(cut_off, terms.controller_vote + terms.short_lease);
  return terms;
}

}  // namespace holdfast::sentinel
