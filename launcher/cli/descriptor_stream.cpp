// SPDX-License-Identifier: Apache-2.0
#include "cli/descriptor_stream.hpp"

#include <cerrno>
#include <cstddef>
#include <unistd.h>

namespace holdfast::cli {

DescriptorStream::Buffer::Buffer(int descriptor) : descriptor_(descriptor) {
  setp(bytes_.data(), bytes_.data() + bytes_.size());
}

bool DescriptorStream::Buffer::write_all() {
  const char* from = pbase();
  while (from < pptr() && error_ == 0) {
    const ssize_t written = ::write(descriptor_, from, static_cast<std::size_t>(pptr() - from));
    if (written >= 0)
      from += written;
    else if (errno != EINTR)
      error_ = errno;
  }
  setp(bytes_.data(), bytes_.data() + bytes_.size());
  return error_ == 0;
}

DescriptorStream::Buffer::int_type DescriptorStream::Buffer::overflow(int_type letter) {
  if (!write_all()) return traits_type::eof();
  if (!traits_type::eq_int_type(letter, traits_type::eof())) {
    *pptr() = traits_type::to_char_type(letter);
    pbump(1);
  }
  return traits_type::not_eof(letter);
}

int DescriptorStream::Buffer::sync() { return write_all() ? 0 : -1; }

int DescriptorStream::failure() {
  flush();
  return buffer_.error();
}

}  // namespace holdfast::cli
