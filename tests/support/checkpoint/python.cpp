// SPDX-License-Identifier: Apache-2.0
#include "support/checkpoint/python.hpp"

#include "support/checkpoint/little.hpp"

#include <bit>
#include <map>

namespace holdfast::checkpoint::testing {

using Kind = PyObject::Kind;

namespace {

Py make(PyObject object) { return std::make_shared<const PyObject>(std::move(object)); }
Py make(Kind kind, std::vector<Py> items) {
  PyObject object;
  object.kind = kind;
  object.items = std::move(items);
  return make(std::move(object));
}

class Pickler {
 public:
  explicit Pickler(int protocol) : protocol_(protocol) {}

  std::string dump(const Py& object) {
    save(object);
    out_ += '.';
    std::string header{'\x80', static_cast<char>(protocol_)};
    if (protocol_ >= 4) header += '\x95' + little_bytes<std::uint64_t>(out_.size());
    return header + out_;
  }

 private:
  void memoize(const std::string& key) {
    const std::size_t index = memo_.size();
    memo_.emplace(key, index);
    if (protocol_ >= 4)
      out_ += '\x94';
    else if (index < 256)
      out_ += std::string{'q', static_cast<char>(index)};
    else
      out_ += 'r' + little_bytes<std::uint32_t>(index);
  }

  /// True when the object was written before and is only recalled.
  bool recall(const std::string& key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) return false;
    if (found->second < 256)
      out_ += std::string{'h', static_cast<char>(found->second)};
    else
      out_ += 'j' + little_bytes<std::uint32_t>(found->second);
    return true;
  }

  std::string unique() { return "#" + std::to_string(memo_.size()); }

  void save_text(const std::string& value) {
    if (recall("t" + value)) return;
    if (protocol_ >= 4 && value.size() < 256)
      out_ += std::string{'\x8c', static_cast<char>(value.size())} + value;
    else
      out_ += 'X' + little_bytes<std::uint32_t>(value.size()) + value;
    memoize("t" + value);
  }

  void save_integer(std::int64_t value) {
    if (value >= 0 && value < 256)
      out_ += std::string{'K', static_cast<char>(value)};
    else if (value >= 0 && value < 65536)
      out_ += 'M' + little_bytes<std::uint16_t>(static_cast<std::uint64_t>(value));
    else if (value >= INT32_MIN && value <= INT32_MAX)
      out_ += 'J' + little_bytes<std::uint32_t>(static_cast<std::uint64_t>(value));
    else
      out_ += std::string{'\x8a', '\x08'} +
              little_bytes<std::uint64_t>(static_cast<std::uint64_t>(value));
  }

  void save_real(double value) {
    std::string bytes = little_bytes<std::uint64_t>(std::bit_cast<std::uint64_t>(value));
    out_ += 'G' + std::string(bytes.rbegin(), bytes.rend());
  }

  void save_global(const PyObject& object) {
    const std::string key = "g" + object.module + "." + object.text;
    if (recall(key)) return;
    if (protocol_ >= 4) {
      save_text(object.module);
      save_text(object.text);
      out_ += '\x93';
    } else {
      out_ += 'c' + object.module + '\n' + object.text + '\n';
    }
    memoize(key);
  }

  void save_tuple(const PyObject& object) {
    if (object.items.empty()) {
      out_ += ')';
      return;
    }
    if (object.items.size() > 3) out_ += '(';
    for (const Py& item : object.items)
      save(item);
    constexpr const char* small = "\x85\x86\x87";
    out_ += object.items.size() > 3 ? 't' : small[object.items.size() - 1];
    memoize(unique());
  }

  void save_filled(const PyObject& object, char empty, char many) {
    out_ += empty;
    memoize(unique());
    fill(object.items, 0, many);
  }

  void fill(const std::vector<Py>& items, std::size_t from, char many) {
    if (items.size() <= from) return;
    out_ += '(';
    for (std::size_t i = from; i < items.size(); ++i)
      save(items[i]);
    out_ += many;
  }

  void save(const Py& object) {
    switch (object->kind) {
      case Kind::none:
        out_ += 'N';
        return;
      case Kind::truth:
        out_ += object->number != 0 ? '\x88' : '\x89';
        return;
      case Kind::integer:
        return save_integer(object->number);
      case Kind::real:
        return save_real(object->real);
      case Kind::text:
        return save_text(object->text);
      case Kind::global:
        return save_global(*object);
      case Kind::list:
        return save_filled(*object, ']', 'e');
      case Kind::dict:
        return save_filled(*object, '}', 'u');
      case Kind::tuple:
        return save_tuple(*object);
      case Kind::call:
        save(object->items[0]);
        save(object->items[1]);
        out_ += 'R';
        memoize(unique());
        return fill(object->items, 2, 'u');
      case Kind::built:
        save(object->items[0]);
        out_ += ")\x81";
        memoize(unique());
        save(object->items[1]);
        out_ += 'b';
        return;
      case Kind::persistent:
        save(object->items[0]);
        out_ += 'Q';
        return;
    }
  }

  int protocol_;
  std::string out_;
  std::map<std::string, std::size_t> memo_;
};

}  // namespace

Py none() { return make(PyObject()); }

Py truth(bool value) {
  PyObject object;
  object.kind = Kind::truth;
  object.number = value ? 1 : 0;
  return make(std::move(object));
}

Py integer(std::int64_t value) {
  PyObject object;
  object.kind = Kind::integer;
  object.number = value;
  return make(std::move(object));
}

Py real(double value) {
  PyObject object;
  object.kind = Kind::real;
  object.real = value;
  return make(std::move(object));
}

Py text(std::string value) {
  PyObject object;
  object.kind = Kind::text;
  object.text = std::move(value);
  return make(std::move(object));
}

Py global(std::string module, std::string name) {
  PyObject object;
  object.kind = Kind::global;
  object.module = std::move(module);
  object.text = std::move(name);
  return make(std::move(object));
}

Py list(std::vector<Py> items) { return make(Kind::list, std::move(items)); }
Py tuple(std::vector<Py> items) { return make(Kind::tuple, std::move(items)); }

Py dict(std::vector<std::pair<Py, Py>> items) {
  std::vector<Py> flat;
  for (auto& [key, value] : items) {
    flat.push_back(std::move(key));
    flat.push_back(std::move(value));
  }
  return make(Kind::dict, std::move(flat));
}

Py dict(std::vector<std::pair<std::string, Py>> items) {
  std::vector<std::pair<Py, Py>> pairs;
  for (auto& [key, value] : items)
    pairs.emplace_back(text(key), std::move(value));
  return dict(std::move(pairs));
}

Py call(Py callee, Py arguments) {
  return make(Kind::call, {std::move(callee), std::move(arguments)});
}

Py instance(Py type, Py state) { return make(Kind::built, {std::move(type), std::move(state)}); }

Py ordered_dict(std::vector<std::pair<std::string, Py>> items) {
  std::vector<Py> parts{global("collections", "OrderedDict"), tuple({})};
  for (auto& [key, value] : items) {
    parts.push_back(text(key));
    parts.push_back(std::move(value));
  }
  return make(Kind::call, std::move(parts));
}

Py persistent(Py id) { return make(Kind::persistent, {std::move(id)}); }

std::string pickle(const Py& object, int protocol) { return Pickler(protocol).dump(object); }

}  // namespace holdfast::checkpoint::testing
