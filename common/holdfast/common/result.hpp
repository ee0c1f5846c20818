// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <boost/system/result.hpp>

namespace holdfast {

/// What the caller can do about a failure, not which call broke.
enum class FailureKind {
  bad_input,    ///< the user or a file said something impossible: say it again, right
  not_found,    ///< the named thing is not there
  unreadable,   ///< it is there and cannot be read or understood
  unsupported,  ///< this machine, kernel or library cannot do it
  denied,       ///< permission is missing
  timed_out,    ///< a deadline passed; the answer is unknown
  conflict,     ///< it contradicts something already decided
};

/// An expected failure is a value. It is made where it happens, given its circumstances on the way
/// up, and told exactly once, by `main` or by a SPANK hook. Library code never logs it.
struct Failure {
  FailureKind kind{FailureKind::bad_input};
  std::string what;    ///< one sentence that names the thing: "GPU 0000:17:00.0 has no NUMA node"
  std::string remedy;  ///< what the operator may do next; empty when nothing is known
  std::error_code cause;  ///< errno, where there was one

  /// "while planning rank 3: GPU 0000:17:00.0 has no NUMA node"
  [[nodiscard]] Failure within(std::string_view circumstance) &&;

  /// The whole story on one line: what, errno text, remedy.
  [[nodiscard]] std::string sentence() const;
};

/// A value or the reason why there is none. Two states only.
template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Failure> {
  using Base = boost::system::result<T, Failure>;

 public:
  using Base::Base;
};

/// Boost.System needs to be told how a Failure becomes an exception when `value()` is called on a
/// failed Result. That is a bug of the caller, so it ends in the one catch-all of `main` or a hook.
[[noreturn]] void throw_exception_from_error(const Failure& failure, const boost::source_location&);

/// Makes the error code of a failed system call; take errno before anything else can change it.
[[nodiscard]] std::error_code errno_code(int error_number) noexcept;

}  // namespace holdfast
