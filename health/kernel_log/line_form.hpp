// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::health {

/// Whether `text` begins as `form` says, and the subject it names; empty where the form has none.
/// In a form, all is meant letter by letter but
///   %a  a PCI address as Linux writes it, function and all: the subject
///   %d  the name of a block device: the subject
///   %s  a word, a bracket or comma ends it: the subject
///   %w  a word that is not the subject
///   %n  a decimal number
///   ~   anything up to what follows in the form
/// What comes after the form's end may be anything, a name that a user chose too.
[[nodiscard]] std::optional<std::string> match_form(std::string_view form, std::string_view text);

/// "0000:18:00.0" at the beginning of `text`, as long as it is there; empty where there is none.
[[nodiscard]] std::string_view leading_pci_address(std::string_view text);

}  // namespace holdfast::health
