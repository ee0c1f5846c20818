// SPDX-License-Identifier: Apache-2.0
#include "holdfast/health/facts.hpp"

#include "holdfast/health/facts_json.hpp"

namespace holdfast::health {

namespace {

template <class T>
inline constexpr bool is_section =
    std::is_same_v<T, GpuDriverFacts> || std::is_same_v<T, MemoryFacts> ||
    std::is_same_v<T, CpuFacts> || std::is_same_v<T, SystemFacts> ||
    std::is_same_v<T, StorageFacts> || std::is_same_v<T, SlurmFacts>;

/// Where the members of the other facts lie, in the order of the lists.
struct Places {
  std::vector<const void*> members;

  template <class T>
  void operator()(std::string_view, const T& member) {
    if constexpr (is_section<T>)
      fields(*this, member);
    else
      members.push_back(&member);
  }
};

/// Walks the same lists over the facts that are completed; so the n-th member has the n-th place.
struct Taking {
  const std::vector<const void*>& members;
  std::size_t next{};

  template <class T>
  void operator()(std::string_view, T& member) {
    if constexpr (is_section<T>)
      fields(*this, member);
    else
      take(member, *static_cast<const T*>(members[next++]));
  }

 private:
  template <class T>
  static void take(Fact<T>& into, const Fact<T>& from) {
    if (from.asked()) into = from;
  }
  static void take(std::vector<ProbeRecord>& into, const std::vector<ProbeRecord>& from) {
    into.insert(into.end(), from.begin(), from.end());
  }
  template <class T>
  static void take(T& into, const T& from) {
    if (into == T{}) into = from;
  }
};

}  // namespace

void merge(Facts& into, const Facts& other) {
  Places places;
  fields(places, other);
  Taking taking{places.members};
  fields(taking, into);
}

std::string to_json(const Facts& facts) {
  Writer writer;
  writer("holdfast_facts", std::uint64_t{1});
  fields(writer, facts);
  return json::serialize(writer.take());
}

Result<Facts> parse_facts(std::string_view text, std::string_view origin) {
  const auto refuse = [origin](FailureKind kind, std::string_view why) {
    return Failure{kind, cat(origin, ' ', why), "make it with `holdfast check --save-facts`", {}};
  };
  if (text.size() > max_facts_bytes) return refuse(FailureKind::unreadable, "is too long");
  json::parse_options options;
  options.max_depth = 16;  // the form has 7 levels
  json::error_code error;
  const json::value document = json::parse(text, error, {}, options);
  if (error) return refuse(FailureKind::unreadable, cat("is no JSON: ", error.message()));
  std::string wrong;
  Reader reader(document, {}, wrong);
  std::uint64_t version{};
  reader("holdfast_facts", version);
  if (wrong.empty() && version == 0) return refuse(FailureKind::unreadable, "holds no facts");
  if (version > 1) return refuse(FailureKind::unsupported, "was made by a newer holdfast");
  Facts facts;
  fields(reader, facts);
  if (!wrong.empty()) return refuse(FailureKind::unreadable, cat("is no facts file: ", wrong));
  return facts;
}

}  // namespace holdfast::health
