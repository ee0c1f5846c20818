// SPDX-License-Identifier: Apache-2.0
// Reads /dev/kmsg from the cursor on. The device gives one record per read(); a file made from it
// (a test's) gives many, one a line, with continuation lines that begin with a blank. Nothing here
// waits.
#include "holdfast/common/text.hpp"
#include "holdfast/files/descriptor.hpp"
#include "holdfast/health/kernel_log/event.hpp"
#include "holdfast/health/kernel_log/record.hpp"
#include "looks.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <map>
#include <optional>
#include <sys/klog.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

namespace holdfast::health {

namespace {

constexpr const char* device = "dev/kmsg";

/// When this boot was, in seconds since 1970.
std::int64_t booted_at() {
  timespec now{};
  timespec up{};
  clock_gettime(CLOCK_REALTIME, &now);
  clock_gettime(CLOCK_BOOTTIME, &up);
  return now.tv_sec - up.tv_sec;
}

/// Takes every record, in order, and keeps what means something. A storm says the same again and
/// again: of one device and meaning some records an hour are kept one by one, the last of them
/// stands for the others. So what happened once is never hidden behind what happens all the time.
class Ring {
 public:
  Ring(KernelLogCursor& cursor, std::int64_t booted) : cursor_(cursor), booted_(booted) {}

  void take(std::string_view bytes) {
    const auto sequence = kmsg_sequence(bytes);
    if (!sequence || *sequence < cursor_.next) return;
    const auto record = parse_kmsg_record(bytes);
    if (!record) return;
    const std::uint64_t expected = cursor_.next;
    const RecordNews news = advance(cursor_, *record);
    if (news == RecordNews::fresh_after_gap) lost_ += record->sequence - expected;
    if (auto event = event_of(*record, booted_))
      keep(std::move(*event), record->at_us);
    else if (auto gpu = named_gpu(*record))
      parts_.insert_or_assign(std::move(gpu->at), std::move(gpu->uuid));
  }

  void give(Facts& facts) {
    std::ranges::sort(events_, {}, &KernelEvent::sequence);
    for (KernelEvent& event : events_)
      if (const auto part = parts_.find(event.device); part != parts_.end())
        event.part = part->second;
    facts.kernel = std::move(events_);
    facts.kernel_lost = lost_;
  }

 private:
  /// What is told again and again: kind, device, code, meaning, in which hour since the boot.
  using Topic = std::tuple<KernelEventKind, std::string, std::uint64_t, std::string, std::uint64_t>;
  struct Told {
    std::size_t kept{};
    std::size_t last{};  ///< its place in events_
  };

  void keep(KernelEvent event, std::uint64_t at_us) {
    constexpr std::size_t most_of_one = 16;  // more than any limit of kmsg.* asks for in a row
    constexpr std::size_t most = 4096;       // of harmless ones; a node has fewer devices
    constexpr std::uint64_t hour_us = 3'600'000'000;
    Told& told = told_[{event.kind, event.device, event.code, event.meaning, at_us / hour_us}];
    if (told.kept >= most_of_one) {
      KernelEvent& last = events_[told.last];
      event.times += last.times;
      last = std::move(event);
    } else if (events_.size() < most || is_bad(event.severity)) {
      told = {told.kept + 1, events_.size()};
      events_.push_back(std::move(event));
    } else {
      ++lost_;
    }
  }

