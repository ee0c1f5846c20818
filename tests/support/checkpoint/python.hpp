// SPDX-License-Identifier: Apache-2.0
// Python objects as far as checkpoints hold them, and pickles of them as Python's own pickler
// writes: framed or not, memoized in the same order, classes by name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::checkpoint::testing {

struct PyObject;
using Py = std::shared_ptr<const PyObject>;

struct PyObject {
  enum class Kind {
    none,
    truth,
    integer,
    real,
    text,
    list,
    tuple,
    dict,
    global,
    call,
    built,
    persistent
  };
  Kind kind{Kind::none};
  std::int64_t number{};
  double real{};
  std::string text;       ///< of a text; the name of a global
  std::string module;     ///< of a global
  std::vector<Py> items;  ///< of a dict keys and values in turn; of call and built see below
};

[[nodiscard]] Py none();
[[nodiscard]] Py truth(bool value);
[[nodiscard]] Py integer(std::int64_t value);
[[nodiscard]] Py real(double value);
[[nodiscard]] Py text(std::string value);
[[nodiscard]] Py list(std::vector<Py> items);
[[nodiscard]] Py tuple(std::vector<Py> items);
[[nodiscard]] Py dict(std::vector<std::pair<Py, Py>> items);
[[nodiscard]] Py dict(std::vector<std::pair<std::string, Py>> items);
[[nodiscard]] Py global(std::string module, std::string name);
[[nodiscard]] Py call(Py callee, Py arguments);  ///< REDUCE
[[nodiscard]] Py instance(Py type, Py state);    ///< NEWOBJ and BUILD
[[nodiscard]] Py ordered_dict(std::vector<std::pair<std::string, Py>> items);
[[nodiscard]] Py persistent(Py id);

/// As pickle.dumps(object, protocol), for protocols 2 and 4.
[[nodiscard]] std::string pickle(const Py& object, int protocol);

}  // namespace holdfast::checkpoint::testing