  KernelLogCursor& cursor_;
  std::int64_t booted_;
  std::vector<KernelEvent> events_;
  std::map<Topic, Told> told_;
  std::map<std::string, std::string> parts_;  ///< a GPU's address and its UUID
  std::uint64_t lost_{};
};

/// Reads record by record until the ring has no more. EPIPE says that records were overwritten
/// while we read; the next read goes on behind the gap, and the cursor shows it. Whether it came to
/// the end.
bool read_device(int file, Ring& ring) {
  std::array<char, 8192> buffer{};
  constexpr int most =
      1'000'000;  // more than any ring holds: a writer faster than us must not keep us
  for (int record = 0; record < most; ++record) {
    const ssize_t got = read(file, buffer.data(), buffer.size());
    if (got < 0 && (errno == EPIPE || errno == EINTR)) continue;
    if (got <= 0) return got < 0 && errno == EAGAIN;
    ring.take({buffer.data(), static_cast<std::size_t>(got)});
  }
  return false;
}

/// A file of records, one a line, through a small buffer: each page touched is a fault. A
/// continuation line is no record to the ring; of a line longer than any record only the beginning
/// is given to it.
Fact<bool> read_file_of_records(int file, Ring& ring) {
  std::array<char, 16'384> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled here
  constexpr std::size_t most = std::size_t{64} << 20;
  std::size_t held = 0;  // of a line whose end is still to come
  bool given = false;    // its beginning was
  for (std::size_t seen = 0; seen < most;) {
    const ssize_t got = read(file, buffer.data() + held, buffer.size() - held);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Fact<bool>::unseen(cat("/dev/kmsg: ", errno_code(errno).message()));
    seen += static_cast<std::size_t>(got);
    std::string_view text(buffer.data(), held + static_cast<std::size_t>(got));
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      if (!given) ring.take(text.substr(0, end));
      given = false;
      text.remove_prefix(end + 1);
    }
    const bool full = text.size() == buffer.size();
    if (!given && (got == 0 || full)) ring.take(text);
    if (got == 0) break;
    given = given || full;
    held = full ? 0 : text.size();
    std::copy_n(text.begin(), held, buffer.begin());
  }
  return true;
}

/// Two calls instead of one for each of some thousands of records. Nothing where the kernel does
/// not let us, and where so little is unread that somebody may be reading it (an old syslog daemon
/// does, by syslog(2)): what he takes away could be as long as what came.
RingExtent extent_of(int file) {
  constexpr int size_unread = 9;
  constexpr int least = 8192;     // a boot alone says more, a daemon leaves less
  std::array<char, 8192> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled here
  const ssize_t got = read(file, buffer.data(), buffer.size());
  lseek(file, 0, SEEK_SET);
  if (got <= 0) return {};
  const auto oldest = kmsg_sequence({buffer.data(), static_cast<std::size_t>(got)});
  const int bytes = klogctl(size_unread, nullptr, 0);
  if (!oldest || bytes < least) return {};
  return {*oldest, static_cast<std::uint64_t>(bytes)};
}

/// When the newest record was written, in one call that takes twice the time of extent_of().
/// Nothing where the kernel stamps no times, or does not let us.
std::optional<std::uint64_t> newest_record_us() {
  constexpr int read_all = 3;   // the last bytes of the ring, whole records, as dmesg shows them
  std::array<char, 8192> text;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled here
  const int got = klogctl(read_all, text.data(), static_cast<int>(text.size()));
  if (got <= 0) return std::nullopt;
  const auto lines = split(trim({text.data(), static_cast<std::size_t>(got)}), '\n');
  const auto record = parse_dmesg_line(lines.back());
  return record && record->at_us != 0 ? std::optional(record->at_us) : std::nullopt;
}

/// Whether nothing was written since the cursor was set.
bool is_at_end(const KernelLogCursor& cursor, const RingExtent& extent) {
  if (cursor.extent.bytes != 0 && extent.bytes != 0) return cursor.extent == extent;
  return cursor.newest_us != 0 && newest_record_us() == cursor.newest_us;
}

void say_unseen(const std::string& why, Gap gap, Facts& facts) {
  facts.kernel = Fact<std::vector<KernelEvent>>::missing(gap, why);
  facts.kernel_lost = Fact<std::uint64_t>::missing(gap, why);
}

}  // namespace

void read_kernel_log(const Tree& tree, KernelLogCursor& cursor, Facts& facts) {
  cursor = resume_at(cursor, facts.boot_id);
  Ring ring(cursor, booted_at());
  const files::Descriptor file(
      open(tree.path_of(device).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!file.open()) {
    const Gap gap = errno == ENOENT ? Gap::lacking : Gap::unseen;
    say_unseen(cat("/", std::string_view(device), ": ", errno_code(errno).message()), gap, facts);
    return;
  }
  struct stat status {};
  const bool is_file = fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
  if (!is_file && tree.path_of(device) == "/dev/kmsg") {
    // taken before the records are: what is written in between changes it once more
    const RingExtent extent = extent_of(file.get());
    if (is_at_end(cursor, extent)) return ring.give(facts);
    cursor.extent = read_device(file.get(), ring) ? extent : RingExtent{};
  } else if (!is_file) {
    read_device(file.get(), ring);
  } else {
    const auto read = read_file_of_records(file.get(), ring);
    if (!read.known()) return say_unseen(read.why(), read.gap(), facts);
  }
  ring.give(facts);
}

}  // namespace holdfast::health
